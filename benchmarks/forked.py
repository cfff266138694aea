"""Commands of netaudit as processes forked from one that has loaded it: hundreds of them can be killed in minutes.

Loading takes most of the time of a small audit, and nothing of a case is at stake meanwhile. Each is a process group of
its own, as from a shell, and what it prints goes into a file.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LOADED = [
    "netaudit.cli.app", "netaudit.cli.auditing", "netaudit.pipeline.reading", "netaudit.pipeline.resuming",
    "netaudit.pipeline.workers", "netaudit.pipeline.conclusion", "netaudit.pipeline.inputs",
    "netaudit.packets.from_capture", "netaudit.report.from_case", "netaudit.case.second_opinion",
    "netaudit.live.engine",
    "jinja2", "numba", "pyarrow.parquet",
]  # fmt: skip
_server = multiprocessing.get_context("forkserver") if sys.platform != "win32" else None
if _server is not None:
    _server.set_forkserver_preload(LOADED)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (negative: the signal), what it printed, and how long it took."""

    code: int
    printed: str
    lasted_s: float


def command(
    words: list[str], *, after: float | None = None, sign: signal.Signals = signal.SIGKILL, small: bool = False
) -> Ended:
    """Run `netaudit WORDS` to its end, or send it and all it started `sign` after so many seconds.

    `small`: in small windows.
    """
    assert _server is not None
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="netaudit-forked-") as name:
        heard = Path(name) / "heard"
        process = _server.Process(target=_run, args=(words, str(heard)), kwargs={"small": small})
        process.start()
        process.join(after)
        if process.exitcode is None:
            assert process.pid is not None
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if _leads(process.pid) else os.kill)(process.pid, sign)
            process.join()
        said = heard.read_text("utf-8", "replace") if heard.exists() else ""
    assert process.exitcode is not None
    return Ended(process.exitcode, said, time.monotonic() - began)


def _leads(pid: int) -> bool:
    """Whether it is a group of its own yet."""
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def _run(words: list[str], heard: str, *, small: bool) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    file = os.open(heard, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.argv = ["netaudit", *words]
    if small:
        _make_small()
    from netaudit.cli import main

    main()


def _make_small() -> None:
    from functools import partial

    from netaudit.capture import from_files

    from_files.open_captures = partial(from_files.open_captures, window_size=1 << 17)
