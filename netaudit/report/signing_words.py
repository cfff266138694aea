"""Problems of signatures and second opinions in the language of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.report.wording import Wording

MOST = 400  # characters


def problem_text(problem: str, w: Wording) -> str:
    """A problem of seal, signature, stamp or opinion."""
    return w.t.phrase(problem, lambda part: w.exact(part, MOST))


def opinion_text(opinion: str, w: Wording) -> str:
    """Why a second opinion is what it is, from its status and its reason: 'confirmed: opinion_same'."""
    status, colon, why = opinion.partition(": ")
    known = w.t.known("status", status)
    if not colon or known is None:
        return problem_text(opinion, w)
    return ("：" if w.lang == "zh" else ": ").join((known, problem_text(why, w)))
