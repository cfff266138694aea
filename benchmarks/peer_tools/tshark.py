# ruff: noqa: E501
"""What tshark tells, as records of the test specification."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections import defaultdict

FIELDS = (
    "frame.number", "frame.time_epoch", "frame.cap_len", "frame.len", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.stream", "udp.stream",
    "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "tcp.len", "udp.length", "tcp.flags", "tcp.segment",
    "http.request.method", "http.host", "http.request.uri", "http.response.code", "http.content_type", "http.request_in", "http.file_data",
    "dns.qry.name", "dns.qry.type", "dns.flags.response", "dns.a", "dns.aaaa", "tls.handshake.type", "tls.handshake.extensions_server_name",
    "tls.handshake.extensions_alpn_str", "tls.handshake.ja3", "tls.handshake.ja4", "tls.handshake.random", "tls.handshake.ciphersuite", "tcp.hdr_len",
    "dns.count.queries", "dns.count.answers", "dns.count.auth_rr", "dns.count.add_rr", "dns.resp.name", "dns.resp.type", "frame.protocols",
    "dtls.handshake.type", "dtls.handshake.random", "dtls.handshake.extensions_server_name", "dtls.handshake.extensions_alpn_str",
    "http2.type", "http2.streamid", "http2.header.name", "http2.header.value", "http.response.line",
)  # fmt: skip
OCTAL = re.compile(r"\\+([0-3][0-7]{2})")
ROOT = "<Root>"  # the name of DNS that has no label
HEADERS, PROMISE = "1", "5"  # frames of HTTP/2
QUOTING = ("icmp", "icmpv6", "sflow")  # what follows in such a message is of another packet
AND = "\x1f"  # between several values of a field
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


def rows(path):
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
        "aggregator=" + AND,
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
    return (
        int(whole) * 10**9 + int(rest[:9].ljust(9, "0")) if whole.isdigit() and rest.isdigit() else 0
    )  # no time that is one


class _Flow:
    def __init__(self, row, transport, ends):
        self.transport, self.sender = transport, ends
        flags = int(row["tcp.flags"].split(AND)[-1] or "0", 16) if transport == "tcp" else 0
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
    return told(path.name, rows(path))


def told(name, all_rows):
    """Of one file. Packets that are quoted in errors of ICMP are of no conversation."""
    flows, capture = {}, {"packets": 0, "bytes": 0, "first": None, "last": None}
    said = _Said()
    for row in all_rows:
        capture["packets"] += 1
        capture["bytes"] += int(row["frame.cap_len"])
        ts = _nanoseconds(row["frame.time_epoch"])
        capture["first"] = ts if capture["first"] is None else min(ts, capture["first"])
        capture["last"] = ts if capture["last"] is None else max(ts, capture["last"])
        protocols = _own(row["frame.protocols"].split(":"))
        transport = next((one for one in reversed(protocols) if one in ("tcp", "udp")), "")
        if not transport:
            continue
        stream, ends = _of(row, f"{transport}.stream", transport, protocols), _ends(row, transport, protocols)
        if ends is None:
            continue
        key = transport, stream, frozenset(ends)  # a stream may go on with other ends, where one was announced
        flow = flows.get(key)
        if flow is None:
            flow = flows[key] = _Flow(row, transport, ends)
        up = ends[0] == flow.client
        size = (
            int(_of(row, "tcp.len", "tcp", protocols) or 0)
            if transport == "tcp"
            else int(_of(row, "udp.length", "udp", protocols) or 8) - 8
        )
        size -= max(0, int(row["frame.len"]) - int(row["frame.cap_len"]))
        flow.packets[not up] += 1
        flow.payload[not up] += max(size, 0)
        flow.first, flow.last = min(flow.first, ts), max(flow.last, ts)
        flow.frames[1] = int(row["frame.number"])
        said.read(row, flow, up, {*protocols})
    yield {"kind": "capture", "capture": name, **capture}
    for flow in flows.values():
        yield {"kind": "flow", "capture": name, "way": flow.way, "packets": flow.packets, "payload": flow.payload,
               "first": flow.first, "last": flow.last, "frames": flow.frames}  # fmt: skip
    for flow, one in said.records():
        yield {"capture": name, "way": flow.way, **one}


def _own(protocols):
    return protocols[: min([protocols.index(one) for one in QUOTING if one in protocols], default=len(protocols))]


def _of(row, field, layer, protocols):
    """A field's value of the innermost layer of this kind, where there are tunnels."""
    values = row[field].split(AND)
    return values[min(protocols.count(layer), len(values)) - 1]


def _ends(row, transport, protocols):
    """Addresses of the network layer that carries the innermost transport."""
    above = protocols[: len(protocols) - protocols[::-1].index(transport)]
    network = next((one for one in reversed(above) if one in ("ip", "ipv6")), "")
    network = network or ("ip" if row["ip.src"] else "ipv6")  # behind MPLS it does not name the layer
    if not network or not row[f"{network}.src"] or not row[f"{transport}.srcport"]:
        return None  # as behind MPLS: it guesses at what follows
    return tuple(
        (_of(row, f"{network}.{end}", network, above), int(_of(row, f"{transport}.{end}port", transport, above)))
        for end in ("src", "dst")
    )


def _each(text):
    return text.split(AND) if text else []


