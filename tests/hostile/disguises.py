"""How an image is written in the body of an upload so that a reader passes it by. Each gives a body and its type."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

Disguise = Callable[[random.Random, bytes], tuple[bytes, str]]
OPAQUE = "application/octet-stream"


def _yenc(data: bytes) -> bytes:
    out = bytearray()
    for byte in data:
        value = (byte + 42) % 256
        out += bytes([0x3D, (value + 64) % 256]) if value in {0, 10, 13, 61} else bytes([value])
    return b"=ybegin line=128 size=%d name=x\r\n" % len(data) + bytes(out) + b"\r\n=yend size=%d\r\n" % len(data)


def _xor(chance: random.Random, data: bytes) -> bytes:
    key = chance.randrange(1, 256)
    return data.translate(bytes(byte ^ key for byte in range(256)))


def _archive(chance: random.Random, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as file:
        file.writestr("readme.txt", "nothing")
        file.writestr("inner/a.dat", data)
    return out.getvalue()


def _decoy(chance: random.Random, data: bytes) -> bytes:
    """A whole small picture, then the image."""
    head = b"\x89PNG\r\n\x1a\n"
    for name, content in (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    ):
        head += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return head + chance.randbytes(chance.randrange(30)).replace(b"\xff", b"\0") + data


def _multipart(chance: random.Random, data: bytes) -> tuple[bytes, str]:
    mark = f"x{chance.randrange(10**9)}"
    parts = b"".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in (("a", b"words"), ("b", data), ("c", b"more"))
    )
    return parts + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def _json(text: bytes) -> bytes:
    return json.dumps({"id": 7, "note": text.decode("ascii"), "end": True}).encode()


DISGUISES: dict[str, Disguise] = {
    "as it is": lambda _, data: (data, "image/jpeg"),
    "called a text": lambda _, data: (data, "text/plain"),
    "base64 in json": lambda _, data: (_json(base64.b64encode(data)), "application/json"),
    "base64 twice": lambda _, data: (_json(base64.b64encode(base64.b64encode(data))), "application/json"),
    "base64 for urls": lambda _, data: (b"p=" + base64.urlsafe_b64encode(data), "application/x-www-form-urlencoded"),
    "base64 in lines": lambda _, data: (base64.encodebytes(data), "text/plain"),
    "base32": lambda _, data: (base64.b32encode(data), "text/plain"),
    "base32 in json": lambda _, data: (_json(base64.b32encode(data)), "application/json"),
    "ascii85": lambda _, data: (base64.a85encode(data), "text/plain"),
    "yEnc": lambda _, data: (_yenc(data), OPAQUE),
    "hexadecimal": lambda _, data: (data.hex().encode(), "text/plain"),
    "numbers": lambda _, data: (json.dumps({"image": list(data)}).encode(), "application/json"),
    "numbers without spaces": lambda _, data: (b",".join(b"%d" % byte for byte in data), "text/plain"),
    "one byte changed all": lambda chance, data: (_xor(chance, data), OPAQUE),
    "gzip": lambda _, data: (gzip.compress(data), OPAQUE),
    "deflate": lambda _, data: (zlib.compress(data), OPAQUE),
    "gzip of gzip": lambda _, data: (gzip.compress(gzip.compress(data)), OPAQUE),
    "bzip2": lambda _, data: (bz2.compress(data), OPAQUE),
    "xz": lambda _, data: (lzma.compress(data), OPAQUE),
    "archive": lambda chance, data: (_archive(chance, data), OPAQUE),
    "behind a decoy": lambda chance, data: (_decoy(chance, data), "image/png"),
    "behind an archive's mark": lambda chance, data: (b"Rar!\x1a\x07\0" + chance.randbytes(20) + data, OPAQUE),
    "behind a mark of UTF-16": lambda _, data: (b"\xff\xfe" + data, "text/plain"),
    "behind words": lambda chance, data: (b"all is well\r\n" * chance.randrange(1, 400) + data, "text/plain"),
    "behind noise": lambda chance, data: (chance.randbytes(chance.randrange(1, 5000)) + data, OPAQUE),
    "behind a huge chunk": lambda _, data: (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17) + b"\x7f\xff\xff\xf0IDAT" + data, "image/png"
    ),
    "in a form of many": _multipart,
}  # fmt: skip
