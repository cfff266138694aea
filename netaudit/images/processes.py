"""Helper processes for native decoders, which may crash or hang on hostile bytes: how they are started."""

from __future__ import annotations

import os
import subprocess
import sys


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process that is talked to through pipes, unbuffered; its errors go nowhere. OSError where it cannot."""
    flags = 0x0800_0000 | 0x0200 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW, CREATE_NEW_PROCESS_GROUP
    return subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        creationflags=flags,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
