"""Facts of a batch: each once, in the order of what says it first, noted when it is the turn of that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.rows.taker import Turns, distinct
from netaudit.streams.layouts import PIECE


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
