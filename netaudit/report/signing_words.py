"""Problems of signatures and second opinions in the language of a report.

The stages write them in English, once; here they find their words, as sentences of other stages do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.report.wording import Wording

MOST = 400  # characters


def problem_text(problem: str, w: Wording) -> str:
    """A problem of seal, signature, stamp or opinion."""
    return w.t.phrase(problem, lambda part: w.exact(part, MOST))


def opinion_text(reason: str, w: Wording) -> str:
    """Why a second opinion is what it is: 'confirmed: the same bytes'."""
    status, colon, why = reason.partition(": ")
    known = w.t.known("status", status)
    if not colon or known is None:
        return w.t.known("why", reason) or problem_text(reason, w)
    return ("：" if w.lang == "zh" else ": ").join((known, w.t.known("why", why) or problem_text(why, w)))
