"""Video, voice and small talk in bulk: packets of one size made column-wise with numpy."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

HEADERS = 16 + 14 + 20  # record, Ethernet, IPv4


@dataclass
class Rows:
    """Packets of one size: time in ns and bytes of their records (the record's time is filled in on writing)."""

    times: np.ndarray
    rows: np.ndarray  # (n, record size) uint8


def udp(
    times: np.ndarray, source: np.ndarray, target: np.ndarray, ports: tuple[np.ndarray, np.ndarray], payload: np.ndarray
) -> Rows:
    """UDP without checksum (allowed over IPv4, RFC 768); addresses as integers, payload (n, size)."""
    rows = _frame(times, source, target, 17, 8, payload)
    _word(rows, HEADERS, ports[0])
    _word(rows, HEADERS + 2, ports[1])
    _word(rows, HEADERS + 4, 8 + payload.shape[1])
    return Rows(times, rows)


def tcp(
    times: np.ndarray,
    source: np.ndarray,
    target: np.ndarray,
    ports: tuple[np.ndarray, np.ndarray],
    sequence: np.ndarray,
    acknowledged: np.ndarray,
    payload: np.ndarray,
    *,
    flags: int | None = None,
) -> Rows:
    """TCP segments with right checksums; sequence numbers are taken modulo 2**32. Flags: PSH and ACK unless given."""
    rows = _frame(times, source, target, 6, 20, payload)
    at = HEADERS
    _word(rows, at, ports[0])
    _word(rows, at + 2, ports[1])
    for place, value in ((at + 4, sequence), (at + 8, acknowledged)):
        _word(rows, place, value >> 16 & 0xFFFF)
        _word(rows, place + 2, value & 0xFFFF)
    usual = 0x18 if payload.shape[1] else 0x10
    rows[:, at + 12], rows[:, at + 13] = 0x50, usual if flags is None else flags
    _word(rows, at + 14, 501)
    length = 20 + payload.shape[1]
    total = _sum(rows[:, at : at + length]) + _sum(rows[:, 42:50]) + 6 + length
    _word(rows, at + 16, ~_fold(total) & 0xFFFF)
    return Rows(times, rows)


def _frame(
    times: np.ndarray, source: np.ndarray, target: np.ndarray, protocol: int, header: int, payload: np.ndarray
) -> np.ndarray:
    count, size = len(times), payload.shape[1]
    packet = 20 + header + size
    frame = max(60, 14 + packet)
    rows = np.zeros((count, 16 + frame), dtype=np.uint8)
    rows[:, 8:12] = rows[:, 12:16] = np.frombuffer(struct.pack("<I", frame), np.uint8)
    for side, who in ((16, target), (22, source)):  # MAC from the address
        rows[:, side] = 2
        for byte in range(4):
            rows[:, side + 2 + byte] = who >> (24 - 8 * byte) & 0xFF
    rows[:, 28] = 8
    rows[:, 30] = 0x45
    _word(rows, 32, packet)
    _word(rows, 34, np.arange(count) & 0xFFFF)
    rows[:, 36], rows[:, 38], rows[:, 39] = 0x40, 64, protocol
    for side, who in ((42, source), (46, target)):
        _word(rows, side, who >> 16 & 0xFFFF)
        _word(rows, side + 2, who & 0xFFFF)
    _word(rows, 40, ~_fold(_sum(rows[:, 30:50])) & 0xFFFF)
    rows[:, HEADERS + header : HEADERS + header + size] = payload
    return rows


def _word(rows: np.ndarray, at: int, value: np.ndarray | int) -> None:
    wide = np.asarray(value, dtype=np.int64)
    rows[:, at], rows[:, at + 1] = wide >> 8 & 0xFF, wide & 0xFF


def _sum(part: np.ndarray) -> np.ndarray:
    even, odd = part[:, 0::2].sum(axis=1, dtype=np.int64), part[:, 1::2].sum(axis=1, dtype=np.int64)
    return (even << 8) + odd


def _fold(value: np.ndarray) -> np.ndarray:
    for _ in range(3):
        value = (value & 0xFFFF) + (value >> 16)
    return value


def address(text: str) -> int:
    """IPv4 address as a number."""
    return int.from_bytes(bytes(int(part) for part in text.split(".")), "big")


def rtp(rng: np.random.Generator, count: int, size: int, kind: int, ssrc: int, step: int) -> np.ndarray:
    """RTP packets (RFC 3550 §5.1) with `size` random payload bytes: (count, 12 + size)."""
    out = np.empty((count, 12 + size), dtype=np.uint8)
    out[:, 12:] = noise(rng, count, size)
    out[:, 0], out[:, 1] = 0x80, kind
    number = np.arange(count)
    stamp = number * step
    for byte in range(2):
        out[:, 2 + byte] = number >> (8 - 8 * byte) & 0xFF
    for byte in range(4):
        out[:, 4 + byte] = stamp >> (24 - 8 * byte) & 0xFF
        out[:, 8 + byte] = ssrc >> (24 - 8 * byte) & 0xFF
    return out


_NOISE: list[np.ndarray] = []


def noise(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
    """Random bytes (count, size), from random places of one pool: video does not compress."""
    if not _NOISE:
        _NOISE.append(np.frombuffer(np.random.default_rng(7).bytes(1 << 24), np.uint8))
    windows = np.lib.stride_tricks.sliding_window_view(_NOISE[0], size)
    return windows[rng.integers(0, len(windows), count)]


def client_hello(rng: np.random.Generator, name: str) -> bytes:
    """TLS 1.2 ClientHello record with server name (RFC 5246 §7.4.1.2, RFC 6066 §3)."""
    host = name.encode()
    sni = struct.pack("!HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
    hello = (
        b"\x03\x03"
        + rng.bytes(32)
        + b"\0"
        + struct.pack("!HHH", 4, 0xC02F, 0x009C)
        + b"\x01\0"
        + struct.pack("!H", len(sni))
        + sni
    )
    shake = b"\x01" + len(hello).to_bytes(3, "big") + hello
    return b"\x16\x03\x01" + struct.pack("!H", len(shake)) + shake
