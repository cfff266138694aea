"""Problems of signatures and second opinions, and ways of unwrapping, in the language of a report.

The stages write them in English, once; here they find their words, as sentences of other stages do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.report.wording import Wording

SEPARATOR = " › "
_HEAD = re.compile(r"[a-z]+(?: body| card)?")
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


def way_text(path: str, w: Wording, limit: int = 160) -> str:
    """The way by which an object was unwrapped: known steps in words, names of fields as they were sent."""
    shown = w.text(path, limit)
    return SEPARATOR.join(_step(step, w) for step in shown.split(SEPARATOR))


def _step(step: str, w: Wording) -> str:
    found = _HEAD.match(step)
    if found and (word := w.t.known("step", found[0])):
        return word + step[found.end() :]
    carrier, space, body = step.rpartition(" ")  # 'websocket body'
    return f"{carrier}{space}{w.t('step.body')}" if body == "body" and carrier else step
