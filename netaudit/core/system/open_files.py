"""Which files processes have open to write to, as far as this system tells."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

PROCESSES = Path("/proc")


def written_now() -> set[tuple[int, int]]:
    """Device and inode of files that processes have open to write to: on Linux, of those we may look at; else none."""
    found: set[tuple[int, int]] = set()
    for folder in PROCESSES.glob("[0-9]*/fd"):
        with contextlib.suppress(OSError), os.scandir(folder) as there:
            for one in there:
                with contextlib.suppress(OSError):  # closed meanwhile
                    if one.stat(follow_symlinks=False).st_mode & stat.S_IWUSR:  # how it was opened (proc(5))
                        status = one.stat()
                        found.add((status.st_dev, status.st_ino))
    return found
