"""Words count once for each pair of ends, whatever connection they go in; and however many there are at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netaudit.core.schema import SCRAPS
from netaudit.findings import scraps as module
from netaudit.findings.scraps import by_flow

FLOWS = pa.table(
    {
        "flow_id": ["a", "b", "c", "d"],
        "client_ip": ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"],
        "server_ip": ["47.0.0.1", "47.0.0.1", "47.0.0.1", "47.0.0.2"],
    }
)


def words(*rows):
    names = ("flow_id", "direction", "digest", "size")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=SCRAPS.schema())


def test_each_word_counts_once_between_two_ends():
    rows = words(("b", "up", 7, 90), ("a", "up", 7, 90), ("c", "up", 7, 90), ("d", "up", 7, 90), ("a", "up", 8, 70))
    up, down = by_flow(rows, FLOWS)
    assert up.tolist() == [160, 0, 90, 90]
    assert down.tolist() == [0, 0, 0, 0]


def test_directions_are_apart_and_strange_flows_count_nowhere():
    up, down = by_flow(words(("a", "up", 7, 90), ("a", "down", 7, 90), ("x", "up", 7, 90)), FLOWS)
    assert (up.tolist(), down.tolist()) == ([90, 0, 0, 0], [90, 0, 0, 0])


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_any_number_at_once_gives_the_same(at_once, monkeypatch):
    chance = np.random.default_rng(1)
    some = zip(chance.choice(list("abcd"), 200), chance.integers(0, 40, 200).tolist(), strict=True)
    rows = words(*((str(flow), "up", digest, 65 + digest) for flow, digest in some))
    whole = by_flow(rows, FLOWS)[0].tolist()
    pairs = {"a": 0, "b": 0, "c": 1, "d": 2}
    slow = {(pairs[row["flow_id"]], row["digest"]): row["size"] for row in rows.to_pylist()}
    assert sum(whole) == sum(slow.values())
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    assert by_flow(rows, FLOWS)[0].tolist() == whole


def test_nothing_is_nothing():
    assert by_flow(None, FLOWS)[0].tolist() == [0, 0, 0, 0]
