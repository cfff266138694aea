"""Exact bounds of shares: no approximation, nothing assumed of how what was counted is spread."""

from __future__ import annotations

import math

CONFIDENCE = 0.95


def lower(followed: int, occasions: int, confidence: float = CONFIDENCE) -> float:
    """Exact lower confidence bound of a share (Clopper-Pearson, one-sided).

    >>> round(lower(12, 12), 4), lower(0, 12)
    (0.7791, 0.0)
    """
    if not 0 <= followed <= occasions:
        raise ValueError("more followed than there were")
    if not followed:
        return 0.0
    low, high = 0.0, followed / occasions
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _at_least(followed, occasions, middle) > 1 - confidence else (middle, high)
    return low


def _at_least(count: int, trials: int, chance: float) -> float:
    """Chance of so many or more."""
    log, rest = math.log(max(chance, 1e-300)), math.log1p(-min(chance, 1 - 1e-15))
    return math.fsum(math.exp(choose(trials, k) + k * log + (trials - k) * rest) for k in range(count, trials + 1))


def choose(n: int, k: int) -> float:
    """Logarithm of the number of ways to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
