"""What finds no room is counted, wherever it came from and in whatever order."""

from __future__ import annotations

import itertools

from netaudit.case.writing import make_folders
from netaudit.ground.table_streams import BATCH_ROWS, TableWriter, read_streams, table_of
from netaudit.observations.ledger import Ledger
from netaudit.tables import OBSERVATIONS


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


def test_facts_are_written_by_columns(tmp_path) -> None:
    """All of them and each as it was noted, also where they fill more than a batch."""
    make_folders(tmp_path)
    ledger, noted = Ledger(most=BATCH_ROWS, most_values=4), []
    for number in range(BATCH_ROWS + 100):
        ledger.at(number // 5000)
        place = (number % 3, number, 7 * number)
        host = f"192.0.2.{number % 251}"
        ledger.note("http", "", host, f"f{number}", "x", *place)
        noted.append(("http", "", host, f"f{number}", "x", f"#{place[0]}", *place[1:], 1))
    assert all(tuple(columns) == OBSERVATIONS.names for columns in ledger.columns())
    assert sorted(map(tuple, ledger.rows())) == sorted(noted)
    writer = TableWriter(tmp_path, OBSERVATIONS, "0")
    ledger.write(writer)
    writer.close()
    written = read_streams(tmp_path, "observations")
    assert written.equals(table_of(list(ledger.rows()), OBSERVATIONS))
