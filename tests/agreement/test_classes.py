"""Every class of differences: one that is of it, and one near it that is not."""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib

import dpkt
import pytest

from tests.agreement.classes import CHANGED, CLASSES, UNREAD, Context, class_of
from tests.agreement.comparing import Difference, by_ends
from tests.agreement.packets import Packets

HERE, THERE = ("10.0.0.1", 40000), ("192.0.2.1", 80)
SMALL, BODY = b"abc", b"x" * 90


def ends(transport="tcp", there=THERE, here=HERE):
    return (transport, *sorted((here, there)))


def way(key):
    return [key[0], *key[1], *key[2]]


def flow(packets, payload=None):
    return (("packets", packets), *((("payload", payload),) if payload else ()))


def asked(method="GET", status="200", host="h"):
    return {(("method", method), ("host", host), ("status", str(status)))}


def hello(ja4="t13d", ja3="a", name="n", random="r"):
    return {(("name", name), ("ja3", ja3), ("ja4", ja4), ("random", random))}


def message(key, **said):
    plain = {
        "protocol": "http", "direction": "up", "method": "GET", "path": "/x", "status": 0, "content_type": "", "body_size": 0,
        "complete": True, "missing": [], "notes": [], "first_frame": 1, "last_frame": 1, "answers": False,
    }  # fmt: skip
    return {"kind": "message", "way": way(key), **plain, **said}


def answer(key, **said):
    return message(key, direction="down", status=200, answers=True, **said)


def content(key, data=SMALL, *, whole=True, form="text"):
    return {
        "kind": "content",
        "way": way(key),
        "sha256": digest(data),
        "size": len(data),
        "whole": whole,
        "form": form,
    }


def has(key, frames=(1, 1)):
    return {"kind": "flow", "way": way(key), "frames": list(frames)}


def digest(data):
    return hashlib.sha256(data).hexdigest()


def of(data, key=None):
    return (key or ends(), digest(data), len(data))


# -- packets ----------------------------------------------------------------------------------------------------------


def packed(one, other, inner, protocol, *, more=0, wrong=False):
    ip = dpkt.ip.IP(src=raw(one[0]), dst=raw(other[0]), p=protocol, data=inner)
    ip.mf = more
    ip.len = len(ip)
    data = bytes(ip)
    if wrong:
        data = data[:-1] + bytes([data[-1] ^ 1])
    return bytes(dpkt.ethernet.Ethernet(data=data, type=0x0800))


def raw(address):
    return bytes(map(int, address.split(".")))


def tcp(data=b"", *, seq=1, flags=0x18, back=False, key=None, **how):
    one, other = (key or ends())[1:]
    one, other = (other, one) if back else (one, other)
    return packed(one, other, dpkt.tcp.TCP(sport=one[1], dport=other[1], seq=seq, flags=flags, data=data), 6, **how)


def udp(data=b"", *, back=False, key=None, more=0):
    one, other = (key or ends("udp"))[1:]
    one, other = (other, one) if back else (one, other)
    length = 8 + len(data) + more
    return packed(one, other, dpkt.udp.UDP(sport=one[1], dport=other[1], ulen=length, data=data), 17)


def short_udp(data, told):
    """A datagram of which the frame has less than both heads tell."""
    frame = udp(data)
    ip = bytearray(frame[14:])
    ip[2:4] = struct.pack(">H", 28 + told)
    ip[10:12] = bytes(2)
    ip[10:12] = struct.pack(">H", dpkt.in_cksum(bytes(ip[:20])))
    ip[24:26] = struct.pack(">H", 8 + told)
    return frame[:14] + bytes(ip)


def in_pppoe(frame, length):
    """The packet of a frame in PPPoE, which says that it carries so many bytes of it."""
    return frame[:12] + b"\x88\x64\x11\0\0\1" + struct.pack(">H", length + 2) + b"\0\x21" + frame[14:]


def unreachable(kind=3):
    """An error of ICMP about a datagram from HERE."""
    quoted = udp(b"q")[14:]
    return packed(THERE, HERE, struct.pack(">BBHI", kind, 1, 0, 0) + quoted, 1)


def opened(up=b"", down=b""):
    """A connection that was seen from its beginning on, and what each end said."""
    first, second = (up, down) if ends()[1] == HERE else (down, up)
    frames = [tcp(seq=0, flags=2), tcp(seq=0, flags=0x12, back=True)]
    return [*frames, *([tcp(first)] if first else []), *([tcp(second, back=True)] if second else [])]


