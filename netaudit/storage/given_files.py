"""Files that somebody names or passes on: read only where they are plain files of bounded size.

A pipe would be waited for for ever, a device never ends, and a file may have any size.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def read_given(path: Path, most: int) -> bytes:
    """The bytes of a plain file, or of one that a link leads to. Raises OSError, with a reason, for all else."""
    descriptor = os.open(path, _FLAGS)  # a pipe without a writer is opened, not waited for
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "is no plain file, but a pipe, a device or the like", str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"is larger than {most:,} bytes, which no such file is: read up to there", str(path))
    return data
