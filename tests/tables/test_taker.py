"""Facts of a batch: each once, in the order of what says it first, noted when it is the turn of that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.streams.layouts import PIECE
from netaudit.tables.taker import Turns, distinct


@pytest.mark.parametrize("secret", [None, np.zeros(2, np.uint64)])
@given(facts=st.lists(st.tuples(*[st.integers(0, 2)] * 5), max_size=30))
def test_each_fact_is_there_once(secret, facts):
    """Also where all have the same hash."""
    slow: dict[tuple[int, int], list[int]] = {}
    for place, (one, other, *_) in enumerate(facts):
        slow.setdefault((one, other), []).append(place)
    places = np.zeros(len(facts), PIECE)
    places["ts"] = [place[2] for place in facts]
    places["frame"], places["capture"] = [place[3] for place in facts], [place[4] for place in facts]
    said = np.array([fact[:2] for fact in facts], np.uint64).reshape(-1, 2)
    found, numbers = distinct(said, places, secret)
    assert numbers.tolist() == [list(slow).index(fact[:2]) for fact in facts]
    assert found.tolist() == [
        [all_[0], min(all_, key=lambda place: (facts[place][2:], place)), len(all_)] for all_ in slow.values()
    ]


@given(
    flows=st.lists(st.integers(0, 9), max_size=9).map(sorted),
    asked=st.lists(st.integers(0, 11), max_size=6).map(sorted),
)
def test_facts_are_noted_when_it_is_their_turn(flows, asked):
    noted = []
    turns = Turns(flows, lambda first, last: noted.extend(range(first, last)))
    for before in asked:
        turns.advance(before)
        assert noted == [place for place, flow in enumerate(flows) if flow < before]


def test_no_bits_of_a_fact_make_all_of_them_meet() -> None:
    """Whoever writes the last column chooses no place in the table: whichever of its bits differ, few rows collide."""
    secret, n = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F | 1], np.uint64), 4096
    for shift in (0, 20, 40, 51):
        slots = set()
        for value in range(n):
            hashed = int(secret[0])
            for column in (0, value << shift):
                hashed = ((hashed ^ (hashed >> 29) ^ column) * int(secret[1])) & (1 << 64) - 1
            hashed = ((hashed ^ (hashed >> 32)) * int(secret[1])) & (1 << 64) - 1
            slots.add((hashed ^ (hashed >> 29)) & 8191)
        assert len(slots) > n // 2
    said, places = np.zeros((n, 2), np.uint64), np.zeros(n, [("ts", "i8"), ("frame", "u8"), ("capture", "i4")])
    said[:, 1] = np.arange(n, dtype=np.uint64) << np.uint64(51)
    assert len(distinct(said, places)[0]) == n
