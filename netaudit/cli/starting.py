"""`netaudit start`: what a double click starts. It asks for a capture, audits it, and looks through the case.

A shortcut, or the program itself where it has a console of its own, starts it; captures or a case dropped upon it are
its words. The window stays until it was read.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ENDED_WITHOUT_CASE = frozenset({Exit.USAGE, Exit.UNREADABLE, Exit.INTERNAL, Exit.INTERRUPTED})


def start_command(named: Sequence[Path], lang: str, run: Callable[[list[str]], Exit]) -> Exit:
    """Take what was named or is typed; `run` carries out other commands by their words."""
    try:
        paths = list(named) or _asked(lang)
        return _done(paths, run) if paths else Exit.AUDITED
    finally:
        if sys.stdin is not None and sys.stdin.isatty():
            input(say("start_end", lang))


def _asked(lang: str) -> list[Path]:
    """What somebody typed or drew into the window; nothing where it was only Enter."""
    try:
        said = input(say("start_ask", lang)).strip().strip("\"'")
    except EOFError:
        return []
    return [Path(said)] if said else []


def _done(paths: list[Path], run: Callable[[list[str]], Exit]) -> Exit:
    """Browse cases; audit what is none into a case beside it, and browse that."""
    cases = [path for path in paths if (path / "case.json").is_file()]
    if cases:
        return run(["browse", *map(str, cases)])
    first = paths[0]
    name = f"{first.name.partition('.')[0]}-case"
    case = first.with_name(name) if _takes_files(first.parent) else Path.home() / "netaudit" / name
    if not (case / "manifest.json").is_file():
        ended = run(["audit", *map(str, paths), "--case", str(case)])
        if ended in ENDED_WITHOUT_CASE:
            return ended
    return run(["browse", str(case)])


def _takes_files(folder: Path) -> bool:
    """Whether something can be written there: captures may come on a disc, or from a share that is only read."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def by_double_click(words: list[str]) -> list[str]:
    """The words of a command line, or what stands for them where none names a command and a double click began it."""
    if sys.platform == "win32":
        from netaudit.system import programs
        from netaudit.system.windows_processes import has_own_console

        dropped = bool(words) and all(Path(word).exists() for word in words)
        if (not words or dropped) and has_own_console(1 if programs.is_frozen() else 2):
            return ["start", *words]
    return words
