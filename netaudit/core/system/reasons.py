"""Why the system refused something, in the same words on every system: they go into cases, and are translated.

Windows says it in the language it is set to, and otherwise than POSIX.
"""

from __future__ import annotations

import errno
import os

_USED = {32, 33}  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION: POSIX has no such refusal


def why(error: Exception) -> str:
    """What an error says; of one of the system only that, without the name of a file."""
    windows = getattr(error, "winerror", None)
    if windows in _USED:
        return "used by another program"
    number = getattr(error, "errno", None)
    if windows and number and number != errno.EINVAL:  # which stands for all that POSIX does not know
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)
