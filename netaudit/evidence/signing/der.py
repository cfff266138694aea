"""Reads values of DER (X.690), as signatures and time stamps have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Value(NamedTuple):
    """One value: its tag, all of it, what it holds."""

    tag: int
    whole: bytes
    content: bytes


def values(data: bytes) -> Iterator[Value]:
    """Values of DER, one after the other (X.690). Raises ValueError."""
    at = 0
    while at < len(data):
        try:
            tag, size, head = data[at], data[at + 1], 2
            if size & 0x80:
                count = size & 0x7F
                if not 1 <= count <= 4:
                    raise ValueError("der_none")
                size, head = int.from_bytes(data[at + 2 : at + 2 + count], "big"), 2 + count
        except IndexError:
            raise ValueError("der_none") from None
        whole = data[at : at + head + size]
        if len(whole) != head + size:
            raise ValueError("der_none")
        yield Value(tag, whole, whole[head:])
        at += head + size
