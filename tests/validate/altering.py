"""Calls that differ from one that was heard in one value (for `calling.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

FRONT = 24  # bytes of a value that are altered one by one
NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    20,
    31,
    32,
    63,
    64,
    100,
    127,
    128,
    199,
    200,
    255,
    256,
    400,
    1000,
    1 << 16,
    1 << 31,
)


def others(call: tuple[list[Any], dict[str, Any]], seed: int) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Each differs in one plain value, at whatever depth."""
    whole = list(call)
    places = list(_places(whole, ()))
    for number, (place, value) in enumerate(places[:40]):
        for other in _altered(value, seed + number):
            yield tuple(_with(whole, place, other))


def _places(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _places(one, (*place, key))
    elif isinstance(value, list | tuple):
        begin = 1 if isinstance(value, tuple) else 0
        if isinstance(value, tuple) and value and value[0] in ("enum", "place", "pattern", "ndarray", "generic"):
            return
        for at, one in enumerate(value):
            if at < begin or (isinstance(value, tuple) and at == 1 and isinstance(one, str)):
                continue  # its kind, and whose it is
            if not (isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and at == 0):
                yield from _places(one, (*place, at))
    elif type(value) in (bytes, str, int, bool):
        yield place, value


def _with(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    at, *rest = place
    if isinstance(value, dict):
        return {**value, at: _with(value[at], tuple(rest), other)}
    made = list(value)
    made[at] = _with(made[at], tuple(rest), other)
    return type(value)(made) if not hasattr(value, "_fields") else type(value)(*made)


def _altered(value: Any, seed: int) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from dict.fromkeys(one for one in (value + 1, value - 1, -value, 2 * value, *NUMBERS) if one != value)
    elif not value:
        yield from (b"\0", b"a\r\n") if isinstance(value, bytes) else ("a", "1", " ")
    else:
        size = len(value)
        numbers = [int.from_bytes(hashlib.sha256(f"{seed} {n}".encode()).digest()[:4], "big") for n in range(12)]
        yield from (value[:at] for at in range(min(size, FRONT)))
        if isinstance(value, bytes):
            for at in range(min(size, FRONT)):
                for byte in (
                    value[at] ^ 1,
                    value[at] ^ 0x80,
                    value[at] + 1 & 255,
                    value[at] - 1 & 255,
                    value[at] >> 1,
                    0,
                ):
                    yield value[:at] + bytes([byte]) + value[at + 1 :]
        for at in dict.fromkeys([0, 1 % size, size - 1, size // 2, *(one % size for one in numbers)]):
            yield value[:at]
            yield value[at:]
            yield value[:at] + value[at + 1 :]
            yield value[:at] + value[at : at + 1] * 2 + value[at + 1 :]
            if isinstance(value, bytes):
                for byte in (value[at] ^ 1, value[at] ^ 0x80, 0, 0xFF, value[at] + 1 & 255):
                    yield value[:at] + bytes([byte]) + value[at + 1 :]
            else:
                for letter in (value[at].swapcase(), "0", " ", "\x00", "字", '"'):
                    yield value[:at] + letter + value[at + 1 :]
        yield value + value
        yield value * 40 if size < 60 else value
