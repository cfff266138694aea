"""What stops a program is heard as long as somebody listens, and as before afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from netaudit.core.system import disk, signals


def test_pressed_is_heard_and_then_as_before() -> None:
    told: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    with signals.heard(signals.PRESSED, lambda number, _: told.append(number)):
        signal.raise_signal(signal.SIGINT)
    assert told == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is before
    assert len(signals.PRESSED) == (2 if sys.platform == "win32" else 1)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_helpers_leave_it_to_who_started_them() -> None:
    words = (
        "from netaudit.core.system import signals; signals.ignore(); import os; os.kill(os.getpid(), 2); print('on')"
    )
    assert subprocess.run([sys.executable, "-c", words], check=True, stdout=subprocess.PIPE).stdout == b"on\n"


def test_macos_is_asked_for_the_disk_itself(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """`fsync` leaves it in the disk's own cache there."""
    asked: list[str] = []

    class Control:
        F_FULLFSYNC = 51

        @staticmethod
        def fcntl(_file: int, what: int) -> None:
            asked.append(str(what))

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "fcntl", Control)
    monkeypatch.setattr(os, "fsync", lambda _: asked.append("fsync"))
    with (tmp_path / "file").open("wb") as file:
        disk.have_on_disk(file.fileno())
        monkeypatch.setattr(sys, "platform", "linux")
        disk.have_on_disk(file.fileno())
    assert asked == ["51", "fsync"]
