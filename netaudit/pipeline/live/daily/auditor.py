"""Audits the case of a day that is over, in a process of its own: what that needed is free when it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import orjson

from netaudit.core.system import programs
from netaudit.pipeline.live.daily.day import is_sealed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LARGEST = 32 << 20  # bytes of a summary that are read
NICE = 10  # the recording goes first
TRIES = 2  # of one case, until the appliance starts anew


@dataclass(frozen=True, slots=True)
class Done:
    """How the audit of a case ended."""

    case: Path
    code: int
    sealed: bool
    summary: dict[str, Any] = field(default_factory=dict)  # as `audit --json` prints it; empty where it is not read


@dataclass(slots=True)
class Auditor:
    """One case after the other."""

    words: Sequence[str]  # options of `netaudit audit --resume`
    _waiting: deque[tuple[Path, int]] = field(default_factory=deque)  # with how often it was tried
    _now: tuple[Path, int, subprocess.Popen[bytes], IO[bytes]] | None = None

    def add(self, case: Path) -> None:
        """Audit a case when those before it are done; of a sealed one only read what was found."""
        self._waiting.append((case, 0))

    @property
    def busy(self) -> set[str]:
        """Names of the cases that wait or are being audited."""
        return {case.name for case, _ in self._waiting} | ({self._now[0].name} if self._now is not None else set())

    def step(self) -> Done | None:
        """Begin where nothing runs; tell of one that ended since."""
        if self._now is None:
            if self._waiting:
                self._begin(*self._waiting.popleft())
            return None
        case, tries, process, out = self._now
        if (code := process.poll()) is None:
            return None
        self._now = None
        done = Done(case, code, is_sealed(case), _summary(out))
        if not (done.sealed and done.summary) and tries + 1 < TRIES:
            self._waiting.append((case, tries + 1))
            return None
        return done

    def stop(self) -> None:
        """End what runs; its case is audited when the appliance starts again."""
        if self._now is not None:
            _, _, process, out = self._now
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            out.close()
            self._now = None

    def _begin(self, case: Path, tries: int) -> None:
        out = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        quiet = subprocess.DEVNULL
        asked = ("show", str(case)) if is_sealed(case) else ("audit", "--resume", str(case), *self.words)
        words = programs.netaudit(*asked, "--json")
        process = subprocess.Popen(  # noqa: S603 - our own command line
            words, stdin=quiet, stdout=out, stderr=quiet, start_new_session=True
        )
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        self._now = (case, tries, process, out)


def _summary(out: IO[bytes]) -> dict[str, Any]:
    with out:
        out.seek(0)
        try:
            answer = orjson.loads(out.read(LARGEST))
        except ValueError:
            return {}
    return answer if isinstance(answer, dict) else {}
