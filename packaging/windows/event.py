"""Runs in wine: starts a program and, once a file is there, tells it what a console tells: Ctrl-Break, window closed.

    event.py EVENT FILE PROGRAM WORD…

As Windows does, by a thread that begins at `CtrlRoutine` with the event as its word: in the program first, then in what
it has started. Prints how it ended, and the seconds that took.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 1800.0
kernel = ctypes.WinDLL("kernel32", use_last_error=True)
for name in ("CreateToolhelp32Snapshot", "OpenProcess", "GetModuleHandleW", "GetProcAddress", "CreateRemoteThread"):
    getattr(kernel, name).restype = ctypes.c_void_p


class Entry(ctypes.Structure):
    """PROCESSENTRY32W."""

    _fields_ = (
        ("size", ctypes.c_uint32), ("usage", ctypes.c_uint32), ("pid", ctypes.c_uint32), ("heap", ctypes.c_size_t),
        ("module", ctypes.c_uint32), ("threads", ctypes.c_uint32), ("parent", ctypes.c_uint32),
        ("priority", ctypes.c_int32), ("flags", ctypes.c_uint32), ("name", ctypes.c_wchar * 260),
    )  # fmt: skip


def started_by(pid: int) -> list[int]:
    """Processes that a process has started."""
    listed, entry = ctypes.c_void_p(kernel.CreateToolhelp32Snapshot(2, 0)), Entry(size=ctypes.sizeof(Entry))
    found, more = [], kernel.Process32FirstW(listed, ctypes.byref(entry))
    while more:
        found += [entry.pid] if entry.parent == pid else []
        more = kernel.Process32NextW(listed, ctypes.byref(entry))
    kernel.CloseHandle(listed)
    return found


def tell(pid: int, event: int) -> None:
    """Have a process act as its console says."""
    process = ctypes.c_void_p(kernel.OpenProcess(0x1F_FFFF, 0, pid))
    library = ctypes.c_void_p(kernel.GetModuleHandleW("kernelbase.dll"))
    routine = ctypes.c_void_p(kernel.GetProcAddress(library, b"CtrlRoutine"))
    if not kernel.CreateRemoteThread(process, None, ctypes.c_size_t(0), routine, ctypes.c_void_p(event), 0, None):
        raise ctypes.WinError(ctypes.get_last_error())


def main(event: int, file: Path, words: list[str]) -> None:
    """Start, wait, tell, wait."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    began = time.monotonic()
    while not file.exists() and process.poll() is None and time.monotonic() - began < PATIENCE:
        time.sleep(0.05)
    if process.poll() is not None:
        raise SystemExit(f"had ended before, with {process.returncode}")
    inner, told = started_by(process.pid), time.monotonic()
    for pid in (process.pid, *inner):
        tell(pid, event)
    code = process.wait(PATIENCE)
    while inner and any(pid in started_by(process.pid) for pid in inner) and time.monotonic() - told < PATIENCE:
        time.sleep(0.05)
    print(code, f"{time.monotonic() - told:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
