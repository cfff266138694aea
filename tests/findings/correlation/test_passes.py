"""Passes followed by uploads: claimed where they trigger them, and not where rates, rhythms or clocks explain it."""

import numpy as np
import pytest

from netaudit.findings.correlation.passes import SECOND, Spans, asked_of, merged, tie

SPAN = merged(np.array([[0, 1800 * SECOND]]))


def ns(seconds):
    return np.sort((np.asarray(seconds, float) * SECOND).astype(np.int64))


def judged(passes, sent, seed=1, tried=3, spans=SPAN, window=3):
    return tie(ns(passes), ns(sent), asked_of(ns(passes), spans, window), tried, np.random.default_rng(seed))


def passes_of(random, n=8):
    return 300 + np.cumsum(random.uniform(20, 90, n))


@pytest.mark.parametrize("seed", range(10))
def test_triggered_uploads_are_claimed_among_others(seed):
    random = np.random.default_rng(seed)
    passes = passes_of(random)
    found = judged(passes, np.r_[passes + random.uniform(0.2, 2.5, 8), random.uniform(0, 1800, 60)])
    assert found.standing(3) == "claimed"
    assert found.count == 8
    assert found.p <= 1e-3 / 3
    assert np.all(found.delays <= 3)


def test_unrelated_uploads_are_not_claimed():
    wrong = []
    for seed in range(300):
        random = np.random.default_rng(100 + seed)
        sent = random.uniform(0, 1800, int(random.integers(5, 900)))
        wrong.append(judged(passes_of(random), sent, seed).standing(3) == "claimed")
    assert sum(wrong) == 0


def test_a_clock_is_no_pass():
    """Passes every minute beside a device that sends every minute: all are followed, and nothing is claimed."""
    found = judged(300 + 60.0 * np.arange(8), 2 + 60.0 * np.arange(30))
    assert found.count == 8
    assert found.exceeded == 0
    assert found.standing(3) == "like a clock"


def test_regular_passes_that_trigger_are_claimed():
    passes = 300 + 60.0 * np.arange(8)
    assert judged(passes, passes + 1).standing(3) == "claimed"


def test_busy_times_are_compared_with_themselves():
    """Uploads come thick while the passes are made, for another reason: the times around tell."""
    random = np.random.default_rng(5)
    passes = passes_of(random)
    sent = random.uniform(passes[0] - 60, passes[-1] + 60, 500)
    assert judged(passes, sent).standing(3) == "by chance"


@pytest.mark.filterwarnings("error")
def test_a_day_of_passes_of_which_few_are_followed():
    """1,200 passes, a fifth of them followed by an upload: the coefficients of the model are beyond any float."""
    random = np.random.default_rng(6)
    passes = 300 + np.cumsum(random.uniform(20, 90, 1200))
    spans = merged(np.array([[0, int(passes[-1] + 300) * SECOND]]))
    found = judged(passes, passes[::5] + 1, spans=spans)
    assert (found.passes, found.count, found.standing(3)) == (1200, 240, "claimed")
    assert found.model is not None
    assert 0 <= found.model < 1e-9


def test_too_little_is_said_to_be_too_little():
    assert judged([400, 500, 600], [401, 501, 601]).standing(3) == "few"
    close = merged(np.array([[0, 60 * SECOND]]))
    found = judged(np.arange(5, 55, 5), np.arange(6, 56, 5), spans=close)
    assert found.p is None
    assert found.standing(3) == "no controls"


def test_passes_that_were_not_captured_do_not_count():
    found = judged(np.r_[passes_of(np.random.default_rng(2)), 5000.0], [100.0])
    assert (found.passes, found.count) == (8, 0)


def test_an_upload_a_little_before_the_mark_counts():
    passes = passes_of(np.random.default_rng(3))
    assert judged(passes, passes - 0.8).count == 8
    assert judged(passes, passes - 1.2).count == 0


def test_spans_without_times_and_places_along_them():
    spans = merged(np.array([[10, 20], [0, 5], [4, 8]]))
    assert (spans.starts.tolist(), spans.ends.tolist(), spans.length) == ([0, 10], [8, 20], 18)
    assert spans.at(np.array([0, 7, 8, 17])).tolist() == [0, 7, 10, 19]
    assert spans.along(np.array([0, 7, 10, 19])).tolist() == [0, 7, 8, 17]
    rest = spans.without(np.array([6, 14]), 3)
    assert (rest.starts.tolist(), rest.ends.tolist()) == ([0, 10, 17], [3, 11, 20])
    assert Spans(np.array([0]), np.array([9])).within(2, 4).length == 2
