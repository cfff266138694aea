"""Compressed captures: every format, several members, cut and corrupt."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct

import lz4.frame
import pytest
import zstandard

from netaudit.capture import compressed
from tests.capture.building import frames, pcap, read, write
from tests.reference import capture as reference
from tests.wording import english

ZSTD = zstandard.ZstdCompressor(write_checksum=True)
COMPRESS = {
    "gzip": gzip.compress,
    "zstd": ZSTD.compress,
    "zstd without sums": zstandard.ZstdCompressor().compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
    "bzip2": bz2.compress,
}
DATA = pcap(frames(3000, size=300))


@pytest.mark.parametrize("name", COMPRESS)
def test_every_format_whole_and_in_members(tmp_path, name):
    half = len(DATA) // 2
    for stored in (COMPRESS[name](DATA), COMPRESS[name](DATA[:half]) + COMPRESS[name](DATA[half:])):
        found, captures = read(write(tmp_path, "capture.txt", stored), window_size=50_000)
        assert found == reference.pcap(DATA)
        source = captures.sources[0]
        assert (source.compression, source.size, source.damage) == (name.split()[0], len(stored), [])


@pytest.mark.parametrize("name", COMPRESS)
def test_a_cut_file_gives_what_is_there(tmp_path, name):
    data = pcap([(ts, bytes((i * j) % 256 for j in range(300))) for i, (ts, _) in enumerate(frames(3000))])
    stored = COMPRESS[name](data)
    found, captures = read(write(tmp_path, "a", stored[: len(stored) * 9 // 10]))
    assert found == reference.pcap(data)[: len(found)]
    damage = list(map(english, captures.sources[0].damage))
    assert f"{name.split()[0]} data end early, at stored byte {len(stored) * 9 // 10}" in damage
    if name != "bzip2":  # one block holds all
        assert len(found) > 100


@pytest.mark.parametrize("name", COMPRESS)
def test_a_corrupt_file_is_named_and_the_bytes_before_are_kept(tmp_path, name):
    stored = bytearray(COMPRESS[name](DATA) + COMPRESS[name](DATA))
    middle = len(stored) // 2 + len(stored) // 4
    stored[middle : middle + 40] = b"\xa5" * 40
    found, captures = read(write(tmp_path, "a", bytes(stored)))
    assert len(found) >= 3000
    assert any("corrupt" in english(text) for text in captures.sources[0].damage)


def test_a_wrong_gzip_checksum_loses_no_byte(tmp_path):
    stored = bytearray(gzip.compress(DATA))
    stored[-8] ^= 1
    found, captures = read(write(tmp_path, "a", bytes(stored)))
    assert found == reference.pcap(DATA)
    assert "corrupt" in english(captures.sources[0].damage[0])


def test_padding_is_no_damage_and_other_things_behind_are(tmp_path):
    assert read(write(tmp_path, "a", gzip.compress(DATA) + bytes(700)))[1].sources[0].damage == []
    found, captures = read(write(tmp_path, "b", gzip.compress(DATA) + b"something else"))
    assert len(found) == 3000
    assert "something else follows" in english(captures.sources[0].damage[0])


@pytest.mark.parametrize("name", COMPRESS)
def test_a_bomb_comes_in_small_steps(name):
    member = {n: new for n, _, new in compressed.COMPRESSIONS}[name.split()[0]]()
    stored = COMPRESS[name](bytes(30 << 20))
    largest = total = at = 0
    while not member.eof:
        piece = b""
        if member.needs_input:
            piece, at = stored[at : at + compressed.INPUT], at + compressed.INPUT
        out = member.decompress(piece, compressed.STEP)
        largest, total = max(largest, len(out)), total + len(out)
    assert total == 30 << 20
    assert largest <= compressed.STEP


def test_skippable_zstd_frames_are_skipped(tmp_path):
    skipped = struct.pack("<II", 0x184D2A51, 100_000) + bytes(100_000)
    found, captures = read(write(tmp_path, "a", skipped + ZSTD.compress(DATA) + skipped + ZSTD.compress(b"")))
    assert found == reference.pcap(DATA)
    assert captures.sources[0].damage == []


def test_a_huge_skippable_zstd_frame_is_not_kept():
    member = compressed.ZstdMember()
    member.decompress(struct.pack("<II", 0x184D2A51, 2**32 - 1), compressed.STEP)
    for _ in range(50):
        assert member.decompress(bytes(compressed.INPUT), compressed.STEP) == b""
    assert len(member._bytes) <= compressed.INPUT
