"""What suricata tells, as records of the test specification: its EVE log of one or many captures."""

from __future__ import annotations

import ipaddress
import json
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
        - dns: {version: 2, requests: yes, responses: yes, formats: [grouped]}
        - tls: {extended: yes, custom: [sni, version, ja3, ja4]}
        - files: {force-magic: no, force-hash: [sha256]}
        - flow
stream: {memcap: 512mb, checksum-validation: no, midstream: true, reassembly: {memcap: 1gb, depth: 0}}
flow: {memcap: 512mb, hash-size: 65536, prealloc: 100}
vlan: {use-for-tracking: true}
app-layer:
  protocols:
    tls: {enabled: yes, ja3-fingerprints: yes, ja4-fingerprints: yes, detection-ports: {dp: 443}}
    dns: {tcp: {enabled: yes, detection-ports: {dp: 53}}, udp: {enabled: yes, detection-ports: {dp: 53}}}
    http: {enabled: yes, libhtp: {default-config: {request-body-limit: 0, response-body-limit: 0}}}
"""
TELLS = {"flow": ("packets", "first", "last"), "exchange": ("method", "host", "status", "answered_type"),
         "content": ("whole", "size"), "name": ("form", "addresses"), "hello": ("name", "ja3", "ja4")}  # fmt: skip


def version() -> str:
    done = subprocess.run(["suricata", "-V"], capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("This is ").replace(" version", "").replace(" RELEASE", "")


def _time(text):
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 10**6) * 1000


def records(path):
    """Of one file: events of the end of a run do not say of which one they are."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Path(scratch) / "settings.yaml"
        settings.write_text(SETTINGS)
        subprocess.run(
            ["suricata", "-c", settings, "-S", "/dev/null", "-r", path, "-l", scratch, "-k", "none", "--runmode", "single"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=3000,
        )  # fmt: skip
        said = Path(scratch) / "eve.json"
        if said.is_file():
            with said.open(encoding="utf-8", errors="replace") as file:
                yield from _told(path.name, map(json.loads, file))


def _address(text):
    try:
        return str(ipaddress.ip_address(text))  # as all others write it
    except ValueError:
        return text


def _told(capture, events):
    flows, others, names = {}, [], defaultdict(set)
    for event in events:
        kind = event["event_type"]
        if kind == "flow" and event.get("proto") in ("TCP", "UDP"):
            one = event["flow"]
            ends = (_address(event["src_ip"]), event["src_port"], _address(event["dest_ip"]), event["dest_port"])
            flows[event["flow_id"]] = {
                "kind": "flow", "capture": capture, "way": [event["proto"].lower(), *ends],
                "packets": [one["pkts_toserver"], one["pkts_toclient"]], "first": _time(one["start"]), "last": _time(one["end"]),
            }  # fmt: skip
        elif kind in ("http", "fileinfo", "dns", "tls"):
            others.append((kind, event))
            if kind == "dns" and event["dns"].get("type") in ("answer", "response"):
                dns = event["dns"]
                query = dns.get("rrname") or next((one.get("rrname") for one in dns.get("queries", [])), "")
                names[query] |= {
                    one for form in ("A", "AAAA") for one in map(_address, dns.get("grouped", {}).get(form, []))
                }
    ways = {key: one["way"] for key, one in flows.items()}
    yield from flows.values()
    for kind, event in others:
        way = ways.get(event["flow_id"])
        if way is not None:
            yield from _one(kind, {"capture": capture, "way": way}, event, names)


def _one(kind, where, event, names):
    if kind == "http":
        one = event["http"]
        yield {"kind": "exchange", **where, "method": one.get("http_method"), "host": one.get("hostname", ""), "target": one.get("url"),
               "status": one.get("status"), "answered_type": one.get("http_content_type", "")}  # fmt: skip
    elif kind == "fileinfo":
        one = event["fileinfo"]
        yield {"kind": "content", **where, "sha256": one.get("sha256", ""), "size": one["size"],
               "whole": one["state"] == "CLOSED" and not one.get("gaps")}  # fmt: skip
    elif kind == "dns":
        dns = event["dns"]
        if dns.get("type") in ("query", "request"):
            for one in dns.get("queries", [dns]):
                yield {
                    "kind": "name",
                    **where,
                    "name": one.get("rrname"),
                    "form": one.get("rrtype"),
                    "addresses": sorted(names[one.get("rrname")]),
                }
    elif "ja3" in event["tls"] or "sni" in event["tls"]:
        one = event["tls"]
        yield {
            "kind": "hello",
            **where,
            "name": one.get("sni", ""),
            "ja3": one.get("ja3", {}).get("hash"),
            "ja4": one.get("ja4"),
        }
