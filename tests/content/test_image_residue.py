"""What is beside a picture: whatever a decoder passes over is counted."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from netaudit.content.from_images import PNG_SIGNATURE, extent
from netaudit.content.image_residue import _chunks, _segments, beside, confirm_end
from netaudit.content.part import Leaf, Part
from netaudit.core.contracts.unwrapping_steps import Way

SECRET = random.Random(7).randbytes(900)
JFIF = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
SCAN = b"\xff\xda" + struct.pack(">H", 8) + bytes(6) + b"\x12\xff\x00\x34\xff\xd0\x56"
COMMENT = b"\xff\xfe" + struct.pack(">H", 2 + len(SECRET)) + SECRET


@pytest.mark.parametrize(
    "inside",
    [
        COMMENT + SCAN,
        JFIF + b"\xff\xff\xff" + COMMENT + SCAN,
        b"\xff\x01\xff\xd3" + COMMENT + SCAN,
        SCAN + COMMENT + SCAN,
        (b"\xff\xe0" + struct.pack(">H", 7) + b"JFIF\0") * 5000 + COMMENT + SCAN,
    ],
    ids=["before the scan", "behind fill bytes", "behind markers alone", "between scans", "behind many segments"],
)
def test_comments_of_a_jpeg_are_beside_it_wherever_they_stand(inside):
    assert b"".join(_segments(b"\xff\xd8" + inside + b"\xff\xd9")) == SECRET


def test_what_no_marker_of_a_jpeg_begins_is_beside_it():
    plain = SECRET.replace(b"\xff", b"\xfe")
    assert b"".join(_segments(b"\xff\xd8" + JFIF + plain + SCAN + b"\xff\xd9")) == plain


def test_an_ordinary_jpeg_has_nothing_beside_it():
    assert b"".join(_segments(b"\xff\xd8" + JFIF + SCAN + b"\xff\xd9")) == b""


RECORD = b'{"SN":"A-1","Shot":"2026:11:15 14:21:04"}'
EXIF = b"\xff\xe1" + struct.pack(">H", 16 + len(RECORD)) + b"Exif\0\0ASCII\0\0\0" + RECORD
SAID = b"\xff\xfe" + struct.pack(">H", 2 + len(RECORD)) + RECORD
MADE = b"\xff\xfe\0\x18CREATOR: gd-jpeg v1.0"


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_chunk_of_nobody_counts_behind_however_many():
    data = PNG_SIGNATURE + chunk(b"IHDR", bytes(13)) + chunk(b"tEXt") * 5000 + chunk(b"hiDe", SECRET) + chunk(b"IEND")
    assert b"".join(_chunks(data)) == SECRET


@pytest.mark.parametrize(
    "inside",
    [
        SCAN,
        SCAN + COMMENT + SCAN,
        SCAN + b"\xff\xc4" + struct.pack(">H", 4) + bytes(2) + SCAN,
        SCAN + b"\xff\x02" + SCAN,
    ],
    ids=["one scan", "two scans", "a table between", "a reserved marker between"],
)
def test_it_is_the_same_where_the_end_of_the_first_scan_is_known(inside):
    data = b"\xff\xd8" + JFIF + inside + b"\xff\xd9"
    scan = extent(data, "jpeg").scan
    assert data[scan[1]] == 0xFF
    assert list(_segments(data, scan)) == list(_segments(data))


def test_what_is_behind_the_end_is_beside_it():
    leaf = Leaf(Part(b"\xff\xd8" + JFIF + SCAN + b"\xff\xd9" + bytes(5), Way(), ""), "jpeg")
    confirm_end(leaf)
    assert beside(leaf) == bytes(5)


def test_a_scan_whose_end_is_known_is_not_searched_again():
    data = b"\xff\xd8" + JFIF + SCAN + COMMENT + b"\xff\xd9"
    begin = data.index(b"\xff\xda") + 10
    assert b"".join(_segments(data, extent(data, "jpeg").scan)) == SECRET
    assert _segments(data, (begin, len(data) - 2)) == []  # a word that is taken for what it says
