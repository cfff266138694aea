"""How much an absence is worth: exact bounds, no approximation, nothing assumed of how uploads are spread in time.

Before, `followed` of `occasions` were followed by an upload. Each occasion is taken as one trial of the same unknown
chance; its lower bound is Clopper's and Pearson's (1934, the exact one-sided binomial bound), at CONFIDENCE. Of
`asked` occasions now none was followed: had the habit stayed, that would have happened in at most (1 - bound) ** asked
of such visits, so an upload would have been seen in at least the rest. Occasions are thinned beforehand so that their
windows do not touch (`occasions.py`): one upload never counts for two. Where several kinds of occasion could be enough,
or a text of marks was chosen by what followed it, the bound of each is so much stricter that 95 % holds for all of them
together (Bonferroni). Where the marks of a text are followed so much more than the others that this is no accident, the
chance of such an accident is all that the text costs. A kind that could not be enough whatever had been met is not
chosen from. Beside it stands the chance, by Fisher's exact test, that the followed ones are all in the visits before
where nothing changed: it needs no bound at all.

What it does not cover: a device that was switched off for the visit, and sending at other hours. `judging.py` asks for
these apart, and the sentence says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from netaudit.findings.bounds import CONFIDENCE, choose, lower

LEAST = 0.95  # power below which an absence is not told as one
LEAST_ASKED = {"passes": 5, "pictures": 5, "stretches": 3}  # fewer only where it is enough without those in a row
MOST_SAID = 99  # of 100: no visit shows more


@dataclass(frozen=True, slots=True)
class Power:
    """What was met before and asked now. `kind`: passes, stretches of time, or pictures moved inside."""

    kind: str
    occasions: int  # before
    followed: int  # of them
    asked: int  # now, the device heard around each
    missed: int = 1  # of those before so many in a row, one at least: a camera that is busy misses no pass alone
    looked: int = 1  # so many ways of asking it was chosen from: the bound pays for each
    spent: float = 0.0  # of what may be wrong, on which marks are asked

    @property
    def chance(self) -> float:
        """Lower bound of the chance that an occasion is followed."""
        return lower(self.followed, self.occasions, 1 - (1 - CONFIDENCE - self.spent) / self.looked)

    @property
    def seen(self) -> float:
        """In which part of such visits, at least, the habit would have shown."""
        return self._seen_of(self.asked)

    def _seen_of(self, asked: int) -> float:
        return 1 - (1 - self.chance) ** max(asked, 0)

    @property
    def of_100(self) -> int:
        """The same in whole visits of 100, rounded down."""
        return min(MOST_SAID, math.floor(self.seen * 100 + 1e-9))

    @property
    def enough(self) -> bool:
        """Whether an absence may be told."""
        least = LEAST_ASKED.get(self.kind, 5)
        return self.seen >= LEAST and (self.asked >= least or self._seen_of(self.asked - self.missed) >= LEAST)

    @property
    def able(self) -> bool:
        """Whether it could be enough, had every occasion before been followed."""
        return replace(self, followed=self.occasions, missed=1).enough

    @property
    def needed(self) -> int:
        """How many have to be asked until it is enough; 0 where no number of them would be."""
        if not self.chance or self.chance >= 1:
            return 0
        alone = math.ceil(math.log(1 - LEAST) / math.log1p(-self.chance) - 1e-9)
        return max(alone, min(LEAST_ASKED.get(self.kind, 5), alone + self.missed))

    @property
    def unchanged(self) -> float:
        """Chance that all followed ones lie before, where nothing changed (Fisher's exact test, one-sided)."""
        if not self.asked or not self.followed:
            return 1.0
        chance = choose(self.occasions, self.followed) - choose(self.occasions + self.asked, self.followed)
        return min(1.0, self.looked * math.exp(chance))


def by_accident(followed: int, occasions: int, others: int, of_others: int) -> float:
    """Chance that so many of the followed occasions are among these by accident (Fisher's exact test, one-sided).

    >>> round(by_accident(5, 5, 0, 10), 5)
    0.00033
    """
    every, among = occasions + of_others, followed + others
    ways = range(followed, min(occasions, among) + 1)
    found = [choose(occasions, k) + choose(of_others, among - k) for k in ways if among - k <= of_others]
    return min(1.0, math.fsum(math.exp(one - choose(every, among)) for one in found))
