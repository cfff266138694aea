"""How files get into a case: whole or not at all, and never through a link that somebody planted there."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST = "manifest.json"  # of a case: its seal, which case.json promises
NEW = ".new"  # ends the name of a file that is not whole yet
_OWN = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


@contextlib.contextmanager
def fresh(path: Path) -> Iterator[Path]:
    """Gives the name of an empty file of our own, which takes the place of `path` when all went well.

    What stands under that name, a link or the rest of an earlier run, is removed and not written through.
    """
    temporary = path.with_name(path.name + NEW)
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, _OWN, 0o666))
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes, *, lasting: bool = False) -> None:
    """Write a file so that a reader sees the old one or the whole new one; `lasting` waits for the disk."""
    with fresh(path) as temporary, temporary.open("r+b") as file:
        file.write(data)
        if lasting:
            file.flush()
            os.fsync(file.fileno())


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
        os.fsync(file)
    finally:
        os.close(file)
