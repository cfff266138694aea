"""Rows come into the order of their key, however far from it they were written."""

from __future__ import annotations

import random
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from netaudit.core.schema import BY_NAME, EVIDENCE, SKIPPED
from netaudit.core.storage import files
from netaudit.tables.finalizing import sorting


@pytest.mark.parametrize("count", [0, 1, 8, 16, 17, 500])
@pytest.mark.parametrize("distance", [0, 4, 30, 1000])
@pytest.mark.parametrize("room", [100, 1500, 1 << 20])
def test_any_order_and_any_pieces(count, distance, room, monkeypatch):
    for name, value in (("GROUP_ROWS", 16), ("PART_ROWS", 8), ("ROOM", room)):
        monkeypatch.setattr(sorting, name, value)
    chance = random.Random(count * 1000 + distance)
    rows = [{"capture_id": "#0", "reason": f"{n:04}", "packets": n} for n in range(count)]
    near = sorted(rows, key=lambda row: row["packets"] + chance.random() * distance)
    pieces, at = [], 0
    while at < count:
        size = chance.randrange(1, 20)
        pieces.append(pa.RecordBatch.from_pylist(near[at : at + size], schema=SKIPPED.schema()))
        at += size
    table = pa.Table.from_batches(pieces, schema=SKIPPED.schema())
    groups = list(sorting._groups(SKIPPED, table, None))
    assert [group.num_rows for group in groups[:-1]] == [16] * (len(groups) - 1)
    assert [row for group in groups for row in group.to_pylist()] == rows
    named = [row for group in sorting._groups(SKIPPED, table, ["abc"]) for row in group.to_pylist()]
    assert named == [row | {"capture_id": "abc"} for row in rows]


@pytest.mark.parametrize("name", ["messages", "evidence"])
@pytest.mark.parametrize("alike", [1, 3, 200])
@pytest.mark.parametrize("shortest", [0, 8])
def test_rows_are_put_in_order_as_their_keys_are_compared(name, alike, shortest):
    """By numbers of their beginnings first: times, or texts that agree in their first bytes or are shorter."""
    chance, table = random.Random(alike), BY_NAME[name]
    text = [f"{chance.randrange(200 // alike):x}".rjust(shortest, "é") + chance.choice("\0aé") for _ in range(200)]
    columns = {
        "first_ts": pa.array([chance.randrange(-100 // alike, 100 // alike) for _ in text], pa.timestamp("ns", "UTC")),
        **dict.fromkeys(("message_id", "object_id"), pa.array(text)),
        "capture_id": pa.array([chance.choice(["#0", "#1", "#10"]) for _ in text]),
    }
    whole = pa.table({key: columns[key] for key in table.key})
    pieces = pa.concat_tables([whole.slice(at, 7) for at in range(0, 200, 7)] + [whole.slice(0, 0)])
    expected = pc.sort_indices(whole, [(key, "ascending") for key in table.key]).to_pylist()
    assert sorting._order(table, pieces, None).tolist() == expected


def test_rows_without_a_time_are_put_in_order_too():
    times = pa.array([5, None, 3, None], pa.timestamp("ns", "UTC"))
    rows = pa.table({"first_ts": times, "message_id": ["a", "c", "b", "b"]})
    assert sorting._order(BY_NAME["messages"], rows, None).tolist() == [2, 0, 3, 1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the rule is kept there")
def test_nothing_that_lies_mapped_is_left_behind_unsaid(tmp_path, monkeypatch):
    """Windows keeps what is mapped: that ends an audit, and puts no leftover under its seal; let go of, it goes."""
    (tmp_path / "tables").mkdir()
    monkeypatch.setattr(files, "WAITS", ())
    rows = pa.Table.from_pylist([{"capture_id": "#0", "reason": "r", "packets": 1}], schema=SKIPPED.schema())
    held = sorting.settle(tmp_path, SKIPPED, rows, ["abc"])
    with pytest.raises(PermissionError, match="mapped"):
        sorting.unsettle(tmp_path)
    assert held["capture_id"].to_pylist() == ["abc"]
    del held
    sorting.unsettle(tmp_path)
    assert [path.name for path in (tmp_path / "tables").iterdir()] == ["skipped.parquet"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the rule is kept there")
def test_what_lies_mapped_in_a_cycle_is_let_go_of(tmp_path):
    (tmp_path / "tables").mkdir()
    rows = pa.Table.from_pylist([{"capture_id": "#0", "reason": "r", "packets": 1}], schema=SKIPPED.schema())
    cycle: list[object] = [sorting.settle(tmp_path, SKIPPED, rows, ["abc"])]
    cycle.append(cycle)
    del cycle
    sorting.unsettle(tmp_path)
    assert not list((tmp_path / "tables").glob("*.arrow"))


def test_a_small_table_is_given_back_as_it_was_written(tmp_path):
    (tmp_path / "tables").mkdir()
    rows = pa.Table.from_pylist(
        [{"capture_id": name, "reason": "r", "packets": 1} for name in "cab"], schema=SKIPPED.schema()
    )
    assert sorting.write_table(tmp_path, SKIPPED, rows, keep=rows.nbytes - 1) is None
    held = sorting.write_table(tmp_path, SKIPPED, rows, keep=rows.nbytes)
    assert held == pq.read_table(tmp_path / "tables" / "skipped.parquet")
    assert held["capture_id"].to_pylist() == ["a", "b", "c"]
    empty = sorting.write_table(tmp_path, SKIPPED, rows.slice(0, 0), keep=1)
    assert empty.num_rows == 0


def test_least_and_greatest_values_are_kept_of_numbers_and_keys(tmp_path):
    (tmp_path / "tables").mkdir()
    values = {"string": "a", "int64": 1}
    row = {field.name: values[str(field.type)] for field in EVIDENCE.schema()}
    sorting.write_table(tmp_path, EVIDENCE, pa.Table.from_pylist([row], schema=EVIDENCE.schema()))
    group = pq.read_metadata(tmp_path / "tables" / "evidence.parquet").row_group(0)
    kept = {group.column(n).path_in_schema for n in range(group.num_columns) if group.column(n).is_stats_set}
    assert kept == {name for name, value in row.items() if not isinstance(value, str)} | {*EVIDENCE.key}
    assert kept < {*EVIDENCE.names}
