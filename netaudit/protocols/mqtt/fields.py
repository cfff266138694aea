"""Fields and heads of MQTT packets (OASIS MQTT 3.1.1 and 5.0): what they say, and whether bytes can be one."""

from __future__ import annotations

import re

from netaudit.core.text.charset import decoded
from netaudit.protocols.reader import Verdict

_TOPIC = re.compile(rb"[\w$/.: @=,\-\x80-\xff]{4,256}\Z")
_HEADS = {b"\x00\x04MQTT", b"\x00\x06MQIsdp"}
# sizes of the properties of MQTT 5 by identifier (section 2.2.2.2): bytes, or 0 variable integer, -1 text, -2 two texts
_PROPERTIES = {
    0x01: 1, 0x02: 4, 0x03: -1, 0x08: -1, 0x09: -1, 0x0B: 0, 0x11: 4, 0x12: -1, 0x13: 2, 0x15: -1, 0x16: -1, 0x17: 1,
    0x18: 4, 0x19: 1, 0x1A: -1, 0x1C: -1, 0x1F: -1, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1, 0x25: 1, 0x26: -2, 0x27: 4,
    0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip
USER, TWO_TEXTS = 0x26, -2
MOST_GIVEN = 64  # names and values of a message
_OF_PUBLISH = frozenset({0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26})


class MoreError(Exception):
    """The packet goes on behind the bytes that are there."""


class WrongError(Exception):
    """The bytes are no MQTT."""


def varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Variable byte integer (section 1.5.5) and the offset behind it."""
    if at < len(data) and data[at] < 0x80:  # as nearly all are
        return data[at], at + 1
    value = 0
    for place in range(4):
        if at + place >= len(data):
            raise MoreError
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise WrongError


def block(data: bytes | bytearray, at: int) -> tuple[bytes, int]:
    """Bytes with a length of 16 bits in front."""
    if at + 2 > len(data):
        raise MoreError
    end = at + 2 + (data[at] << 8 | data[at + 1])
    if end > len(data):
        raise MoreError
    return bytes(data[at + 2 : end]), end


def properties(data: bytes | bytearray, at: int) -> tuple[dict[int, bytes], int]:
    """Properties of MQTT 5 by identifier (raw values; the last of several), and the offset behind them."""
    length, at = varint(data, at)
    end = at + length
    if end > len(data):
        raise MoreError
    found: dict[int, bytes] = {}
    inside = bytes(data[:end])
    try:
        while at < end:
            kind = inside[at]
            size = _PROPERTIES.get(kind)
            if size is None:
                raise WrongError
            if size == 0:
                _, stop = varint(inside, at + 1)
            elif size > 0:
                stop = at + 1 + size
            else:
                _, stop = block(inside, at + 1)
                if size == -2:
                    _, stop = block(inside, stop)
            if stop > end:
                raise WrongError
            found[kind] = inside[at + 1 : stop]
            at = stop
    except MoreError:
        raise WrongError from None
    return found, end


def user_properties(data: bytes, at: int) -> list[tuple[str, str]]:
    """Names and values that the sender gave to a message (section 3.3.2.3.7), in their order."""
    length, at = varint(data, at)
    end, out = at + length, list[tuple[str, str]]()
    while at < end and len(out) < MOST_GIVEN:
        kind = data[at]
        size = _PROPERTIES[kind]
        at += 1
        if size > 0:
            at += size
        elif size == 0:
            _, at = varint(data, at)
        else:
            text, at = block(data, at)
            if size == TWO_TEXTS:
                value, at = block(data, at)
                out.append((decoded(text), decoded(value)))
    return out


def connects(data: bytes, verdict: Verdict) -> Verdict:
    """Whether bytes begin with a CONNECT: `verdict` if so."""
    try:
        length, at = varint(data, 1)
    except MoreError:
        return Verdict.MORE
    except WrongError:
        return Verdict.NO
    name = data[at : at + 8]
    if length >= 10 and any(name.startswith(head) for head in _HEADS):
        return verdict
    return Verdict.MORE if any(head.startswith(name) for head in _HEADS) else Verdict.NO


def check_head(data: bytearray, at: int) -> None:
    """Raise unless data[at:] is the head of a PUBLISH, or a CONNECT."""
    if data[at] == 0x10:
        verdict = connects(bytes(data[at : at + 16]), Verdict.YES)
        if verdict is Verdict.MORE:
            raise MoreError
        if verdict is Verdict.NO:
            raise WrongError
        return
    flags = data[at] & 15
    length, place = varint(data, at + 1)
    if place + 2 > len(data):
        raise MoreError
    size = data[place] << 8 | data[place + 1]
    if flags & 6 == 6 or (flags & 8 and not flags & 6) or not 4 <= size <= 256 or size + 2 > length:
        raise WrongError
    topic = bytes(data[place + 2 : place + 2 + size])
    if topic and not _TOPIC.match(topic.ljust(4, b"a")):
        raise WrongError
    if len(topic) < size:
        raise MoreError


def has_properties(data: bytearray, at: int, stop: int) -> bool:
    """Whether a PUBLISH of unknown version has properties, as those of version 5 have: JSON, JPEG, text look else."""
    try:
        length, after = varint(data, at) if at < stop else (0, stop + 1)
        if after + length > stop:
            return False
        found, _ = properties(data, at)
    except WrongError:
        return False
    return set(found) <= _OF_PUBLISH
