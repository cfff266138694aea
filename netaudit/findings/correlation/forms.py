"""Forms in which an image may be sent on, and the search for the constant that they add to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.kernels_pairs import keep_apart, peaks_by_chance
from netaudit.findings.correlation.nulls import QUICK, Chance, by_draws, by_nulls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netaudit.findings.correlation.series import I8, Images, Units

SECOND = 1_000_000_000
SHORTEST_S, STEP = 3.0, 1.5  # windows within which a unit begins after its image: up to a third of what was captured
LEAD_S = 0.05  # a unit may begin so long before the last byte of its image, and while it comes
WIDTH, QUIC_WIDTH = 16, 120  # bytes by which heads of one form differ: digits of lengths, names, counters
ALIKE = 0.02  # share of their size by which images may differ that count once, at least `ALIKE_WIDTHS` widths
ALIKE_WIDTHS = 4
FRAME, FRAME_HEAD = 1 << 14, 9  # bytes of a frame of HTTP/2, at most by default, and of its head (RFC 9113, 4.1)
PACKET_HEADS = tuple(range(20, 47, 4))  # bytes of a QUIC packet beside its data, as far as stacks differ
BETWEEN = 2  # bytes by which these are refined
TUNNEL_HEADS = tuple(range(56, 117, 4))  # the same of a packet of TCP within a datagram of WireGuard, OpenVPN or IPsec
STRETCH = 2  # windows in which images are still looked for once the form is known
LEAST = 4  # images to be worth a look
MOST_WAITING = 2_000_000  # pairs of image and unit that are compared without their times
NEAREST = 8  # images at each side, at least, with which one changes its time
JITTER = 8  # widths by which sizes are moved where times say nothing
MOST_DRAWN = 3  # forms of which all draws are made
TRIALS = 12  # exchanges by which a time farther away is looked for
Series = tuple["I8", "I8", "I8", "I8", "I8", "I8", "I8", int, int]  # what `kernels_pairs.peak` takes, without scratch


@dataclass(frozen=True, slots=True)
class Form:
    """One way of being sent on that is tried."""

    base64: bool
    window_s: float
    head: int = 0  # QUIC: bytes per packet beside its data
    quic: bool = False
    framed: bool = False  # in frames of HTTP/2, each with its head
    waits: bool = False  # sent whenever it is: the window is all that was captured, and times are no evidence

    @property
    def width(self) -> int:
        """Bytes within which overheads of the form lie."""
        return QUIC_WIDTH if self.quic else WIDTH

    @property
    def window(self) -> int:
        """Window in ns."""
        return int(self.window_s * SECOND)

    def sent(self, sizes: I8) -> I8:
        """Bytes of images as they are sent: in base64 four for every three, rounded up (RFC 4648, 4), and in frames."""
        sizes = sent_sizes(sizes, base64=self.base64)
        return sizes + heads_of_frames(sizes) if self.framed else sizes


@dataclass(frozen=True, slots=True)
class Peak:
    """The best constant of a form, and its chance."""

    form: Form
    count: int
    overhead: int  # bytes, of the lower end of the width
    chance: Chance


def windows(span: int) -> list[float]:
    """Windows tried in a capture of `span` ns, s: in steps up to a third of it, and that third."""
    found, window, longest = [], SHORTEST_S, span / 3 / SECOND
    while window <= longest:
        found.append(round(window, 1))
        window *= STEP
    return [*found, round(longest, 1)] if found and longest > 1.1 * found[-1] else found


def forms(units: Units, images: int, span: int) -> Iterator[Form]:
    """All forms tried between so many images and these units in a capture of `span` ns."""
    quic = bool(units.quic.any())
    tunnel = bool(units.tunnel.any())
    heads, framed = (
        (TUNNEL_HEADS if tunnel else PACKET_HEADS if quic else (0,)),
        ((False, True) if units.framed.any() else (False,)),
    )
    waiting = [span / SECOND] if images * len(units) <= MOST_WAITING else []
    for place, window in enumerate([*waiting, *windows(span)]):
        for base64 in (False, True):
            for head in heads:
                for frames in framed:
                    yield Form(base64, window, head, quic, frames, waits=place < len(waiting))


def sent_sizes(sizes: I8, *, base64: bool) -> I8:
    """Bytes of images as they are or in base64."""
    return (sizes + 2) // 3 * 4 if base64 else sizes


def heads_of_frames(sizes: I8) -> I8:
    """Bytes of the heads of the frames in which so many bytes go."""
    return FRAME_HEAD * (sizes // FRAME + 1)


def classes(sizes: I8, width: int) -> I8:
    """Number of the class of each size: images of nearly one size count once, as snapshots of a still scene."""
    least = ALIKE_WIDTHS * width
    linear = least / ALIKE  # up to this size classes are of `least` bytes
    above = np.log(np.maximum(sizes / linear, 1.0)) / ALIKE
    return (np.minimum(sizes, linear) // least + np.floor(above)).astype(np.int64)


def plaintext(units: Units, form: Form) -> tuple[I8, I8]:
    """Least and most plaintext of units under a form."""
    if not form.quic:
        return units.low, units.high
    size = units.high + (PACKET_HEADS[0] - form.head) * units.records
    return size, size


def leads(images: Images) -> I8:
    """How long before its last byte a unit may begin: as long as the image took to come, and a little."""
    return images.last - images.first + int(LEAD_S * SECOND)


def search(
    images: Images, units: Units, tried: Iterable[Form], span: tuple[int, int], random: np.random.Generator
) -> Peak:
    """The constant of the form that is least likely by chance: a few draws of each form, and all of the best ones."""
    some = [_asked(images, units, form, span, random) for form in tried]
    quick = [(of, by_draws(of.count, of.nulls[0], QUICK if of.count >= LEAST else QUICK[:1])) for of in some]
    near = [(of, chance) for of, chance in quick if of.count >= LEAST and not chance.exceeded]
    near.sort(key=lambda one: (one[1].p, -one[0].count))
    if near:
        quick = [(of, by_nulls(of.count, of.nulls)) for of, _ in near[:MOST_DRAWN]]
    best, chance = min(quick, key=lambda one: (one[1].p, -one[0].count))
    return Peak(best.form, best.count, best.overhead, chance)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The best constant of a form, and how its count is drawn by chance."""

    form: Form
    count: int
    overhead: int
    nulls: list[Callable[[int], I8]]


