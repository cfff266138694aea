"""Which packets brought a message, against a plain look at every packet."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.protocols.trail import Trail
from netaudit.streams.layouts import PIECE

Runs = list[list[int]]  # sizes of the packets of each run


def trail_of(runs: Runs) -> Trail:
    trail, at, frame = Trail(), 0, 0
    for sizes in runs:
        pieces = np.zeros(len(sizes), PIECE)
        start = at
        for row, size in enumerate(sizes):
            frame += 1
            pieces[row] = (at, frame * 1000, frame, size, 0)
            at += size
        trail.add(start, at, pieces)
    return trail


def frames_between(runs: Runs, start: int, end: int) -> list[int]:
    """Frames of all packets that hold a byte of [start, end)."""
    at, frame, found = 0, 0, []
    for sizes in runs:
        for size in sizes:
            frame += 1
            if at < end and at + size > start:
                found.append(frame)
            at += size
    return found


@given(
    runs=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 80), min_size=1, max_size=6),
)
def test_any_message_knows_its_packets(runs: Runs, cuts: list[int]) -> None:
    """One message behind the other, what was read forgotten on the way."""
    trail, total = trail_of(runs), sum(map(sum, runs))
    places = sorted({0, total, *(cut for cut in cuts if cut < total)})
    for start, end in pairwise(places):
        pieces = trail.between(start, end)
        assert pieces is not None
        assert pieces["frame"].tolist() == frames_between(runs, start, end)
        trail.forget(end)


@pytest.mark.parametrize(("start", "end"), [(10, 10), (10, 20), (-5, -1)])
def test_no_packets_no_pieces(start: int, end: int) -> None:
    """Bytes outside what was delivered."""
    assert trail_of([[3, 3], [4]]).between(start, end) is None


def test_a_message_without_bytes_is_of_the_packet_behind_it() -> None:
    """However the bytes before it were cut."""
    for runs in ([[3, 3], [4]], [[3], [3], [4]]):
        pieces = trail_of(runs).between(3, 3)
        assert pieces is not None
        assert pieces["frame"].tolist() == frames_between(runs, 3, 4)


def test_an_empty_datagram_belongs_to_what_follows() -> None:
    """It lies where the message before it has ended."""
    trail = trail_of([[5, 0]])
    pieces = trail.between(0, 5)
    assert pieces is not None
    assert pieces["frame"].tolist() == [1]


@given(
    runs=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=1, max_size=60),
    before=st.integers(0, 12),
)
def test_a_message_that_goes_on_tells_its_ends(runs: Runs, before: int) -> None:
    """However its packets came together in runs; and no more is held than that takes."""
    sizes = [size for run in runs for size in run]
    start, total = sum(sizes[: min(before, len(sizes) - 1)]), sum(sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netaudit.protocols.trail.MOST_TOLD", 12)
        trail, single = trail_of(runs), trail_of([[size] for size in sizes])
        frames = frames_between(runs, start, total)
        for one in (trail, single):
            pieces = one.between(start, total)
            assert pieces is not None
            assert pieces["frame"].tolist() == (frames if len(frames) <= 24 else [*frames[:12], *frames[-12:]])
            assert one.thinned == (len(frames) > 24)
            assert one.held == sum(map(len, one.arrays)) <= 5 * 12
            one.forget(total)
            assert one.held == 0


@pytest.mark.parametrize(("count", "thinned"), [(23, False), (24, False), (25, True)])
def test_what_was_left_out_is_said(monkeypatch, count, thinned):
    monkeypatch.setattr("netaudit.protocols.trail.MOST_TOLD", 12)
    trail = trail_of([[1] * count])
    assert len(trail.between(0, count)) == min(count, 24)
    assert trail.thinned == thinned
