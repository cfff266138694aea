"""Helper processes for native decoders, which may crash or hang on hostile bytes: how they are started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def start(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Run Python code in a process of its own that is talked to through pipes, unbuffered; its errors go nowhere."""
    flags = 0x0800_0000 | 0x0200 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW, CREATE_NEW_PROCESS_GROUP
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-P", "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        creationflags=flags,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def import_path() -> list[str]:
    """Where the helper finds modules: as this process does, but never in the working folder: it may hold evidence."""
    package = str(Path(__file__).parents[2])
    path = [entry for entry in sys.path if Path(entry).is_absolute()]
    return path if package in path else [*path, package]
