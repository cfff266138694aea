"""Neighbours counted by kernels, held against slow twins."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netaudit.core.text.kernels_pairs import _PAIRS, count_pairs, longest_run

SPACES = b"\t\n\r\x0b\x0c \x1b"


def slow_counts(data: bytes) -> list[int]:
    pairs = [data[at : at + 2] for at in range(0, len(data) - 1, 2)]
    letters = [pair for pair in pairs if re.fullmatch(rb"[A-Za-z]{2}", pair)]
    flat = b"".join(pairs)
    return [
        len(letters),
        sum(pair.lower() in _PAIRS.split() for pair in letters),
        sum(one == 0x7F or (one < 0x20 and one not in SPACES) for one in flat),
        sum(one >= 0x80 for one in flat),
    ]


@given(st.binary(max_size=300) | st.text("thequickTHE \t\x00é", max_size=300).map(str.encode))
def test_pairs_are_counted_as_by_hand(data):
    counts = np.full(4, 7, np.int64)
    count_pairs(np.frombuffer(data, np.uint8), counts)
    assert counts.tolist() == slow_counts(data)


@given(st.binary(max_size=300) | st.text("ab0-_ é", max_size=300).map(str.encode))
def test_the_longest_run_is_found(data):
    runs = re.findall(rb"[0-9A-Za-z]+", data)
    assert longest_run(np.frombuffer(data, np.uint8)) == max(map(len, runs), default=0)


def test_many_of_a_kind_are_all_counted():
    counts = np.empty(4, np.int64)
    count_pairs(np.zeros(400_000, np.uint8), counts)
    assert counts.tolist() == [0, 0, 400_000, 0]
