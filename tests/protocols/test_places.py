"""Where inner bytes lie: against a list that knows it of every byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.message import Message
from netaudit.protocols.places import Places


def laid(runs):
    """Places of runs (gap before, bytes, bytes of the carrier for each), and the carrying byte of each inner one."""
    places, table, at = Places(), [], 0
    for gap, count, each in runs:
        at += gap
        assert places.add(count, at, at + count * each) == len(table)
        table += [at + i * each for i in range(count)]
        at += count * each
    return places, table, at


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 3)), min_size=1, max_size=12), st.data())
def test_every_byte(runs, data):
    places, table, end = laid(runs)
    before = data.draw(st.integers(0, len(table)))
    places.forget(before)
    for at in range(before, len(table)):
        assert places.outer(at) == table[at]
    assert places.outer(len(table)) == end
    start = data.draw(st.integers(before, len(table) - 1)) if before < len(table) else before
    stop = data.draw(st.integers(start, len(table)))
    message = Message("x", 0, start, stop, body=bytes(stop - start), body_start=start)
    places.tell(message)
    assert message.start == (table[start] if start < len(table) else end)
    assert message.start <= message.end <= end
    if stop > start:
        last = table[stop - 1]
        assert message.end > last
        plain = all(b == a + 1 for a, b in zip(table[start : stop - 1], table[start + 1 : stop], strict=True))
        assert message.body_start in ((table[start], -1) if plain else (-1,))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(1, 3))
def test_more_runs_than_are_kept(counts, each):
    """Places stay within the bytes that carry them, in order, and exact at both ends; memory is bounded."""
    places, table, at = Places(), [], 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netaudit.protocols.places.MOST_RUNS", 8)
        for count in counts:
            at += 9
            places.add(count, at, at + count * each)
            table += [at + i * each for i in range(count)]
            at += count * each
            assert len(places) <= 8
    told = [places.outer(inner) for inner in range(len(table))]
    assert told == sorted(told)
    assert (told[0], places.outer(len(table))) == (table[0], at)
    assert told[-1] < at


def test_runs_that_follow_are_one():
    places, _, _ = laid([(0, 5, 1), (0, 5, 1), (2, 5, 1)])
    assert len(places) == 2
    message = Message("x", 0, 0, 10, body=bytes(10), body_start=0)
    places.tell(message)
    assert (message.start, message.end, message.body_start) == (0, 10, 0)


def test_nothing_yet():
    places = Places()
    assert places.add(0, 7, 7) == 0
    message = Message("x", 0, 0, 0)
    places.tell(message)
    assert (message.start, message.end) == (0, 0)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 200)), min_size=1, max_size=9), st.data())
def test_the_span_of_bytes_out_of_order(pieces, data):
    """Datagrams may come out of order, so that later bytes lie before earlier ones; a hole takes no place."""
    places, table = Places(), []
    for count, start in pieces:
        end = start if start % 5 == 0 else start + count
        places.add(count, start, end)
        table += [start] * count if end == start else range(start, end)
    first = data.draw(st.integers(0, len(table) - 1))
    last = data.draw(st.integers(first + 1, len(table)))
    low, high = places.span(first, last)
    assert low == min(table[first:last])
    assert high in (max(table[first:last]), max(table[first:last]) + 1)


SPANS = st.lists(st.tuples(st.integers(0, 9), st.integers(-12, 40), st.integers(0, 30)), max_size=40)


@given(SPANS, st.integers(1, 50), st.integers(2, 12))
def test_several_at_once(spans, most, kept):
    """Also those without bytes, that touch or lie before others, or are so many that they are thinned."""
    rows, at = [], 0
    for count, gap, more in spans:
        start = max(0, at + gap)
        at = start + count + (more if more > 20 else 0)
        rows.append((count, start, at))
    alone, together = Places(), Places()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netaudit.protocols.places.MOST_RUNS", kept)
        for row in rows:
            alone.add(*row)
        for first in range(0, len(rows), most):
            counts, starts, ends = map(list, zip(*rows[first : first + most], strict=True))
            together.extend((counts, starts, ends))
    for name in Places.__slots__:
        assert getattr(alone, name) == getattr(together, name)