class _Said:
    """What conversations said, by frames."""

    def __init__(self):
        self.requests, self.contents, self.hellos = [], [], []
        self.asked, self.names = [], defaultdict(set)
        self.heads = {}  # of HTTP/2: the request of a stream; None where none was seen

    def read(self, row, flow, up, protocols):
        if "http" in protocols:
            self._http(row, flow, up)
        if "http2" in protocols:
            self._http2(row, flow, up)
        if "dns" in protocols:
            self._dns(row, flow)
        self._hello(row, flow)

    def records(self):
        for one in self.requests:
            yield one["flow"], {"kind": "exchange", **{k: v for k, v in one.items() if k not in ("flow", "frame")}}
        for flow, one in self.contents:
            yield flow, {"kind": "content", **one}
        for flow, name, form in self.asked:
            yield flow, {"kind": "name", "name": name, "form": form, "addresses": sorted(self.names[name])}
        for flow, one in self.hellos:
            yield flow, {"kind": "hello", **one}

    def _http(self, row, flow, up):
        frame, types = int(row["frame.number"]), _each(row["http.content_type"])
        methods, hosts = _each(row["http.request.method"]), _each(row["http.host"])
        for place, (method, uri) in enumerate(zip(methods, _each(row["http.request.uri"]), strict=False)):
            self.requests.append({"flow": flow, "frame": frame, "method": method, "host": hosts[place] if place < len(hosts) else "",
                                  "target": uri, "asked_type": types[0] if len(methods) == 1 and types else ""})  # fmt: skip
        codes, wanted = _each(row["http.response.code"]), [int(one) for one in _each(row["http.request_in"])]
        for place, code in enumerate(codes):
            waiting = [one for one in self.requests if one["flow"] is flow and "status" not in one]
            if wanted:
                waiting = [one for one in waiting if place < len(wanted) and one["frame"] == wanted[place]]
            if waiting:
                waiting[0]["status"] = int(code)
                waiting[0]["answered_type"] = types[place] if len(types) == len(codes) else ""
        frames = sorted({*map(int, _each(row["tcp.segment"])), frame})
        for one in _each(row["http.file_data"]):
            try:
                data = bytes.fromhex(one.replace(":", ""))
            except ValueError:  # some bodies it gives in words
                continue
            self.contents.append((flow, {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "whole": True, "up": up,
                                         "packets": [frames[0], frames[-1]]}))  # fmt: skip

    def _http2(self, row, flow, up):
        """Heads of a packet: pseudo fields begin one (RFC 9113, 8.3); one that a stream's side had already are trailers."""
        heads, before = [], ""
        for name, value in zip(_each(row["http2.header.name"]), _each(row["http2.header.value"]), strict=False):
            if name.startswith(":") and (not heads or not before.startswith(":") or name in heads[-1]):
                heads.append({})
            if heads:
                heads[-1].setdefault(name, value)
            before = name
        for stream, form in zip(_each(row["http2.streamid"]), _each(row["http2.type"]), strict=False):
            if form == PROMISE and heads:
                self._ask(heads.pop(0), flow)
            if form != HEADERS or not heads or (flow, stream, up) in self.heads:
                continue
            head = heads.pop(0)
            self.heads[flow, stream, up] = asked = self._ask(head, flow) if ":method" in head else None
            if asked is None and (asked := self.heads.get((flow, stream, not up)) or self._waiting(flow, stream)):
                asked["status"], asked["answered_type"] = int(head.get(":status") or 0), head.get("content-type", "")

    def _ask(self, head, flow):
        one = {"flow": flow, "frame": 0, "method": head.get(":method", ""), "host": head.get(":authority") or head.get("host", ""),
               "target": head.get(":path", ""), "asked_type": head.get("content-type", "")}  # fmt: skip
        self.requests.append(one)
        return one

    def _waiting(self, flow, stream):
        """The request that asked for HTTP/2, which stream 1 answers (RFC 7540, 3.2), or one that the server promised."""
        for one in self.requests:
            if one["flow"] is flow and (
                one.get("status") == 101 if stream == "1" else "status" not in one and not one["frame"]
            ):
                return one
        return None

    def _dns(self, row, flow):
        """Fields of all messages of a frame stand in one list; counts say where each ends."""
        names = [
            "" if name == ROOT else OCTAL.sub(lambda found: chr(int(found[1], 8)), name)
            for name in _each(row["dns.qry.name"])
        ]
        questions = list(zip(names, _each(row["dns.qry.type"]), strict=False))
        given = {form: _each(row[field]) for field, form in (("dns.a", "1"), ("dns.aaaa", "28"))}
        answers = [
            (name, given[form].pop(0) if given.get(form) else "")
            for name, form in zip(_each(row["dns.resp.name"]), _each(row["dns.resp.type"]), strict=False)
        ]
        counts = [_each(row[f"dns.count.{name}"]) for name in ("queries", "answers", "auth_rr", "add_rr")]
        for response, *sizes in zip(_each(row["dns.flags.response"]), *counts, strict=False):
            asks, direct, *others = map(int, sizes)
            asked, questions = questions[:asks], questions[asks:]
            records, answers = answers[: direct + sum(others)], answers[direct + sum(others) :]
            if response not in ("True", "1"):
                self.asked += [(flow, name, form) for name, form in asked[:1]]
            for place, (name, address) in enumerate(records):
                for one in {name, *(name for name, _ in asked[:1] if place < direct)} if address else ():
                    self.names[one].add(address)

    def _hello(self, row, flow):
        for form in ("tls", "dtls"):
            field = lambda name: _each(row.get(f"{form}.handshake.{name}", ""))  # noqa: B023, E731
            if "1" in field("type") and field("random"):
                told = {name: field(name)[0] for name in ("ja3", "ja4") if field(name)}
                self.hellos.append((flow, {
                    "name": "".join(field("extensions_server_name")[:1]), "random": field("random")[0].replace(":", ""),
                    "alpn": [one for text in field("extensions_alpn_str") for one in text.split(",") if one],
                    "frame": int(row["frame.number"]), **told,
                }))  # fmt: skip
