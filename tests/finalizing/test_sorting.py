"""Rows come into the order of their key, however far from it they were written."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from netaudit.finalizing import sorting
from netaudit.tables import SKIPPED


@pytest.mark.parametrize("count", [0, 1, 8, 16, 17, 500])
@pytest.mark.parametrize("distance", [0, 4, 30, 1000])
def test_any_order_and_any_pieces(count, distance, monkeypatch):
    for name, value in (("GROUP_ROWS", 16), ("PART_ROWS", 8), ("NEAR", 3)):
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
