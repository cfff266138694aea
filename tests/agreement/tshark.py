"""What tshark tells, as records of the test specification."""

from __future__ import annotations

import hashlib
import subprocess
from collections import defaultdict

FIELDS = (
    "frame.number", "frame.time_epoch", "frame.cap_len", "frame.len", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.stream", "udp.stream",
    "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "tcp.len", "udp.length", "tcp.flags", "tcp.segment",
    "http.request.method", "http.host", "http.request.uri", "http.response.code", "http.content_type", "http.request_in", "http.file_data",
    "dns.qry.name", "dns.qry.type", "dns.flags.response", "dns.a", "dns.aaaa", "tls.handshake.type", "tls.handshake.extensions_server_name",
    "tls.handshake.extensions_alpn_str", "tls.handshake.ja3", "tls.handshake.ja4", "tls.handshake.random", "tls.handshake.ciphersuite", "tcp.hdr_len",
    "dns.count.answers", "dns.resp.type",
)  # fmt: skip
KINDS = {"1": "A", "28": "AAAA"}
OPTIONS = (
    "tcp.reassemble_out_of_order:TRUE", "http.decompress_body:TRUE", "tls.desegment_ssl_records:TRUE", "ip.defragment:TRUE",
    "tcp.desegment_tcp_streams:TRUE", "frame.generate_bits_field:FALSE",
)  # fmt: skip
TELLS = {"capture": ("packets", "bytes", "first", "last"), "flow": ("packets", "payload", "first", "last", "frames"),
         "exchange": ("method", "host", "status", "asked_type", "answered_type"), "content": ("whole", "up", "size", "packets"),
         "name": ("form", "addresses"), "hello": ("name", "alpn", "ja3", "ja4", "frame", "random")}  # fmt: skip


def version() -> str:
    done = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split("\n", 1)[0].split(" (Git")[0].replace("(Wireshark)", "").split()).rstrip(".")


def _rows(path):
    words = [
        "tshark",
        "-r",
        str(path),
        "-n",
        "-2",
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=|",
    ]
    for one in OPTIONS:
        words += ["-o", one]
    for one in FIELDS:
        words += ["-e", one]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")
    with process:
        for line in process.stdout:
            yield dict(zip(FIELDS, line.rstrip("\n").split("\t"), strict=False))


def _nanoseconds(text):
    whole, _, rest = text.partition(".")
    return int(whole) * 10**9 + int(rest[:9].ljust(9, "0"))


class _Flow:
    def __init__(self, row, transport, ends):
        self.transport, self.sender = transport, ends
        flags = int(row["tcp.flags"] or "0", 16) if transport == "tcp" else 0
        back = flags & 0x12 == 0x12
        (_, p), (_, q) = ends
        if transport == "udp" or not flags & 2:
            low, high = sorted((p, q))
            back = p == low and low != high and (low < 1024 or high >= 32768)
        self.client, self.server = (ends[1], ends[0]) if back else ends
        self.packets, self.payload = [0, 0], [0, 0]
        self.first, self.frames = _nanoseconds(row["frame.time_epoch"]), [int(row["frame.number"])] * 2
        self.last = self.first

    @property
    def way(self):
        return [self.transport, self.client[0], self.client[1], self.server[0], self.server[1]]


