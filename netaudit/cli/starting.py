"""What a double click starts: a shortcut, or the program itself where it has a console of its own.

Captures or a case dropped upon it are its words. The window stays until it was read.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from netaudit.cli.texts import say


def by_double_click(words: list[str]) -> list[str]:
    """The words of a command line, or what stands for them where none names a command and a double click began it."""
    dropped = bool(words) and all(Path(word).exists() for word in words)
    return ["browse", *words] if (not words or dropped) and double_clicked() else words


def double_clicked() -> bool:
    """Whether the window is there for this program alone, and goes with it."""
    if sys.platform == "win32":
        from netaudit.system import programs
        from netaudit.system.windows_processes import has_own_console

        return has_own_console(1 if programs.is_frozen() else 2)
    return False


def typed(lang: str) -> list[Path]:
    """What somebody typed or drew into the window; nothing where it was only Enter."""
    with contextlib.suppress(EOFError):
        answer = input(say("start_ask", lang)).strip().strip("\"'")
        return [Path(answer)] if answer else []
    return []


def stay(lang: str) -> None:
    """Leave the window open until it was read."""
    if sys.stdin is not None and sys.stdin.isatty() and double_clicked():
        input(say("start_end", lang))
