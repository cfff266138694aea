"""Marked passes and encrypted uploads: how many passes were followed within w seconds, and how many by chance.

Nothing is assumed about how uploads are spread in time. Two nulls are drawn from the same capture, and the one that is
harder to beat counts:

* **control times**: each pass is replaced by a time of its surroundings at which nobody passed;
* **shifts**: all passes are moved by the same time, in a circle. Who passes by the clock, beside a device that sends by
  the clock, would beat the first null, and not this one.

What the capture's own rate gives in a binomial model is shown beside it, as a model's figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.nulls import CAP, binomial, corrected, figure

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.findings.correlation.series import I8

SECOND = 1_000_000_000
WINDOWS_S = (1, 3, 10, 30)  # within which an upload begins after its pass
LEAD = SECOND  # so long before its mark a pass may be: a hand is slower than an eye
LEAST = 5  # passes, and passes followed
LEAST_CONTROLS = 10  # windows that control times have to hold, all together
AROUND = 20  # windows of control time that are taken nearest to a pass: busy times are compared with themselves
AT_ONCE = 20_000  # draws
FIRST = 2_000  # draws; more are made only while none shows as much
MOST_DRAWS = 2_000_000

CLAIMED, FEW, NO_CONTROLS, BY_CHANCE, CLOCK = "claimed", "few", "no controls", "by chance", "like a clock"


@dataclass(slots=True)
class Spans:
    """Times that do not overlap, as one row of time."""

    starts: I8  # ns
    ends: I8

    @property
    def length(self) -> int:
        """All of them together, ns."""
        return int((self.ends - self.starts).sum())

    def at(self, along: I8) -> I8:
        """Times that lie so far along (0 … length - 1)."""
        sums = np.cumsum(self.ends - self.starts)
        place = np.searchsorted(sums, along, "right")
        times: I8 = self.starts[place] + along - np.r_[0, sums[:-1]][place]
        return times

    def along(self, times: I8) -> I8:
        """How far along times within them lie."""
        before = np.r_[0, np.cumsum(self.ends - self.starts)[:-1]]
        place = np.searchsorted(self.starts, times, "right") - 1
        along: I8 = before[place] + times - self.starts[place]
        return along

    def within(self, first: int, last: int) -> Spans:
        """What of them lies in an interval."""
        starts, ends = np.maximum(self.starts, first), np.minimum(self.ends, last)
        kept = starts < ends
        return Spans(starts[kept], ends[kept])

    def without(self, times: I8, reach: int) -> Spans:
        """What of them is further than `reach` from all times (in order)."""
        cuts = merged(np.stack([times - reach, times + reach], 1))
        starts, ends = [], []
        for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
            at = start
            for first, last in zip(cuts.starts.tolist(), cuts.ends.tolist(), strict=True):
                if first >= end:
                    break
                if first > at:
                    starts.append(at)
                    ends.append(first)
                at = max(at, last)
            if at < end:
                starts.append(at)
                ends.append(end)
        return Spans(np.array(starts, np.int64), np.array(ends, np.int64))


def merged(spans: I8) -> Spans:
    """Spans out of rows of start and end in any order."""
    if not len(spans):
        return Spans(np.empty(0, np.int64), np.empty(0, np.int64))
    rows = spans[np.argsort(spans[:, 0], kind="stable")]
    until = np.maximum.accumulate(rows[:, 1])
    first = np.flatnonzero(np.r_[True, rows[1:, 0] > until[:-1]])
    return Spans(rows[first, 0], until[np.r_[first[1:], len(rows)] - 1])


@dataclass(slots=True)
class Tie:
    """What passes and uploads have in common, in one window."""

    window_s: int
    passes: int  # that the capture covers
    followed: npt.NDArray[np.bool_]  # of these
    covered: npt.NDArray[np.int64]  # which passes they are
    delays: npt.NDArray[np.float64]  # s, of those followed
    uploads: npt.NDArray[np.int64]  # the first that followed each of those
    draws: int = 0
    exceeded: int = 0
    shifts_exceeded: int = 0
    expected: float = 0.0  # followed, on the mean of control times
    model: float | None = None  # binomial, by the share of control time that is followed
    p: float | None = None  # of the null that is harder to beat, not corrected

    @property
    def count(self) -> int:
        """Passes followed."""
        return int(self.followed.sum())

    def standing(self, tried: int) -> str:
        """What came of it, where so much was tried."""
        if self.passes < LEAST:
            return FEW
        if self.p is None:
            return NO_CONTROLS
        if self.count < LEAST or corrected((self.exceeded + 1) / (self.draws + 1), tried) > CAP:
            return BY_CHANCE
        return CLAIMED if corrected(self.p, tried) <= CAP else CLOCK


@dataclass(slots=True)
class Asked:
    """What can be asked with a window: which passes it was captured of, and with which times they are compared."""

    window_s: int
    covered: npt.NDArray[np.int64]  # passes
    inner: Spans  # times whose window was captured
    controls: Spans  # those of them at which nobody passed

    @property
    def usable(self) -> bool:
        """Whether there is enough of both."""
        return len(self.covered) >= LEAST and self.controls.length >= LEAST_CONTROLS * (LEAD + self.window_s * SECOND)


def asked_of(passes: I8, spans: Spans, window_s: int) -> Asked:
    """What passes (ns, in order) can be asked in a capture; nothing of this depends on what was uploaded."""
    window = window_s * SECOND
    whole = [spans.within(t - LEAD, t + window).length == LEAD + window for t in passes.tolist()]
    covered = np.flatnonzero(whole)
    inner = Spans(spans.starts + LEAD, np.maximum(spans.ends - window, spans.starts + LEAD))
    return Asked(window_s, covered, inner, inner.without(passes, LEAD + window))


def tie(passes: I8, sent: I8, given: Asked, tried: int, random: np.random.Generator) -> Tie:
    """Passes and beginnings of uploads (both ns, in order) within one window; `tried` tests are made in all."""
    window, covered = given.window_s * SECOND, given.covered
    asked = passes[covered]
    place = np.searchsorted(sent, asked - LEAD)
    next_one = np.r_[sent, np.iinfo(np.int64).max][place]
    followed = next_one <= asked + window
    delays = (next_one[followed] - asked[followed]) / SECOND
    found = Tie(given.window_s, len(asked), followed, covered, delays, place[followed])
    if given.usable:
        edges = _edges(sent, window)
        _by_controls(found, asked, edges, given.controls, window, tried, random)
        _by_shifts(found, asked, edges, given.inner, window, random)
    return found


def _followed(times: I8, edges: I8) -> npt.NDArray[np.bool_]:
    """Which times lie between two of `edges` (`_edges`)."""
    return (np.searchsorted(edges, times, "right") & 1).astype(bool)


def _edges(sent: I8, window: int) -> I8:
    """Where times begin, and cease, to be followed by an upload within the window."""
    spans = merged(np.stack([sent - window, sent + LEAD + 1], 1))
    return np.stack([spans.starts, spans.ends], 1).ravel()


def _needed(tried: int) -> int:
    """Draws by which a chance below the cap can be told after correction."""
    return min(2 * tried * round(1 / CAP), MOST_DRAWS)


def _by_controls(
    found: Tie, asked: I8, edges: I8, controls: Spans, window: int, tried: int, random: np.random.Generator
) -> None:
    """Each pass at a time around it at which nobody passed."""
    own = [_around(t, controls, LEAD + window) for t in asked.tolist()]
    total = 0
    while found.draws < (FIRST if found.exceeded or found.count < LEAST else _needed(tried)):
        draws = min(AT_ONCE, max(FIRST, _needed(tried) - found.draws)) if found.draws else FIRST
        counts = np.zeros(draws, np.int64)
        for some in own:
            counts += _followed(some.at(random.integers(0, some.length, draws)), edges)
        found.draws += draws
        found.exceeded += int((counts >= found.count).sum())
        total += int(counts.sum())
    found.expected = total / found.draws
    windows = controls.length / (LEAD + window)
    share = (found.expected / len(asked) * windows + 1) / (windows + 2)  # what control times did not show may still be
    found.model = figure(binomial(found.count, len(asked), share))
    found.p = max((found.exceeded + 1) / (found.draws + 1), found.model)


def _around(moment: int, controls: Spans, window: int) -> Spans:
    """Control times nearest to a moment."""
    wanted, reach = min(AROUND * window, controls.length), AROUND * window // 2
    while (some := controls.within(moment - reach, moment + reach)).length < wanted:
        reach *= 2
    return some


def _by_shifts(found: Tie, asked: I8, edges: I8, inner: Spans, window: int, random: np.random.Generator) -> None:
    """All passes moved by the same time, in a circle over what the capture covers."""
    length, along = inner.length, inner.along(asked)
    least = LEAD + window
    shifts = random.integers(least, max(length - least, least + 1), min(found.draws, AT_ONCE))
    counts = np.zeros(len(shifts), np.int64)
    for one in along.tolist():
        counts += _followed(inner.at((one + shifts) % length), edges)
    found.shifts_exceeded = int((counts >= found.count).sum())
    if found.shifts_exceeded and found.p is not None:
        found.p = max(found.p, (found.shifts_exceeded + 1) / (len(shifts) + 1))
