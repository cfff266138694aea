"""Replaces a case by another that was written beside it, so that a crash at any moment leaves one of the two whole.

No system swaps two folders in one step, and Windows moves no folder in which a file is open. So the new case is written
into CASE/.replacement and, once it is whole and on the disk, a journal (CASE/.swap.json) says what goes and what comes.
Every step can be done again: whoever opens the case next goes on where a crash left it. Without a journal the old case
is what counts, and what lies in .replacement is the rest of an audit that did not come to its end.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.storage.files import write_whole
from netaudit.core.system.disk import have_on_disk
from netaudit.errors import CaseError, NetauditError
from netaudit.evidence.case.lock import writing

if TYPE_CHECKING:
    from pathlib import Path

JOURNAL = ".swap.json"
COMING = ".replacement"  # the case that is being written
GOING = ".replaced"  # what it takes the place of, for a moment
_NAME = re.compile(r"[A-Za-z0-9_-][\w.-]{0,80}")
MANY = 1_000  # files and folders, from which on all is written to the disk together
AT_ONCE = 8  # files that are written to the disk or removed beside each other
PATIENCE = 10.0  # seconds to wait for another process that is swapping


def coming(folder: Path) -> Path:
    """An empty folder beside the files of a case, for the case that is to replace it. The caller holds the lock."""
    discard(folder)
    place = folder / COMING
    place.mkdir()
    return place


def discard(folder: Path) -> None:
    """Take away what an audit that did not come to its end has left beside a case. The caller holds the lock."""
    place = folder / COMING
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)


def swap_in(folder: Path, replaced: tuple[str, ...]) -> None:
    """Put the case in .replacement in the place of the files of `folder` named by `replaced`. The caller has the lock.

    Raises CaseError when a file cannot be moved (Windows: somebody has it open); the next opening goes on.
    """
    place = folder / COMING
    _flush(place)
    comes = sorted(path.name for path in place.iterdir())
    goes = [name for name in replaced if (folder / name).exists() or (folder / name).is_symlink()]
    write_whole(folder / JOURNAL, orjson.dumps({"comes": comes, "goes": goes}), lasting=True)
    _go_on(folder)


def taken_up(folder: Path) -> None:
    """Finish a swap that was begun, if there is one; whoever opens a case comes here first.

    Raises CaseError where that is not possible (a read-only disk, another process that does not end).
    """
    until = time.monotonic() + PATIENCE
    while (folder / JOURNAL).is_file():
        try:
            with writing(folder, "swap"):
                _go_on(folder)
        except (NetauditError, OSError) as error:
            if time.monotonic() > until or isinstance(error, OSError):
                raise CaseError("{}: is being replaced, and that cannot be finished now: {}", folder, error) from error
            time.sleep(0.05)


def _go_on(folder: Path) -> None:
    journal = _journal(folder)
    if journal is None:
        return
    going, place = folder / GOING, folder / COMING
    try:
        going.mkdir(mode=0o700, exist_ok=True)
        for name in dict.fromkeys((*journal["goes"], *journal["comes"])):
            _exchange(folder / name, going / name, place / name, comes=name in journal["comes"])
    except OSError as error:
        raise CaseError(
            "{}: cannot be moved while the case is replaced: {}", error.filename or folder, error
        ) from error
    _take_away(going)
    discard(folder)
    (folder / JOURNAL).unlink(missing_ok=True)


def _exchange(here: Path, going: Path, coming: Path, *, comes: bool) -> None:
    """One name: what is here goes, what is to come comes; nothing where that was done already."""
    if comes and not coming.exists():
        return
    if (here.exists() or here.is_symlink()) and not going.exists() and not going.is_symlink():
        here.rename(going)
    if comes:
        coming.rename(here)


def _journal(folder: Path) -> dict[str, Any] | None:
    """The journal; None when there is none. One that is not sound raises CaseError: nothing is moved by it."""
    try:
        journal = orjson.loads((folder / JOURNAL).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise CaseError("{}: is no journal: {}", folder / JOURNAL, error) from error
    names = [*journal.get("comes", ()), *journal.get("goes", ())] if isinstance(journal, dict) else [None]
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise CaseError("{}: names what is no part of a case", folder / JOURNAL)
    return {"comes": journal.get("comes", []), "goes": journal.get("goes", [])}


def _flush(place: Path) -> None:
    """Have all files of a folder on the disk before anything relies on them.

    Of a case of many images the whole file system at once, which takes one turn of the disk instead of one for each
    file: 15,000 took 3 s, and 1.2 s of processor time. Otherwise one by one, as what others write there is not waited
    for: several beside each other share the disk's turns.
    """
    if next(itertools.islice(place.rglob("*"), MANY, None), None) is not None and _file_system_on_disk(place):
        return
    files = [path for path in place.rglob("*") if path.is_file() and not path.is_symlink()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_on_disk, files))


def _file_system_on_disk(place: Path) -> bool:
    """Write all that waits for the disk where a folder lies (syncfs(2)); False where the system cannot, or failed."""
    if sys.platform != "linux":
        return False
    import ctypes

    sync = getattr(ctypes.CDLL(None), "syncfs", None)
    if sync is None:
        return False
    folder = os.open(place, os.O_RDONLY)
    try:
        return bool(sync(folder) == 0)
    finally:
        os.close(folder)


def _on_disk(path: Path) -> None:
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            have_on_disk(file)
        finally:
            os.close(file)


def _take_away(folder: Path) -> None:
    """Remove a case, its folders of objects several at once: what is on the disk goes from there, too."""
    inner = [path for top in _folders(folder) for path in _folders(top)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(functools.partial(shutil.rmtree, ignore_errors=True), inner))
    shutil.rmtree(folder, ignore_errors=True)


def _folders(place: Path) -> list[Path]:
    """Those in a folder; what a link leads to is no part of a case."""
    return [path for path in place.iterdir() if path.is_dir() and not path.is_symlink()]
