"""What finds no room is counted, wherever it came from and in whatever order."""

from __future__ import annotations

import itertools

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