def written(path, frames, *, link=1):
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    return path


def client_hello(extensions=(), *, cut=0):
    body = b"\3\1" + bytes(32) + b"\0" + b"\0\2\0\x2f" + b"\1\0"
    if extensions is not None:
        listed = b"".join(struct.pack(">HH", kind, 0) for kind in extensions)
        body += struct.pack(">H", len(listed)) + listed
    handshake = b"\1" + len(body).to_bytes(3, "big") + body
    parts = [handshake[:cut], handshake[cut:]] if cut else [handshake]
    return b"".join(b"\x16\3\1" + struct.pack(">H", len(part)) + part for part in parts)


HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
DNS = ends("udp", ("192.0.2.1", 53))
LONG_NAME = bytes(12) + (b"\x3f" + b"a" * 63) * 5 + b"\0\0\1\0\1"
UNTRUE = gzip.compress(BODY, mtime=0)[:-8] + bytes(8)
MAIL = b"DATA\r\nSubject: a\r\n\r\n" + BODY + b"\r\n.\r\n"
EMPTY = hashlib.sha256(b"002b_").hexdigest()[:12]

# class: (peer, kind, ours, theirs, key, context) of it, what makes it another difference
OF = {
    "errors of ICMP counted": (
        ("suricata", "flow", flow((1, 0)), flow((1, 1)), ends("udp"), {"frames": [udp(b"q"), unreachable()]}),
        {"frames": [udp(b"q"), unreachable(5)]},  # a redirect is none
    ),
    "datagram shorter than it says": (
        ("tshark", "flow", flow((1, 0), (3, 0)), flow((1, 0), (40, 0)), ends("udp"), {"frames": [short_udp(SMALL, 40)]}),
        {"frames": [udp(SMALL)]},
    ),
    "packet that suricata drops": (
        ("suricata", "flow", flow((2, 0)), flow((1, 0)), ends("udp"), {"frames": [short_udp(SMALL, 40), udp(SMALL)]}),
        {"frames": [udp(SMALL), udp(SMALL)]},
    ),
    "carrier of a tunnel": (
        ("suricata", "flow", None, flow((1, 0)), ends("udp", ("192.0.2.1", 4789)), {}),
        {"key": ends("udp", ("192.0.2.1", 4780))},
    ),
    "frames that dpkt does not read": (
        ("dpkt", "flow", flow((1, 0)), None, ends(), {"ours": [has(ends())], "frames": [b"\0" * 12 + b"\x89\x47" + bytes(40)]}),
        {"frames": [tcp(SMALL)]},
    ),
    "frames that suricata does not read": (
        ("suricata", "flow", flow((1, 0)), None, ends(), {"ours": [has(ends())], "frames": [udp(key=ends("udp", ("192.0.2.1", 4754)))]}),
        {"frames": [udp(key=ends("udp", ("192.0.2.1", 4755)))]},
    ),
    "GTP": (
        ("tshark", "flow", None, flow((1, 0)), ends(), {"frames": [udp(key=ends("udp", ("192.0.2.1", 2152)))]}),
        {"frames": [udp(key=ends("udp", ("192.0.2.1", 2153)))]},
    ),
    "link layer that netaudit does not read": (("tshark", "flow", None, flow((1, 0)), ends(), {"frames": [], "link": 7}), {"link": 1}),
    "version of IP that the link type denies": (("suricata", "flow", None, flow((1, 0)), ends(), {"frames": [], "link": 229}), {"link": 1}),
    "fragment without its rest": (
        ("suricata", "flow", flow((1, 0)), None, ends(), {"ours": [has(ends())], "frames": [tcp(SMALL, more=1)]}),
        {"frames": [tcp(SMALL)]},
    ),
    "fragments that dpkt does not join": (
        ("dpkt", "flow", flow((1, 0), (9, 0)), flow((1, 0), (3, 0)), ends(), {"ours": [has(ends())], "frames": [tcp(SMALL, more=1)]}),
        {"frames": [tcp(SMALL)]},
    ),
    "packet longer than its carrier says": (
        ("dpkt", "flow", flow((1, 0), (0, 0)), flow((1, 0), (3, 0)), ends(), {"ours": [has(ends())], "frames": [in_pppoe(tcp(SMALL), 40)]}),
        {"frames": [in_pppoe(tcp(SMALL), 43)]},
    ),
    "packet above 64 KiB": (("tshark", "flow", flow((1, 0), (70000, 0)), None, ends(), {}), {"ours_says": flow((2, 0), (70000, 0))}),
    "pcapng that the peer reads in part": (
        ("suricata", "flow", flow((2, 0)), flow((1, 0)), ends(), {"pcapng": (6, 3)}),
        {"pcapng": (6, 6)},
    ),
    "Teredo at another port": (
        ("suricata", "flow", None, flow((1, 0)), ("tcp", ("2001:0:1::1", 1), ("2001:0:1::2", 80)), {}),
        {"key": ("tcp", ("2001:db8::1", 1), ("2001:db8::2", 80))},
    ),
    UNREAD: (("dpkt", "exchange", asked(), None, (ends(), "/x"), {"ours": [has(ends())]}), {"theirs": [has(ends())]}),
    "conversation that netaudit does not have": (
        ("tshark", "exchange", None, asked(), (ends(), "/x"), {"theirs": [has(ends())]}),
        {"ours": [has(ends())]},
    ),
    "lookup over TCP": (
        ("dpkt", "name", {(("form", "1"),)}, None, (ends(), "n"), {"theirs": [has(ends())]}),
        {"key": (DNS, "n"), "theirs": [has(DNS)]},
    ),
    "name that is too long": (
        ("tshark", "name", {(("form", "1"), ("addresses", "[]"))}, {(("form", "1"), ("addresses", "[a]"))}, (DNS, "n"),
         {"frames": [udp(b"\0\1\x81\0\0\1\0\0\0\0\0\0" + LONG_NAME[12:], key=DNS)]}),
        {"frames": [udp(b"\0\1\x81\0\0\1\0\0\0\0\0\0" + b"\1a\0\0\1\0\1", key=DNS)]},
    ),
    "content without a hash": (
        ("tshark", "content", None, "whole", of(SMALL), {"ours": [has(ends()), content(ends()) | {"sha256": ""}]}),
        {"ours": [has(ends()), content(ends(), b"xyz")]},
    ),
    "form taken apart": (
        ("tshark", "content", None, "whole", of(BODY), {"ours": [has(ends()), message(ends(), body_size=90), content(ends())]}),
        {"ours": [has(ends()), message(ends(), body_size=90), content(ends()), content(ends(), b"y" * 90)]},
    ),
    "file in a form": (
        ("suricata", "content", None, "whole", of(BODY), {"ours": [has(ends()), message(ends(), content_type="multipart/form-data", body_size=99)]}),
        {"ours": [has(ends()), message(ends(), content_type="image/jpeg", body_size=99)]},
    ),
    "first chunk of deflate apart": (
        ("suricata", "content", None, "whole", of(BODY), {"ours": [has(ends()), answer(ends(), body_size=91)]}),
        {"ours": [has(ends()), answer(ends(), body_size=190)]},
    ),
    "chunks out of order": (("tshark", "content", None, "whole", of(b"\r\n"), {"ours": [has(ends())]}), {"key": of(BODY)}),
    "stream of parts": (
        ("dpkt", "content", None, "whole", of(BODY), {"ours": [has(ends()), answer(ends(), content_type="multipart/x-mixed-replace", body_size=40)]}),
        {"ours": [has(ends()), answer(ends(), content_type="multipart/x-mixed-replace", body_size=140)]},
    ),
    "tunnel in HTTP/2": (
        ("suricata", "content", None, "whole", of(BODY), {"ours": [has(ends()), message(ends(), protocol="http2", method="CONNECT")]}),
        {"ours": [has(ends()), message(ends(), protocol="http2", method="POST")]},
    ),
    "head with a line without a colon": (
        ("tshark", "content", None, "whole", of(BODY), {"ours": [has(ends()), message(ends(), body_size=60, notes=["header lines without a colon"])]}),
        {"ours": [has(ends()), message(ends(), body_size=60)]},
    ),
    "one packet as a file": (
        ("tshark", "content", None, "whole", of(BODY), {"ours": [has(ends())], "frames": [tcp(BODY)]}),
        {"frames": [tcp(BODY + b"y")]},
    ),
    "body as on the wire": (
        ("dpkt", "content", None, "whole", of(BODY), {"ours": [has(ends()), content(ends())], "frames": opened(b"", HEAD + BODY)}),
        {"frames": opened(b"", HEAD + BODY[:-1])},
    ),
    "line end behind a body": (
        ("suricata", "content", None, "whole", of(SMALL + b"\r\n"),
         {"ours": [has(ends()), message(ends(), body_size=3)], "frames": opened(b"POST / HTTP/1.1\r\n\r\n" + SMALL + b"\r\n")}),
        {"ours": [has(ends()), message(ends(), body_size=30)]},
    ),
    "body behind an interim answer": (
        ("tshark", "content", None, "whole", of(BODY),
         {"ours": [has(ends()), answer(ends()) | {"status": 102}], "frames": opened(b"", b"HTTP/1.1 102 a\r\n\r\n" + BODY)}),
        {"ours": [has(ends()), answer(ends())]},
    ),
    "field on two lines": (
        ("tshark", "content", None, "whole", of(BODY), {"ours": [has(ends())], "frames": opened(b"", b"HTTP/1.1 200 OK\r\nA:\r\n b\r\n\r\n")}),
        {"frames": opened(b"", b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n")},
    ),
    "checksum that is not true": (
        ("tshark", "content", False, "whole", of(BODY), {"ours": [has(ends())], "frames": opened(b"", HEAD + UNTRUE)}),
        {"frames": opened(b"", HEAD + gzip.compress(BODY, mtime=0))},
    ),
    "no version of HTTP": (
        ("tshark", "content", None, "whole", of(BODY), {"ours": [has(ends())], "frames": opened(b"", b"HTTP/5.2 200\r\n\r\n")}),
        {"frames": opened(b"", HEAD)},
    ),
    "end of a mail": (
        ("suricata", "content", None, "whole", of(BODY), {"ours": [has(ends()), message(ends(), protocol="smtp")], "frames": opened(MAIL)}),
        {"frames": opened(MAIL.replace(b"x\r\n.", b"y\r\n."))},
    ),
    "pipe of SMB": (
        ("suricata", "content", None, "whole", of(b"abcd", ends(there=("192.0.2.1", 445))), {"ours": [has(ends(there=("192.0.2.1", 445)))]}),
        {"key": of(BODY, ends(there=("192.0.2.1", 445)))},
    ),
    "part that is not called whole": (
        ("dpkt", "content", False, "whole", of(BODY), {"ours": [has(ends()), answer(ends()) | {"status": 206}]}),
        {"ours": [has(ends()), answer(ends())]},
    ),
    "answer out of order": (
        ("tshark", "exchange", asked(), asked(status="None"), (ends(), "/x"), {}),
        {"theirs_says": asked(status="404")},
    ),
    "answer that dpkt does not read": (
        ("dpkt", "exchange", asked(), asked(status="None"), (ends(), "/x"), {}),
        {"theirs_says": asked("POST", "None")},
    ),
    "answer to a request without its end": (
        ("suricata", "exchange", asked(), asked(status="None"), (ends(), "/x"), {"ours": [has(ends()), message(ends(), missing=["3-?"])]}),
        {"ours": [has(ends()), message(ends())]},
    ),
    "who was connected to asks": (
        ("dpkt", "exchange", asked(), None, (ends(), "/x"), {"ours": [message(ends(), direction="down")], "theirs": [has(ends())]}),
        {"ours": [message(ends())]},
    ),
    "connection whose opening was not captured whole": (
        ("suricata", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "frames": opened()[:1]}),
        {"frames": opened()},
    ),
    "answer that suricata gives to no request": (
        ("suricata", "exchange", asked(), asked(status="None"), (ends(), "/x"), {"theirs": [{"kind": "answer to nothing", "way": way(ends())}]}),
        {"theirs": []},
    ),
    "head without its end": (
        ("suricata", "exchange", asked(), asked(status="None"), (ends(), "/x"), {"ours": [answer(ends(), notes=["head cut off"])]}),
        {"ours": [answer(ends())]},
    ),
    "answer without a head": (
        ("suricata", "exchange", asked(), asked(status="None"), (ends(), "/x"),
         {"ours": [answer(ends(), notes=["no status line: taken as an HTTP/0.9 answer"])]}),
        {"ours": [answer(ends())]},
    ),
    "request behind broken chunks": (
        ("tshark", "exchange", asked(), None, (ends(), "/x"), {"ours": [message(ends(), notes=["broken chunk"])], "theirs": [has(ends())]}),
        {"ours": [message(ends())]},
    ),
    "blank in a target": (
        ("tshark", "exchange", None, asked(), (ends(), "/x"), {"ours": [has(ends()), message(ends(), path="/x y")]}),
        {"ours": [has(ends()), message(ends(), path="/xy")]},
    ),
    "message that dpkt does not take": (
        ("dpkt", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "frames": opened(b"GET /x HTTP/1.1\r\nContent-Length: x\r\n\r\n")}),
        {"frames": opened(b"GET /x HTTP/1.1\r\nA: b\r\n\r\n")},
    ),
    "upgraded to HTTP/2": (
        ("suricata", "exchange", asked(), asked(status=101), (ends(), "/x"), {"frames": opened(b"GET /x HTTP/1.1\r\nUpgrade: h2c\r\n\r\n")}),
        {"frames": opened(b"GET /x HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")},
    ),
    "HTTP/2 that the peer does not read": (
        ("dpkt", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "frames": opened(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")}),
        {"peer": "tshark"},
    ),
    "opened with keys": (
        ("tshark", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "frames": opened(client_hello())}),
        {"frames": opened(b"GET /x HTTP/1.1\r\n\r\n")},
    ),
    "suite for export": (
        ("tshark", "exchange", None, asked(), (ends(), "/x"), {"ours": [has(ends()), {"kind": "chosen", "way": way(ends()), "suite": "0014"}]}),
        {"ours": [has(ends()), {"kind": "chosen", "way": way(ends()), "suite": "1301"}]},
    ),
    "request that names no host": (
        ("tshark", "exchange", asked(), asked() | asked(host=""), (ends(), "/x"), {}),
        {"theirs_says": asked() | asked(status=404, host="")},
    ),
    "HTTP through a proxy": (
        ("tshark", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "frames": opened(b"\5\1\0")}),
        {"frames": opened(b"\6\1\0")},
    ),
    "connection that dpkt's reader does not order": (
        ("dpkt", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "frames": [tcp(SMALL)]}),
        {"frames": opened()},
    ),
    "RTSP in HTTP": (
        ("tshark", "exchange", asked(), None, (ends(), "/x"),
         {"theirs": [has(ends())], "frames": opened(b"GET /x HTTP/1.1\r\nAccept: application/x-rtsp-tunnelled\r\n\r\n")}),
        {"frames": opened(b"GET /x HTTP/1.1\r\nAccept: text/plain\r\n\r\n")},
    ),
    "request without its end": (
        ("tshark", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "ours": [message(ends(), missing=["3-?"])]}),
        {"ours": [message(ends(), missing=["3-?"], path="/y")], "peer": "dpkt"},
    ),
    "method that tshark does not know": (
        ("tshark", "exchange", asked("QUERY"), None, (ends(), "/x"), {"theirs": [has(ends())]}),
        {"ours_says": asked("GET")},
    ),
    "no method at all": (
        ("suricata", "exchange", None, asked("\\x0e("), (ends(), "/x"), {"ours": [has(ends())]}),
        {"theirs_says": asked("GET")},
    ),
    "bytes before the request": (
        ("tshark", "exchange", asked(), None, (ends(), "/x"), {"theirs": [has(ends())], "frames": opened(b"\1\2\3 GET /x HTTP/1.1\r\n\r\n")}),
        {"frames": opened(b"GET /x HTTP/1.1\r\n\r\n")},
    ),
    "hello without certificate": (
        ("suricata", "hello", hello("t12d"), None, (ends(),), {"theirs": [has(ends())]}),
        {"ours_says": hello("t13d")},
    ),
    "hello behind other words": (
        ("dpkt", "hello", hello(), None, (ends(),), {"theirs": [has(ends())], "frames": opened(b"STARTTLS\r\n" + client_hello())}),
        {"frames": opened(client_hello())},
    ),
    "hello of SSL 2": (
        ("tshark", "hello", hello("", "", "", ""), None, (ends(),), {"theirs": [has(ends())], "frames": opened(b"\x80\x2e\1\3\1")}),
        {"ours_says": hello(), "frames": opened(client_hello())},
    ),
    "hello in many records": (
        ("suricata", "hello", hello(), None, (ends(),), {"theirs": [has(ends())], "frames": opened(client_hello(cut=9))}),
        {"frames": opened(client_hello() + b"\x14\3\3\0\1\1")},
    ),
    "hello that dpkt does not take": (
        ("dpkt", "hello", hello(), None, (ends(),), {"theirs": [has(ends())], "frames": opened(client_hello(None))}),
        {"frames": opened(client_hello((0x2B,)))},
    ),
    "handshake that does not end": (
        ("suricata", "hello", hello(), None, (ends(),), {"theirs": [has(ends())], "frames": opened(client_hello())}),
        {"frames": opened(client_hello() + b"\x14\3\3\0\1\1")},
    ),
    "JA4 of a draft": (
        ("suricata", "hello", hello("t00d_a_b"), hello("t13d_a_b"), (ends(),), {}),
        {"theirs_says": hello("t13d_a_c")},
    ),
    "second hello": (("suricata", "hello", hello() | hello("t13e"), hello(), (ends(),), {}), {"theirs_says": hello("t13f")}),
    "hello in datagrams": (
        ("dpkt", "hello", hello("q13d"), None, (ends("udp"),), {"theirs": [has(ends("udp"))]}),
        {"peer": "tshark"},
    ),
    "hello of DTLS": (
        ("suricata", "hello", hello("dd2d"), None, (ends("udp"),), {"theirs": [has(ends("udp"))]}),
        {"ours_says": hello("x")},
    ),
    "QUIC at another port": (
        ("suricata", "hello", hello("q13d"), None, (ends("udp"),), {"theirs": [has(ends("udp"))]}),
        {"key": (ends("udp", ("192.0.2.1", 443)),), "theirs": [has(ends("udp", ("192.0.2.1", 443)))]},
    ),
    "JA4 without signature algorithms": (
        ("suricata", "hello", hello("t10d_a_0"), hello(f"t10d_a_{EMPTY}"), (ends(),), {"frames": opened(client_hello((0x2B,)))}),
        {"theirs_says": hello("t10d_a_111111111111")},
    ),
    "bytes that are missing": (
        ("suricata", "content", None, "whole", of(BODY), {"ours": [has(ends())], "frames": [*opened(), tcp(SMALL), tcp(SMALL, seq=50)]}),
        {"frames": [*opened(), tcp(SMALL), tcp(SMALL, seq=4)]},
    ),
}  # fmt: skip


