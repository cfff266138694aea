# ruff: noqa: E501
"""What suricata tells, as records of the test specification: its EVE log of one or many captures."""

from __future__ import annotations

import gzip
import ipaddress
import json
import re
import subprocess
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path

SETTINGS = """%YAML 1.1
---
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      community-id: false
      types:
        - http: {extended: yes, custom: [content-type]}
        - dns: {version: 2, requests: yes, responses: yes, formats: [detailed]}
        - tls: {extended: yes, custom: [sni, version, ja3, ja4]}
        - quic
        - http2: {extended: yes}
        - files: {force-magic: no, force-hash: [sha256]}
        - flow
stream: {memcap: 512mb, checksum-validation: no, midstream: true, reassembly: {memcap: 1gb, depth: 0}}
flow: {memcap: 512mb, hash-size: 65536, prealloc: 100}
vlan: {use-for-tracking: false}
app-layer:
  protocols:
    tls: {enabled: yes, ja3-fingerprints: yes, ja4-fingerprints: yes, detection-ports: {dp: 443}}
    dns: {tcp: {enabled: yes, detection-ports: {dp: 53}}, udp: {enabled: yes, detection-ports: {dp: 53}}}
    http: {enabled: yes, libhtp: {default-config: {request-body-limit: 0, response-body-limit: 0}}}
"""
TOKEN = re.compile(
    r"[A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]*"
)  # RFC 9110, 5.6.2; all that are registered begin with a letter
UNSEEN = "/libhtp::request_uri_not_seen"  # of an answer to no request
TELLS = {"flow": ("packets", "first", "last"), "exchange": ("method", "host", "status", "answered_type"),
         "content": ("whole", "size"), "name": ("form", "addresses"), "hello": ("name", "ja3", "ja4")}  # fmt: skip


def version() -> str:
    done = subprocess.run(["suricata", "-V"], capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("This is ").replace(" version", "").replace(" RELEASE", "")


def _time(text):
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 10**6) * 1000


def records(path):
    return told(path.name, events(path))


def events(path):
    """Of one file: events of the end of a run do not say of which one they are."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Path(scratch) / "settings.yaml"
        settings.write_text(SETTINGS)
        if path.suffix == ".gz":
            plain = Path(scratch) / "plain.pcap"
            plain.write_bytes(gzip.decompress(path.read_bytes()))
            path = plain
        words = [
            "suricata",
            "-c",
            settings,
            "-S",
            "/dev/null",
            "-r",
            path,
            "-l",
            scratch,
            "-k",
            "none",
            "--runmode",
            "single",
        ]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process:
            for line in process.stdout:
                if "Failed to init pcap file" in line:  # for a minute it waits for the thread that was to read it
                    process.kill()
                    raise ValueError(line)
        said = Path(scratch) / "eve.json"
        if said.is_file():
            with said.open(encoding="utf-8", errors="replace") as file:
                yield from map(json.loads, file)


def _address(text):
    try:
        return str(ipaddress.ip_address(text))  # as all others write it
    except ValueError:
        return text


def told(capture, all_events):
    flows, others, names = {}, [], defaultdict(set)
    for event in all_events:
        kind = event["event_type"]
        if kind == "flow" and event.get("proto") in ("TCP", "UDP"):
            one = event["flow"]
            ends = (_address(event["src_ip"]), event["src_port"], _address(event["dest_ip"]), event["dest_port"])
            flows[event["flow_id"]] = {
                "kind": "flow", "capture": capture, "way": [event["proto"].lower(), *ends],
                "packets": [one["pkts_toserver"], one["pkts_toclient"]], "first": _time(one["start"]), "last": _time(one["end"]),
            }  # fmt: skip
        elif kind in TOLD:
            others.append((kind, event))
            if kind == "dns":
                _answered(event["dns"], names)
    yield from flows.values()
    for kind, event in others:
        if event["flow_id"] in flows:
            where = {"capture": capture, "way": flows[event["flow_id"]]["way"]}
            for one in TOLD[kind](event, names):
                yield {**where, **one}


def _answered(dns, names):
    if dns.get("type") in ("answer", "response"):
        asked = dns.get("rrname") or next((one.get("rrname") for one in dns.get("queries", [])), "")
        for section in ("answers", "authorities", "additionals"):
            for one in dns.get(section, []):
                if one.get("rrtype") in ("A", "AAAA") and one.get("rdata"):
                    for name in {one["rrname"], asked} if section == "answers" else {one["rrname"]}:
                        names[name].add(_address(one["rdata"]))


def _is_http(one):
    """Suricata reads RTSP and what looks like it by the reader of HTTP, and says which version it saw, if any."""
    protocol = one.get("protocol") or "HTTP/"
    return one.get("version") == "2" or (
        protocol.startswith("HTTP/") and TOKEN.fullmatch(one.get("http_method") or "") is not None
    )


def _exchange(event, _):
    one = event["http"]
    if one.get("version") == "2":
        head = {field.get("name", ""): field.get("value", "") for field in one.get("request_headers", [])}
        if ":method" in head:
            yield {"kind": "exchange", "method": head[":method"], "host": head.get(":authority") or head.get("host", ""),
                   "target": head.get(":path", ""), "status": one.get("status"), "answered_type": one.get("http_content_type", "")}  # fmt: skip
    elif one.get("url") == UNSEEN:
        yield {"kind": "answer to nothing"}
    elif _is_http(one):
        host, port = one.get("hostname", ""), one.get("http_port")
        yield {"kind": "exchange", "method": one.get("http_method"), "host": f"{host}:{port}" if port else host, "target": one.get("url"),
               "status": one.get("status"), "answered_type": one.get("http_content_type", "")}  # fmt: skip


def _content(event, _):
    one = event["fileinfo"]
    if "http" in event and not _is_http(event["http"]):
        return
    yield {"kind": "content", "sha256": one.get("sha256", ""), "size": one["size"],
           "whole": one["state"] == "CLOSED" and not one.get("gaps")}  # fmt: skip


def _lookup(event, names):
    dns = event["dns"]
    if dns.get("type") in ("query", "request"):
        for one in dns.get("queries", [dns]):
            name = one.get("rrname")
            yield {"kind": "name", "name": name, "form": one.get("rrtype"), "addresses": sorted(names[name])}


def _hello(event, _):
    one = event.get("tls") or event.get("quic") or {}
    if "ja3" in one or "sni" in one:
        told = {"ja3": one.get("ja3", {}).get("hash"), "ja4": one.get("ja4")}
        yield {"kind": "hello", "name": one.get("sni", ""), **{name: value for name, value in told.items() if value}}


TOLD = {"http": _exchange, "fileinfo": _content, "dns": _lookup, "tls": _hello, "quic": _hello}
