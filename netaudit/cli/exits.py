"""Exit codes: part of the public contract, and which of them a process ends with where there are several reasons."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(IntEnum):
    """What the process says to its caller."""

    AUDITED = 0
    USAGE = 2
    DAMAGED = 3  # audited, but an input was damaged or refused
    UNREADABLE = 4  # nothing could be read
    UNJUDGED = 5  # audited, but images, key frames or all packets were not judged
    FINDING = 10  # a finding reached --fail-on
    INTERNAL = 70
    INTERRUPTED = 130


PRECEDENCE = (Exit.INTERRUPTED, Exit.FINDING, Exit.UNJUDGED, Exit.DAMAGED, Exit.AUDITED)  # of an audit, gravest first


def gravest(reasons: Iterable[Exit]) -> Exit:
    """The code of an audit that has these reasons to give one."""
    given = set(reasons)
    return next((one for one in PRECEDENCE if one in given), Exit.AUDITED)