def classed(tmp_path, peer, kind, ours, theirs, key, told):
    packets = None
    if "pcapng" in told:
        path = tmp_path / "a.pcapng"
        section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
        interface = struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
        blocks = b"".join(struct.pack("<II4sI", one, 16, b"", 16) for one in told["pcapng"])
        path.write_bytes(section + interface + blocks)
        packets = Packets(path)
        packets.__dict__["_read"] = Packets(written(tmp_path / "none.pcap", []))._read  # its packets are of no concern
    elif "frames" in told:
        packets = Packets(written(tmp_path / "a.pcap", told["frames"], link=told.get("link", 1)))
    context = Context(by_ends(told.get("ours", [])), by_ends(told.get("theirs", [])), packets)
    return class_of(Difference(peer, kind, "a", key, ours, theirs), context)


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_of_a_class_and_what_is_near_it(tmp_path, name):
    (peer, kind, ours, theirs, key, told), other = OF[name]
    assert classed(tmp_path, peer, kind, ours, theirs, key, told) == name
    changes = {**other}
    peer, key = changes.pop("peer", peer), changes.pop("key", key)
    ours, theirs = changes.pop("ours_says", ours), changes.pop("theirs_says", theirs)
    assert classed(tmp_path, peer, kind, ours, theirs, key, told | changes) != name


def test_damaged_packets_are_known_by_what_contradicts_itself(tmp_path):
    sound, wrong = tcp(SMALL), tcp(SMALL, wrong=True)
    known = lambda *frames: Packets(written(tmp_path / "a.pcap", frames)).doubtful(ends())  # noqa: E731
    assert known(sound, wrong)
    assert not known(sound)
    assert not known(wrong)  # whoever filled in no checksum at all
    told = ("tshark", "flow", flow((1, 0)), flow((2, 0)), ends(), {"frames": [sound, wrong]})
    assert classed(tmp_path, *told) == CHANGED


def test_checksums_that_a_card_fills_in_are_no_damage(tmp_path):
    frame = bytearray(tcp(SMALL))
    pseudo = frame[26:34] + b"\0\6" + struct.pack(">I", len(frame) - 34)
    frame[50:52] = struct.pack(">H", ~dpkt.in_cksum(bytes(pseudo)) & 0xFFFF)
    assert not Packets(written(tmp_path / "a.pcap", [tcp(SMALL), bytes(frame)])).doubtful(ends())


def test_what_a_stream_holds_is_compared_whatever_its_checksum():
    assert zlib.decompressobj(-15).decompress(UNTRUE[10:]) == BODY
