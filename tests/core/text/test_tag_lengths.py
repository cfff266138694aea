"""Elements of a tag, a length and a value: known by lengths that lead to the last byte, and by what they say."""

from __future__ import annotations

import random
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.part import Leaf, Part
from netaudit.content.tree import notation, values
from netaudit.core.text.tag_lengths import LENGTHS, TAGS, elements
from tests.content.samples import JPEG
from tests.processor_time import within

SAID = {
    0x11: b"GATE-0007",
    0x12: "东门".encode("gbk"),
    0x22: "张三".encode(),
    0x27: b"91.4",
    0x30: JPEG,
    0x31: b"\x05",
    0x32: b"F",
}


def written(said: dict[int, bytes], tag: int, length: int, order: str) -> bytes:
    endian = "big" if order == "big" else "little"
    return b"".join(
        one.to_bytes(tag, endian) + len(value).to_bytes(length, endian) + value for one, value in said.items()
    )


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("length", LENGTHS[1:])
@pytest.mark.parametrize("tag", TAGS)
def test_whatever_the_sizes_of_tags_and_lengths(tag: int, length: int, order: str) -> None:
    data = written(SAID, tag, length, order)
    found = elements(data)
    assert [data[one.start : one.end] for one in found] == list(SAID.values())
    assert [one.tag.strip(b"\0")[0] for one in found] == list(SAID)


def test_texts_and_pictures_are_values_of_the_tree() -> None:
    leaf = Leaf(Part(written(SAID, 1, 3, "big")), "opaque")
    assert notation(leaf) == "tlv"
    (found,) = values(leaf)
    assert found == {
        "0x11": "GATE-0007",
        "0x12": "东门",
        "0x22": "张三",
        "0x27": "91.4",
        "0x30": "\x000",
        "0x31": 5,
        "0x32": "F",
    }


@pytest.mark.parametrize(
    "data",
    [
        written(SAID, 1, 2, "big")[:-1],  # cut
        written(SAID, 1, 2, "big") + b"\0",
        written({1: b"\x01", 2: b"\x02", 3: b"\x03"}, 1, 1, "big"),  # nothing is said
        written({1: b"ab", 2: b"cd"}, 1, 1, "big"),
        b"",
        bytes(4096),
    ],
)
def test_what_does_not_end_with_its_last_byte_or_says_nothing_is_none(data: bytes) -> None:
    assert elements(data) == []


def test_chance_makes_none() -> None:
    draw = random.Random(7)
    blobs = [draw.randbytes(draw.randrange(8, 400)) for _ in range(3000)]
    assert [blob for blob in blobs if elements(blob)] == []


@given(st.binary(max_size=300))
def test_any_bytes_are_walked_to_their_end_or_none(data: bytes) -> None:
    found = elements(data)
    assert not found or found[-1].end == len(data)


def test_many_bytes_take_no_time() -> None:
    with within(0.5):
        elements(bytes(4 << 20))


def test_tags_of_letters_are_names() -> None:
    said = {b"NAME": "张三".encode("gbk"), b"GATE": b"A-1", b"TIME": b"20260601102030", b"SNAP": JPEG}
    data = b"".join(tag + len(value).to_bytes(4, "little") + value for tag, value in said.items())
    (found,) = values(Leaf(Part(data), "opaque"))
    assert found == {"NAME": "张三", "GATE": "A-1", "TIME": "20260601102030", "SNAP": "\x000"}


@given(st.text(st.characters(min_codepoint=0x20), max_size=60), st.integers(0, 60))
def test_a_text_is_none_whatever_it_says_and_no_layout_is_tried(said: str, at: int) -> None:
    data = f"{said[:at]}\r\n\t{said[at:]}".encode()
    with mock.patch("netaudit.core.text.tag_lengths._walk", side_effect=AssertionError):
        assert elements(data) == []
