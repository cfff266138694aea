"""When a capture begins, by the first bytes of its file: for who only sorts files, and must not load the readers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 1 << 18  # bytes looked at: dumpcap's own blocks before the first packet are some hundreds
_PCAP = {0xA1B2C3D4: 10**6, 0xA1B23C4D: 10**9, 0xA1B2CD34: 10**6}  # magic → units of a second
_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
_SECTION, _INTERFACE, _ENHANCED = 0x0A0D0D0A, 1, 6
_RESOLUTION = 9  # option if_tsresol
_LATEST = 1 << 32  # seconds since 1970: what is later is no time


def first_time(path: Path) -> float | None:
    """Time of the first packet in seconds since 1970; None for what holds none, or is no plain pcap or pcapng.

    Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        found = _of_pcapng(head) if head[:4] == b"\x0a\x0d\x0d\x0a" else _of_pcap(head)
    except struct.error:  # cut off
        return None
    return found if found is not None and 0 < found < _LATEST else None


def is_capture(path: Path) -> bool:
    """Whether a file begins as a plain pcap or pcapng. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(4)
    return head == b"\x0a\x0d\x0d\x0a" or any(int.from_bytes(head, order) in _PCAP for order in _ORDERS)


def _of_pcap(head: bytes) -> float | None:
    for order in "<>":
        if units := _PCAP.get(struct.unpack_from(f"{order}I", head)[0]):
            seconds, part = struct.unpack_from(f"{order}II", head, 24)
            return float(seconds + part / units)
    return None


def _of_pcapng(head: bytes) -> float | None:
    """Blocks up to the first enhanced packet; simple packets have no time."""
    order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(head[8:12])
    if order is None:
        return None
    place, units = 0, []
    while place + 12 <= len(head):
        kind, length = struct.unpack_from(f"{order}II", head, place)
        if length < 12 or length % 4 or (kind == _SECTION and place):
            return None
        if kind == _INTERFACE:
            units.append(_units(head[place + 16 : place + length - 4], order))
        elif kind == _ENHANCED:
            interface, high, low = struct.unpack_from(f"{order}III", head, place + 8)
            return (high << 32 | low) / units[interface] if interface < len(units) else None
        place += length
    return None


def _units(options: bytes, order: str) -> int:
    """Units of a second in which an interface counts."""
    place = 0
    while place + 5 <= len(options):
        kind, length = struct.unpack_from(f"{order}HH", options, place)
        if not kind:
            break
        if kind == _RESOLUTION and length:
            exponent = options[place + 4]
            return int(2 ** (exponent & 0x7F) if exponent & 0x80 else 10 ** min(exponent, 18))
        place += 4 + (length + 3 & ~3)
    return 10**6