def refined(images: Images, units: Units, peak: Peak, span: tuple[int, int]) -> Peak:
    """The peak with the bytes beside a packet's data that explain most, of those between the ones tried."""
    if not peak.form.quic or units.tunnel.any():
        return peak
    best = peak
    for head in range(peak.form.head - BETWEEN, peak.form.head + BETWEEN + 1, BETWEEN):
        form = replace(peak.form, head=head)
        series = _series(images, units, form)[2]
        count, overhead = _peaks(series, span, np.zeros(1, np.int64), np.arange(len(images))[None])[0].tolist()
        if count > best.count:
            best = replace(peak, form=form, count=count, overhead=overhead)
    return best


def _asked(images: Images, units: Units, form: Form, span: tuple[int, int], random: np.random.Generator) -> _Asked:
    given, ends, series = _series(images, units, form)
    count, overhead = _peaks(series, span, np.zeros(1, np.int64), np.arange(len(images))[None])[0].tolist()
    nulls = [_jittered(given, ends, span, random)] if form.waits else _nulls(series, span, random)
    return _Asked(form, count, overhead, nulls)


def _series(images: Images, units: Units, form: Form) -> tuple[tuple[I8, I8, I8], tuple[I8, I8, I8, int, int], Series]:
    """What a form compares: of images, of units, and both with images in classes of size."""
    given = images.last, leads(images), form.sent(images.size)
    ends = units.first, *plaintext(units, form), form.window, form.width
    order, groups = _by_class(given[2], form.width)
    return given, ends, (given[0][order], given[1][order], given[2][order], groups, *ends)


def _by_class(sizes: I8, width: int) -> tuple[I8, I8]:
    """Order of sizes, and the number of each one's class."""
    order = np.argsort(sizes, kind="stable")
    of = classes(sizes[order], width)
    return order, np.cumsum(np.r_[0, of[1:] != of[:-1]]).astype(np.int64)


def _peaks(series: Series, span: tuple[int, int], shifts: I8, orders: I8) -> I8:
    found = np.empty((shifts.size, 2), np.int64)
    peaks_by_chance(*series, shifts, orders, span, found)
    return found


def _nulls(series: Series, span: tuple[int, int], random: np.random.Generator) -> list[Callable[[int], I8]]:
    """Counts of draws in which all times are shifted by more than the window, or images have times of near ones.

    Near ones, but farther than the window: light, hour and drift go on steering both series in the draws.
    """
    arrived, count = series[0], series[0].size
    reach, length = series[7] + int(series[1].max(initial=0)) + SECOND, span[1] - span[0]
    by_time = np.argsort(arrived, kind="stable")
    rank = np.empty(count, np.int64)
    rank[by_time] = np.arange(count)
    around = np.searchsorted(arrived[by_time], arrived + 2 * reach) - rank
    near = np.maximum(around, NEAREST)  # ranks within which times are dealt

    def shifted(draws: int) -> I8:
        shifts = random.integers(min(reach, length // 3), max(length - reach, length // 3 + 1), draws)
        return _peaks(series, span, shifts, np.tile(np.arange(count), (draws, 1)))[:, 0]

    def dealt(draws: int) -> I8:
        moved = np.argsort(rank + random.uniform(-1, 1, (draws, count)) * near, axis=1)
        orders = np.empty((draws, count), np.int64)
        np.put_along_axis(orders, moved, np.broadcast_to(by_time, (draws, count)), axis=1)
        others = by_time[np.clip(rank + random.integers(-near, near + 1, (TRIALS, count)), 0, count - 1)]
        keep_apart(orders, others, arrived, reach)
        return _peaks(series, span, np.zeros(draws, np.int64), orders)[:, 0]

    return [shifted, dealt]


def _jittered(
    given: tuple[I8, I8, I8], ends: tuple[I8, I8, I8, int, int], span: tuple[int, int], random: np.random.Generator
) -> Callable[[int], I8]:
    """Counts of draws in which sizes are moved by some widths: as many are near each other, but none fits exactly."""
    arrived, lead, sizes = given
    distinct, place = np.unique(sizes, return_inverse=True)
    reach = JITTER * ends[4]

    def draw(draws: int) -> I8:
        found = np.empty(draws, np.int64)
        for k in range(draws):
            moved = sizes + random.integers(-reach, reach + 1, distinct.size)[place]
            order, groups = _by_class(moved, ends[4])
            series = arrived[order], lead[order], moved[order], groups, *ends
            found[k] = _peaks(series, span, np.zeros(1, np.int64), np.arange(order.size)[None])[0, 0]
        return found

    return draw
