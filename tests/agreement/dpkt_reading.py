"""What can be told with dpkt, as records of the test specification: conversations, lookups, hellos, exchanges.

Written here, plainly: packets by dpkt, TCP put in order at the end of a connection, HTTP by dpkt's own reader.
"""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
from collections import defaultdict

import dpkt

TELLS = {"flow": ("packets", "payload", "first", "last", "frames"), "exchange": ("method", "host", "status"),
         "content": ("whole", "size"), "name": ("form", "addresses"), "hello": ("name", "random")}  # fmt: skip

RAW = (12, 14, 101, 228, 229)  # link types of packets without any link layer
FAMILIES = {228: 4, 229: 6}  # those that say which version of IP


def version() -> str:
    return f"dpkt {dpkt.__version__}"


def packets(path):
    with gzip.open(path) if path.read_bytes()[:2] == b"\x1f\x8b" else path.open("rb") as file:
        reader = dpkt.pcap.UniversalReader(file)
        link = reader.datalink() & 0xFFFF  # above: how long the check sequences of its frames are
        for number, (ts, data) in enumerate(reader, 1):
            yield number, ts, link, data


def network(link, data):
    """The IP packet of a frame; None for anything else."""
    if link == dpkt.pcap.DLT_EN10MB:
        packet = dpkt.ethernet.Ethernet(data).data
    elif link in FAMILIES and data[:1] and data[0] >> 4 != FAMILIES[link]:
        return None  # not what the link type says
    elif link in RAW:
        packet = dpkt.ip.IP(data) if data[0] >> 4 == 4 else dpkt.ip6.IP6(data)
    elif link == dpkt.pcap.DLT_LINUX_SLL:
        packet = dpkt.sll.SLL(data).data
    elif link == dpkt.pcap.DLT_NULL:
        packet = dpkt.loopback.Loopback(data).data
    else:
        return None
    while isinstance(packet, dpkt.pppoe.PPPoE | dpkt.pppoe.PPP):
        packet = packet.data
    if isinstance(packet, dpkt.ip.IP) and packet.v != 4:
        return None
    if isinstance(packet, dpkt.ip.IP) and packet.offset:
        return None  # the rest of a datagram, which is not put together here: it begins with no port
    return packet if isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6) else None


class _Flow:
    def __init__(self, transport, client, server, number, ts):
        self.way = [transport, *client, *server]
        self.client, self.packets, self.payload, self.frames = client, [0, 0], [0, 0], [number, number]
        self.first = self.last = ts
        self.segments = ({}, {})


def records(path):
    flows, done, names, asked = {}, [], defaultdict(set), []
    for number, ts, link, data in packets(path):
        try:
            packet = network(link, data)
            inner = packet.data if packet is not None else None
        except (dpkt.UnpackError, IndexError, ValueError):
            continue
        if not isinstance(inner, dpkt.tcp.TCP | dpkt.udp.UDP):
            continue
        transport = "tcp" if isinstance(inner, dpkt.tcp.TCP) else "udp"
        one = str(ipaddress.ip_address(packet.src)), inner.sport
        other = str(ipaddress.ip_address(packet.dst)), inner.dport
        key = transport, frozenset((one, other))
        flags = inner.flags if transport == "tcp" else 0
        flow = flows.get(key)
        if flow is None:
            back = flags & 18 == 18
            if not flags & 2:
                low, high = sorted((one[1], other[1]))
                back = one[1] == low and low != high and (low < 1024 or high >= 32768)
            flow = flows[key] = _Flow(
                transport, *((other, one) if back else (one, other)), number, int(ts * 10**6) * 1000
            )
            done.append(flow)
        down = one != flow.client
        flow.packets[down] += 1
        flow.payload[down] += len(inner.data)
        flow.last, flow.frames[1] = int(ts * 10**6) * 1000, number
        if transport == "tcp":
            if flags & 2:
                flow.segments[down].setdefault("base", inner.seq + 1)
            elif inner.data:
                flow.segments[down].setdefault(inner.seq, bytes(inner.data))
        elif 53 in (inner.sport, inner.dport):
            _lookup(bytes(inner.data), flow, names, asked)
    for flow in done:
        yield {"kind": "flow", "capture": path.name, "way": flow.way, "packets": flow.packets, "payload": flow.payload,
               "first": flow.first, "last": flow.last, "frames": flow.frames}  # fmt: skip
        if flow.way[0] == "tcp":
            for record in _said(flow):
                yield {"capture": path.name, "way": flow.way, **record}
    for flow, name, form in asked:
        yield {
            "kind": "name",
            "capture": path.name,
            "way": flow.way,
            "name": name,
            "form": form,
            "addresses": sorted(names[name]),
        }


