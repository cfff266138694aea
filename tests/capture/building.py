"""Captures made byte by byte, and reading them back into plain values."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netaudit.capture.from_files import Captures, open_captures
from netaudit.capture.layouts import NO_TIME
from tests.reference.capture import Packet

if TYPE_CHECKING:
    from pathlib import Path

START = 1_700_000_000 * 10**9


def pcap(packets, *, order="<", magic=0xA1B2C3D4, linktype=1, snaplen=262_144) -> bytes:
    """A pcap of (ts in ns, data) or (ts, data, wirelen)."""
    unit = 1 if magic == 0xA1B23C4D else 1000
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)
    for ts, data, *wirelen in packets:
        out += struct.pack(
            order + "IIII", ts // 10**9, ts % 10**9 // unit, len(data), wirelen[0] if wirelen else len(data)
        )
        if magic == 0xA1B2CD34:
            out += struct.pack(order + "IHBB", 3, 0x800, 0, 0)
        out += data
    return out


def option(code: int, value: bytes, order="<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes, order="<") -> bytes:
    body += bytes(-len(body) % 4)
    total = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + total + body + total


def section(order="<", options=b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(linktype=1, snaplen=0, options=b"", order="<") -> bytes:
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + options, order)


def enhanced(ticks: int, data: bytes, number=0, wirelen=None, options=b"", order="<") -> bytes:
    head = struct.pack(
        order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data) if wirelen is None else wirelen
    )
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def simple(data: bytes, wirelen=None, order="<") -> bytes:
    return block(3, struct.pack(order + "I", len(data) if wirelen is None else wirelen) + data, order)


def obsolete(ticks: int, data: bytes, number=0, order="<") -> bytes:
    return block(
        2, struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)) + data, order
    )


def frames(count: int, *, start=START, step=10**6, size=60):
    """Packets of different contents, a millisecond apart."""
    return [(start + i * step, struct.pack(">I", i) + bytes([i % 251 + 1]) * (size + i % 7)) for i in range(count)]


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(*paths, **options) -> tuple[list[Packet], Captures]:
    """All packets of an audit and the captures."""
    captures = open_captures(paths, **options)
    return packets_of(captures), captures


def packets_of(captures: Captures, allocate=None) -> list[Packet]:
    found = []
    for window in captures.windows(allocate):
        assert not window.buffer.flags.writeable
        for row in window.records:
            start = int(row["offset"])
            data = window.buffer[start : start + int(row["caplen"])].tobytes()
            assert len(data) == row["caplen"]
            ts = None if row["ts"] == NO_TIME else int(row["ts"])
            found.append(
                Packet(ts, int(row["frame"]), int(row["wirelen"]), int(row["linktype"]), int(row["interface"]), data)
            )
    return found
