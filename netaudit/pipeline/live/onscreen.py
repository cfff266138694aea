"""Runs the engine in a thread while the screen has the terminal; the run ends cleanly whatever the screen does."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from netaudit.core.system.signals import PRESSED, heard
from netaudit.pipeline.live.board import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.pipeline.live.news import Show

Result = TypeVar("Result")
MONOCHROME = ("vt", "dumb")  # beginnings of TERM of terminals without colour


def screen_possible() -> bool:
    """Whether there is a terminal to draw on."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def run_on_screen(work: Callable[[Show], Result], interface: str, lang: str) -> Result:
    """Run `work` in a thread and show what it tells, until it ends; gives what it gives, raises what it raises.

    The user may stop it. So do SIGINT, SIGTERM, a terminal that goes away, and a screen that fails.
    """
    from netaudit.pipeline.live.screen import LiveScreen

    board = Board()
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["result"] = work(board)
        except BaseException as error:  # noqa: BLE001  (raised again in the thread that waits)
            outcome["error"] = error
        finally:
            board.close()

    engine = threading.Thread(target=run, name="engine")
    _prepare_terminal()
    app = LiveScreen(board, interface, lang if prints_chinese() else "en", engine.start)
    with _signals(board):
        try:
            app.run(mouse=False)  # so that text can still be selected and copied
        except Exception as error:  # noqa: BLE001  (a screen that fails must not end the recording uncleanly)
            sys.stderr.write(f"netaudit: {type(error).__name__}: {error}\n")
        board.stop()
        if engine.ident is None:
            raise RuntimeError("the screen did not start; use --headless")
        engine.join()
    if "error" in outcome:
        raise outcome["error"]
    result: Result = outcome["result"]
    return result


def prints_chinese() -> bool:
    """Whether the terminal's encoding has Chinese: elsewhere English says more than question marks."""
    try:
        "中文".encode(sys.__stderr__.encoding if sys.__stderr__ is not None else "ascii")
    except (UnicodeEncodeError, LookupError, TypeError):
        return False
    return os.environ.get("TERM") != "linux"  # the kernel's console has no Chinese font


def _prepare_terminal() -> None:
    """Replace what the terminal cannot print, and leave out colours where it has none."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if os.environ.get("TERM", "").startswith(MONOCHROME):
        os.environ.setdefault("NO_COLOR", "1")


def _leave_terminal() -> None:
    """Go on without the terminal, which has gone: the screen draws into nothing and hears nothing, to its end.

    With SIGHUP comes SIGCONT, at which the screen would ask the terminal anew and hang.
    """
    signal.signal(signal.SIGCONT, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_WRONLY)
    silence, end = os.pipe()  # it stays open, and says nothing but
    os.write(end, b"\0")  # one key of no meaning: for a reader that is about to read what the terminal no longer has
    for number, instead in ((0, silence), (1, nothing), (2, nothing)):
        os.dup2(instead, number)


@contextlib.contextmanager
def _signals(board: Board) -> Iterator[None]:
    """Let signals stop the run cleanly."""

    def asked(number: int, _frame: object) -> None:
        board.stop()
        if number == getattr(signal, "SIGHUP", None) and not os.isatty(2):
            _leave_terminal()

    others = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    with heard([*PRESSED, *others], asked):
        yield
