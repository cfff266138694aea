"""What Windows tells of processes; asked of it where the tests run there (`make windows`)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from netaudit.core.system import windows_processes
from netaudit.images import cpu_limit

if TYPE_CHECKING:
    from pathlib import Path

windows = pytest.mark.skipif(sys.platform != "win32", reason="asks Windows")


@windows
def test_it_tells_of_itself_and_of_others() -> None:
    assert windows_processes.resident() > 1 << 20
    began = windows_processes.processor_seconds(os.getpid())
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    ended = windows_processes.processor_seconds(os.getpid())
    assert began is not None
    assert ended is not None
    assert 0.1 < ended - began < 5
    assert windows_processes.processor_seconds(0xFFFF_FFF0) is None


@windows
def test_a_process_that_is_tied_ends_with_its_job(tmp_path: Path) -> None:
    """A dead audit leaves no recorder running: here the handle of the job is closed, there its process ends."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        job = windows_processes.tie(int(process._handle))
        assert process.poll() is None
        windows_processes.untie(job)
        process.wait(20)


CLOSED = """
import ctypes, os, threading, time
from netaudit.core.system import windows_processes
kernel = ctypes.WinDLL("kernel32")
for name in ("GetModuleHandleW", "GetProcAddress", "CreateThread"):
    getattr(kernel, name).restype = ctypes.c_void_p
library = ctypes.c_void_p(kernel.GetModuleHandleW("kernelbase.dll"))
routine = ctypes.c_void_p(kernel.GetProcAddress(library, b"CtrlRoutine"))
told = threading.Event()
with windows_processes.on_closing(told.set):
    kernel.CreateThread(None, ctypes.c_size_t(0), routine, ctypes.c_void_p(2), 0, None)
    heard = told.wait(60)
    began = time.monotonic()
print(heard, time.monotonic() - began < 10, flush=True)
os._exit(0)
"""


@windows
def test_who_hears_that_the_window_is_closed_does_not_wait_for_the_time_that_gives() -> None:
    """To take the handler off the list while it ran waited for its end: by then Windows has ended the process."""
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, "-c", CLOSED], check=False, **quiet)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_bounds_ask_windows_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of helpers never fired there."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(windows_processes, "processor_seconds", lambda pid: pid / 2, raising=False)
    assert cpu_limit.processor_seconds(8) == 4
