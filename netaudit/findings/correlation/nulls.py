"""What would come by chance: the same host's images and units, with times that have nothing to do with each other.

Two nulls have to be beaten. Times of the images are shifted in a circle by more than any window: that keeps the rhythm
of both sides. Or their sizes are dealt anew among the same times, each to a time farther away than the window: that
keeps what uploads have to do with visits. Neither changes a size: where sizes crowd (snapshots of a still scene), they
crowd in the draws as well. Of at least 1,000 draws the greatest counts follow an extreme value law (Gumbel); its tail,
fitted by moments and never narrower than `LEAST_SCALE`, says how rare a count is beyond what draws can show. What is
said is never below the draws' own cap.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

QUICK = (2, 6, 12)  # draws; the next ones are made only while none shows as much: then it is near a claim
STAGES = (*QUICK, 80, 900)
AT_ONCE = 100  # draws
LEAST_SCALE = 0.5
CAP = 1e-3  # nothing rarer is said: what validation bears


@dataclass(frozen=True, slots=True)
class Chance:
    """How rare a count is by chance, before what was tried is taken into account."""

    draws: int
    exceeded: int  # draws with at least as much
    mean: float
    tail: float  # of the fitted law

    @property
    def p(self) -> float:
        """Chance of one test."""
        if self.exceeded:
            return (self.exceeded + 1) / (self.draws + 1)
        return min(self.tail, 1.0)


NO_CHANCE = Chance(0, 0, 0.0, 1.0)  # of what is too little to be asked of


def seed_of(*compared: str | npt.NDArray[Any]) -> int:
    """Seed from what is compared: the same case gives the same figures."""
    digest = hashlib.blake2b(digest_size=8)
    for one in compared:
        data = one.encode() if isinstance(one, str) else np.ascontiguousarray(one).tobytes()
        digest.update(len(data).to_bytes(8) + data)
    return int.from_bytes(digest.digest())


def fitted(observed: float, draws: npt.NDArray[Any]) -> Chance:
    """Chance of `observed` by draws of the same statistic."""
    mean, deviation = float(draws.mean()), float(draws.std())
    scale = max(deviation * math.sqrt(6) / math.pi, LEAST_SCALE)
    location = mean - 0.5772156649 * scale
    tail = -math.expm1(-math.exp(-max((observed - location) / scale, -50.0)))
    return Chance(int(draws.size), int((draws >= observed).sum()), figure(mean), figure(tail))


def by_draws(observed: float, draw: Callable[[int], npt.NDArray[Any]], stages: Sequence[int] = STAGES) -> Chance:
    """Chance of `observed` by draws made as they are needed."""
    draws = draw(stages[0])
    for more in stages[1:]:
        if (draws >= observed).any():
            break
        draws = np.concatenate([draws, *(draw(min(AT_ONCE, more - made)) for made in range(0, more, AT_ONCE))])
    return fitted(observed, draws)


def by_nulls(observed: float, nulls: Sequence[Callable[[int], npt.NDArray[Any]]]) -> Chance:
    """Chance of `observed` under the null that is hardest to beat; the next one is asked while none shows as much."""
    hardest = by_draws(observed, nulls[0])
    for draw in nulls[1:]:
        if hardest.exceeded:
            break
        hardest = max(hardest, by_draws(observed, draw), key=lambda chance: chance.p)
    return hardest


def figure(value: float) -> float:
    """A figure without its last bits, in which logarithms of two processors or systems differ: 12 digits of it."""
    return float(f"{value:.12g}")


def binomial(count: int, of: int, share: float) -> float:
    """Chance of so many or more, each with this share."""
    if share >= 1 or not of:
        return 1.0
    log_share, log_rest = math.log(share), math.log1p(-share)
    choose = (math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) for k in range(count, of + 1))
    terms = (math.exp(c + k * log_share + (of - k) * log_rest) for k, c in enumerate(choose, count))
    return min(math.fsum(terms), 1.0)


def corrected(p: float, tried: int) -> float:
    """Chance that any of so many tests shows as much."""
    return min(1.0, p * max(tried, 1))


def capped(p: float) -> float:
    """What may be said of a chance: never less than the cap."""
    return max(p, CAP)
