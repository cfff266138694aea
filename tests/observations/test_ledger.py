"""What finds no room is counted, wherever it came from and in whatever order."""

from __future__ import annotations

import itertools
import pickle

from hypothesis import given
from hypothesis import strategies as st

from netaudit.observations.ledger import Ledger


def test_the_place_of_what_was_dropped_does_not_depend_on_the_order_of_shards() -> None:
    places = [(0, 7, 700), (0, 3, 300), (1, 5, 500)]
    rows = set()
    for order in itertools.permutations(enumerate(places)):
        ledger = Ledger(most=0)
        for shard, place in order:
            ledger.at(shard)
            ledger.note("http", "", "192.0.2.1", "server", "x", *place)
        rows |= set(ledger.rows())
    assert rows == {("limit", "", "", "dropped", "facts beyond the bounds", "#0", 3, 300, 3)}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.sampled_from(["hostname", "name", "topic"]),
            st.sampled_from(["a", "13800138000", "138******00", "b" * 200, "c", "d", "e"]),
            st.integers(0, 3),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_what_is_said_again_counts_as_when_it_is_looked_up_anew(notes) -> None:
    remembering, forgetting = Ledger(most=5, most_values=2), Ledger(most=5, most_values=2)
    for shard, field, value, ts, masked in notes:
        forgetting = pickle.loads(pickle.dumps(forgetting))
        for ledger in (remembering, forgetting):
            ledger.at(shard)
            ledger.note("dns", "", "192.0.2.1", field, value, 0, 9 - ts, ts, masked=masked)
    assert list(remembering.rows()) == list(forgetting.rows())
