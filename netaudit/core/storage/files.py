"""How files get into a case: whole or not at all, and never through a link that somebody planted there.

Files that somebody names or passes on: read only where they are plain files of bounded size.

A pipe would be waited for for ever, a device never ends, and a file may have any size.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import stat
import sys
import time
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.system.disk import have_on_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MANIFEST = "manifest.json"  # of a case: its seal, which case.json promises
WAITS = (0.01, 0.05, 0.2, 0.5, 1.0, 2.0)  # seconds between tries
NEW = ".new"  # ends the name of a file that is not whole yet
_OWN = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


@contextlib.contextmanager
def fresh(path: Path) -> Iterator[Path]:
    """Gives the name of an empty file of our own, which takes the place of `path` when all went well.

    What stands under that name, a link or the rest of an earlier run, is removed and not written through.
    """
    temporary = path.with_name(path.name + NEW)
    remove(temporary)
    os.close(os.open(temporary, _OWN, 0o666))
    try:
        yield temporary
        patiently(lambda: temporary.replace(path))
    finally:
        remove(temporary)


def remove(path: Path) -> None:
    """Remove a file that may be there. On Windows that needs everybody to have let go of it: PermissionError."""
    patiently(lambda: path.unlink(missing_ok=True))


def patiently(act: Callable[[], object]) -> None:
    """Do something to a file that Windows refuses while others have it open: programs against viruses look at each.

    A table of ours that lies mapped in a cycle is let go of first. Raises PermissionError after some seconds.
    """
    try:
        act()
    except PermissionError:
        gc.collect()
        for wait in WAITS if sys.platform == "win32" else ():
            with contextlib.suppress(PermissionError):
                act()
                return
            time.sleep(wait)
        act()


def write_whole(path: Path, data: bytes, *, lasting: bool = False) -> None:
    """Write a file so that a reader sees the old one or the whole new one; `lasting` waits for the disk."""
    with fresh(path) as temporary, temporary.open("r+b") as file:
        file.write(data)
        if lasting:
            file.flush()
            have_on_disk(file.fileno())


def write_json(path: Path, value: Any) -> None:
    """The same for JSON with sorted keys."""
    write_whole(path, orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


def append_line(path: Path, line: bytes, mode: int = 0o666) -> None:
    """Add a line to a file and have it on the disk; a line that a crash has cut stays, and ends before it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    file = os.open(path, flags, mode)
    try:
        size = os.fstat(file).st_size
        if size:
            os.lseek(file, size - 1, os.SEEK_SET)
            line = line if os.read(file, 1) == b"\n" else b"\n" + line
        os.write(file, line + b"\n")
        have_on_disk(file)
    finally:
        os.close(file)


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
