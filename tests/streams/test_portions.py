"""What came for a flow, in several: the same bytes, packets and gaps in the same order, and no packet torn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netaudit.streams.batch import portions
from netaudit.streams.layouts import NO_PIECES, PIECE, Delivery, Run

FLOW = np.zeros(1, np.dtype([("serial", "i8")]))[0]


@st.composite
def deliveries(draw):
    """Runs of packets that follow each other, or overlap, and gaps."""
    runs, at = [], [0, 0]
    for number in range(draw(st.integers(0, 6))):
        way = draw(st.integers(0, 1))
        sizes = draw(st.lists(st.integers(1, 40), max_size=8))
        if not sizes:
            runs.append(Run(way, at[way], 9, b"", NO_PIECES))
            at[way] += 9
            continue
        pieces = np.zeros(len(sizes), PIECE)
        end = at[way]
        for place, size in enumerate(sizes):
            begin = max(at[way], end - draw(st.sampled_from([0, 0, 0, 5])))
            pieces[place]["offset"], pieces[place]["length"] = begin, size
            pieces[place]["frame"] = 100 * number + place
            end = max(end, begin + size)
        data = bytes((at[way] + k) % 251 for k in range(end - at[way]))
        runs.append(Run(way, at[way], len(data), data, pieces))
        at[way] = end
    return Delivery(FLOW, runs, draw(st.booleans()))


def told(runs):
    """Bytes by direction and place, gaps, and packets, in their order."""
    octets = [(run.direction, run.offset + k, octet) for run in runs for k, octet in enumerate(run.data)]
    gaps = [(run.direction, run.offset, run.length) for run in runs if run.is_gap]
    return octets, gaps, [piece for run in runs for piece in run.pieces.tolist()]


@given(deliveries(), st.integers(1, 120))
def test_portions_are_what_came(delivery, most):
    several = list(portions(delivery, most))
    assert told([run for one in several for run in one.runs]) == told(delivery.runs)
    assert [one.closed for one in several] == [False] * (len(several) - 1) + [delivery.closed]
    for one in several:
        for run in one.runs:
            assert run.length == len(run.data) or run.is_gap
            if not run.is_gap:
                begins = run.pieces["offset"].astype(int)
                assert begins.min() == run.offset
                assert (begins + run.pieces["length"]).max() == run.offset + run.length


def test_what_is_small_stays_as_it_is():
    delivery = Delivery(FLOW, [Run(0, 0, 3, b"abc", np.array([(0, 1, 2, 3, 0)], PIECE))], closed=True)
    assert list(portions(delivery, 3)) == [delivery]


def test_a_long_run_is_cut_between_packets():
    pieces = np.zeros(100, PIECE)
    pieces["offset"], pieces["length"] = np.arange(100) * 10, 10
    several = list(portions(Delivery(FLOW, [Run(1, 0, 1000, bytes(1000), pieces)]), 250))
    assert [sum(run.length for run in one.runs) for one in several] == [250] * 4
