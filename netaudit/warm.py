"""Compiles every kernel by auditing a tiny capture made on the spot."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

from netaudit.api import audit

ETHERNET = 1


def warm() -> None:
    """Run the whole way once over a few packets, so that all kernels are in the cache."""
    with tempfile.TemporaryDirectory() as folder:
        plain, blocks = Path(folder) / "warm.pcap", Path(folder) / "warm.pcapng"
        frames = [_frame(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1), _frame(b"later", 40), _frame(b"x", 28)]
        plain.write_bytes(_pcap(frames))
        blocks.write_bytes(_pcapng(frames))
        audit([plain, blocks], Path(folder) / "case", faces=False)


def _frame(payload: bytes, seq: int) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", 40000, 80, seq, 1, 5 << 4, 0x18, 1024, 0, 0) + payload
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
    )
    return bytes(12) + b"\x08\x00" + header + tcp


def _pcap(frames: list[bytes]) -> bytes:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, ETHERNET)
    return head + b"".join(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame for frame in frames)


def _pcapng(frames: list[bytes]) -> bytes:
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, ETHERNET, 0, 65535, 20)
    blocks = []
    for frame in frames:
        padded = frame + bytes(-len(frame) % 4)
        size = 32 + len(padded)
        blocks.append(
            struct.pack("<IIIIIII", 6, size, 0, 0, 2_000_000, len(frame), len(frame)) + padded + struct.pack("<I", size)
        )
    return section + interface + b"".join(blocks)
