"""Statements that cases sealed by earlier versions hold, said as those versions said them; none is made any more.

What is said of odds is what the tests of a version have met: a later sentence would promise what they never did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.findings.statements.kind import LAST, SECOND, Kind, Statement, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator


def _none(_: Tables) -> Iterator[Statement]:
    return iter(())


EARLIER = (
    Kind("matched", _none, SECOND),
    Kind("matched_untold", _none, SECOND),
    Kind("matched_sums", _none, SECOND),
    Kind("not_matched", _none, LAST),
)
