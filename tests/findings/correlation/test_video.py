"""Encrypted video is told by its frames; files, pieces and messages are none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netaudit.findings.correlation.video import Lengths, frames_of
from tests.findings.correlation.offices import SECOND, _units

FULL, SPANS = 16_401, 64


def runs(lengths):
    """As `encrypted_uploads` has them: equal ones together, the first 64."""
    starts = np.flatnonzero(np.r_[True, lengths[1:] != lengths[:-1]])
    return lengths[starts][:SPANS].tolist(), np.diff(np.r_[starts, lengths.size])[:SPANS].tolist()


def unit(lengths, seconds):
    units, _ = _units(np.array([SECOND]), np.array([int(lengths.sum())]), records=np.array([lengths.size]))
    units.last[:] = units.first + seconds * SECOND
    shown, repeats = runs(lengths)
    return Lengths(pa.table({"lengths": [shown], "repeats": [repeats]})), units


def records(frames):
    return np.concatenate([np.r_[np.full(size // FULL, FULL), size % FULL + 22] for size in frames.tolist()])


def video(random, rate, seconds, middle=8.6):
    frames = np.exp(random.normal(middle, 0.2, rate * seconds)).astype(np.int64)
    frames[:: 2 * rate] *= 8
    return records(frames)


@pytest.mark.parametrize(("rate", "middle"), [(5, 7.0), (8, 8.6), (15, 8.6), (25, 8.6)])
def test_frames_led_by_whole_pictures_are_video(rate, middle):
    given, units = unit(video(np.random.default_rng(rate), rate, 40, middle), 40)
    assert given.are_video(units)


def test_what_is_no_video():
    random = np.random.default_rng(3)
    backup = records(random.integers(1_000_000, 5_000_000, 20))
    pieces = np.full(2_000, 4_113)
    messages = random.integers(2_000, 4_000, 400)
    for lengths in (backup, pieces, messages):
        given, units = unit(lengths, 40)
        assert not given.are_video(units)
    short, units = unit(video(random, 25, 5), 5)
    assert not short.are_video(units)


def test_frames_end_with_what_is_not_full():
    lengths, repeats = (np.array(one) for one in ([9, 4, 9, 5, 3, 9], [2, 1, 1, 1, 2, 7]))
    assert frames_of(lengths, repeats).tolist() == [22, 14, 3, 3]
    assert frames_of(np.array([], np.int64), np.array([], np.int64)).size == 0