def _lookup(data, flow, names, asked):
    try:
        said = dpkt.dns.DNS(data)
    except (dpkt.UnpackError, IndexError, UnicodeDecodeError):
        return
    if not said.qd:
        return
    name = said.qd[0].name
    if said.qr:
        for one in said.an:
            address = getattr(one, {1: "ip", 28: "ip6"}.get(one.type, ""), b"")
            if len(address) in (4, 16):  # a damaged record may have another length
                for given in {name, one.name}:
                    names[given].add(str(ipaddress.ip_address(address)))
    else:
        asked.append((flow, name, str(said.qd[0].type)))


def _stream(segments):
    """Bytes of a direction up to the first hole, and whether anything lies behind it."""
    if "base" not in segments:
        return b"", True
    base = segments["base"]
    out = bytearray()
    for at, data in sorted(((seq - base) % 2**32, data) for seq, data in segments.items() if seq != "base"):
        if at > len(out):
            return bytes(out), True
        out += data[len(out) - at :]
    return bytes(out), False


def messages(data, kind):
    """Requests or responses of a direction, and what is left where the reader stops."""
    out = []
    while data:
        try:
            one = kind(data)
        except (dpkt.UnpackError, ValueError, IndexError, TypeError, AttributeError):
            break
        out.append(one)
        data = one.data
    return out, data


def _said(flow):
    up, _ = _stream(flow.segments[0])
    down, _ = _stream(flow.segments[1])
    if up[:1] == b"\x16" and up[5:6] == b"\x01":
        yield from _hello(up)
        return
    requests, answers = [], []
    for data, kind, out in ((up, dpkt.http.Request, requests), (down, dpkt.http.Response, answers)):
        out += messages(data, kind)[0]
    answers_given = [
        one for one in answers if not one.status.startswith("1") or one.status == "101"
    ]  # others follow (RFC 9110, 15.2)
    for place, one in enumerate(requests):
        status = int(answers_given[place].status) if place < len(answers_given) else None
        yield {
            "kind": "exchange",
            "method": one.method,
            "host": one.headers.get("host", ""),
            "target": one.uri,
            "status": status,
        }
    for one in (*requests, *answers):
        if one.body and "content-encoding" not in one.headers:
            yield {
                "kind": "content",
                "sha256": hashlib.sha256(one.body).hexdigest(),
                "size": len(one.body),
                "whole": True,
            }


def _hello(data):
    hello = _client_hello(data)
    if hello is not None:
        name = next(
            (
                body[5 : 5 + int.from_bytes(body[3:5], "big")].decode("latin-1")
                for kind, body in getattr(hello, "extensions", ())
                if kind == 0 and len(body) > 5
            ),
            "",
        )
        yield {"kind": "hello", "name": name, "random": hello.random.hex()}


def hello_extensions(data):
    """Kinds of extensions of the hello that a connection begins with; None where it begins with none."""
    hello = _client_hello(data)
    return None if hello is None else [kind for kind, _ in getattr(hello, "extensions", ())]


def _client_hello(data):
    message = bytearray()
    while data[:1] == b"\x16" and len(data) >= 5:
        size = int.from_bytes(data[3:5], "big")
        message += data[5 : 5 + size]
        data = data[5 + size :]
    try:
        hello = dpkt.ssl.TLSHandshake(bytes(message)).data
    except (dpkt.UnpackError, dpkt.ssl.SSL3Exception, IndexError):
        return None
    return (
        hello if isinstance(hello, dpkt.ssl.TLSClientHello) and hasattr(hello, "extensions") else None
    )  # a damaged one may have none
