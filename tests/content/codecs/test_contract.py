"""What every codec of the list promises, whatever the bytes: an answer, parts within the budget, ranges within the data."""

from __future__ import annotations

import random

import pytest

from netaudit.content.budget import Budget
from netaudit.content.part import Part
from netaudit.content.unwrap import CODECS, Codec, candidates, unwrap
from netaudit.core.contracts.unwrapping_steps import Way

SEEDS = [
    b"", b'{"a": "b"}', b"<a b='c'>d</a>", b"a=1&b=2", b"PK\x03\x04" + bytes(40), b"\x1f\x8b\x08" + bytes(20), b"--x\r\n\r\nbody\r\n--x--",
    b"data:image/jpeg;base64,/9j/4AAQ", b"/9j/4AAQSkZJRgABAQ" * 8, b"5;sig\r\nhello\r\n0\r\n\r\n", b"\xff\xfea\x00b\x00",
    b"\x16\x00\x00\x00\x02a\x00\x06\x00\x00\x00hello\x00\x00", b"%7B%22a%22%7D" * 6, b"4a46494600" * 10, b"key=value\nother=1\n",
]  # fmt: skip
TYPES = ["", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/grpc",
         "message/rfc822", "video/h264", "application/x-protobuf", "application/bson"]  # fmt: skip


def parts(seed: int) -> list[Part]:
    chance = random.Random(seed)
    out = []
    for _ in range(12):
        data = chance.choice(SEEDS) + chance.randbytes(chance.choice((0, 0, 7, 90)))
        part = Part(data, Way.of("request body"), content_type=chance.choice(TYPES), body_range=(0, len(data)))
        if data and chance.random() < 0.3:
            start = chance.randrange(len(data))
            part.missing = [(start, min(len(data), start + 5))]
        out.append(part)
    return out


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_any_part(codec: Codec) -> None:
    for seed in range(25):
        for part in parts(seed):
            if len(part.data) < codec.least or not codec.recognise(part):
                continue
            for inner in codec.open(part, Budget(expansion=1 << 20, parts=500)):
                assert inner.depth > part.depth
                assert inner.path.startswith("request body")
                assert all(0 <= start < end <= len(inner.data) for start, end in inner.missing)
                if part.missing and not inner.missing and inner.unknown_from is None:
                    assert inner.body_range is not None  # it says which bytes it is made of, and they are all there


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_is_named_and_bounded(seed: int) -> None:
    for part in parts(seed):
        budget = Budget(expansion=1 << 20, parts=500)
        found = list(unwrap(part, budget))
        assert (found != []) == (part.data != b"")
        assert all(leaf.kind for leaf in found)
        assert len({leaf.part.path for leaf in found}) == len(found)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_the_first_byte_rules_nothing_out_that_is_recognised(codec: Codec) -> None:
    for seed in range(25):
        for part in parts(seed):
            if part.data and not part.missing and len(part.data) >= codec.least and codec.recognise(part):
                assert codec in candidates(part)
