"""Pictures with a changed head, which a receiver that knows puts back. Each gives what is sent and what is judged."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

Patched = Callable[[bytes], tuple[bytes, bytes]]


def _as(data: bytes, kind: str) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, kind)
    return out.getvalue()


def _tables(data: bytes) -> int:
    return data.find(b"\xff\xdb")


def _wrong_sum(data: bytes) -> tuple[bytes, bytes]:
    png = bytearray(_as(data, "PNG"))
    png[29] ^= 0x55  # of IHDR
    return bytes(png), bytes(png)


def _without_size(data: bytes) -> tuple[bytes, bytes]:
    at = data.find(b"\xff\xc0")
    sent = data[: at + 5] + bytes(4) + data[at + 9 :]
    return sent, sent


def _with_other_mark(kind: str, at: int) -> Patched:
    def make(data: bytes) -> tuple[bytes, bytes]:
        picture = _as(data, kind)
        return picture[:at] + bytes([picture[at] ^ 0x20]) + picture[at + 1 :], picture

    return make


PATCHED: dict[str, Patched] = {
    "a jpeg without its start": lambda data: (data[2:], data),
    "a jpeg begun with zeros": lambda data: (bytes(2) + data[2:], data),
    "a jpeg without its first segment": lambda data: (data[_tables(data) :], data[:2] + data[_tables(data) :]),
    "a jpeg with zeros to its tables": lambda data: (
        bytes(_tables(data)) + data[_tables(data) :], data[:2] + data[_tables(data) :],
    ),
    "a jpeg without a size": _without_size,
    "a png with another first byte": _with_other_mark("PNG", 0),
    "a png with another line end": _with_other_mark("PNG", 5),
    "a png with a wrong sum": _wrong_sum,
    "a webp with another first byte": _with_other_mark("WEBP", 0),
}  # fmt: skip
