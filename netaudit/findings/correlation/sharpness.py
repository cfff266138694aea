"""How sharply sizes agree: whether pictures of the same moment, alike as light, scene and visitor make them, could too.

Whoever photographs the same visitor twice makes two pictures of like sizes, and no drawing of times tells these from
a picture that was sent on. What tells them is exactness. Two pictures of their own agree at best as successive frames
of a still camera do, to `RESIDUAL` of their size; what was sent on agrees to a few bytes, whatever its size. So of the
images near the constant, those beside it are counted, too: under the proposition of two pictures a narrow class in the
midst holds no more than its share of a normal law that narrow, by a binomial model. Where sizes come in steps, or
repeat, a step is as narrow as a class can be.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.forms import classes, leads, plaintext
from netaudit.findings.correlation.kernels_pairs import CELL, MOST_OVERHEAD, candidates
from netaudit.findings.correlation.nulls import binomial, figure

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.findings.correlation.forms import Peak
    from netaudit.findings.correlation.series import I8, Images, Units

    Given = tuple[I8, I8, I8, I8, I8, I8, int, tuple[int, int]]  # what `candidates` takes of a form

RESIDUAL = 0.002 * math.sqrt(2)  # of the size, by which two pictures of the same moment differ at least
NARROW = (0.5, 0.75, 1.25)  # widths of the class in the midst, of the form's
BESIDE = 4  # such classes at each side
STEPS = 2048  # bytes of a step that is looked for, at most
COMMON = 0.9  # of the sizes that are on the steps
REPEATED, OFTEN = 3, 8.0  # pairs of equal sizes, beyond so many times what is as near as that
NEAR = 256  # bytes
LEAST = 5  # classes of size that fit
NO_SHARE = 1 << 40  # of a size's range, by which a pair may be off
BY_CHANCE = 0.01  # above it, units of the right size that are in no pair are what sizes beside let expect
BEHIND = 0.7  # of units of the right size that may lie behind their images though they have nothing to do with them


def sharpness(images: Images, units: Units, peak: Peak) -> tuple[float, int]:
    """Chance that two pictures of their own agree as sharply, by the best of `NARROW`; and how many images fit."""
    form = peak.form
    low, high = plaintext(units, form)
    sizes = form.sent(images.size)
    blur = float(np.median(high - low)) + 1 if len(units) else 1.0  # sizes that are ranges
    most = max(NARROW[-1] * form.width, blur, step_of(images.size))
    reach = math.ceil((BESIDE + 2) * most)
    given: Given = (
        images.last,
        leads(images),
        sizes,
        units.first,
        low,
        high,
        form.window,
        (peak.overhead, form.width + CELL),
    )
    out = np.empty((3, 0), np.int64)
    room = candidates(*given, (reach, 1), 0, out)[0]
    out = np.empty((3, room), np.int64)
    candidates(*given, (reach, 1), 0, out)
    image, unit, off = out
    fitting = min(np.unique(image[off == 0]).size, np.unique(unit[off == 0]).size)
    beyond = (low + high)[unit] / 2 - sizes[image] - peak.overhead
    step, best = step_of(images.size), 1.0
    for narrow in NARROW:
        wide = max(narrow * form.width, blur, step)
        best = min(best, len(NARROW) * agreement(beyond, image, sizes, (wide, step), form.width))
    if form.waits:
        best = max(best, _as_well_before(images, units, peak, image[off == 0]))
    best = max(best, _come_again(given, reach, fitting))
    return min(best, 1.0), fitting


def _as_well_before(images: Images, units: Units, peak: Peak, fitting: I8) -> float:
    """Chance that of images with a unit of the right size so many have it behind them, were it anywhere.

    Where times are no evidence, that nothing is sent on before it has come still is.
    """
    low, high = plaintext(units, peak.form)
    order = np.argsort(high, kind="stable")
    wanted = peak.form.sent(images.size) + peak.overhead
    begin = np.searchsorted(high[order], wanted)
    end = np.searchsorted(low[order], wanted + peak.form.width + CELL)
    earlier = np.setdiff1d(np.flatnonzero(end > begin), fitting).size
    behind = np.unique(fitting).size
    return binomial(behind, behind + earlier, BEHIND)


def _come_again(given: Given, reach: int, fitting: int) -> float:
    """Chance of so few other units of the right size around, were sizes of pictures to come again by themselves.

    A picture that is sent on leaves behind its image, and once. Where more units of the right size than chance brings
    lie before their images, or fit one that has its unit, sizes come again for another reason, as those of another day
    do: then times say no more than that both series go by the same hours.
    """
    arrived, lead, sizes, sent, low, high, window, form = given
    around = (arrived, lead + window, sizes, sent, low, high, window, form, (0, NO_SHARE), reach)
    pairs, beside, _, _ = candidates(*around, np.empty((3, 0), np.int64))
    out = np.empty((3, pairs), np.int64)
    candidates(*around, out)
    again = np.unique(out[1]).size - fitting
    share = (form[1] + float(np.median(high - low))) / (2 * reach + 1)
    if again <= 0 or binomial(pairs - fitting, pairs - fitting + beside, share) > BY_CHANCE:
        return 0.0
    return binomial(fitting, fitting + again, BEHIND)


def agreement(beyond: npt.NDArray[np.float64], image: I8, sizes: I8, narrow: tuple[float, float], width: int) -> float:
    """Chance of so many images within some bytes of each other, of those within `BESIDE` times that at each side.

    `narrow`: these bytes, and the steps in which sizes come: a class holds one more than there are steps in it. Each
    image has the deviation of its size; of unequal shares the mean bears a binomial (Hoeffding 1956). Images count, and
    classes of size: of many images of like sizes all classes are met everywhere.
    """
    if not beyond.size:
        return 1.0
    wide, step = narrow
    ordered = np.sort(beyond)
    ends = np.searchsorted(ordered, ordered + wide, "right")
    first = int(np.argmax(ends - np.arange(ordered.size)))
    middle = (ordered[first] + ordered[ends[first] - 1]) / 2
    inside = np.unique(image[np.abs(beyond - middle) <= wide / 2])
    near = np.unique(image[np.abs(beyond - middle) <= (0.5 + BESIDE) * wide])
    alike = classes(sizes, width)
    some, every = np.unique(alike[inside]), np.unique(alike[near])
    if some.size < LEAST:
        return 1.0
    held = (math.floor(wide / step) + 1) * step / 2
    steered = RESIDUAL * sizes[near]
    share = float(np.mean([within(held / one) / within((0.5 + BESIDE) * wide / one) for one in steered.tolist()]))
    each = max(binomial(inside.size, near.size, share), binomial(some.size, every.size, share))
    return figure(each * MOST_OVERHEAD / wide)  # the place was chosen among so many


def within(reach: float) -> float:
    """Share of a normal law within so many deviations."""
    return math.erf(reach / math.sqrt(2))


def step_of(sizes: I8) -> float:
    """Bytes of the steps in which sizes come; 1 where there are none."""
    distinct = np.unique(sizes)
    step = 1.0
    for one in range(STEPS, 1, -1):
        if np.bincount(distinct % one).max() >= COMMON * distinct.size and distinct.size >= 2 * LEAST:
            step = float(one)
            break
    ordered = np.sort(sizes)
    equal = int((np.bincount(np.unique(ordered, return_inverse=True)[1]) ** 2).sum() - ordered.size) // 2
    near = int((np.searchsorted(ordered, ordered + NEAR, "right") - np.arange(ordered.size) - 1).sum()) - equal
    if equal > REPEATED + OFTEN * near / NEAR and distinct.size > 1:
        step = max(step, float(np.median(np.diff(distinct))))
    return step
