"""Small images and bodies that carry them, as devices send them."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import zipfile
import zlib
from typing import NamedTuple
from urllib.parse import urlencode

import brotli
import numpy as np
import zstandard
from PIL import Image

from netaudit.content.part import Leaf, Part
from netaudit.content.unwrap import Budget, unwrap
from netaudit.core.contracts.unwrapping_steps import Way


def picture(kind: str = "JPEG", seed: int = 1, size: tuple[int, int] = (40, 30)) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, kind)
    return out.getvalue()


JPEG, PNG = picture(), picture("PNG", 2, (20, 15))
B64 = base64.b64encode(JPEG)
FOLDED = base64.encodebytes(JPEG)
FORM_HEAD = b'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n'


def multipart(*parts: bytes, boundary: bytes = b"XyZ", eol: bytes = b"\r\n", close: bool = True) -> bytes:
    """Parts with their headers, joined by boundary lines."""
    body = b"".join(b"--" + boundary + eol + part + eol for part in parts)
    return body + b"--" + boundary + b"--" + eol if close else body


def form_part(body: bytes, header: bytes = FORM_HEAD) -> bytes:
    return header + b"\r\n" + body


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"../../{name}.jpg", data)
    return out.getvalue()


def flushed_deflate(data: bytes) -> bytes:
    """Raw deflate that was flushed, but never finished."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


class Example(NamedTuple):
    name: str
    body: bytes
    path: str  # of the image, behind "request body › "
    content_type: str = ""
    encoding: str = ""


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTI = "multipart/form-data; boundary=XyZ"
IMAGE_DOCUMENT = b'{"a":{"b":["x",{"c":"' + B64 + b'"}]},"t":"2026"}'
UNICODE = json.dumps({"名": "张三", "图": B64.decode()}, ensure_ascii=False)
MIXED_REPLACE = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG

