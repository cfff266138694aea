"""Bounds an audit in time and memory where it has a process of its own: the process is ended, the reason is on disk."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.system import windows_processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.campaign.one_site import Task

EVERY = 0.5  # seconds between looks
ENDED = 75  # exit code, as of sysexits.h: try again


@contextlib.contextmanager
def watched(task: Task) -> Iterator[None]:
    """Watch while the body runs. Without bounds, or in a process that is not ours to end, nobody watches."""
    if not task.may_end or not (task.most_seconds or task.most_bytes):
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(task, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(task: Task, over: threading.Event) -> None:
    from netaudit.campaign.one_site import STARTED, note_failure

    until = time.monotonic() + task.most_seconds if task.most_seconds else float("inf")
    while not over.wait(EVERY):
        if time.monotonic() > until:
            reason = f"took longer than {task.most_seconds:.0f} s"
        elif task.most_bytes and resident() > task.most_bytes:
            reason = f"needed more than {task.most_bytes / 1e6:.0f} MB of memory"
        else:
            continue
        note_failure(Path(task.out), task.site, task.run, reason)
        (Path(task.out) / STARTED / task.name).unlink(missing_ok=True)
        os._exit(ENDED)


def resident() -> int:
    """Bytes of memory that this process has in use, on macOS had at most; 0 where the system does not say."""
    if sys.platform == "win32":
        return windows_processes.resident()
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
