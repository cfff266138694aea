"""Shapes of SYN and SYN-ACK: options found before the payload, bounds, independence of windows."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.devices.observations.ledger import MOST_LOOKS, Ledger
from netaudit.devices.observations.tcp_shape import MOST_SHAPES, observe_shapes, options_before, shape
from netaudit.packets.layouts import PACKET

LINUX = bytes.fromhex("020405b40402080a0102030400000000 01030307")
WINDOWS = bytes.fromhex("020405b4 01 030308 01 01 0402")
MAC = 0x02_00_00_00_00_07


def header(options: bytes, sport: int = 40000, dport: int = 80, seq: int = 7) -> bytes:
    return struct.pack(">HHIIHHHH", sport, dport, seq, 0, (5 + len(options) // 4) << 12 | 2, 64240, 0, 0) + options


def packets(rows: list[tuple[bytes, int, int]], flags: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Buffer and rows of (options, address, ttl)."""
    table, buffer = np.zeros(len(rows), PACKET), b""
    for i, (options, address, ttl) in enumerate(rows):
        buffer += bytes(14) + header(options)
        table[i]["payload"], table[i]["src_lo"], table[i]["ttl"] = len(buffer), 0xFFFF_C0A8_0100 + address, ttl
        table[i]["frame"], table[i]["shard"] = i + 1, address % 64
    table["proto"], table["tcp_flags"], table["sport"], table["dport"], table["seq"] = 6, flags, 40000, 80, 7
    table["window"], table["src_mac"] = 64240, MAC
    return np.frombuffer(buffer, np.uint8), table


def observed(*batches: tuple[np.ndarray, np.ndarray]) -> list[tuple]:
    ledger = Ledger()
    for buffer, table in batches:
        observe_shapes(buffer, table, ledger)
    return [(*row[:5], row[-1]) for row in ledger.rows()]


@pytest.mark.parametrize(
    ("options", "ttl", "flags", "field", "text"),
    [
        (LINUX, 64, 2, "syn", "ttl=64 window=64240 mss=1460 scale=7 options=MSTNW"),
        (WINDOWS, 126, 2, "syn", "ttl=128 window=64240 mss=1460 scale=8 options=MNWNNS routed"),
        (WINDOWS, 126, 18, "synack", "ttl=128 window=64240 mss=1460 scale=8 options=MNWNNS routed"),
        (b"", 250, 194, "syn", "ttl=255 window=64240 options=- routed"),
    ],
)
def test_shapes(options: bytes, ttl: int, flags: int, field: str, text: str) -> None:
    assert observed(packets([(options, 9, ttl)], flags)) == [
        ("tcp", "02:00:00:00:00:07", "192.168.1.9", field, text, 1)
    ]


@pytest.mark.parametrize("flags", [16, 24, 4])
def test_other_packets_have_none(flags: int) -> None:
    assert observed(packets([(LINUX, 9, 64)], flags)) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("02 04 05", "M!"), ("02 01 00 00", "M!"), ("03", "W!"), ("00 02 04 05", "E"), ("fd 04 00 01", "?253"), ("02 03 00 01", "MN"),
    ],
)  # fmt: skip
def test_broken_options(options: str, text: str) -> None:
    assert shape(64, 1, bytes.fromhex(options)).endswith(f"options={text}")


def test_a_header_that_is_not_where_it_should_be() -> None:
    buffer, table = packets([(LINUX, 9, 64)])
    table["seq"] = 8
    assert observed((buffer, table)) == []
    assert options_before(b"", b"12345678") is None


@given(st.binary(max_size=60), st.binary(min_size=8, max_size=8))
def test_any_bytes(data: bytes, beginning: bytes) -> None:
    options = options_before(data, beginning)
    assert options is None or data.endswith(options)
    assert shape(0, 0, data).startswith("ttl=32 window=0")


def test_few_shapes_of_a_host_count_however_they_are_cut_into_windows() -> None:
    rows = [(LINUX, 9, 64), (LINUX, 9, 64), *((WINDOWS, 9, ttl) for ttl in range(128, 128 + 3 * MOST_SHAPES))]
    whole = observed(packets(rows))
    assert [row[4][:7] for row in whole] == ["ttl=64 ", "ttl=128", "ttl=255"]
    assert [row[4].endswith(" routed") for row in whole] == [False, False, True]
    assert sum(row[5] for row in whole) == MOST_SHAPES
    assert observed(*(packets([row]) for row in rows)) == whole


def test_a_flood_of_hosts_is_bounded() -> None:
    buffer, table = packets([(LINUX, 9, 64)])
    flood = np.repeat(table, 3 * MOST_LOOKS)
    flood["src_lo"] = np.arange(len(flood))
    assert len(observed((buffer, flood))) == MOST_LOOKS
