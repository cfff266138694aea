"""Folders in which nobody but this user can write: what is run or believed unseen must lie in such a one."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

ALL_WRITE, GROUP_WRITES = 0o002, 0o020


def nobody_else_writes(path: Path) -> bool:
    """Whether only this user and root can change a folder, or what leads to it; as far as the system has such rights.

    What is not there yet is judged by what it will be made in. A group of one, as many systems give each user, is that
    user.
    """
    if sys.platform == "win32":
        from netaudit.core.system import windows_rights

        return windows_rights.nobody_else_writes(path)
    if not hasattr(os, "getuid"):  # a system without users
        return True
    place = Path(os.path.realpath(path))
    return all(_safe(one) for one in (place, *place.parents))


def _safe(place: Path) -> bool:
    try:
        found = place.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if found.st_uid not in (os.getuid(), 0):
        return False
    if found.st_mode & stat.S_ISVTX:  # others may put things there, and take nothing of ours away
        return True
    return not found.st_mode & ALL_WRITE and not (found.st_mode & GROUP_WRITES and _shared(found.st_gid))


def _shared(group: int) -> bool:
    """Whether a group has other members than this user."""
    import grp
    import pwd

    if group == 0 and os.getuid() == 0:
        return False
    try:
        me, members = pwd.getpwuid(os.getuid()), grp.getgrgid(group).gr_mem
    except KeyError:
        return True
    return me.pw_gid != group or any(name != me.pw_name for name in members)


def first_own(candidates: list[Path]) -> Path:
    """The first folder in which nobody else can write, made where it is missing; else one that ends with this process.

    A name that is there and that others may write is passed over for one beside it.
    """
    for one in candidates:
        for place in (one, one.with_name(one.name + "-own")):
            if not nobody_else_writes(place):
                continue
            try:
                make_private(place)
            except OSError:
                continue
            if nobody_else_writes(place):
                return place
    return _of_this_process()


def make_private(place: Path) -> None:
    """Make a folder that is for this user alone, with what leads to it; one that is there stays as it is. OSError."""
    if place.is_dir():
        return
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":  # where Python takes the mode of folders for nothing
        from netaudit.core.system import windows_rights

        windows_rights.restrict(place)


_temporary: set[Path] = set()


def ends_with_process(place: Path) -> bool:
    """Whether a folder is one that `first_own` made for this process alone."""
    return place in _temporary


def _of_this_process() -> Path:
    import atexit
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="netaudit-"))
    if sys.platform == "win32":
        from netaudit.core.system import windows_rights

        windows_rights.restrict(place)
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    _temporary.add(place)
    return place
