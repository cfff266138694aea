"""Floods are set aside by what was said in them, the latest first; nothing else ever is."""

import pyarrow as pa
import pytest

from netaudit.devices.endpoints import floods
from netaudit.devices.endpoints.floods import without_floods


def flows(rows):
    names = ("packets_up", "packets_down", "payload_up", "payload_down")
    return pa.table({name: [row[k] for row in rows] for k, name in enumerate(names)})


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(floods, "MOST", 3)


def test_only_faint_flows_are_set_aside_and_the_earliest_stay():
    faint, talk, large, long = (1, 0, 40, 0), (1, 1, 40, 40), (2, 0, 4000, 0), (9, 0, 90, 0)
    rows = [faint, talk, faint, large, faint, long, faint, faint, talk]
    judged, aside = without_floods(flows(rows))
    assert [tuple(row.values()) for row in judged.to_pylist()] == [faint, talk, faint, large, faint, long, talk]
    assert aside.to_pylist() == [{"payload_up": 40, "payload_down": 0}] * 2


def test_few_are_all_judged():
    table = flows([(1, 0, 40, 0)] * 3 + [(3, 3, 40, 40)] * 4)
    assert without_floods(table) == (table, None)
