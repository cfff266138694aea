"""Forms in which an image may be sent on, and the search for the constant that they add to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netaudit.relays.kernels_pairs import keep_apart, peaks_by_chance
from netaudit.relays.nulls import Chance, by_nulls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.relays.series import I8, Images, Units

SECOND = 1_000_000_000
WINDOWS_S = (3, 12, 60, 300)  # within which a unit begins after its image; each where four of them fit
LEAD_S = 0.05  # a unit may begin so long before the last byte of its image, and while it comes
WIDTH, QUIC_WIDTH = 16, 120  # bytes by which heads of one form differ: digits of lengths, names, counters
PACKET_HEADS = tuple(range(20, 47, 2))  # bytes of a QUIC packet beside its data, as far as stacks differ
STRETCH = 2  # windows in which images are still looked for once the form is known
LEAST = 4  # images to be worth a look
TRIALS = 12  # exchanges by which a time farther away is looked for
Series = tuple["I8", "I8", "I8", "I8", "I8", "I8", "I8", int, int]  # what `kernels_pairs.peak` takes, without scratch


@dataclass(frozen=True, slots=True)
class Form:
    """One way of being sent on that is tried."""

    base64: bool
    window_s: int
    head: int = 0  # QUIC: bytes per packet beside its data
    quic: bool = False

    @property
    def width(self) -> int:
        """Bytes within which overheads of the form lie."""
        return QUIC_WIDTH if self.quic else WIDTH

    @property
    def window(self) -> int:
        """Window in ns."""
        return self.window_s * SECOND


@dataclass(frozen=True, slots=True)
class Peak:
    """The best constant of a form, and its chance."""

    form: Form
    count: int
    overhead: int  # bytes, of the lower end of the width
    chance: Chance


def forms(quic: bool, span: int) -> Iterator[Form]:  # noqa: FBT001
    """All forms tried in a capture of `span` ns."""
    for window in WINDOWS_S:
        if 4 * window * SECOND <= span:
            for base64 in (False, True):
                for head in PACKET_HEADS if quic else (0,):
                    yield Form(base64, window, head, quic)


def sent_sizes(sizes: I8, *, base64: bool) -> I8:
    """Bytes of images as they are sent: in base64 four for every three, rounded up (RFC 4648, 4)."""
    return (sizes + 2) // 3 * 4 if base64 else sizes


def plaintext(units: Units, form: Form) -> tuple[I8, I8]:
    """Least and most plaintext of units under a form."""
    if not form.quic:
        return units.low, units.high
    size = units.high + (PACKET_HEADS[0] - form.head) * units.records
    return size, size


def leads(images: Images) -> I8:
    """How long before its last byte a unit may begin: as long as the image took to come, and a little."""
    return images.last - images.first + int(LEAD_S * SECOND)


def search(images: Images, units: Units, form: Form, span: tuple[int, int], random: np.random.Generator) -> Peak:
    """The constant that explains most images under a form, against what comes by chance."""
    low, high = plaintext(units, form)
    sizes = sent_sizes(images.size, base64=form.base64)
    order = np.argsort(sizes, kind="stable")
    sizes = sizes[order]
    groups = np.cumsum(np.r_[0, sizes[1:] != sizes[:-1]]).astype(np.int64)
    series = (
        images.last[order], leads(images)[order], sizes, groups, units.first, low, high, form.window, form.width,
    )  # fmt: skip
    count, overhead = _peaks(series, span, np.zeros(1, np.int64), np.arange(sizes.size)[None])[0].tolist()
    chance = by_nulls(count, _nulls(series, span, random), worth=count >= LEAST)
    return Peak(form, count, overhead, chance)


def _peaks(series: Series, span: tuple[int, int], shifts: I8, orders: I8) -> I8:
    found = np.empty((shifts.size, 2), np.int64)
    peaks_by_chance(*series, shifts, orders, span, found)
    return found


def _nulls(series: Series, span: tuple[int, int], random: np.random.Generator) -> list[Callable[[int], I8]]:
    """Counts of draws in which all times are shifted by more than the window, or images have the times of others."""
    arrived, count = series[0], series[0].size
    reach, length = series[7] + int(series[1].max(initial=0)) + SECOND, span[1] - span[0]

    def shifted(draws: int) -> I8:
        shifts = random.integers(min(reach, length // 3), max(length - reach, length // 3 + 1), draws)
        return _peaks(series, span, shifts, np.tile(np.arange(count), (draws, 1)))[:, 0]

    def dealt(draws: int) -> I8:
        orders = random.permuted(np.tile(np.arange(count), (draws, 1)), axis=1)
        keep_apart(orders, random.integers(0, count, (TRIALS, count)), arrived, reach)
        return _peaks(series, span, np.zeros(draws, np.int64), orders)[:, 0]

    return [shifted, dealt]