EXAMPLES = (
    Example("raw", JPEG, "jpeg"),
    Example("multipart", multipart(form_part(JPEG)), "multipart image › jpeg", MULTI),
    Example("quoted boundary", multipart(form_part(JPEG)), "multipart image › jpeg", 'multipart/form-data; boundary="XyZ"'),
    Example("wrong boundary", multipart(form_part(JPEG)), "multipart image › jpeg", "multipart/form-data; boundary=Other"),
    Example("boundary with its dashes", multipart(form_part(JPEG)), "multipart image › jpeg", "multipart/form-data; boundary=--XyZ"),
    Example("no boundary", multipart(form_part(JPEG)), "multipart image › jpeg", "multipart/form-data"),
    Example("no content type", multipart(form_part(JPEG)), "multipart image › jpeg"),
    Example("bare LF", multipart(form_part(JPEG).replace(b"\r\n", b"\n", 3), eol=b"\n"), "multipart image › jpeg", MULTI),
    Example("never closed", multipart(form_part(JPEG), close=False)[:-2], "multipart image › jpeg", MULTI),
    Example("no blank line", multipart(FORM_HEAD + JPEG), "multipart image › jpeg", MULTI),
    Example("no header", multipart(b"\r\n" + JPEG), "multipart › jpeg", MULTI),
    Example("mixed-replace", multipart(MIXED_REPLACE), "multipart › jpeg", "multipart/x-mixed-replace;boundary=XyZ"),
    Example("second part", multipart(b'Content-Disposition: form-data; name="id"\r\n\r\n7', form_part(JPEG)), "multipart image › jpeg", MULTI),
    Example("part in gzip", multipart(form_part(gzip.compress(JPEG), FORM_HEAD + b"Content-Encoding: gzip\r\n")), "multipart image › gzip › jpeg", MULTI),
    Example("part in base64", multipart(form_part(FOLDED, FORM_HEAD + b"Content-Transfer-Encoding: base64\r\n")), "multipart image › base64 › jpeg", MULTI),
    Example("nested", multipart(b"Content-Type: multipart/mixed; boundary=in\r\n\r\n" + multipart(form_part(JPEG), boundary=b"in")), "multipart › multipart image › jpeg", MULTI),
    Example("mail", b"Subject: x\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" + FOLDED, "mail › base64 › jpeg", "message/rfc822"),
    Example("form", urlencode({"id": 1, "img": B64}).encode(), "form img › base64 › jpeg", FORM),
    Example("form, not escaped", b"id=1&img=" + B64 + b"&x=2", "form img › base64 › jpeg", FORM),
    Example("form with JSON", urlencode({"data": IMAGE_DOCUMENT}).encode(), "form data › json $.a.b[1].c › base64 › jpeg", FORM),
    Example("JSON", IMAGE_DOCUMENT, "json $.a.b[1].c › base64 › jpeg", JSON),
    Example("JSON, undeclared", IMAGE_DOCUMENT, "json $.a.b[1].c › base64 › jpeg"),
    Example("JSON with garbage", IMAGE_DOCUMENT + b"\r\n<!-- served in 3 ms -->", "json $.a.b[1].c › base64 › jpeg", JSON),
    Example("JSON lines", b'{"a":1}\n{"img":"' + B64 + b'"}\n', "json $[1].img › base64 › jpeg"),
    Example("broken JSON", b'{"a":,"img":"' + B64 + b'"}', "json $.img › base64 › jpeg", JSON),
    Example("data URI, escaped", b'{"SanpPic":"data:image\\/jpeg;base64,' + B64.replace(b"/", b"\\/") + b'"}', "json $.SanpPic › data image/jpeg › base64 › jpeg", JSON),
    Example("folded in JSON", json.dumps({"p": FOLDED.decode()}).encode(), "json $.p › base64 › jpeg", JSON),
    Example("url-safe, unpadded", json.dumps({"p": base64.urlsafe_b64encode(JPEG).decode().rstrip("=")}).encode(), "json $.p › base64 › jpeg", JSON),
    Example("url-escaped in JSON", json.dumps({"p": B64.decode().replace("/", "%2F").replace("+", "%2B")}).encode(), "json $.p › url › base64 › jpeg", JSON),
    Example("JSON in JSON", json.dumps({"m": IMAGE_DOCUMENT.decode()}).encode(), "json $.m › json $.a.b[1].c › base64 › jpeg", JSON),
    Example("GBK JSON", UNICODE.encode("gbk"), "json $.图 › base64 › jpeg", JSON),
    Example("UTF-8 BOM", b"\xef\xbb\xbf" + UNICODE.encode(), "json $.图 › base64 › jpeg", JSON),
    Example("UTF-16 JSON", UNICODE.encode("utf-16"), "utf-16 › json $.图 › base64 › jpeg", JSON),
    Example("UTF-16LE, no BOM", IMAGE_DOCUMENT.decode().encode("utf-16-le"), "utf-16 › json $.a.b[1].c › base64 › jpeg", JSON),
    Example("hex in JSON", json.dumps({"p": JPEG.hex()}).encode(), "json $.p › hex › jpeg", JSON),
    Example("XML", b'<?xml version="1.0"?>\n<R><I n="1"><Data>' + FOLDED + b"</Data></I></R>", "xml /R/I/Data › base64 › jpeg", "text/xml"),
    Example("XML, CDATA", b"<R><Data><![CDATA[" + B64 + b"]]></Data></R>", "xml /R/Data › base64 › jpeg"),
    Example("XML attribute", b'<R><I pic="' + B64 + b'"/></R>', "xml /R/I/@pic › base64 › jpeg"),
    Example("XML, folded by entities", b"<R><D>" + FOLDED.strip().replace(b"\n", b"&#13;\n") + b"</D></R>", "xml /R/D › base64 › jpeg"),
    Example("XML, GBK", '<?xml version="1.0" encoding="gb2312"?><根><名>张</名><图>'.encode("gbk") + B64 + "</图></根>".encode("gbk"), "xml /根/图 › base64 › jpeg"),
    Example("XML, never closed", b"<R><D>" + B64 + b"</D><E>", "xml /R/D › base64 › jpeg"),
    Example("JSON in XML", b"<R><D>" + IMAGE_DOCUMENT.replace(b'"', b"&quot;") + b"</D></R>", "xml /R/D › json $.a.b[1].c › base64 › jpeg"),
    Example("base64", B64, "base64 › jpeg", "text/plain"),
    Example("base64, folded", FOLDED, "base64 › jpeg"),
    Example("hex", binascii.hexlify(JPEG), "hex › jpeg"),
    Example("data URI", b"data:image/jpeg;base64," + B64, "data image/jpeg › base64 › jpeg"),
    Example("gzip", gzip.compress(JPEG), "gzip › jpeg", "image/jpeg", "gzip"),
    Example("gzip, undeclared", gzip.compress(IMAGE_DOCUMENT), "gzip › json $.a.b[1].c › base64 › jpeg"),
    Example("gzip, two members", gzip.compress(JPEG[:99]) + gzip.compress(JPEG[99:]), "gzip › jpeg", "", "x-gzip"),
    Example("deflate", zlib.compress(JPEG), "deflate › jpeg", "", "deflate"),
    Example("raw deflate", raw_deflate(JPEG), "deflate › jpeg", "", "deflate"),
    Example("raw deflate, flushed", flushed_deflate(JPEG), "deflate › jpeg", "", "deflate"),
    Example("brotli", brotli.compress(JPEG), "br › jpeg", "", "br"),
    Example("zstd", zstandard.compress(JPEG), "zstd › jpeg", "", "zstd"),
    Example("two codings", brotli.compress(gzip.compress(JPEG)), "br › gzip › jpeg", "", "gzip, br"),
    Example("false coding", JPEG, "jpeg", "", "gzip"),
    Example("zip", zipped(a=JPEG), "zip ../../a.jpg › jpeg"),
    Example("NUL behind text", b"PIN=20260601.jpg\nSN=1\nsize=9\n\0" + JPEG, "carved@30 › jpeg"),
    Example("private header", bytes(range(64)) + PNG + b"\0\0\0", "carved@64 › png"),
    Example("data URI in a page", b"<html><body><img src='data:image/jpeg;base64," + B64 + b"'></body></html>", "text@45 › base64 › jpeg", "text/html"),
    Example("script", b"var face = '" + B64 + b"'; send(face);", "text@12 › base64 › jpeg", "application/javascript"),
)  # fmt: skip


def open_all(body: bytes, budget: Budget | None = None, **about: object) -> list[Leaf]:
    """Leaves of a body."""
    about.setdefault("body_range", (0, len(body)))
    part = Part(body, way=Way.of("request body"), **about)  # type: ignore[arg-type]
    return list(unwrap(part, budget or Budget()))


def wanted(example: Example) -> bytes:
    return PNG if example.path.endswith("png") else JPEG
