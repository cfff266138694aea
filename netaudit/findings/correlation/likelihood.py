"""Laws of overhead, delay and opening among images sent on, over those of unrelated pairs; learned with the pairs.

No pair counts as evidence for itself.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PRIOR = 0.3  # pairs that the laws of overhead and delay are worth before any was seen
HEAD_CELL, HEAD_BESIDE = 2, 64  # bytes of a class of overheads, and looked at beside the width
HEADS_SPREAD = 8  # of the width, over which an overhead is spread: heads of QUIC packets scatter over all of it
REACH = 4096  # bytes at each side of the constant in which ranges are laid over each other
MISSED = 3.0  # natural logarithm of how much less likely a constant is for a pair whose range does not hold it
ODD = 0.02  # of the pairs are taken to have another constant
UNUSUAL = (0.03, 0.3)  # of the pairs are taken to have any delay up to the longest usual one: exact sizes, ranges
SPREAD = np.array([0.04, 0.08, 0.12, 0.16, 0.2, 0.16, 0.12, 0.08, 0.04])  # of a delay over the neighbouring classes
OPENING = 3.0  # pairs that the share of all units that open a connection is worth
LEAST_OPENING = 0.05, 0.95  # of units that open a connection is taken to be no smaller, no larger
DELAYS_S = (0.0, *(round(0.1 * 1.18**k, 3) for k in range(83)))  # classes, up to a day


def of_delay(delay: F8, exact: Mask, window_s: float, weight: F8, known: F8) -> F8:
    """Density of delays among images sent on, over that of unrelated pairs (uniform)."""
    edges = np.array([DELAYS_S[0] - 10.0, *DELAYS_S[1:]])
    classes = edges.size - 1
    which = np.clip(np.searchsorted(edges, delay, "right") - 1, 0, classes - 1)
    of_known = np.clip(np.searchsorted(edges, known, "right") - 1, 0, classes - 1)
    spans = np.diff(np.array([0.0, *DELAYS_S[1:]]))
    open_to = np.clip(window_s - np.array(DELAYS_S[:-1]), 0.0, spans)
    prior = open_to / max(open_to.sum(), 1e-9)
    counts = np.bincount(which, weight, classes) + np.bincount(of_known, minlength=classes)
    spread = np.convolve(counts, SPREAD, "same")
    others = np.maximum(spread[which] - SPREAD[SPREAD.size // 2] * weight, 0.0)  # no pair is evidence for itself
    law = (others + PRIOR * prior[which]) / (np.maximum(counts.sum() - weight, 0.0) + PRIOR)
    usual = np.arange(classes) <= int(np.flatnonzero(counts > 0.5).max(initial=0)) + 2
    anywhere = np.where(usual, open_to, 0.0)
    unusual = np.where(exact, *UNUSUAL)
    law = (1 - unusual) * law + unusual * (anywhere / max(anywhere.sum(), 1e-9))[which]
    likelier: F8 = law * window_s / np.maximum(open_to[which], 1e-6)
    return likelier


def of_overhead(place: I8, exact: Mask, width: int, wide: float, weight: F8, known: I8) -> F8:
    """Density of overheads (`place`: above the constant) among images sent on, over that of unrelated pairs."""
    count = (width + 2 * HEAD_BESIDE) // HEAD_CELL
    cells, of_known = (np.clip((which + HEAD_BESIDE) // HEAD_CELL, 0, count - 1) for which in (place, known))
    heads = np.bincount(cells[exact], weight[exact], count) + np.bincount(of_known, minlength=count)
    half = max(width // HEADS_SPREAD, 2)
    kernel = (1 - np.abs(np.arange(1 - half, half)) / half) / half
    near = np.convolve(heads, kernel, "same")[cells] - weight / half  # no pair is evidence for itself
    peaked = (np.maximum(near, 0.0) + PRIOR / count) / (np.maximum(heads.sum() - weight, 0.0) + PRIOR)
    likelier: F8 = np.where(exact, peaked * (wide / HEAD_CELL), 1.0)
    return likelier


def of_range(least: I8, most: I8, exact: Mask, weight: F8) -> F8:
    """Chance that the constant lies where the range of a pair lets it, by what the ranges of the others have in common.

    `least`, `most`: bytes above the overhead that was found. Pairs of exact sizes say nothing here.
    """
    count = 2 * REACH // HEAD_CELL
    begin, end = (np.clip(which // HEAD_CELL + count // 2, 0, count) for which in (least, most + HEAD_CELL))
    weight = np.where(exact, 0.0, weight)
    ends = np.bincount(begin, weight, count + 1) - np.bincount(end, weight, count + 1)
    covered = np.cumsum(ends)[:count]
    law = np.exp(MISSED * (covered - covered.max()))
    below = np.cumsum(np.r_[0.0, law / law.sum()])
    inside = below[end] - below[begin]
    inside /= inside + (1 - inside) * np.exp(MISSED * weight)  # no pair is evidence for itself
    likelier: F8 = np.where(exact, 1.0, (1 - ODD) * inside + ODD)
    return likelier


def of_opening(opens: Mask, usual: float, weight: F8) -> F8:
    """How much likelier such a unit, which opens its connection or not, is among images sent on than among all units.

    The first unit of a connection has more beside its data (preface, settings, heads in full), hence another constant.
    """
    base = np.where(opens, usual, 1 - usual)
    alike = np.where(opens, weight[opens].sum(), weight[~opens].sum()) - weight  # no pair is evidence for itself
    likelier: F8 = (np.maximum(alike, 0.0) + OPENING * base) / (np.maximum(weight.sum() - weight, 0.0) + OPENING) / base
    return likelier
