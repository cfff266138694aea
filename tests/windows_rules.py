"""Windows' rule for files, kept by the tests on every system: what is open or mapped is not removed, renamed, replaced.

Nor is a folder renamed in which a file is open, or a mapped file cut short, or opened for that. `keep` makes Python ask
before it does such a thing, here and in the processes started from here (`site/` has what they load), and answers as
Windows would: PermissionError. Linux tells what is open by /proc; elsewhere nothing is kept. Only what lies below a
temporary folder is asked about.

To read what every process has mapped took more than the audits that were tested. A lease is asked for first: the
kernel gives one for writing only on a file that nobody else has open or mapped (fcntl(2)), and only of a file that it
is refused for, /proc is asked whose it is.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import stat
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE = Path(__file__).parent / "site"  # is first on the path of processes that are started
TEMPORARY = tempfile.gettempdir()  # asked once: it removes a file itself, under a lock
SET_SIGNAL = 10  # F_SETSIG
_asking = threading.local()  # to look at /proc opens files, too


def keep() -> None:
    """Keep the rule from now on, in this process and in those it starts."""
    keep_here()
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(SITE), before)))


def keep_here() -> None:
    """Keep it in this process alone."""
    if sys.platform.startswith("linux"):
        sys.addaudithook(_hook)


@contextlib.contextmanager
def waived() -> Iterator[None]:
    """For what a test does to files as somebody on another system would."""
    _asking.now = True
    try:
        yield
    finally:
        _asking.now = False


def _hook(event: str, words: tuple[Any, ...]) -> None:
    if event == "open":
        if _empties(words) and not getattr(_asking, "now", False):
            with waived():
                _judge(words[0], -1, mapped_only=True)
        return
    if event not in ("os.remove", "os.rename", "os.truncate") or getattr(_asking, "now", False):
        return
    with waived():
        if event == "os.rename":
            places = [(words[0], words[2]), (words[1], words[3])]
        else:
            places = [(words[0], words[1] if event == "os.remove" else -1)]
        for name, beside in places:
            _judge(name, beside, mapped_only=event == "os.truncate")
        if event == "os.rename":
            _judge_folder(*places[0])


def _empties(words: tuple[Any, ...]) -> bool:
    """Whether a file is opened so that nothing is left of what is in it."""
    return isinstance(words[2], int) and bool(words[2] & os.O_TRUNC) and not isinstance(words[0], int)


def _judge_folder(name: Any, beside: int) -> None:
    path = _path(name, beside)
    if path.is_symlink() or not path.is_dir() or not (where := str(path.absolute())).startswith(TEMPORARY):
        return
    for pid in ("self", str(os.getppid()), *_children()):
        if held := _opened_below(pid, where + os.sep):
            raise PermissionError(13, f"Windows would refuse: {held} is open", where)


def _opened_below(pid: str, where: str) -> str:
    with contextlib.suppress(OSError):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                held = str(one.readlink())
                if held.startswith(where) and stat.S_ISREG(one.stat().st_mode):
                    return held
    return ""


def _judge(name: Any, beside: int, *, mapped_only: bool) -> None:
    path = Path(f"/proc/self/fd/{name}") if isinstance(name, int) else _path(name, beside)
    try:
        status = path.stat() if isinstance(name, int) else path.lstat()
    except OSError:
        return
    if not stat.S_ISREG(status.st_mode):
        return
    where = str(path.readlink() if isinstance(name, int) else path.absolute())
    if not where.startswith(TEMPORARY) or (_leases_tell() and _free(str(path))):
        return
    if how := _held(status, mapped_only=mapped_only):
        raise PermissionError(13, f"Windows would refuse: {how}", where)


def _path(name: Any, beside: int) -> Path:
    path = Path(os.fsdecode(name))
    return path if beside == -1 else Path(f"/proc/self/fd/{beside}").readlink() / path


def _free(where: str) -> bool:
    """Whether the kernel gives a lease for writing: nobody has the file open or mapped. Else somebody may have."""
    import fcntl

    with contextlib.suppress(OSError):
        descriptor = os.open(where, os.O_RDONLY | os.O_NONBLOCK)
        try:
            fcntl.fcntl(descriptor, SET_SIGNAL, signal.SIGURG)  # to whom holds what another wants: this one is ignored
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        finally:
            os.close(descriptor)
        return True
    return False


@functools.cache
def _leases_tell() -> bool:
    """Whether files in the temporary folder have leases, and none while they are mapped and no longer open."""
    import ctypes

    library = ctypes.CDLL(None)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    library.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(bytes(64))
        file.flush()
        mapped = library.mmap(None, 64, 1, 2, file.fileno(), 0)  # PROT_READ, MAP_PRIVATE
    while_mapped = _free(file.name)
    library.munmap(mapped, 64)
    afterwards = _free(file.name)
    Path(file.name).unlink()
    return afterwards and not while_mapped


def _held(status: os.stat_result, *, mapped_only: bool) -> str:
    """How this process, its parent or a child holds a file, which is known by its number; empty when none does."""
    for pid in ("self", str(os.getppid()), *_children()):
        with contextlib.suppress(OSError):
            if _mapped(pid, status):
                return "mapped" if pid == "self" else f"mapped by process {pid}"
            if not mapped_only and _opened(pid, status):
                return "open" if pid == "self" else f"open in process {pid}"
    return ""


def _children() -> list[str]:
    with contextlib.suppress(OSError):
        tasks = Path("/proc/self/task").iterdir()
        return [pid for task in tasks for pid in (task / "children").read_text("ascii").split()]
    return []


def _mapped(pid: str, status: os.stat_result) -> bool:
    number = str(status.st_ino).encode()
    said = Path(f"/proc/{pid}/maps").read_bytes()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}".encode()
    return number in said and any(line.split()[3:5] == [device, number] for line in said.splitlines())


def _opened(pid: str, status: os.stat_result) -> bool:
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found = one.stat()
            if (found.st_ino, found.st_dev) == (status.st_ino, status.st_dev):
                return True
    return False
