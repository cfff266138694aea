"""Facts of a batch: each once, in the order of what says it first, noted when it is the turn of that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.rows import taker
from netaudit.rows.taker import Turns, distinct
from netaudit.streams.layouts import PIECE


@pytest.mark.parametrize("mixing", [int(taker.MIXING), 0])
@given(facts=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=30))
def test_each_fact_is_there_once(mixing, facts):
    """Also where all have the same hash."""
    slow: dict[tuple[int, int], list[int]] = {}
    for place, (one, other, _) in enumerate(facts):
        slow.setdefault((one, other), []).append(place)
    places = np.zeros(len(facts), PIECE)
    places["ts"], places["frame"] = [ts for *_, ts in facts], np.arange(len(facts))
    said = np.array([fact[:2] for fact in facts], np.uint64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taker, "MIXING", np.uint64(mixing))
        found = distinct(said, places)
    assert found == [
        (all_[0], min(all_, key=lambda place: (facts[place][2], place)), len(all_)) for all_ in slow.values()
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
