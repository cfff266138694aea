"""How probable each choice is, where no two may take the same: sums over all sets of choices that go together.

A choice takes things: a pair of image and unit takes the unit, a set of images in a unit takes these images. Of each
step (an image, a unit) one choice is made, or none. Messages between the ends (belief propagation) are exact where
pairs form a tree, but two images that fit the same two units form a ring, and there they call certain whichever
exchange is a little likelier. So the sums are made in full: step by step, a state for each set of things that are taken
and that later steps might still want.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    I8 = npt.NDArray[np.int64]
    F8 = npt.NDArray[np.float64]

ROUNDS = 60
MOST_STATES = 1000  # at a time; where there are more, each choice is taken to be made by itself
MOST_WAYS = 20 * MOST_STATES  # on from them at one step: where hundreds of images fit hundreds of units, likewise
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
    """One step: its choices as (index, bits of what it takes, weight), and the bits that no later step wants."""

    choices: list[tuple[int, int, float]]
    gone: int
    before: States


def of_pairs(image: I8, unit: I8, weight: F8) -> F8:
    """Probabilities of pairs by sums over all sets of them; `image` in order."""
    return in_full(image, [(one,) for one in unit.tolist()], weight)


def in_full(step: I8, takes: Sequence[tuple[int, ...]], weight: F8) -> F8:
    """Probabilities of choices by sums over all sets of them.

    Args:
        step: of each choice, in order.
        takes: numbers of the things that each takes.
        weight: how much likelier each is than that its step makes none.

    """
    if not step.size:
        return weight
    probability = _by_itself(step, takes, weight)
    for steps in _parts(step, takes, weight):
        _backward(steps, probability)
    return probability


def _by_itself(step: I8, takes: Sequence[tuple[int, ...]], weight: F8) -> F8:
    """Probabilities if each choice were made by itself: the least by its step, and by the things it takes."""
    counts = [len(of) for of in takes]
    choice, thing = np.repeat(np.arange(step.size), counts), np.array([one for of in takes for one in of], np.int64)
    rivals = np.bincount(step, weight)[step]
    np.maximum.at(rivals, choice, np.bincount(thing, weight[choice])[thing])
    least: F8 = weight / (1 + rivals)
    return least


def _parts(step: I8, takes: Sequence[tuple[int, ...]], weight: F8) -> Iterator[list[_Step]]:
    """Steps forward through all, cut wherever nothing that is taken can be wanted any more.

    Without the parts in which there are too many states.
    """
    last = {one: now for now, of in zip(step.tolist(), takes, strict=True) for one in of}
    bits: dict[int, int] = {}
    free: list[int] = []
    part: list[_Step] = []
    known = True
    states: States = {0: 1.0}
    starts = np.flatnonzero(np.r_[True, step[1:] != step[:-1]]).tolist()
    for begin, end in zip(starts, [*starts[1:], step.size], strict=True):
        if set(states) == {0}:
            if part and known:
                yield part
            part, known = [], True
        choices, gone = [], 0
        for k in range(begin, end):
            mask = 0
            for of in takes[k]:
                if of not in bits:
                    bits[of] = free.pop() if free else 1 << len(bits)
                mask |= bits[of]
            choices.append((k, mask, float(weight[k])))
        for of in {one for k in range(begin, end) for one in takes[k] if last[one] == step[begin]}:
            gone |= bits[of]
            free.append(bits.pop(of))
        now = _Step(choices, gone, states)
        few = len(states) * (len(choices) + 1) <= MOST_WAYS
        states = _after(now) if few else {}
        if not few or len(states) > MOST_STATES:
            known, states = False, dict.fromkeys([*bits.values(), 0], 1.0)
        if known:
            part.append(now)
        else:
            part.clear()
    if known:
        yield part


def _after(step: _Step) -> States:
    """States behind a step, from those before it."""
    found: defaultdict[int, float] = defaultdict(float)
    for state, has in step.before.items():
        found[state & ~step.gone] += has
        for _, mask, weight in step.choices:
            if not state & mask:
                found[(state | mask) & ~step.gone] += has * weight
    most = max(found.values())
    return {state: has / most for state, has in found.items() if has > LEAST_STATE * most}


def _backward(steps: list[_Step], probability: F8) -> None:
    """Probabilities of a part's choices, from its end to its beginning."""
    behind: States = {0: 1.0}
    for step in reversed(steps):
        now: States = {}
        total, shares = 0.0, [0.0] * len(step.choices)
        for state, has in step.before.items():
            now[state] = behind.get(state & ~step.gone, 0.0)
            for place, (_, mask, weight) in enumerate(step.choices):
                if not state & mask:
                    rest = weight * behind.get((state | mask) & ~step.gone, 0.0)
                    now[state] += rest
                    shares[place] += has * rest
            total += has * now[state]
        for place, (k, _, _) in enumerate(step.choices):
            probability[k] = shares[place] / total if total else 0.0
        most = max(now.values(), default=1.0) or 1.0
        behind = {state: has / most for state, has in now.items()}
