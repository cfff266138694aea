"""Builders of HTTP/2 frames, and conversations with what must be read from them."""

from __future__ import annotations

from hpack import Encoder

from netaudit.protocols.http2.frames import PREFACE
from tests.reference.messages import down, up

BODY = bytes(range(256)) * 2


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def request(encoder, stream, path="/a", method="POST", *, length=None, flags=4, extra=()):
    fields = [(":method", method), (":scheme", "http"), (":authority", "h"), (":path", path), *extra]
    if length is not None:
        fields.append(("content-length", str(length)))
    return frame(1, flags, stream, encoder.encode(fields))


def response(encoder, stream, status=200, flags=4, extra=()):
    return frame(1, flags, stream, encoder.encode([(":status", str(status)), ("server", "peer"), *extra]))


SETTINGS = frame(4, 0, 0, b"\x00\x03\x00\x00\x00\x64")
ACK = frame(4, 1, 0)


def upload():
    e, d = Encoder(), Encoder()
    return [
        up(PREFACE + SETTINGS + request(e, 1, length=512, extra=[("content-type", "image/jpeg")])),
        down(SETTINGS + ACK),
        up(frame(0, 0, 1, BODY[:300]) + frame(0, 1, 1, BODY[300:])),
        down(response(d, 1) + frame(0, 1, 1, b"ok")),
    ]


def interleaved():
    e, d = Encoder(), Encoder()
    events = [up(PREFACE + SETTINGS + ACK + request(e, 1, "/one") + request(e, 3, "/three", length=100))]
    events += [up(frame(0, 0, 1, BODY[:50]) + frame(0, 0, 3, BODY[:60]) + frame(0, 1, 1, BODY[50:90]))]
    events += [down(SETTINGS + response(d, 1, 204, flags=5)), up(frame(0, 1, 3, BODY[60:100]))]
    events += [down(response(d, 3, 100) + response(d, 3) + frame(0, 0, 3, b"yes") + response(d, 3, flags=5)[:0])]
    trailers = frame(1, 5, 3, d.encode([("grpc-status", "0")]))
    return [*events, down(trailers)]


def padded():
    e = Encoder()
    block = e.encode([(":method", "PUT"), (":path", "/p"), (":authority", "h"), ("x-long", "z" * 90)])
    head = frame(1, 0x28, 5, b"\x03" + b"\0\0\0\0\x10" + block[:20] + b"\0\0\0")
    rest = frame(9, 0, 5, block[20:40]) + frame(9, 4, 5, block[40:])
    data = frame(0, 8, 5, b"\x05hello" + bytes(5)) + frame(0, 9, 5, b"\x00 you") + frame(8, 0, 0, b"\0\0\1\0")
    return [up(PREFACE + SETTINGS + head + rest + data)]


def pushed():
    e, d = Encoder(), Encoder()
    promise = frame(5, 4, 1, (2).to_bytes(4, "big") + d.encode([(":method", "GET"), (":path", "/face.jpg")]))
    return [
        up(PREFACE + SETTINGS + request(e, 1, "/page", "GET", flags=5)),
        down(SETTINGS + promise + response(d, 1) + frame(0, 1, 1, b"page") + response(d, 2) + frame(0, 1, 2, b"face")),
    ]


def upgraded():
    e, d = Encoder(), Encoder()
    return [
        up(b"GET /first HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
        down(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + SETTINGS),
        up(PREFACE + SETTINGS),
        down(response(d, 1) + frame(0, 1, 1, b"one")),
        up(request(e, 3, "/second", length=3) + frame(0, 1, 3, b"two")),
        down(response(d, 3, 204, flags=5)),
    ]  # fmt: skip


H = "http2"
EXAMPLES = {
    "upload": (upload(), [(H, 0, "POST", "/a", 0, BODY), (H, 1, "POST", "/a", 200, b"ok")]),
    "interleaved": (
        interleaved(),
        [
            (H, 0, "POST", "/one", 0, BODY[:90]),
            (H, 1, "POST", "/one", 204, b""),
            (H, 0, "POST", "/three", 0, BODY[:100]),
            (H, 1, "POST", "/three", 100, b""),
            (H, 1, "POST", "/three", 200, b"yes"),
        ],
    ),
    "padded": (padded(), [(H, 0, "PUT", "/p", 0, b"hello you")]),
    "pushed": (
        pushed(),
        [
            (H, 0, "GET", "/page", 0, b""),
            (H, 1, "GET", "/face.jpg", 0, b""),
            (H, 1, "GET", "/page", 200, b"page"),
            (H, 1, "GET", "/face.jpg", 200, b"face"),
        ],
    ),
    "upgraded": (
        upgraded(),
        [
            ("http", 0, "GET", "/first", 0, b""),
            ("http", 1, "GET", "/first", 101, b""),
            (H, 1, "GET", "/first", 200, b"one"),
            (H, 0, "POST", "/second", 0, b"two"),
            (H, 1, "POST", "/second", 204, b""),
        ],
    ),
}
