"""Frames of QUIC packets (RFC 9000, 19; DATAGRAM: RFC 9221), as far as a listener needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.tls.quic_packets import varint

if TYPE_CHECKING:
    from collections.abc import Iterator

PADDING, CRYPTO, NEW_ID, STREAM, RESET, CLOSE = 0, 6, 0x18, 8, 4, 0x1C
TOKEN = 16  # bytes of a stateless reset token
_NUMBERS = {1: 0, 5: 2, 0x10: 1, 0x11: 2, 0x12: 1, 0x13: 1, 0x14: 1, 0x15: 2, 0x16: 1, 0x17: 1, 0x19: 1, 0x1E: 0}


class Frame(NamedTuple):
    """A frame that says something: CRYPTO, STREAM, RESET, NEW_ID or CLOSE."""

    kind: int
    stream: int = -1
    offset: int = 0  # in the stream; of RESET its final size
    data: bytes = b""
    at: int = 0  # place of the data in the frames
    last: bool = False


def frames(data: bytes) -> Iterator[Frame]:
    """The frames of a packet, up to one that is unknown or cut."""
    at = 0
    try:
        while at < len(data):
            kind, at = varint(data, at)
            if kind & ~7 == STREAM:
                found, at = _stream(kind, data, at)
                yield found
                continue
            if kind == PADDING:
                at = len(data) - len(data[at:].lstrip(b"\0"))
                continue
            if kind in _NUMBERS:
                for _ in range(_NUMBERS[kind]):
                    _, at = varint(data, at)
                continue
            frame, at = _frame(kind, data, at)
            if frame is not None:
                yield frame
            elif at < 0:
                return
    except IndexError:
        return


def _frame(kind: int, data: bytes, at: int) -> tuple[Frame | None, int]:
    """A frame and the place behind it, which is -1 for one that is not known."""
    if kind in (2, 3):
        return None, _behind_ack(data, at, counts=kind == 3)
    if kind == CRYPTO:
        offset, at = varint(data, at)
        size, at = varint(data, at)
        return Frame(CRYPTO, -1, offset, data[at : at + size], at), at + size
    if kind == RESET:
        stream, at = varint(data, at)
        _, at = varint(data, at)
        size, at = varint(data, at)
        return Frame(RESET, stream, size), at
    if kind == NEW_ID:
        _, at = varint(data, at)
        _, at = varint(data, at)
        size = data[at]
        return Frame(NEW_ID, data=data[at + 1 : at + 1 + size]), at + 1 + size + TOKEN
    if kind in {7, 49}:  # a token for later connections, a datagram
        size, at = varint(data, at)
        return None, at + size
    if kind in (0x1A, 0x1B):  # path challenge and response
        return None, at + 8
    if kind in (CLOSE, CLOSE + 1):
        return Frame(CLOSE), len(data)
    return None, -1


def _stream(kind: int, data: bytes, at: int) -> tuple[Frame, int]:
    stream, at = varint(data, at)
    offset, size = 0, len(data)
    if kind & 4:
        offset, at = varint(data, at)
    if kind & 2:
        length, at = varint(data, at)
        size = min(at + length, size)
    return Frame(STREAM, stream, offset, data[at:size], at, kind & 1 == 1), size


def _behind_ack(data: bytes, at: int, *, counts: bool) -> int:
    _, at = varint(data, at)
    _, at = varint(data, at)
    ranges, at = varint(data, at)
    _, at = varint(data, at)
    for _ in range(2 * min(ranges, len(data)) + 3 * counts):
        _, at = varint(data, at)
    return at
