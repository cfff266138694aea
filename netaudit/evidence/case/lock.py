"""One writer of a case at a time: a lock of the system on CASE/.lock, which goes with its process however that ends.

Others can read who holds it. Where a disk knows no locks (`core/system/locks.py`), a file made once stands for one. The
file is empty while nobody holds the lock. A thread may take the lock of a case again while it holds it; another thread
is another writer.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import stat
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.system import windows_rights
from netaudit.core.system.locks import locked
from netaudit.core.system.windows_names import real
from netaudit.errors import CaseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = ".lock"
STAND_IN = ".lock.held"  # where the disk knows no locks
FOLDERS = ("tables", "private", "private/objects", "private/record", "private/thumbnails")
OTHERS_WRITE = 0o002
_JUNCTION = 0xA000_0003  # IO_REPARSE_TAG_MOUNT_POINT
_held: dict[Path, Lock] = {}
_guard = threading.Lock()


@dataclass(slots=True)
class Lock:
    """The lock of one case, held by one thread of this process."""

    folder: Path
    file: int
    stand_in: bool
    thread: int
    identity: tuple[int, int]
    times: int = 1  # taken by that thread

    def check(self) -> None:
        """Raise CaseError where the folder is not the one any more that was locked: somebody moved or replaced it."""
        try:
            found = self.folder.stat()
        except OSError as error:
            raise CaseError("{}: is gone; it was moved or removed while it was written", self.folder) from error
        if (found.st_dev, found.st_ino) != self.identity:
            raise CaseError(
                "{}: is another folder than at the start; it was replaced while it was written", self.folder
            )


@contextlib.contextmanager
def writing(folder: Path, what: str) -> Iterator[Lock]:
    """Hold the lock of the case at `folder` (which exists) while something is written; `what` is told to others.

    Raises UsageError where another process or thread holds it, or where other users may change the folder; CaseError at
    the end where the folder was replaced meanwhile.
    """
    lock = _taken(folder, what)
    try:
        yield lock
        lock.check()
    finally:
        _given_back(lock)


@contextlib.contextmanager
def undisturbed(folder: Path, what: str) -> Iterator[None]:
    """Hold the lock while a case is read as a whole; of a case that this user may only read, see that nobody has it."""
    if os.access(folder, os.W_OK) and (not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()):
        with writing(folder, what):
            yield
        return
    if (owner := holder(folder)) is not None:
        raise _refusal(folder, owner)
    yield


def holder(folder: Path) -> dict[str, Any] | None:
    """Who is writing the case now (pid, host, what, since); None when nobody is. Takes the lock for a moment."""
    path = folder / NAME
    if not path.is_file() or path.is_symlink():
        return None
    if real(folder) in _held:
        return _owner(path) or {}
    try:
        if not path.stat().st_size:
            return None
        file = os.open(path, os.O_RDWR | _flags())
    except OSError:  # a case that this user may only read: what is told has to do
        return _owner(path)
    try:
        free = locked(file)
    except OSError:
        return _owner(folder / STAND_IN)
    finally:
        os.close(file)
    return None if free else _owner(path) or {}


def _taken(folder: Path, what: str) -> Lock:
    place = real(folder)
    with _guard:
        if (mine := _held.get(place)) is not None:
            if mine.thread != threading.get_ident():
                raise _refusal(folder, _owner(folder / NAME))
            mine.times += 1
            return mine
        _refuse_strangers(folder)
        _refuse_links(folder)
        status = place.stat()
        file, stand_in = _open(place, folder)
        _write_owner(file, what)
        lock = _held[place] = Lock(place, file, stand_in, threading.get_ident(), (status.st_dev, status.st_ino))
        return lock


def _open(place: Path, folder: Path) -> tuple[int, bool]:
    """The locked file, and whether only a stand-in says so."""
    path = place / NAME
    if path.is_symlink():
        raise UsageError("{}: its {} is a link; remove it", folder, NAME)
    file = os.open(path, os.O_RDWR | os.O_CREAT | _flags(), 0o600)
    try:
        try:
            if locked(file) or any(locked(file) for _ in _waited()):
                return file, False
        except OSError:
            descriptor = os.open(place / STAND_IN, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _flags(), 0o600)
            _write_owner(descriptor, "")
            os.close(descriptor)
            return file, True
        raise _refusal(folder, _owner(path))  # noqa: TRY301 - the file is closed just below
    except FileExistsError:
        os.close(file)
        raise _refusal(folder, _owner(path), STAND_IN) from None
    except BaseException:
        os.close(file)
        raise


def _waited() -> Iterator[None]:
    """A few moments: whoever asks who holds a lock (`holder`) has it for less than one."""
    for _ in range(3):
        time.sleep(0.02)
        yield


def _given_back(lock: Lock) -> None:
    with _guard:
        lock.times -= 1
        if lock.times:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(lock.file, 0)
        os.close(lock.file)
        if lock.stand_in:
            (lock.folder / STAND_IN).unlink(missing_ok=True)
        del _held[lock.folder]


def _write_owner(file: int, what: str) -> None:
    """Say in the locked file who has it."""
    owner = {
        "pid": os.getpid(),
        "host": platform.node(),
        "what": what,
        "since": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, orjson.dumps(owner))


def _owner(path: Path) -> dict[str, Any] | None:
    try:
        owner = orjson.loads(path.read_bytes()[:4096])
    except (OSError, ValueError):
        return None
    return owner if isinstance(owner, dict) else None


def _refusal(folder: Path, owner: dict[str, Any] | None, stand_in: str = "") -> UsageError:
    facts = owner or {}
    who = ", ".join(f"{name} {facts[name]}" for name in ("what", "pid", "host", "since") if facts.get(name))
    if stand_in:
        return UsageError(
            "{}: another netaudit is at work on this case ({}); wait until it has ended; where it is no more, "
            "remove {}",
            folder, who or "?", stand_in,
        )  # fmt: skip
    if who:
        return UsageError("{}: another netaudit is at work on this case ({}); wait until it has ended", folder, who)
    return UsageError("{}: another netaudit is at work on this case; wait until it has ended", folder)


def _refuse_strangers(folder: Path) -> None:
    """Other users who may change the folder could change what is written, or plant links in it."""
    if sys.platform == "win32":  # many a disk is open to all there by default, so that only another's folder is refused
        if owner := windows_rights.foreign(folder):
            raise UsageError("{}: belongs to another user ({}), who could change what is written", folder, owner)
        return
    if not hasattr(os, "getuid"):
        return
    found = folder.stat()
    foreign = found.st_uid != os.getuid()
    open_to_all = found.st_mode & OTHERS_WRITE and not found.st_mode & stat.S_ISVTX
    if not (foreign or open_to_all) or _without_rights(folder):
        return
    if foreign:
        raise UsageError("{}: belongs to another user (uid {}), who could change what is written", folder, found.st_uid)
    raise UsageError("{}: every user may write there; take that right away (chmod o-w) or choose another", folder)


def _refuse_links(folder: Path) -> None:
    """A link in the place of one of a case's folders would lead what is written to somewhere else."""
    for name in FOLDERS:
        if _is_link(folder / name):
            raise UsageError("{}: is a link, which a case never has; nothing was written", folder / name)


def _is_link(path: Path) -> bool:
    """Whether a path is a link of any kind: on Windows folders have junctions, too, which anybody may make."""
    if path.is_symlink():
        return True
    try:
        return getattr(path.lstat(), "st_reparse_tag", 0) == _JUNCTION
    except OSError:
        return False


def _without_rights(folder: Path) -> bool:
    """Whether the disk keeps no rights at all (exFAT, NTFS): a file made for one user alone is open to others."""
    probe = folder / f"{NAME}.{os.getpid()}"
    try:
        file = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _flags(), 0o600)
    except OSError:
        return False
    try:
        return bool(os.fstat(file).st_mode & 0o022)
    finally:
        os.close(file)
        probe.unlink()


def _flags() -> int:
    return getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
