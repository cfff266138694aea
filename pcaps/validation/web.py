"""Exchanges of HTTP/1 (RFC 9112) with bodies in every coding, and what must be recovered of each."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from pcaps.validation import pictures
from pcaps.validation.deflate import deflated, zlibbed

if TYPE_CHECKING:
    from pcaps.validation.draw import Draw


@dataclass(frozen=True, slots=True)
class Content:
    """Something sent as a whole: its bytes, and where it lies in the stretch that was sent (`begin` to `end`)."""

    up: bool
    data: bytes
    begin: int
    end: int
    picture: tuple[str, int, int] | None = None  # kind, width, height
    around: bool = False  # whether it was coded as a whole, so that a reader may name all packets of the message

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Exchange:
    """Request and answer as sent, and what is in them."""

    request: bytes
    answer: bytes
    method: str
    host: str
    target: str
    status: int
    contents: tuple[Content, ...] = ()
    asked_type: str = ""  # media types as declared
    answered_type: str = ""
    to_close: bool = False  # the end of the connection ends the answer


def picture(draw: Draw, kind: str = "") -> tuple[str, bytes, tuple[str, int, int]]:
    """Media type, bytes, and kind with size."""
    kind = kind or draw.one(("jpeg", "jpeg", "jpeg", "png", "gif", "bmp"))
    width, height = 8 * draw.between(5, 30), 8 * draw.between(5, 30)
    if kind in ("gif", "bmp"):
        width, height = draw.between(40, 90), draw.between(40, 70)
    return pictures.TYPES[kind], pictures.KINDS[kind](draw, width, height), (kind, width, height)


def head(first: str, fields: list[tuple[str, str]]) -> bytes:
    """A head with its empty line."""
    return "".join([first, "\r\n", *(f"{name}: {value}\r\n" for name, value in fields), "\r\n"]).encode()


def _asked(draw: Draw, method: str, fields: list[tuple[str, str]], body: bytes = b"") -> tuple[bytes, str, str]:
    host, target = f"{draw.word(6)}.example.com", f"/{draw.word(5)}/{draw.word(9)}"
    named = [("Host", host), ("User-Agent", "probe/1.0"), *fields]
    if method in ("POST", "PUT") and not any(name == "Transfer-Encoding" for name, _ in fields):
        named.append(("Content-Length", str(len(body))))
    return head(f"{method} {target} HTTP/1.1", named) + body, host, target


def answered(status: str, fields: list[tuple[str, str]], body: bytes = b"", *, length: bool = True) -> bytes:
    """An answer."""
    header_fields = [("Server", "origin/2"), *fields]
    if length:
        header_fields.append(("Content-Length", str(len(body))))
    return head(f"HTTP/1.1 {status}", header_fields) + body


def download(draw: Draw, kind: str = "") -> Exchange:
    """A picture asked for and given, its length told."""
    media, data, shape = picture(draw, kind)
    request, host, target = _asked(draw, "GET", [])
    answer = answered("200 OK", [("Content-Type", media)], data)
    content = Content(False, data, len(answer) - len(data), len(answer), shape)
    return Exchange(request, answer, "GET", host, target, 200, (content,), "", media)


def upload(draw: Draw, method: str = "POST") -> Exchange:
    """A picture sent as the body."""
    media, data, shape = picture(draw)
    request, host, target = _asked(draw, method, [("Content-Type", media)], data)
    answer = answered("201 Created", [("Content-Type", "text/plain")], b"stored " + draw.word().encode())
    content = Content(True, data, len(request) - len(data), len(request), shape)
    return Exchange(request, answer, method, host, target, 201, (content,), media, "text/plain")


def form(draw: Draw) -> Exchange:
    """A form with fields and up to three pictures (RFC 7578)."""
    mark = f"----{draw.word(16)}"
    body = bytearray()
    found = []
    for number in range(draw.between(1, 3)):
        body += f'--{mark}\r\nContent-Disposition: form-data; name="note{number}"\r\n\r\nv{number}\r\n'.encode()
        media, data, shape = picture(draw)
        disposition = f'form-data; name="file{number}"; filename="{draw.word(6)}.bin"'
        body += f"--{mark}\r\nContent-Disposition: {disposition}\r\nContent-Type: {media}\r\n\r\n".encode()
        found.append((len(body), data, shape))
        body += data + b"\r\n"
    body += f"--{mark}--\r\n".encode()
    media = f"multipart/form-data; boundary={mark}"
    request, host, target = _asked(draw, "POST", [("Content-Type", media)], bytes(body))
    before = len(request) - len(body)
    contents = tuple(Content(True, data, before + at, before + at + len(data), shape) for at, data, shape in found)
    answer = answered("200 OK", [("Content-Type", "application/json")], b'{"ok":true,"n":%d}' % len(found))
    return Exchange(request, answer, "POST", host, target, 200, contents, media, "application/json")


def _chunks(draw: Draw, data: bytes, *, upper: bool = False, extended: bool = False, trailer: bool = False) -> bytes:
    """Chunks of any sizes; the last one of data ends six bytes before the end, or a trailer more."""
    out, at = bytearray(), 0
    while at < len(data):
        size = min(draw.between(1, 900), len(data) - at)
        size_line = f"{size:X}" if upper else f"{size:x}"
        out += size_line.encode() + (b';name="v"' if extended else b"") + b"\r\n" + data[at : at + size] + b"\r\n"
        at += size
    return bytes(out) + b"0\r\n" + (b"X-Sum: 1\r\n" if trailer else b"") + b"\r\n"


def chunked(draw: Draw) -> Exchange:
    """A picture in chunks, with what chunks may have besides."""
    media, data, shape = picture(draw)
    request, host, target = _asked(draw, "GET", [])
    coded = _chunks(draw, data, upper=bool(draw.below(2)), extended=bool(draw.below(2)), trailer=bool(draw.below(2)))
    fields = [("Content-Type", media), ("Transfer-Encoding", "chunked")]
    answer = answered("200 OK", fields, coded, length=False)
    content = Content(False, data, len(answer) - len(coded), len(answer), shape, around=True)
    return Exchange(request, answer, "GET", host, target, 200, (content,), "", media)


def chunked_upload(draw: Draw) -> Exchange:
    """The same the other way."""
    media, data, shape = picture(draw)
    coded = _chunks(draw, data)
    fields = [("Content-Type", media), ("Transfer-Encoding", "chunked")]
    request, host, target = _asked(draw, "POST", fields, coded)
    answer = answered("204 No Content", [], length=False)
    content = Content(True, data, len(request) - len(coded), len(request), shape, around=True)
    return Exchange(request, answer, "POST", host, target, 204, (content,), media)


def packed(draw: Draw, coding: str = "") -> Exchange:
    """A picture under a content coding, also in chunks."""
    coding = coding or draw.one(("gzip", "deflate", "x-gzip"))
    media, data, shape = picture(draw)
    request, host, target = _asked(draw, "GET", [("Accept-Encoding", coding)])
    coded = zlibbed(data) if coding == "deflate" else gzip(data)
    fields = [("Content-Type", media), ("Content-Encoding", coding)]
    if draw.below(2):
        coded = _chunks(draw, coded)
        answer = answered("200 OK", [*fields, ("Transfer-Encoding", "chunked")], coded, length=False)
    else:
        answer = answered("200 OK", fields, coded)
    content = Content(False, data, len(answer) - len(coded), len(answer), shape, around=True)
    return Exchange(request, answer, "GET", host, target, 200, (content,), "", media)


def gzip(data: bytes) -> bytes:
    """A gzip stream with a file name in its head."""
    head = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03f\0"
    return head + deflated(data) + struct.pack("<II", zlib.crc32(data), len(data))


def _within(request: bytes, body: bytes, text: str, data: bytes, shape: tuple[str, int, int]) -> Content:
    """What stands as text in a body that ends the request."""
    at = len(request) - len(body) + body.index(text.encode())
    return Content(True, data, at, at + len(text), shape)


def in_json(draw: Draw) -> Exchange:
    """A picture as base64 in a JSON text, also as a data address, also deep in it."""
    media, data, shape = picture(draw, "jpeg")
    text = base64.b64encode(data).decode()
    if draw.below(2):
        text = f"data:{media};base64,{text}"
    value = {"picture": text, "n": draw.below(1000)}
    body = json.dumps(value if draw.below(2) else {"list": [{"a": draw.word()}, {"inner": value}]}).encode()
    if escaped := draw.below(3) == 0:
        body = body.replace(b"/", b"\\/")
    request, host, target = _asked(draw, "POST", [("Content-Type", "application/json")], body)
    answer = answered("200 OK", [("Content-Type", "application/json")], b'{"code":0}')
    found = _within(request, body, text.replace("/", "\\/") if escaped else text, data, shape)
    return Exchange(request, answer, "POST", host, target, 200, (found,), "application/json", "application/json")


def in_form(draw: Draw) -> Exchange:
    """A picture as base64 in a form of words (application/x-www-form-urlencoded)."""
    _, data, shape = picture(draw, "jpeg")
    text = quote(base64.b64encode(data).decode(), safe="")
    body = f"id={draw.below(10**6)}&photo={text}&end=1".encode()
    media = "application/x-www-form-urlencoded"
    request, host, target = _asked(draw, "POST", [("Content-Type", media)], body)
    answer = answered("200 OK", [("Content-Type", "text/plain")], b"ok")
    found = _within(request, body, text, data, shape)
    return Exchange(request, answer, "POST", host, target, 200, (found,), media, "text/plain")


def in_xml(draw: Draw) -> Exchange:
    """A picture as base64, in lines, in an XML text."""
    _, data, shape = picture(draw, "jpeg")
    text = base64.encodebytes(data).decode() if draw.below(2) else base64.b64encode(data).decode()
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<r><n a="1">{draw.word()}</n><p>{text}</p></r>'.encode()
    request, host, target = _asked(draw, "POST", [("Content-Type", "application/xml")], body)
    answer = answered("200 OK", [("Content-Type", "application/xml")], b"<ok/>")
    found = _within(request, body, text, data, shape)
    return Exchange(request, answer, "POST", host, target, 200, (found,), "application/xml", "application/xml")


def in_zip(draw: Draw) -> Exchange:
    """Pictures in an archive, stored and deflated."""
    body, directory, found = bytearray(), bytearray(), []
    for _ in range(draw.between(1, 3)):
        _, data, shape = picture(draw)
        squeezed = draw.below(2)
        coded = deflated(data, stored=False) if squeezed else data
        name = f"{draw.word(5)}.{shape[0]}".encode()
        facts = struct.pack(
            "<HHHHHIIIHH", 20, 0, 8 * squeezed, 0, 0x5A21, zlib.crc32(data), len(coded), len(data), len(name), 0
        )
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + facts + bytes(10) + struct.pack("<I", len(body)) + name
        body += b"PK\x03\x04" + facts + name
        found.append((len(body), len(coded), data, shape))
        body += coded
    end = struct.pack("<HHHHIIH", 0, 0, len(found), len(found), len(directory), len(body), 0)
    whole = bytes(body) + bytes(directory) + b"PK\x05\x06" + end
    request, host, target = _asked(draw, "PUT", [("Content-Type", "application/zip")], whole)
    answer = answered("200 OK", [("Content-Type", "text/plain")], b"ok")
    before = len(request) - len(whole)
    contents = tuple(
        Content(True, data, before + at, before + at + size, shape, around=True) for at, size, data, shape in found
    )
    return Exchange(request, answer, "PUT", host, target, 200, contents, "application/zip", "text/plain")


def until_close(draw: Draw) -> Exchange:
    """An answer without a length: the connection ends it."""
    media, data, shape = picture(draw)
    request, host, target = _asked(draw, "GET", [("Connection", "close")])
    answer = answered("200 OK", [("Content-Type", media), ("Connection", "close")], data, length=False)
    content = Content(False, data, len(answer) - len(data), len(answer), shape)
    return Exchange(request, answer, "GET", host, target, 200, (content,), "", media, to_close=True)


def without_body(draw: Draw) -> Exchange:
    """HEAD, and answers that have no body whatever they say."""
    method, status = draw.one((("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("DELETE", "204 No Content")))
    request, host, target = _asked(draw, method, [])
    fields = [("Content-Type", "image/jpeg")] + ([("Content-Length", "5000")] if not status.startswith("204") else [])
    answer = answered(status, fields, length=False)
    return Exchange(request, answer, method, host, target, int(status[:3]), (), "", "image/jpeg")


def in_words(draw: Draw) -> Exchange:
    """A page of text of a known hash."""
    body = "".join(f"<p>{draw.word(draw.between(3, 12))} {draw.below(10**9)}</p>\n" for _ in range(40)).encode()
    request, host, target = _asked(draw, "GET", [("Accept", "*/*"), ("Cookie", f"s={draw.word(20)}")])
    answer = answered("200 OK", [("Content-Type", "text/html; charset=utf-8")], body)
    found = Content(False, body, len(answer) - len(body), len(answer))
    return Exchange(request, answer, "GET", host, target, 200, (found,), "", "text/html; charset=utf-8")


def refused(draw: Draw) -> Exchange:
    """An upload that is refused."""
    made = upload(draw)
    status, text = draw.one(
        ((403, "Forbidden"), (404, "Not Found"), (500, "Internal Server Error"), (413, "Too Large"))
    )
    answer = answered(f"{status} {text}", [("Content-Type", "text/plain")], text.encode())
    return Exchange(made.request, answer, made.method, made.host, made.target, status, made.contents, made.asked_type,
                    "text/plain")  # fmt: skip


MAKERS: tuple[Callable[[Draw], Exchange], ...] = (
    download, upload, form, chunked, chunked_upload, packed, in_json, in_form, in_xml, in_zip, without_body, in_words,
    refused, until_close,
)  # fmt: skip
