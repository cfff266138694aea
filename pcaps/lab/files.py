"""Capture files: classic pcap (microseconds) and pcapng (nanoseconds)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Frames = list[tuple[int, bytes]]  # (UTC ns, frame)


def write_pcap(path: Path, frames: Frames, linktype: int = 1) -> None:
    """Classic little-endian pcap with microseconds."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype)]
    for time, frame in frames:
        out.append(struct.pack("<IIII", time // 10**9, time % 10**9 // 1000, len(frame), len(frame)) + frame)
    path.write_bytes(b"".join(out))


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def write_pcapng(path: Path, frames: Frames, interface: str, comment: str, linktype: int = 1) -> None:
    """One section, one interface with nanoseconds, statistics at the end (IETF draft pcapng §4)."""
    end = struct.pack("<HH", 0, 0)
    section = (
        struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
        + _option(1, comment.encode())
        + _option(4, b"netaudit demo office")
        + end
    )
    described = struct.pack("<HHI", linktype, 0, 262144) + _option(2, interface.encode()) + _option(9, b"\x09") + end
    out = [_block(0x0A0D0D0A, section), _block(1, described)]
    for time, frame in frames:
        body = (
            struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
            + frame
            + b"\0" * (-len(frame) % 4)
        )
        out.append(_block(6, body))
    last = frames[-1][0]
    counted = _option(4, struct.pack("<Q", len(frames))) + _option(5, struct.pack("<Q", 0)) + end
    out.append(_block(5, struct.pack("<III", 0, last >> 32, last & 0xFFFFFFFF) + counted))
    path.write_bytes(b"".join(out))
