"""Compiles every kernel by auditing a tiny capture made on the spot."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from netaudit.messages.dns.lookups import LEAST
from netaudit.running.task import Options, run

ETHERNET = 1


def warm() -> None:
    """Run the whole way once over a few packets, so that all kernels are in the cache."""
    with tempfile.TemporaryDirectory() as folder:
        plain, blocks = Path(folder) / "warm.pcap", Path(folder) / "warm.pcapng"
        frames = [_frame(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1), _frame(b"later", 40), _frame(b"x", 28), *_lookups()]
        plain.write_bytes(_pcap(frames))
        blocks.write_bytes(_pcapng(frames))
        run([plain, blocks], Path(folder) / "case", Options(faces=False), lambda *_: None)


def _frame(payload: bytes, seq: int) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", 40000, 80, seq, 1, 5 << 4, 0x18, 1024, 0, 0) + payload
    return _packet(6, tcp, 1, 2)


def _packet(proto: int, payload: bytes, source: int, target: int) -> bytes:
    ends = bytes((10, 0, 0, source)), bytes((10, 0, 0, target))
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0, *ends)
    return bytes(12) + b"\x08\x00" + header + payload


def _lookups() -> Iterator[bytes]:
    """As many DNS lookups as it takes for columns to pay."""
    asked = b"\x01a\x02cn\0" + struct.pack(">HH", 1, 1)
    question = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + asked
    answer = struct.pack(">6H", 1, 0x8180, 1, 1, 0, 0) + asked + b"\xc0\x0c" + struct.pack(">HHIH4x", 1, 1, 60, 4)
    for port in range(40_000, 40_000 + LEAST):
        yield _packet(17, struct.pack(">HHHH", port, 53, 8 + len(question), 0) + question, 1, 2)
        yield _packet(17, struct.pack(">HHHH", 53, port, 8 + len(answer), 0) + answer, 2, 1)


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
