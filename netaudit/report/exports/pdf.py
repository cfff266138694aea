"""The report of a case as PDF, printed by the browser that is there: Chromium, Chrome or Edge, which lays it out best.

The report loads nothing and the browser gets a profile of its own, which is thrown away: nothing is asked of a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.core.storage.files import fresh
from netaudit.errors import NetauditError, UsageError
from netaudit.report.from_case import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.evidence.case.reading import Case

COMMANDS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable",
    "msedge", "chrome",
)  # fmt: skip
INSTALLED = {  # where they are installed without being a command
    "win32": ("Microsoft/Edge/Application/msedge.exe", "Google/Chrome/Application/chrome.exe"),
    "darwin": ("Google Chrome", "Microsoft Edge", "Chromium"),
}
PATIENCE = 300  # seconds
QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pdf-header-footer",
)  # fmt: skip


def write_pdf(case: Case, out: Path, lang: str, *, annexes: bool = False, zone: str | None = None) -> None:
    """Print the report of `case`, masked, to `out`; `annexes` prints what is folded, too.

    Raises UsageError without a browser, NetauditError where it printed nothing.
    """
    program = browser()
    if program is None:
        raise UsageError("a PDF is printed by Chromium, Chrome or Edge: install one, or open report.html and print it")
    with tempfile.TemporaryDirectory(prefix="netaudit-pdf-", ignore_cleanup_errors=True) as work:
        page = write_report(case, Path(work) / "report.html", lang, zone=zone)
        with fresh(out) as temporary:
            printed = Path(work) / "report.pdf"
            _print(program, page.as_uri() + ("#all" if annexes else ""), printed, Path(work) / "profile")
            shutil.copyfile(printed, temporary)


def browser() -> str | None:
    """The program that prints; None without one."""
    found = next((path for name in COMMANDS if (path := shutil.which(name))), None)
    return found or next((str(path) for path in _installed() if path.is_file()), None)


def _installed() -> Iterator[Path]:
    for name in INSTALLED.get(sys.platform, ()):
        if sys.platform == "darwin":
            yield Path("/Applications") / f"{name}.app" / "Contents" / "MacOS" / name
        else:
            for place in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData"):
                if folder := os.environ.get(place):
                    yield Path(folder) / name


def _print(program: str, address: str, out: Path, profile: Path) -> None:
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # whose processes Chromium cannot shut into its sandbox
    words = [program, *QUIET, *(("--no-sandbox",) if root else ()), f"--user-data-dir={profile}"]
    try:
        subprocess.run(  # noqa: S603
            [*words, f"--print-to-pdf={out}", address],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        with out.open("rb") as file:
            whole = file.read(5) == b"%PDF-"
    except (OSError, subprocess.SubprocessError):
        whole = False
    if not whole:
        raise NetauditError("{}: printed no PDF; open report.html and print it by hand", Path(program).name)