def records(path):
    name = path.name
    flows, capture, asked, contents, names = (
        {},
        {"packets": 0, "bytes": 0, "first": None, "last": None},
        {},
        [],
        defaultdict(set),
    )
    requests, out = [], []
    for row in _rows(path):
        capture["packets"] += 1
        capture["bytes"] += int(row["frame.cap_len"])
        ts = _nanoseconds(row["frame.time_epoch"])
        capture["first"] = ts if capture["first"] is None else min(ts, capture["first"])
        capture["last"] = ts if capture["last"] is None else max(ts, capture["last"])
        transport = "tcp" if row["tcp.stream"] else "udp" if row["udp.stream"] else ""
        if not transport:
            continue
        last = lambda text: text.split("|")[-1]  # noqa: E731 - the innermost, where there are tunnels
        stream = last(row[f"{transport}.stream"])
        source, target = (last(row["ip.src"] or row["ipv6.src"]), last(row["ip.dst"] or row["ipv6.dst"]))
        if row["ipv6.src"] and row["ip.src"]:
            inner = row["ipv6.src"] if row["ipv6.src"].count("|") >= row["ip.src"].count("|") else row["ip.src"]
            source, target = (
                (last(row["ipv6.src"]), last(row["ipv6.dst"])) if inner == row["ipv6.src"] else (source, target)
            )
        ports = int(last(row[f"{transport}.srcport"])), int(last(row[f"{transport}.dstport"]))
        ends = (source, ports[0]), (target, ports[1])
        key = transport, stream
        flow = flows.get(key)
        if flow is None:
            flow = flows[key] = _Flow(row, transport, ends)
        up = ends[0] == flow.client
        size = int(last(row["tcp.len"]) or 0) if transport == "tcp" else int(last(row["udp.length"]) or 8) - 8
        size -= max(0, int(row["frame.len"]) - int(row["frame.cap_len"]))
        flow.packets[not up] += 1
        flow.payload[not up] += max(size, 0)
        flow.first, flow.last = min(flow.first, ts), max(flow.last, ts)
        flow.frames[1] = int(row["frame.number"])
        _said(row, flow, up, name, requests, contents, asked, names, out)
    yield {"kind": "capture", "capture": name, **capture}
    for flow in flows.values():
        yield {"kind": "flow", "capture": name, "way": flow.way, "packets": flow.packets, "payload": flow.payload,
               "first": flow.first, "last": flow.last, "frames": flow.frames}  # fmt: skip
    for one in requests:
        yield {
            "kind": "exchange",
            "capture": name,
            "way": one["flow"].way,
            **{k: v for k, v in one.items() if k not in ("flow", "frame")},
        }
    for flow, one in contents:
        yield {"kind": "content", "capture": name, "way": flow.way, **one}
    for flow, asked_name, form in asked.values():
        yield {
            "kind": "name",
            "capture": name,
            "way": flow.way,
            "name": asked_name,
            "form": form,
            "addresses": sorted(names[asked_name]),
        }
    for flow, one in out:
        yield {"kind": "hello", "capture": name, "way": flow.way, **one}


def _said(row, flow, up, name, requests, contents, asked, names, out):
    frame = int(row["frame.number"])
    types = row["http.content_type"].split("|") if row["http.content_type"] else []
    if row["http.request.method"]:
        methods, uris = row["http.request.method"].split("|"), row["http.request.uri"].split("|")
        hosts = row["http.host"].split("|") if row["http.host"] else []
        for place, (method, uri) in enumerate(zip(methods, uris, strict=False)):
            one = {"flow": flow, "frame": frame, "method": method, "host": hosts[place] if place < len(hosts) else "", "target": uri,
                   "asked_type": types[0] if len(methods) == 1 and types else ""}  # fmt: skip
            requests.append(one)
    if row["http.response.code"]:
        waiting = [one for one in requests if one["flow"] is flow and "status" not in one]
        wanted = [int(one) for one in row["http.request_in"].split("|") if one]
        codes = row["http.response.code"].split("|")
        for place, code in enumerate(codes):
            found = [
                one
                for one in requests
                if one["flow"] is flow and place < len(wanted) and one["frame"] == wanted[place] and "status" not in one
            ]
            target = (found or (waiting if not wanted else []) or [None])[0]
            if target is not None:
                target["status"] = int(code)
                target["answered_type"] = types[place] if len(types) == len(codes) else ""
    if row["http.file_data"]:
        frames = sorted({int(one) for one in row["tcp.segment"].split("|") if one} | {frame})
        for one in row["http.file_data"].split("|"):
            data = bytes.fromhex(one.replace(":", ""))
            contents.append((flow, {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "whole": True, "up": up,
                                    "packets": [frames[0], frames[-1]]}))  # fmt: skip
    if row["dns.qry.name"]:
        query = row["dns.qry.name"].split("|")[0]
        if row["dns.flags.response"].split("|")[0] in ("True", "1"):
            told = row["dns.resp.type"].split("|")[
                : int(row["dns.count.answers"].split("|")[0] or 0)
            ]  # addresses beside it are of servers
            for field, form in (("dns.a", "1"), ("dns.aaaa", "28")):
                names[query] |= set(row[field].split("|")[: told.count(form)]) - {""}
        else:
            asked[flow.way[1], flow.way[2], query] = (
                flow,
                query,
                KINDS.get(row["dns.qry.type"].split("|")[0], row["dns.qry.type"]),
            )
    if "1" in row["tls.handshake.type"].split("|") and row["tls.handshake.ja3"]:
        out.append((flow, {
            "name": row["tls.handshake.extensions_server_name"], "alpn": [one for one in row["tls.handshake.extensions_alpn_str"].replace(",", "|").split("|") if one],
            "ja3": row["tls.handshake.ja3"].split("|")[0], "ja4": row["tls.handshake.ja4"].split("|")[0], "frame": frame,
            "random": row["tls.handshake.random"].split("|")[0].replace(":", ""),
        }))  # fmt: skip
