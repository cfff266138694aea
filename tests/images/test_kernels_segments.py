"""Segments of a JPEG by kernels, held against slow twins."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.image_residue import AT_ONCE, _segments
from netaudit.images import kernels_segments
from netaudit.images.extents import Extent, _jpeg
from netaudit.images.kernels_segments import APPLICATIONS, FRAME, header_at, scan_end

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
ALONE = {0, 1, *range(0xD0, 0xDA)}
PIECES = (
    b"\xff", b"\xff\xff", b"\xff\x00", b"\xff\xd3", b"\xff\x01", b"\xff\xd8", b"\xff\xd9", b"\x12", b"plain bytes",
    bytes(700), b"\xff\xda\x00\x08123456", b"\xff\xda\x00\x02", b"\xff\xfe\x00\x09comment", b"\xff\xe0\x00\x08JFIF\0x",
    b"\xff\xe5\x00\x06none", b"\xff\xe2\x00\x01", b"\xff\xdb\x00\x04ab", b"\xff\xee\x00\x07Adob", b"\xff\xe1\xff\xff",
    b"\xff\xc4\x00\x04ab", b"\xff\xc2\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00", b"\xff\xcf\x00\x02",
)  # fmt: skip


def slow_scan_end(data: bytes, at: int) -> int:
    found = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL).search(data, at)
    return found.start() if found else len(data)


def slow_extent(data: bytes) -> tuple[int, bool, str, tuple[int, int]]:
    """End, whether whole, the code of what is wrong, and the first scan where the end is the picture's own."""
    at, first = 2, (0, 0)
    while True:
        at = data.find(b"\xff", at)
        while 0 <= at < len(data) and data[at] == 0xFF:
            at += 1
        if at < 0 or at >= len(data):
            return len(data), False, "extent_cut_end", (0, 0)
        marker, at = data[at], at + 1
        if marker == EOI:
            return at, bool(first[1]), "" if first[1] else "extent_no_picture", first
        if marker == SOI:
            return at - 2, False, "extent_another", (0, 0)
        if marker in ALONE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or at + length > len(data):
            return len(data), False, "extent_cut_segment", (0, 0)
        if length < 2:
            return len(data), False, "extent_bad_segment", (0, 0)
        at += length
        if marker == SOS:
            begin, at = at, slow_scan_end(data, at)
            first = first if first[1] else (begin, at)


def slow_segments(data: bytes) -> list[bytes]:
    """What is nobody's, without knowing where a scan ends."""
    out, at = [], 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            end = data.find(b"\xff", at)
            out.append(data[at:] if end < 0 else data[at:end])
            if end < 0:
                break
            at = end
            continue
        while data[at + 1 : at + 2] == b"\xff":
            at += 1
        if at + 4 > len(data):
            break
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == EOI:
            break
        if marker in ALONE:
            at += 2
            continue
        if marker == COM or (0xE0 <= marker <= 0xEF and not data.startswith(APPLICATIONS, at + 4)):
            out.append(data[at + 4 : at + 2 + size])
        at += 2 + size
        if marker == SOS:
            found = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]", re.DOTALL).search(data, at)
            if found is None:
                break
            at = found.start()
    return out


def slow_header(data: bytes, pos: int, *, scan: bool) -> int:
    """Place of the length of the first header of a frame, or of a scan; 0 for none."""
    wanted = {SOS} if scan else {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
    for _ in range(kernels_segments.MOST_HEADERS):
        pos = data.find(b"\xff", pos)
        if pos < 0 or pos + 4 > len(data):
            return 0
        marker, pos = data[pos + 1], pos + 2
        if marker == 0xFF:
            pos -= 1
            continue
        if marker in ALONE - {EOI}:
            continue
        if marker in wanted:
            return pos
        length = int.from_bytes(data[pos : pos + 2], "big")
        if marker in {EOI, SOS} or length < 2:
            return 0
        pos += length
    return 0


made = st.lists(st.sampled_from(PIECES) | st.binary(max_size=40), max_size=30).map(
    lambda some: b"\xff\xd8" + b"".join(some)
)


def same(data: bytes) -> Extent:
    found, (end, whole, problem, scan) = _jpeg(data), slow_extent(data)
    assert (found.end, found.whole, found.problem.partition("?")[0]) == (end, whole, problem)
    assert found.scan == scan
    assert [one for one in _segments(data, found.scan) if one] == [one for one in slow_segments(data) if one]
    return found


@given(made)
def test_any_segments_are_walked_as_by_slow_twins(data):
    same(data)


@given(made, st.integers(0, 60), st.booleans())
def test_headers_of_frames_and_scans_are_found_as_by_a_slow_twin(data, at, scan):
    assert header_at(np.frombuffer(data, np.uint8), at, scan) == slow_header(data, at, scan=scan)


def test_headers_behind_too_many_segments_are_not_looked_for():
    frame = b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
    for many, found in ((kernels_segments.MOST_HEADERS - 1, True), (kernels_segments.MOST_HEADERS, False)):
        data = b"\xff\xd8" + b"\xff\x01" * many + frame
        assert (header_at(np.frombuffer(data, np.uint8), 2, FRAME) > 0) == found


@given(st.binary(max_size=3000), st.integers(0, 40))
def test_the_end_of_a_scan_is_found_wherever_it_lies(data, at):
    assert scan_end(np.frombuffer(data, np.uint8), min(at, len(data))) == slow_scan_end(data, min(at, len(data)))


@pytest.mark.parametrize("size", [0, 7, 511, 512, 520, 1031, 5000, 70_001])
def test_a_marker_at_any_place_ends_a_scan(size):
    rng = random.Random(size)
    data = bytes(rng.choice(b"\x00\x12\xd3") if one == 0xFF else one for one in rng.randbytes(size))
    stuffed = b"".join(
        data[k : k + 9] + rng.choice((b"\xff\x00", b"\xff\xd5", b"\xff\xff\x00")) for k in range(0, size, 9)
    )
    for tail in (b"", b"\xff", b"\xff\xd9", b"\xff\xd9 more", b"\xff\xff\xd9"):
        whole = stuffed + tail
        for at in range(min(len(whole), 17)):
            assert scan_end(np.frombuffer(whole, np.uint8), at) == slow_scan_end(whole, at)


def test_what_is_known_of_the_first_scan_spares_a_search_and_changes_nothing():
    data = b"\xff\xd8\xff\xda\x00\x08123456" + b"\x12\xff\x00" * 300 + b"\xff\xfe\x00\x06note\xff\xd9"
    found = same(data)
    assert found.scan == (12, 912)
    assert _segments(data, found.scan) == _segments(data) == [b"note"]


def test_a_scan_that_ends_before_it_begins_is_none():
    data = b"\xff\xd8\xff\xda\x00\x08123456" + b"\x12\xff\x00" * 30 + b"\xff\xfe\x00\x06note\xff\xd9"
    assert _segments(data, (12, 2)) == [b"note"]


def test_more_stretches_than_there_is_room_for_are_all_given():
    for count in (50, AT_ONCE, AT_ONCE + 1):
        data = b"\xff\xd8" + b"".join(b"\xff\xfe\x00\x06%04d" % number for number in range(count)) + b"\xff\xd9"
        assert _segments(data) == [b"%04d" % number for number in range(count)]


def test_too_many_segments_are_hostile():
    data = b"\xff\xd8" + b"\xff\xd0" * (kernels_segments.MOST_STEPS + 1) + b"\xff\xd9"
    assert _jpeg(data).problem == "extent_segments"
