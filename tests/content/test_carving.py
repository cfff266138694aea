"""Where images may begin among other bytes: the fast search against a plain expression."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content import carving
from netaudit.content.kernels import image_marks
from netaudit.content.part import Part
from netaudit.content.unwrap import Budget, unwrap
from tests.processor_time import within

PLAIN = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
PIECES = [
    b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\x00", b"\x89PNG", b"\r\n\x1a\n",
    b"\x89PNG\r\n\x1a\n", b"RIFF", b"RIFF....WEBP", b"....", b"WEBP", b"\n\n\n\n", b"\x00",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), st.lists(st.integers(1, 9), max_size=30))
def test_beginnings_are_found_as_a_plain_expression_finds_them(data: bytes, steps: list[int]) -> None:
    at, places = 1, carving._nowhere(image_marks(np.frombuffer(data, np.uint8)))
    for step in [0, *steps]:
        at += step
        match = PLAIN.search(data, at)
        assert carving._next_image(data, at, places) == (match.start() if match else -1)


def test_bytes_full_of_false_beginnings_take_time_in_proportion() -> None:
    for piece in (b"RIFF", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a", b"RIFF....WEBX\x00\x01", b"\xff\xd8\xff\xe0"):
        with within(10):
            list(unwrap(Part(b"\x00\x01" + piece * (2_000_000 // len(piece))), Budget()))
