"""What Windows tells of processes, and how one ends with another (learn.microsoft.com: `processthreadsapi.h`, jobs)."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ASKED, _TICK = 0x1000, 1e-7  # PROCESS_QUERY_LIMITED_INFORMATION; seconds that times are counted in
_HIDDEN = 0  # SW_HIDE
_CLOSING = (2, 5, 6)  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT
_GRACE = 30.0  # seconds


class _Memory(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("faults", ctypes.c_uint32),
        *((name, ctypes.c_size_t) for name in ("peak", "resident", "a", "b", "c", "d", "pagefile", "e")),
    )


class _JobLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        *((name, ctypes.c_size_t) for name in ("least", "most", "active", "affinity", "classes")),
        *((f"io_{number}", ctypes.c_uint64) for number in range(6)),
        *((name, ctypes.c_size_t) for name in ("process", "job", "peak_process", "peak_job")),
    )


if sys.platform == "win32":
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    for _name in ("GetCurrentProcess", "OpenProcess", "CreateJobObjectW", "GetConsoleWindow"):
        getattr(_kernel, _name).restype = ctypes.c_void_p

    _under_way: list[Any] = []  # handlers that the system may still be in

    def processor_seconds(pid: int) -> float | None:
        """Processor time of a process, of all its threads; None where it has ended or may not be asked."""
        process = ctypes.c_void_p(_kernel.OpenProcess(_ASKED, 0, pid))
        if not process:
            return None
        try:
            times = (ctypes.c_uint64 * 4)()  # made, ended, in the kernel, outside
            places = [ctypes.byref(times, 8 * place) for place in range(4)]
            return (times[2] + times[3]) * _TICK if _kernel.GetProcessTimes(process, *places) else None
        finally:
            _kernel.CloseHandle(process)

    def resident() -> int:
        """Bytes of memory that this process has in use; 0 where the system does not say."""
        found = _Memory(size=ctypes.sizeof(_Memory))
        me = ctypes.c_void_p(_kernel.GetCurrentProcess())
        return int(found.resident) if _kernel.K32GetProcessMemoryInfo(me, ctypes.byref(found), found.size) else 0

    def tie(process: int) -> Any:
        """Have a process, by its handle, end when this one does, however that comes; gives what `untie` takes."""
        job = ctypes.c_void_p(_kernel.CreateJobObjectW(None, None))
        limits = _JobLimits(flags=0x2000)  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
        _kernel.SetInformationJobObject(job, 9, ctypes.byref(limits), ctypes.sizeof(limits))
        _kernel.AssignProcessToJobObject(job, ctypes.c_void_p(process))
        return job

    def untie(job: Any) -> None:
        """Let go of a job whose process has ended."""
        _kernel.CloseHandle(job)

    def have_console() -> None:
        """See that this process has a console, hidden where there was none: signals go to processes that share it."""
        if not _kernel.GetConsoleProcessList((ctypes.c_uint32 * 1)(), 1) and _new_console():
            with contextlib.suppress(OSError):
                ctypes.WinDLL("user32").ShowWindow(ctypes.c_void_p(_kernel.GetConsoleWindow()), _HIDDEN)

    def _new_console() -> bool:
        _kernel.FreeConsole()  # of one without a screen
        return bool(_kernel.AllocConsole())

    @contextlib.contextmanager
    def on_closing(act: Callable[[], None]) -> Iterator[None]:
        """Have the closing of the window, the end of the session and of the system do something meanwhile."""
        begun = threading.Event()

        def closing(event: int) -> bool:
            if event not in _CLOSING:
                return False
            begun.set()
            act()
            time.sleep(_GRACE)  # the system ends the process when this returns, or sooner
            return True

        kept = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint32)(closing)
        _kernel.SetConsoleCtrlHandler(kept, 1)
        try:
            yield
        finally:
            if begun.is_set():  # to take it off the list would wait for its end, and with it for that of the process
                _under_way.append(kept)
            else:
                _kernel.SetConsoleCtrlHandler(kept, 0)
