"""Rows as plain values, with times as texts."""

from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.storage.arrow_rows import plain


def test_times_are_what_arrow_would_write_with_its_list_of_time_zones(monkeypatch):
    """Windows before 10 1903 has no such list: what asks for it fails there, so nothing of ours does."""
    chance = random.Random(3)
    numbers = [None, 0, 1, -1, *(chance.randrange(-(2**62), 2**62) for _ in range(500))]
    moments = pa.array(numbers, pa.timestamp("ns", "UTC"))
    wanted = pc.strftime(moments.cast(pa.timestamp("ns")), format="%Y-%m-%dT%H:%M:%SZ").to_pylist()
    monkeypatch.setattr(pc, "strftime", None)
    told = list(plain(pa.table({"when": moments, "n": numbers})))
    assert [row["when"] for row in told] == wanted
    assert [row["n"] for row in told] == numbers
