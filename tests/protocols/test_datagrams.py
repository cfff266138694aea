"""Datagrams put together from columns are those put together from runs; a flow says the same of either."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.datagrams import Brought, Datagrams, Way, lying, together
from netaudit.streams.layouts import PIECE, RUN, Columns, Kind

SENT = st.lists(
    st.tuples(st.integers(0, 1), st.lists(st.binary(max_size=9), min_size=1, max_size=4)), min_size=1, max_size=9
)


def columns_of(sent: list[tuple[int, list[bytes]]]) -> Columns:
    """Runs of a flow behind those of another one."""
    runs, at = np.zeros(len(sent), RUN), [70, 7]
    pieces, payload = np.zeros(2 + sum(len(own) for _, own in sent), PIECE), b"others"
    piece = 2
    for run, (direction, own) in zip(runs, sent, strict=True):
        run["direction"], run["offset"], run["bytes_at"], run["piece_from"] = (
            direction,
            at[direction],
            len(payload),
            piece,
        )
        for data in own:
            pieces[piece]["offset"], pieces[piece]["length"], pieces[piece]["frame"] = at[direction], len(data), piece
            payload += data
            at[direction] += len(data)
            piece += 1
        run["length"], run["piece_to"] = len(payload) - run["bytes_at"], piece
    return Columns(runs, pieces, np.frombuffer(payload, np.uint8))


def told(way: Way | None) -> object:
    if way is None:
        return None
    datagrams = [way.data[begin:end] for begin, end in zip(way.begins.tolist(), way.ends.tolist(), strict=True)]
    places = (way.begins + way.bases).tolist()
    return datagrams, places, way.places.tolist(), way.pieces.tolist(), way.start, way.end


def same(one: Datagrams, other: Datagrams) -> bool:
    return one.turns.tolist() == other.turns.tolist() and list(map(told, one.ways)) == list(map(told, other.ways))


@settings(deadline=None)
@given(SENT, st.booleans(), st.data())
def test_columns_say_what_runs_say(sent, swapped, data):
    columns = columns_of(sent)
    after = data.draw(st.integers(0, len(sent) - 1))
    runs = [run for _, run in columns.objects()]
    expected = together([Brought(run.direction ^ swapped, run.data, run.pieces) for run in runs[after:]])
    found = lying(columns, after, swapped=swapped)
    assert found is not None
    assert same(found, expected)
    assert [columns.delivered(way) for way in (0, 1)] == [
        sum(len(run.data) for run in runs if run.direction == way) for way in (0, 1)
    ]


@pytest.mark.parametrize("field", ["bytes_at", "piece_from"])
def test_what_lies_elsewhere_is_left_to_runs(field):
    columns = columns_of([(0, [b"a", b"b"]), (1, [b"c"]), (0, [b"d"])])
    assert lying(columns, 0, swapped=False) is not None
    columns.runs[field][2] -= 1
    assert lying(columns, 0, swapped=False) is None


def test_a_gap_is_left_to_runs():
    columns = columns_of([(0, [b"a", b"b"]), (1, [b"c"]), (0, [b"d"])])
    columns.runs["kind"][1], columns.runs["piece_to"][1] = Kind.GAP, columns.runs["piece_from"][1]
    assert lying(columns, 0, swapped=False) is None
    assert [run.is_gap for _, run in columns.objects()] == [False, True, False]
    assert all(a.offset <= b.offset for a, b in pairwise(run for _, run in columns.objects() if not run.direction))
