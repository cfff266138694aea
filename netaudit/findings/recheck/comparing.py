"""Cases of two sides into one comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError
from netaudit.findings.recheck import saying
from netaudit.findings.recheck.judging import compare
from netaudit.findings.recheck.matching import joined
from netaudit.findings.recheck.reading import MOST, visit_of

if TYPE_CHECKING:
    from netaudit.findings.recheck.route import Outcome
    from netaudit.findings.recheck.visit import CaseLike, Visit

Side = list[tuple[str, "Visit"]]


@dataclass(slots=True)
class Comparison:
    """What became of each route between two sides."""

    sides: list[tuple[str, list[Visit]]]
    after: Visit
    outcomes: list[Outcome]

    def document(self) -> dict[str, Any]:
        """As data, for JSON."""
        return saying.document(self.outcomes, self.sides, self.after)

    def rows(self, lang: str) -> list[dict[str, Any]]:
        """As words."""
        return [saying.outcome_row(one, self.after, lang) for one in self.outcomes]


def recheck(before: list[CaseLike], after: list[CaseLike]) -> Comparison:
    """Compare visits. Raises UsageError where a later one does not follow the others, CaseError for damaged cases."""
    sides = [("before", _visits(before)), ("after", _visits(after))]
    if not all(visits for _, visits in sides):
        raise UsageError("say at least one case before and one after")
    _seen_once([one for _, visits in sides for one in visits])
    earlier, later = (joined(visits) for _, visits in sides)
    if earlier.spans and later.spans and later.first < earlier.last:
        raise UsageError("{}: was captured before the visits it is compared with ended", ", ".join(later.names))
    return Comparison(sides, later, compare(earlier, later))


def _visits(cases: list[CaseLike]) -> list[Visit]:
    """Those of one side: they share what may be kept."""
    found: list[Visit] = []
    for case in cases:
        found.append(visit_of(case, max(found[-1].room, 0) if found else MOST))
    return found


def _seen_once(visits: list[Visit]) -> None:
    """A visit counts once: given twice, each of its passes would be two."""
    known: set[str] = set()
    for visit in visits:
        if visit.captures & known:
            raise UsageError("{}: has a capture that another of the visits has, too", ", ".join(visit.names))
        known |= visit.captures
