"""Steps: audits that are ended in their middle, in several ways, go on and end as one that was not."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from checking import DEMO, Check, equal
from interpreter import HERE, compiled

SLOW_PROGRAM = "slow.exe"  # starts netaudit with what SLOW changes
COPIES = 2  # of the demo, so that there are windows enough to end it between
SLOW = """import sys
from netaudit.capture import from_files
from netaudit.cli import main
from netaudit.pipeline import checkpoint
whole = from_files.open_captures
from_files.open_captures = lambda paths, **how: whole(paths, **how | {"window_size": 1 << 20})
checkpoint.EVERY_S, checkpoint.SHARE = 0.0, 0  # a checkpoint after each window
main()
"""
WORDS = ("audit", "many", "--project-key", "key", "--no-faces")
UNJUDGED, INTERRUPTED = 5, 130  # exit codes: faces are not looked for here
EVENTS = {"Ctrl-Break": 1, "the window is closed": 2, "the session ends": 5}


def steps(check: Check) -> None:
    """Uncut first, then killed, then told to end."""
    check.step("many files: not cut", lambda: _uncut(check))
    check.step("killed and resumed: as not cut", lambda: _killed(check))
    for name, event in EVENTS.items():
        check.step(f"{name}, resumed: as not cut", lambda event=event: _told(check, event))
    (check.wine.program / SLOW_PROGRAM).unlink(missing_ok=True)


def _uncut(check: Check) -> str:
    shutil.rmtree(check.data / "many", ignore_errors=True)
    (check.data / "many").mkdir()
    for number in range(COPIES):
        shutil.copy(DEMO, check.data / "many" / f"{number:02}.pcapng")
    (check.data / "slow.py").write_text(SLOW, "ascii")
    compiled(HERE / "start.c", check.wine.program / SLOW_PROGRAM, "-municode", **starts(r"C:\\data\\slow.py"))
    return check.ran(UNJUDGED, *WORDS, "--case", "uncut", "--overwrite")


def starts(*words: str) -> dict[str, str]:
    """What `start.c` is compiled with for the installed Python and these words, a backslash written twice."""
    return {"PYTHON": "python\\\\python.exe", "START": " ".join(rf"\"{word}\"" for word in words)}


def _killed(check: Check) -> str:
    """As the system ends it when memory is short: nobody in it hears of that."""
    case = _fresh(check)
    process = check.wine.start(check.wine.program / SLOW_PROGRAM, *WORDS, "--case", "cut", folder=check.data)
    began = time.monotonic()
    while not list(case.glob("private/resume/audit.state")) and time.monotonic() - began < 1800:
        if process.poll() is not None:
            return "had ended before it was killed"
        time.sleep(0.1)
    check.wine.end()
    process.communicate()
    return "had ended before it was killed" if (case / "manifest.json").exists() else _resumed(check)


def _told(check: Check, event: int) -> str:
    case = _fresh(check)
    shutil.copy(HERE / "event.py", check.data)
    file = r"C:\data\cut\private\resume\audit.state"
    program = check.wine.inside / SLOW_PROGRAM
    python = check.wine.program / "python/python.exe"
    done = check.wine.run(python, r"C:\data\event.py", event, file, program, *WORDS, "--case", "cut", folder=check.data)
    said = done.stdout.decode().split()
    if done.returncode or len(said) != 2:
        return f"{said} {done.stderr.decode('utf-8', 'replace')[-300:]}"
    if not (case / "private" / "resume").is_dir():
        return f"had ended before: {said}"
    found = _resumed(check)
    return f"{found}; ended with {said[0]} after {said[1]} s" if found.startswith("ok") else found


def _fresh(check: Check) -> Path:
    shutil.rmtree(check.data / "cut", ignore_errors=True)
    return check.data / "cut"


def _resumed(check: Check) -> str:
    """By the same small windows, in which it was begun; the audit that was not cut had large ones."""
    done = check.wine.run(check.wine.program / SLOW_PROGRAM, "audit", "--resume", "cut", folder=check.data)
    if done.returncode != UNJUDGED:
        return f"exit code {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-300:]}"
    return equal(check.data / "uncut", check.data / "cut")
