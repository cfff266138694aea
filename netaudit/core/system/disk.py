"""To have on the disk what was written: where the system's own word means less, by what means it."""

from __future__ import annotations

import contextlib
import os
import sys


def have_on_disk(file: int) -> None:
    """Wait until an open file is on the disk. On macOS `fsync` leaves it in the disk's cache (fsync(2) there)."""
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):  # a disk of a network
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
            return
    os.fsync(file)
