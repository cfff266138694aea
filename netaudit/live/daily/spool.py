"""The files of a folder that a recorder fills, as they become whole, and how they go into a case."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.capture.first_time import first_time
from netaudit.capture.from_wire import recorded
from netaudit.storage.files import fresh

if TYPE_CHECKING:
    from pathlib import Path

QUIET = 900.0  # seconds after which the newest file of another recorder is taken to be whole
_NUMBERS = re.compile(r"(\d+)")


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
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)  # size and time of change at the last look

    def whole(self, *, ended: bool = False) -> list[Whole]:
        """Files that can be taken, in the order of the recording; `ended`: nobody writes there any more.

        Of what another recorder writes only what did not change since the last look is whole, and not the newest one
        before it has been quiet for long. Links are not followed.
        """
        if self.own:
            files = recorded(self.folder)
            return [_whole(path) for path in (files if ended else files[:-1])]
        found = self._changed()
        before, self._seen = self._seen, {path.name: stamp for path, stamp in found}
        still = [(path, stamp) for path, stamp in found if before.get(path.name) == stamp]
        if found and still and still[-1] == found[-1] and time.time() - found[-1][1][1] / 1e9 < QUIET:
            still.pop()
        return sorted((_whole(path) for path, _ in still), key=lambda one: one.begins)

    def _changed(self) -> list[tuple[Path, tuple[int, int]]]:
        """Plain files with size and time of change, the oldest first, names with numbers in their order."""
        found = []
        with os.scandir(self.folder) as there:
            for one in there:
                if one.is_file(follow_symlinks=False) and not one.name.startswith("."):
                    status = one.stat(follow_symlinks=False)
                    found.append((self.folder / one.name, (status.st_size, status.st_mtime_ns)))
        return sorted(found, key=lambda one: (one[1][1], _natural(one[0].name)))


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
    """Move a file into a case; gives its bytes and SHA-256. Raises OSError.

    From another disk it is copied first: should the power fail then, it is in both places, and moved again.
    """
    try:
        path.rename(target)
    except OSError:
        with fresh(target) as copy:
            shutil.copyfile(path, copy, follow_symlinks=False)
        path.unlink()
    target.chmod(0o600)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
