"""A picture sent in what is no body: headers, targets, names, many small messages, datagrams of other purposes."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.hostile.carriers import Carrier, Log, _frame, _talk
from tests.hostile.wire import MS, ROUTER_MAC, State, Step, ip_packet, total

if TYPE_CHECKING:
    from collections.abc import Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Words = list[tuple[bytes, bytes]]


def pieces(text: bytes, size: int) -> list[bytes]:
    """A text in pieces of a size."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def _get(target: bytes = b"/", fields: bytes = b"") -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: f.example.cn\r\n" + fields + b"\r\n"


def _post(body: bytes, fields: bytes = b"", kind: bytes = b"application/octet-stream") -> bytes:
    head = b"POST /a HTTP/1.1\r\nHost: f.example.cn\r\nContent-Type: " + kind + b"\r\n" + fields
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _urls(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _said(words: Callable[[bytes], list[bytes]], answer: bytes = OK) -> Carrier:
    """One connection, in which each of these is said and answered."""

    def send(picture: bytes, state: State, port: int, begin: int) -> Log:
        return _talk([(one, answer) for one in words(picture)], (port, 80), state, begin)

    return send


def _apart(words: Callable[[bytes], list[bytes]], answer: bytes = OK) -> Carrier:
    """A connection for each."""

    def send(picture: bytes, state: State, port: int, begin: int) -> Log:
        log: Log = []
        for number, one in enumerate(words(picture)):
            ends = replace(state, log=[], isn=state.isn + 77_777 * number, received=0)
            log += _talk([(one, answer)], (20_000 + number, 80), ends, begin + 40 * MS * number)
        return log

    return send


def _chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x" % len(data) + extension + b"\r\n" + data + b"\r\n"


def _chunked(chunks: list[bytes], trailer: bytes = b"") -> bytes:
    head = b"POST /a HTTP/1.1\r\nHost: f.example.cn\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"


def _form(before: bytes = b"", fields: bytes = b"", behind: bytes = b"") -> bytes:
    body = (
        before + b'--x1\r\nContent-Disposition: form-data; name="a"' + fields + b"\r\n\r\nwords\r\n--x1--\r\n" + behind
    )
    return _post(body, kind=b"multipart/form-data; boundary=x1")


def said_in_bodies(size: int) -> Carrier:
    """Requests with bodies of so many bytes."""
    return _said(lambda data: [_post(one) for one in pieces(data, size)])


def said_in_forms(size: int) -> Carrier:
    """Requests with forms that have a field of so many characters."""
    kind = b"application/x-www-form-urlencoded"
    return _said(lambda data: [_post(b"id=7&n=" + one, kind=kind) for one in pieces(_urls(data), size)])


HTTP: dict[str, Carrier] = {
    "in one cookie": _said(lambda data: [_get(b"/", b"Cookie: s=" + base64.b64encode(data) + b"\r\n")]),
    "in headers of one request": _said(
        lambda data: [
            _get(b"/", b"".join(b"X-%d: %s\r\n" % at for at in enumerate(pieces(base64.b64encode(data), 600))))
        ]
    ),
    "in cookies of many": _said(
        lambda data: [_get(b"/", b"Cookie: s=" + one + b"\r\n") for one in pieces(base64.b64encode(data), 300)]
    ),
    "in a hexadecimal header of many": _said(
        lambda data: [_get(b"/", b"X-Trace: " + one + b"\r\n") for one in pieces(data.hex().encode(), 200)]
    ),
    "in one query": _said(lambda data: [_get(b"/?q=" + _urls(data))]),
    "in queries of many": _said(lambda data: [_get(b"/t?n=1&q=" + one) for one in pieces(_urls(data), 200)]),
    "in queries, escaped": _said(
        lambda data: [_get(b"/t?q=" + quote(one).encode()) for one in pieces(data, 100)]
    ),
    "in queries of many connections": _apart(lambda data: [_get(b"/t?q=" + one) for one in pieces(_urls(data), 300)]),
    "in paths of many": _said(lambda data: [_get(b"/i/" + one + b".gif") for one in pieces(_urls(data), 120)]),
    "in folders of many": _said(
        lambda data: [_get(b"/" + b"/".join(pieces(one, 40))) for one in pieces(_urls(data), 240)]
    ),
    "in small bodies": _said(lambda data: [_post(one) for one in pieces(data, 700)]),
    "in small bodies of many connections": _apart(lambda data: [_post(one) for one in pieces(data, 1000)]),
    "in small texts": _said(lambda data: [_post(one, kind=b"text/plain") for one in pieces(_urls(data), 900)]),
    "in small documents": _said(
        lambda data: [
            _post(b'{"id": 7, "n": "' + one + b'"}', kind=b"application/json") for one in pieces(_urls(data), 240)
        ]
    ),
    "in small forms": said_in_forms(240),
    "in a trailer": _said(
        lambda data: [_chunked([_chunk(b"words")], b"X-Sum: " + base64.b64encode(data) + b"\r\n")]
    ),
    "in extensions of chunks": _said(
        lambda data: [_chunked([_chunk(b"words", b";e=" + one) for one in pieces(_urls(data), 200)])]
    ),
    "before a form": _said(lambda data: [_form(b"words\r\n" + data + b"\r\n")]),
    "behind a form": _said(lambda data: [_form(b"", b"", data)]),
    "before a form, keyed": _said(lambda data: [_form(bytes(b ^ (i * 7 & 255) for i, b in enumerate(data)) + b"\r\n")]),
    "behind a form, keyed": _said(lambda data: [_form(b"", b"", bytes(b ^ (i * 7 & 255) for i, b in enumerate(data)))]),
    "in a file name": _said(lambda data: [_form(b"", b'; filename="' + base64.b64encode(data) + b'"')]),
    "in methods": _said(lambda data: [one + b" / HTTP/1.1\r\nHost: f.example.cn\r\n\r\n" for one in pieces(data.hex().encode(), 16)]),
    "in names of headers": _said(
        lambda data: [_get(b"/", b"".join(b"x-%s: 1\r\n" % one for one in pieces(data.hex().encode(), 200)))]
    ),
    "in names of hosts": _said(
        lambda data: [
            b"GET / HTTP/1.1\r\nHost: " + b".".join(pieces(one, 60)) + b".e.example.cn\r\n\r\n"
            for one in pieces(base64.b32encode(data).lower().rstrip(b"="), 180)
        ]
    ),
}  # fmt: skip


def pings(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Control frames of a WebSocket, each with 120 bytes."""
    ask = (
        b"GET /up HTTP/1.1\r\nHost: w.example.cn\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    frames = [_frame(b"begin", 1), *(_frame(one, 9) for one in pieces(picture, 120)), _frame(b"end", 1)]
    return _talk([(ask, answer), *((frame, b"") for frame in frames)], (port, 80), state, begin)


def small_frames(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Messages of a WebSocket of other bytes, each a little, with words between."""
    ask = (
        b"GET /up HTTP/1.1\r\nHost: w.example.cn\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    frames: list[bytes] = []
    for one in pieces(_urls(picture), 300):
        frames += [_frame(b"all is well", 1), _frame(one, 1)]
    return _talk([(ask, answer), *((frame, b"") for frame in frames)], (port, 80), state, begin)


def _mqtt(kind: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while True:
        size, rest = divmod(size, 128)
        length += bytes([rest | (0x80 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def topics(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Topics of MQTT."""
    connect = _mqtt(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab")
    said = [_mqtt(0x30, struct.pack(">H", len(one)) + one + b"1") for one in pieces(_urls(picture), 200)]
    return _talk([(connect, b"\x20\x02\0\0"), *((one, b"") for one in said)], (port, 1883), state, begin)


def mqtt_bodies(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Small messages of MQTT."""
    connect = _mqtt(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab")
    said = [_mqtt(0x30, b"\x00\x05a/b/c" + one) for one in pieces(_urls(picture), 200)]
    return _talk([(connect, b"\x20\x02\0\0"), *((one, b"") for one in said)], (port, 1883), state, begin)


def rtsp_fields(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Headers of RTSP."""
    said = [
        b"OPTIONS * RTSP/1.0\r\nCSeq: %d\r\nX-N: %s\r\n\r\n" % (number, one)
        for number, one in enumerate(pieces(_urls(picture), 300))
    ]
    answer = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"
    return _talk([(one, answer) for one in said], (port, 554), state, begin)


def smtp_words(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Addresses in the dialogue of a mail."""
    said = [b"EHLO a\r\n", *(b"RCPT TO:<" + one + b"@b.cn>\r\n" for one in pieces(_urls(picture), 200))]
    return _talk([(one, b"250 ok\r\n") for one in said], (port, 25), state, begin, b"220 mail ESMTP\r\n")


def ftp_words(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Names of files in the dialogue of FTP."""
    said = [b"USER a\r\n", *(b"SIZE " + one + b"\r\n" for one in pieces(_urls(picture), 200))]
    return _talk([(one, b"250 ok\r\n") for one in said], (port, 21), state, begin, b"220 ftp\r\n")


def datagrams(bodies: list[bytes], to: int, state: State, port: int, begin: int, protocol: int = 17) -> Log:
    """Datagrams to a port; of another protocol as they are."""
    log = []
    for number, part in enumerate(bodies):
        body = part
        if protocol == 17:
            body = struct.pack(">HHHH", port, to, 8 + len(part), 0) + part
        packet = ip_packet(body, state.client, state.server, Step(), number + 1, 0, more=False)
        packet = packet[:9] + bytes([protocol]) + b"\0\0" + packet[12:]
        packet = packet[:10] + struct.pack(">H", total(packet[:20])) + packet[12:]
        log.append((begin + number * 20 * MS, ROUTER_MAC + state.mac + b"\x08\x00" + packet))
    return log


def _sent(make: Callable[[bytes], list[bytes]], to: int, protocol: int = 17) -> Carrier:
    return lambda picture, state, port, begin: datagrams(make(picture), to, state, port, begin, protocol)


def question(number: int, labels: list[bytes], kind: int = 1) -> bytes:
    """A question of DNS for a name."""
    name = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack(">HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + name + b"\0" + struct.pack(">HH", kind, 1)


def _asked(kind: int, size: int = 180, label: int = 60) -> Callable[[bytes], list[bytes]]:
    def make(picture: bytes) -> list[bytes]:
        text = base64.b32encode(picture).lower().rstrip(b"=")
        return [
            question(number, [*pieces(one, label), b"t", b"example", b"cn"], kind)
            for number, one in enumerate(pieces(text, size))
        ]

    return make


def _records(picture: bytes) -> list[bytes]:
    """Answers nobody asked for, with a record of text or of nothing known."""
    out = []
    for number, one in enumerate(pieces(picture, 200)):
        head = struct.pack(">HHHHHH", number & 0xFFFF, 0x8400, 0, 1, 0, 0)
        out.append(head + b"\1a\7example\2cn\0" + struct.pack(">HHIH", 10, 1, 0, len(one)) + one)
    return out


def _options(picture: bytes) -> list[bytes]:
    """Questions with an option of EDNS that nobody knows (RFC 6891)."""
    out = []
    for number, one in enumerate(pieces(picture, 400)):
        asked = bytearray(question(number, [b"a", b"example", b"cn"]))
        asked[11] = 1
        opt = b"\0" + struct.pack(">HHIH", 41, 4096, 0, 4 + len(one)) + struct.pack(">HH", 65001, len(one)) + one
        out.append(bytes(asked) + opt)
    return out


def _echo(picture: bytes) -> list[bytes]:
    out = []
    for number, one in enumerate(pieces(picture, 1000)):
        body = struct.pack(">BBHHH", 8, 0, 0, 7, number) + one
        out.append(body[:2] + struct.pack(">H", total(body)) + body[4:])
    return out


def _ntp(picture: bytes) -> list[bytes]:
    """An extension field of NTP (RFC 7822)."""
    return [
        b"\x23" + bytes(47) + struct.pack(">HH", 0x0204, 4 + len(one)) + one
        for one in (piece.ljust(400, b"\0") for piece in pieces(picture, 400))
    ]


def _ber(kind: int, body: bytes) -> bytes:
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([kind]) + size + body


def _snmp(picture: bytes) -> list[bytes]:
    """Values of SNMP that are set."""
    out = []
    for number, one in enumerate(pieces(picture, 900)):
        bound = _ber(0x30, _ber(6, bytes.fromhex("2b06010201010100")) + _ber(4, one))
        ids = _ber(2, struct.pack(">I", number + 1)) + _ber(2, b"\0") + _ber(2, b"\0")
        out.append(_ber(0x30, _ber(2, b"\1") + _ber(4, b"public") + _ber(0xA3, ids + _ber(0x30, bound))))
    return out


def _stun(picture: bytes) -> list[bytes]:
    """An attribute of STUN that may be left alone."""
    out = []
    for number, one in enumerate(pieces(picture, 800)):
        body = struct.pack(">HH", 0x8022, len(one)) + one + bytes(-len(one) % 4)
        out.append(struct.pack(">HHI", 1, len(body), 0x2112A442) + number.to_bytes(12, "big") + body)
    return out


def _dhcp(picture: bytes) -> list[bytes]:
    out = []
    for one in pieces(picture, 250):
        options = b"\x35\x01\x08\x2b" + bytes([len(one)]) + one + b"\xff"
        out.append(
            struct.pack(">BBBBIHH", 1, 1, 6, 0, 77, 0, 0) + bytes(16) + b"\2\0\0\1\0\1" + bytes(202) + b"\x63\x82\x53\x63" + options
        )  # fmt: skip
    return out


def hello(name: bytes) -> bytes:
    """ClientHello with this name in it."""
    sni = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack(">HH", 0, len(sni)) + sni
    offered = b"\0\0\2\x13\1\1\0"
    body = b"\x03\x03" + bytes(32) + offered + struct.pack(">H", len(extensions)) + extensions
    shake = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(shake)) + shake


ALERT = bytes.fromhex("15030300020228")


def _hellos(make: Callable[[bytes], list[bytes]]) -> Carrier:
    def send(picture: bytes, state: State, port: int, begin: int) -> Log:
        log: Log = []
        for number, one in enumerate(make(picture)):
            ends = replace(state, log=[], isn=state.isn + 77_777 * number, received=0)
            log += _talk([(one, ALERT)], (20_000 + number, 443), ends, begin + 40 * MS * number)
        return log

    return send


def _server_names(picture: bytes) -> list[bytes]:
    text = base64.b32encode(picture).lower().rstrip(b"=")
    return [hello(b".".join([*pieces(one, 60), b"t", b"example", b"cn"])) for one in pieces(text, 180)]


FIELDS: dict[str, Carrier] = HTTP | {
    "in pings of a websocket": pings,
    "in small frames of a websocket": small_frames,
    "in topics of MQTT": topics,
    "in small bodies of MQTT": mqtt_bodies,
    "in headers of RTSP": rtsp_fields,
    "in addresses of SMTP": smtp_words,
    "in names of FTP": ftp_words,
    "in names asked for": _sent(_asked(1), 53),
    "in names asked for, of texts": _sent(_asked(16), 53),
    "in names asked for, of NULL": _sent(_asked(10), 53),
    "in short names asked for": _sent(_asked(28, 30, 30), 53),
    "in answers of DNS": _sent(_records, 53),
    "in options of DNS": _sent(_options, 53),
    "in echoes of ICMP": _sent(_echo, 0, 1),
    "in extensions of NTP": _sent(_ntp, 123),
    "in values of SNMP": _sent(_snmp, 161),
    "in attributes of STUN": _sent(_stun, 3478),
    "in options of DHCP": _sent(_dhcp, 67),
    "in names of TLS": _hellos(_server_names),
}  # fmt: skip
