"""pcapng: sections, interfaces, every block, exact times, and what damage may cost."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netaudit.capture.source import MAX_TEXTS
from tests.capture import building as b
from tests.capture.building import START, block, enhanced, frames, interface, option, read, section, write
from tests.reference import capture as reference
from tests.wording import english

MICRO = 1000


def sample(order="<") -> bytes:
    """One of everything."""
    return b"".join(
        [
            section(order, option(4, b"maker", order) + option(1, b"a section", order)),
            interface(
                1, 50, option(2, b"eth0", order) + option(3, b"mirror", order) + option(9, b"\x06", order), order
            ),
            interface(113, 0, option(9, b"\x09", order) + option(14, struct.pack(order + "q", 3600), order), order),
            enhanced(START // MICRO, b"one", order=order),
            enhanced(START, b"two", 1, 90, option(1, "说明".encode(), order), order),
            b.simple(b"three" * 4, order=order),
            b.simple(b"y" * 50, 100, order=order),
            b.obsolete(START // MICRO + 5, b"four", order=order),
            block(0xBAD, struct.pack(order + "I", 32473) + b"custom", order),
            block(0x77777777, b"unknown block", order),
            block(4, struct.pack(order + "HH", 1, 9) + b"\x0a\0\0\x01host\0\0\0\0" + bytes(4), order),
            block(10, struct.pack(order + "II", 0x544C534B, 6) + b"SECRET", order),
            block(5, struct.pack(order + "III", 0, 0, 0) + option(5, struct.pack(order + "Q", 7), order), order),
            block(5, struct.pack(order + "III", 0, 0, 0) + option(5, struct.pack(order + "Q", 9), order), order),
            enhanced(START // MICRO + 9, b"five", order=order),
        ]
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_one_of_everything(tmp_path, order):
    data = sample(order)
    found, captures = read(write(tmp_path, "a", data))
    assert found == reference.pcapng(data)
    assert [p.data[:4] for p in found] == [b"one", b"two", b"thre", b"yyyy", b"four", b"five"]
    assert [p.frame for p in found] == [1, 2, 3, 4, 5, 7]  # Wireshark shows the custom block as frame 6
    assert [len(p.data) for p in found] == [3, 3, 20, 50, 4, 4]
    assert found[1].ts == START + 3600 * 10**9
    source = captures.sources[0]
    assert source.file_format == f"pcapng, {'little' if order == '<' else 'big'}-endian"
    assert source.link_types == ["ethernet", "linux_sll"]
    assert [str(i) for i in source.interfaces] == ["0: ethernet (eth0; mirror)", "1: linux_sll"]
    assert source.interfaces[1].resolution == "10^-9 s"
    assert source.sections == ["application: maker; comment: a section"]
    assert source.comments == [(2, "说明")]
    assert source.names == [("10.0.0.1", "host")]
    assert source.secrets == [(0x544C534B, b"SECRET")]
    assert source.drops == 9
    assert source.unknown_blocks == 1
    assert not source.damage


def test_sections_of_both_byte_orders_restart_interface_ids(tmp_path):
    data = sample("<") + sample(">")
    found, captures = read(write(tmp_path, "a", data), window_size=64)
    assert found == reference.pcapng(data)
    assert found[-1].interface == 2
    assert captures.sources[0].drops == 18
    assert captures.sources[0].file_format == "pcapng, little-endian and big-endian sections"


@settings(max_examples=100, deadline=None)
@given(ticks=st.integers(0, 2**64 - 1), resolution=st.integers(0, 255), offset=st.integers(-(2**31), 2**31 - 1))
@example(ticks=10**19, resolution=28, offset=0)
@example(ticks=10**19, resolution=29, offset=0)
def test_times_are_exact_whatever_the_clock(tmp_path_factory, ticks, resolution, offset):
    options = option(9, bytes([resolution])) + option(14, struct.pack("<q", offset))
    data = section() + interface(options=options) + enhanced(ticks, b"x")
    found, captures = read(write(tmp_path_factory.mktemp("t"), "a", data))
    expected = reference.ticks_to_ns(ticks, resolution, offset)
    assert found[0].ts == expected
    impossible = resolution & 0x7F > (63 if resolution & 0x80 else 19)
    assert len(captures.sources[0].damage) == (expected is None) + impossible


def test_a_hostile_offset_is_not_applied(tmp_path):
    data = section() + interface(options=option(14, struct.pack("<q", -(2**63)))) + enhanced(5, b"x")
    found, captures = read(write(tmp_path, "a", data))
    assert found[0].ts == 5000
    assert "time offset" in english(captures.sources[0].damage[0])


def test_a_packet_of_an_undeclared_interface_is_counted(tmp_path):
    data = section() + enhanced(5, b"x", 3) + b.simple(b"y")
    found, captures = read(write(tmp_path, "a", data))
    assert [p.linktype for p in found] == [0xFFFF, 0xFFFF]
    assert captures.sources[0].packets_read == 2


def test_options_and_lists_are_bounded(tmp_path):
    commented = enhanced(5, b"x", options=option(1, b"c" * 5000))
    data = section() + interface() * 3000 + commented * 1500
    source = read(write(tmp_path, "a", data))[1].sources[0]
    assert len(source.interfaces) == len(source.comments) == MAX_TEXTS
    assert max(len(text) for _, text in source.comments) == 1000


def stream(count=30) -> tuple[bytes, list[int]]:
    """A pcapng of `count` packets and the offset of each."""
    data, offsets = section() + interface(), []
    for ts, packet in frames(count):
        offsets.append(len(data))
        data += enhanced(ts // MICRO, packet)
    return data, [*offsets, len(data)]


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(48, 1200), window=st.sampled_from([1, 70, 200, 4096]))
def test_any_truncation_keeps_all_whole_packets(tmp_path_factory, cut, window):
    data, offsets = stream(10)
    found, captures = read(write(tmp_path_factory.mktemp("t"), "a", data[:cut]), window_size=window)
    assert found == reference.pcapng(data[:cut])
    assert len(captures.sources[0].damage) == (min(cut, len(data)) not in offsets)


@pytest.mark.parametrize("field", [4, 20])
@pytest.mark.parametrize("window", [1, 300, 1 << 20])
def test_a_corrupt_block_costs_its_packet_only(tmp_path, field, window):
    data, offsets = stream()
    at = offsets[10]
    data = data[: at + field] + b"\x99\x99\x99\x99" + data[at + field + 4 :]
    found, captures = read(write(tmp_path, "a", data), window_size=window)
    assert [p.data for p in found] == [d for i, (_, d) in enumerate(frames(30)) if i != 10]
    damage = list(map(english, captures.sources[0].damage))
    assert len(damage) == 1
    assert f"at offset {at}: {offsets[11] - at} bytes lost" in damage[0]


def test_a_corrupt_type_is_an_unknown_block(tmp_path):
    data, offsets = stream()
    data = data[: offsets[10]] + b"\x99\x99\x99\x99" + data[offsets[10] + 4 :]
    found, captures = read(write(tmp_path, "a", data))
    assert len(found) == 29
    assert captures.sources[0].unknown_blocks == 1


def test_a_wrong_second_length_costs_nothing(tmp_path):
    data, offsets = stream()
    end = offsets[11]
    data = data[: end - 4] + b"\x99\x99\x99\x99" + data[end:]
    found, captures = read(write(tmp_path, "a", data), window_size=128)
    assert len(found) == 30
    assert list(map(english, captures.sources[0].damage)) == [
        f"block at offset {offsets[10]}: its two lengths differ, the first one holds"
    ]


def test_a_length_that_is_no_multiple_of_4(tmp_path):
    body = struct.pack("<IIIII", 0, 0, 9, 3, 3) + b"abc\0"
    odd = struct.pack("<II", 6, 35) + body + struct.pack("<I", 35)
    data = section() + interface() + odd + enhanced(10, b"next")
    found, captures = read(write(tmp_path, "a", data))
    assert [p.data for p in found] == [b"abc", b"next"]
    assert "no multiple of 4" in english(captures.sources[0].damage[0])


def test_a_lost_section_header_is_found_again(tmp_path):
    data, _ = stream()
    found, captures = read(write(tmp_path, "a", data + b"garbage" * 9 + sample(">")), window_size=256)
    assert len(found) == 36
    assert "63 bytes lost" in english(captures.sources[0].damage[0])


@settings(max_examples=60, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(12, 3000), st.binary(min_size=1, max_size=20)), max_size=3),
    windows=st.lists(st.integers(1, 3000), min_size=2, max_size=3),
)
def test_windows_change_nothing_even_in_damaged_files(tmp_path_factory, edits, windows):
    data = bytearray(sample() + stream(20)[0])
    for at, value in edits:
        data[at : at + len(value)] = value
    path = write(tmp_path_factory.mktemp("t"), "a", bytes(data))
    whole, captures = read(path)
    for size in windows:
        parts, others = read(path, window_size=size)
        assert parts == whole
        assert others.sources[0].damage == captures.sources[0].damage
        assert others.sources[0].comments == captures.sources[0].comments


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.binary(max_size=60)), max_size=8))
def test_no_block_hurts(tmp_path_factory, blocks):
    data = section() + interface() + b"".join(block(kind, body) for kind, body in blocks)
    read(write(tmp_path_factory.mktemp("t"), "a", data), window_size=100)
