"""The files of a folder that a recorder fills, as they become whole, and how they go into a case."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.capture.first_time import first_time, is_capture
from netaudit.capture.from_wire import recorded
from netaudit.core.storage.files import fresh
from netaudit.core.system.disk import have_on_disk
from netaudit.core.system.open_files import written_now
from netaudit.evidence.case.seal import Fact, hashed

if TYPE_CHECKING:
    from pathlib import Path

QUIET = 900.0  # seconds after which the newest file of another recorder is taken to be whole
_NUMBERS = re.compile(r"(\d+)")
_LONG = 4  # digits from which on a number of a name counts files, or is a time


@dataclass(frozen=True, slots=True)
class Whole:
    """A file to which nothing is added any more."""

    path: Path
    begins: float  # seconds since 1970: of its first packet, else when it was last written


@dataclass(slots=True)
class Spool:
    """Looks for whole files. `own`: our recorder writes there, so that its names tell their order."""

    folder: Path
    own: bool
    others: set[str] = field(default_factory=set)  # names of files that are no captures, at the last look
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)  # size and time of change at the last look

    def whole(self, *, ended: bool = False) -> list[Whole]:
        """Files that can be taken, in the order of the recording; `ended`: nobody writes there any more.

        Of what another recorder writes only captures are whole that did not change since the last look, that no
        process has open to write to, and that have a successor: the newest of its name waits until it was quiet for
        long. Links are not followed.
        """
        if self.own:
            files = recorded(self.folder)
            return [_whole(path) for path in (files if ended else files[:-1])]
        found = self._changed()
        before, self._seen = self._seen, {path.name: stamp for path, stamp in found}
        newest = {_stem(path.name): path for path, _ in found}
        quiet = (time.time() - QUIET) * 1e9
        still = [
            path
            for path, stamp in found
            if before.get(path.name) == stamp and (newest[_stem(path.name)] != path or stamp[1] < quiet)
        ]
        open_now = written_now() if still else set()
        self.others = set()
        still = [path for path in still if self._may_be_taken(path, open_now)]
        return sorted(map(_whole, still), key=lambda one: one.begins)

    def _changed(self) -> list[tuple[Path, tuple[int, int]]]:
        """Plain files with size and time of change, the oldest first, names with numbers in their order."""
        found = []
        with os.scandir(self.folder) as there:
            for one in there:
                with contextlib.suppress(OSError):  # it went meanwhile
                    if one.is_file(follow_symlinks=False) and not one.name.startswith("."):
                        status = one.stat(follow_symlinks=False)
                        found.append((self.folder / one.name, (status.st_size, status.st_mtime_ns)))
        return sorted(found, key=lambda one: (one[1][1], _natural(one[0].name)))

    def _may_be_taken(self, path: Path, open_now: set[tuple[int, int]]) -> bool:
        """Whether a file is a capture, and nobody writes to it."""
        try:
            status = path.lstat()
            if (status.st_dev, status.st_ino) in open_now or not status.st_size:
                return False
            if not (found := is_capture(path)):
                self.others.add(path.name)
        except OSError:
            return False
        return found


def _stem(name: str) -> str:
    """What the files of one recording have in common: the name without its count and its time."""
    parts = _NUMBERS.split(name)
    numbers = range(1, len(parts), 2)
    first = next((place for place in numbers if len(parts[place]) >= _LONG), numbers[-1] if numbers else len(parts))
    return "".join(parts[:first] + parts[first + 1 :: 2])


def _natural(name: str) -> list[tuple[int, str]]:
    """A name to be sorted by: its numbers as numbers."""
    return [(int(part), "") if part.isdecimal() and len(part) < 19 else (0, part) for part in _NUMBERS.split(name)]


def _whole(path: Path) -> Whole:
    try:
        begins = first_time(path)
        return Whole(path, begins if begins is not None else path.stat().st_mtime)
    except OSError:
        return Whole(path, time.time())


def moved(path: Path, target: Path) -> tuple[int, str]:
    """Move a file into a case; gives its bytes and SHA-256. Raises OSError, and then nothing stands at `target`.

    From another disk it is copied first: should the power fail then, it is in both places, and moved again.
    """
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    before = path.lstat()
    fact = hashed(path)
    after = path.lstat()
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))
    try:
        path.rename(target)
    except OSError:
        _copied(path, target, fact)
    with contextlib.suppress(OSError):  # of another owner, or a disk without rights
        target.chmod(0o600)
    return fact.bytes, fact.sha256


def _copied(path: Path, target: Path, fact: Fact) -> None:
    with fresh(target) as copy:
        shutil.copyfile(path, copy, follow_symlinks=False)
        with copy.open("r+b") as file:
            have_on_disk(file.fileno())
        if hashed(copy) != fact:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))
    try:
        if hasattr(os, "O_DIRECTORY"):  # where a folder can be opened
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                have_on_disk(folder)
            finally:
                os.close(folder)
        path.unlink()
    except OSError:
        target.unlink()
        raise
