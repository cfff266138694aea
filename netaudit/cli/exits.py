"""Exit codes: part of the public contract."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the process says to its caller."""

    AUDITED = 0
    USAGE = 2
    DAMAGED = 3  # audited, but an input was damaged
    UNREADABLE = 4  # nothing could be read
    FINDING = 10  # a finding reached --fail-on
    INTERNAL = 70
    INTERRUPTED = 130
