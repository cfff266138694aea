"""How probable each pair is, where each image and each unit is in one pair at most: sums over all sets of pairs.

Messages between the ends (belief propagation) are exact where the pairs form a tree, but two images that fit the same
two units form a ring, and there they call certain whichever exchange is a little likelier. So the sums are made in
full: image by image in order, a state for each set of units that are taken and that later images might still want.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    I8 = npt.NDArray[np.int64]
    F8 = npt.NDArray[np.float64]

ROUNDS = 60
MOST_STATES = 1000  # at a time; where there are more, each end is taken to choose by itself
MOST_WAYS = 20 * MOST_STATES  # on from them at one image: where hundreds of images fit hundreds of units, likewise
LEAST_STATE = 1e-7  # of the likeliest one
States = dict[int, float]


def by_messages(image: I8, unit: I8, weight: F8) -> F8:
    """Probabilities by belief propagation, for learning laws: each end tells the other how free it is.

    `weight` of each pair: how much likelier it is than that its image is in none.
    """
    if not image.size:
        return weight
    from_image, from_unit = np.ones(image.size), np.ones(image.size)
    for _ in range(ROUNDS):
        asked = weight * from_unit
        from_image = 0.5 * from_image + 0.5 / (1 + np.maximum(np.bincount(image, asked)[image] - asked, 0.0))
        asked = weight * from_image
        from_unit = 0.5 * from_unit + 0.5 / (1 + np.maximum(np.bincount(unit, asked)[unit] - asked, 0.0))
    both = weight * from_image * from_unit
    return both / (1 + both)


@dataclass(slots=True)
class _Step:
    """One image: its pairs as (index, bit of the unit, weight), and the bits that no later image wants."""

    pairs: list[tuple[int, int, float]]
    gone: int
    before: States


def in_full(image: I8, unit: I8, weight: F8) -> F8:
    """Probabilities by sums over all sets of pairs; `image` in order."""
    if not image.size:
        return weight
    probability = _by_itself(image, unit, weight)
    for steps in _parts(image, unit, weight):
        _backward(steps, probability)
    return probability


def _by_itself(image: I8, unit: I8, weight: F8) -> F8:
    """Probabilities if each end chose by itself: the less of the two."""
    rivals = np.maximum(np.bincount(image, weight)[image], np.bincount(unit, weight)[unit])
    least: F8 = weight / (1 + rivals)
    return least


def _parts(image: I8, unit: I8, weight: F8) -> Iterator[list[_Step]]:
    """Steps forward through all images, cut wherever no unit that is taken can be wanted any more.

    Without the parts in which there are too many states.
    """
    last = np.full(int(unit.max()) + 1, -1)
    last[unit] = image  # in order: the last one stays
    bits: dict[int, int] = {}
    free: list[int] = []
    part: list[_Step] = []
    known = True
    states: States = {0: 1.0}
    starts = np.flatnonzero(np.r_[True, image[1:] != image[:-1]]).tolist()
    for begin, end in zip(starts, [*starts[1:], image.size], strict=True):
        if set(states) == {0}:
            if part and known:
                yield part
            part, known = [], True
        units, gone = unit[begin:end].tolist(), 0
        for of in units:
            if of not in bits:
                bits[of] = free.pop() if free else 1 << len(bits)
        pairs = [(begin + k, bits[of], float(weight[begin + k])) for k, of in enumerate(units)]
        for of in [of for of in units if last[of] == image[begin]]:
            gone |= bits[of]
            free.append(bits.pop(of))
        step = _Step(pairs, gone, states)
        few = len(states) * (len(pairs) + 1) <= MOST_WAYS
        states = _after(step) if few else {}
        if not few or len(states) > MOST_STATES:
            known, states = False, dict.fromkeys([*bits.values(), 0], 1.0)
        if known:
            part.append(step)
        else:
            part.clear()
    if known:
        yield part


def _after(step: _Step) -> States:
    """States behind an image, from those before it."""
    found: defaultdict[int, float] = defaultdict(float)
    for state, has in step.before.items():
        found[state & ~step.gone] += has
        for _, bit, weight in step.pairs:
            if not state & bit:
                found[(state | bit) & ~step.gone] += has * weight
    most = max(found.values())
    return {state: has / most for state, has in found.items() if has > LEAST_STATE * most}


def _backward(steps: list[_Step], probability: F8) -> None:
    """Probabilities of a part's pairs, from its end to its beginning."""
    behind: States = {0: 1.0}
    for step in reversed(steps):
        now: States = {}
        total, shares = 0.0, [0.0] * len(step.pairs)
        for state, has in step.before.items():
            now[state] = behind.get(state & ~step.gone, 0.0)
            for place, (_, bit, weight) in enumerate(step.pairs):
                if not state & bit:
                    rest = weight * behind.get((state | bit) & ~step.gone, 0.0)
                    now[state] += rest
                    shares[place] += has * rest
            total += has * now[state]
        for place, (k, _, _) in enumerate(step.pairs):
            probability[k] = shares[place] / total if total else 0.0
        most = max(now.values(), default=1.0) or 1.0
        behind = {state: has / most for state, has in now.items()}
