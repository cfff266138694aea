"""Classic pcap: every flavour, and what damage may cost."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capture.building import START, frames, pcap, read, write
from tests.reference import capture as reference
from tests.wording import english


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "name"),
    [(0xA1B2C3D4, "microseconds"), (0xA1B23C4D, "nanoseconds"), (0xA1B2CD34, "microseconds, modified")],
)
def test_every_flavour_gives_the_same_packets(tmp_path, order, magic, name):
    made = [*frames(20), (START + 10**9 + 123456000, b"x" * 100, 1500)]
    data = pcap(made, order=order, magic=magic)
    found, captures = read(write(tmp_path, "a", data))
    assert found == reference.pcap(data)
    assert [(p.ts, p.data) for p in found] == [m[:2] for m in made]
    source = captures.sources[0]
    assert source.file_format == f"pcap, {'little' if order == '<' else 'big'}-endian, {name}"
    assert (source.packets_read, source.wire_bytes) == (21, sum(len(d) for _, d, *_ in made) + 1400)
    assert (source.first_ts, source.last_ts) == (START, made[-1][0])
    assert not source.damage


def test_fcs_bits_do_not_hide_the_link_type(tmp_path):
    found, captures = read(write(tmp_path, "a", pcap(frames(1), linktype=0x24000001)))
    assert found[0].linktype == 1
    assert "4 bytes of check sequence" in str(captures.sources[0].interfaces[0])


@pytest.mark.parametrize(
    "made",
    [
        [(START, b"g" * 300000), *frames(3)],  # longer than any snaplen: offloading
        [(START, b"a" * 9000)] * 2,  # longer than the file's own snaplen
        [(START, b"abc", 2), *frames(3)],  # captured more than there was
        [(START + i * 400 * 86_400 * 10**9, b"abcd") for i in range(3)],  # years between packets
        [(START, b"")] * 3,  # nothing captured
        [(1_031_048_000, b"late")] * 2,  # a clock that was never set
    ],
)
def test_odd_but_sound_files_are_read_whole(tmp_path, made):
    data = pcap(made, snaplen=1500)
    found, captures = read(write(tmp_path, "a", data))
    assert found == reference.pcap(data)
    assert not captures.sources[0].damage


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(24, 1500), window=st.sampled_from([1, 70, 200, 4096]))
def test_any_truncation_keeps_all_whole_packets(tmp_path_factory, cut, window):
    data = pcap(frames(17))[:cut]
    found, captures = read(write(tmp_path_factory.mktemp("t"), "a", data), window_size=window)
    assert found == reference.pcap(data)
    whole = 24 + sum(16 + len(p.data) for p in found)
    damage = list(map(english, captures.sources[0].damage))
    assert damage == (
        []
        if len(data) == whole
        else [f"cut inside the record at offset {whole}: its {len(data) - whole} bytes are lost"]
    )


def corrupted(at: int, value: bytes, count=30) -> bytes:
    data = pcap(frames(count))
    return data[:at] + value + data[at + len(value) :]


def offset_of(index: int) -> int:
    return 24 + sum(16 + len(d) for _, d in frames(index))


@pytest.mark.parametrize("order", [b"\xff\xff\xff\xff", b"\x00\x00\x01\x00", b"\x00\xf0\x00\x00"])
@pytest.mark.parametrize("window", [1, 300, 1 << 20])
def test_a_corrupt_length_costs_its_record_only(tmp_path, order, window):
    start, end = offset_of(10), offset_of(11)
    found, captures = read(write(tmp_path, "a", corrupted(start + 8, order)), window_size=window)
    assert [p.data for p in found] == [d for i, (_, d) in enumerate(frames(30)) if i != 10]
    assert list(map(english, captures.sources[0].damage)) == [
        f"corrupt record header at offset {start}: {end - start} bytes lost"
    ]


def test_a_corrupt_length_in_one_of_the_last_records(tmp_path):
    found, captures = read(write(tmp_path, "a", corrupted(offset_of(28) + 8, b"\xff\xff\xff\x7f")))
    assert [p.data for p in found] == [d for i, (_, d) in enumerate(frames(30)) if i != 28]
    assert len(captures.sources[0].damage) == 1


def test_a_wholly_corrupt_header_costs_its_record_only(tmp_path):
    found, captures = read(write(tmp_path, "a", corrupted(offset_of(5), b"\xa5" * 16)))
    assert len(found) == 29
    assert len(captures.sources[0].damage) == 1


def test_bytes_cut_out_of_the_middle(tmp_path):
    data = pcap(frames(40))
    data = data[: offset_of(12) + 30] + data[offset_of(20) + 5 :]
    found, captures = read(write(tmp_path, "a", data))
    kept = {p.data for p in found}
    assert {d for i, (_, d) in enumerate(frames(40)) if i < 12 or i > 20} <= kept
    assert captures.sources[0].damage


def test_zeros_of_a_power_failure_are_no_packets(tmp_path):
    data = pcap(frames(10)) + bytes(5000)
    found, captures = read(write(tmp_path, "a", data), window_size=512)
    assert len(found) == 10
    assert list(map(english, captures.sources[0].damage)) == [
        f"corrupt record header at offset {offset_of(10)}: 5000 bytes lost, up to the end"
    ]


def test_a_capture_inside_a_sound_capture_is_content(tmp_path):
    inner = pcap(frames(50))
    data = pcap([(START, inner[i : i + 1000]) for i in range(0, len(inner), 1000)])
    assert read(write(tmp_path, "a", data))[0] == reference.pcap(data)


def test_a_record_longer_than_the_window_makes_it_grow(tmp_path):
    data = pcap([*frames(3), (START + 10**9, bytes(range(256)) * 4096), *frames(3, start=START + 2 * 10**9)])
    assert read(write(tmp_path, "a", data), window_size=4096)[0] == reference.pcap(data)


@settings(max_examples=60, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(24, 2400), st.binary(min_size=1, max_size=20)), max_size=3),
    windows=st.lists(st.integers(1, 3000), min_size=2, max_size=3),
)
def test_windows_change_nothing_even_in_damaged_files(tmp_path_factory, edits, windows):
    data = bytearray(pcap(frames(30)))
    for at, value in edits:
        data[at : at + len(value)] = value
    path = write(tmp_path_factory.mktemp("t"), "a", bytes(data))
    whole, captures = read(path)
    for size in windows:
        parts, others = read(path, window_size=size)
        assert parts == whole
        assert others.sources[0].damage == captures.sources[0].damage


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_behind_a_header_hurt(tmp_path_factory, tail):
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + tail
    found, captures = read(write(tmp_path_factory.mktemp("t"), "a", data), window_size=100)
    assert sum(len(p.data) + 16 for p in found) <= len(tail)
    assert captures.sources[0].size == len(data)
