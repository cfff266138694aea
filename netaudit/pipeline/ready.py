"""Has the kernels compiled before an audit begins: where they are not, by several processes at once, and with progress.

A compiler is not freed again (some 300 MB), and numba compiles in one thread. So as many processes as there are
processors take the pieces (`warm.py`) in turn, and what they compile is loaded from where it is kept. What only the
last step or few captures need goes on being compiled while captures are read, and after the command where it did not
need it; who needs it earlier waits for it (`cache.py`).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from netaudit.core.system import programs
from netaudit.core.system.locks import locked
from netaudit.core.system.user_cache import keep, recalled, unsealed
from netaudit.images.processes import processors
from netaudit.jit import cache
from netaudit.jit.cache import COMPILING, KEY, NOT_AT_ALL, SHIPPED, STEP, asked, cache_folder
from netaudit.pipeline.warm import LATER, PIECES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_under_way: list[subprocess.Popen[bytes]] = []


def make_ready(progress: Callable[[str, int, int], None]) -> None:
    """Compile what is missing, wait for all but `LATER`, and tell `progress` "compile", what is done and of how much.

    What goes wrong here is left to whoever needs the kernel: it is compiled on its first call.
    """
    if all(map(is_ready, PIECES)) or asked(NOT_AT_ALL) or not may_keep(cache_folder()):
        return
    with _alone(cache_folder() / COMPILING) as lock:
        missing = [name for name in PIECES if not is_ready(name)]  # others may have had them compiled meanwhile
        if missing:
            _compile(missing, lock, progress)


def have_rest() -> None:
    """Wait for what `make_ready` has left under way."""
    while _under_way:
        _under_way.pop().wait()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[tuple[int, ...]]:
    """Wait while another process of this machine compiles: ten that begin at once would each compile everything.

    Gives what a process that goes on compiling must hold open, so that others wait for it, too.
    """
    with contextlib.ExitStack() as stack:
        held: tuple[int, ...] = ()
        with contextlib.suppress(OSError):  # a disk without locks
            file = stack.enter_context(path.open("ab"))
            while not locked(file.fileno()):
                time.sleep(STEP)
            held = (file.fileno(),)
        yield held
        if sys.platform == "win32" and _under_way:  # a lock is of one process there: kept here until they have ended
            keep = (stack.pop_all(), tuple(_under_way))
            threading.Thread(target=_close_behind, args=keep, daemon=True).start()


def _close_behind(held: contextlib.ExitStack, members: tuple[subprocess.Popen[bytes], ...]) -> None:
    for member in members:
        member.wait()
    held.close()


def _compile(missing: list[str], lock: tuple[int, ...], progress: Callable[[str, int, int], None]) -> None:
    names = in_turn(missing)
    awaited = [name for name in names if name not in LATER]
    total = sum(PIECES[name][1] for name in awaited)
    reading, writing = os.pipe()
    turns, giving = os.pipe()
    members: list[subprocess.Popen[bytes]] = []
    try:
        try:
            os.write(giving, "".join(map(str, range(len(names)))).encode())
            os.close(giving)
            members += [_start(names, turns, writing, lock) for _ in range(min(processors(), len(names)))]
        finally:
            os.close(turns)
            os.close(writing)
        if awaited:
            _follow(reading, awaited, total, progress)
        _under_way.extend(members)
    except BaseException:
        for member in members:
            member.kill()
            member.wait()
        raise
    finally:
        os.close(reading)


def _follow(dots: int, awaited: list[str], total: int, progress: Callable[[str, int, int], None]) -> None:
    """Tell how far it is, until all that is awaited is there or nobody compiles any more."""
    progress("compile", 0, total)
    done = 0
    while not all(map(is_ready, awaited)) and (got := os.read(dots, 64)):
        done = min(done + len(got), total - 1)
        progress("compile", done, total)
    progress("compile", total, total)


def is_ready(piece: str) -> bool:
    """Whether a piece was compiled as a whole, here or before the package came here."""
    return recalled(cache_folder() / piece) is not None or unsealed(SHIPPED / KEY / piece) is not None


def in_turn(names: list[str]) -> list[str]:
    """Pieces in the order in which they are taken: the longest first, so that all are done together; `LATER` last."""
    return sorted(names, key=lambda name: (name in LATER, -PIECES[name][1]))


def compile_pieces(names: list[str]) -> None:
    """Compile pieces in this process, and write a dot for each kernel to standard output.

    Standard input holds the numbers of the pieces, one digit each: who reads one has its turn.
    """
    import gc

    from numba.core import event

    cache.waits_for_others = False
    gc.disable()  # a compiler makes much and lets go of little: looking for cycles was an eighth of its time

    class Dots(event.Listener):
        def on_start(self, _: event.Event) -> None:
            """Nothing is done yet."""

        def on_end(self, _: event.Event) -> None:
            """Say that one more is done."""
            _say_done()

    with event.install_listener("numba:compile", Dots()):
        while turn := os.read(0, 1):
            name = names[int(turn)]
            PIECES[name][0]()
            keep(cache_folder() / name, b"")
            _say_done()


def _say_done() -> None:
    """Write a dot; who started this may not wait any more, which Windows calls an invalid argument."""
    with contextlib.suppress(OSError):
        os.write(1, b".")


def _start(names: list[str], turns: int, output: int, held: tuple[int, ...]) -> subprocess.Popen[bytes]:
    words = programs.netaudit("doctor", "--warm", *(word for name in names for word in ("--piece", name)))
    flags = 0x0800_0000 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW
    return subprocess.Popen(  # noqa: S603 - our own interpreter and words
        words,
        stdin=turns,
        stdout=output,
        stderr=subprocess.DEVNULL,
        creationflags=flags,
        pass_fds=() if flags else held,
    )


def may_keep(folder: Path) -> bool:
    """Whether what other processes compile would be found again."""
    probe = folder / f"ready-{os.getpid()}"
    keep(probe, b"")
    found = recalled(probe) is not None
    probe.unlink(missing_ok=True)
    return found
