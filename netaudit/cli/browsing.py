"""`netaudit browse`: a case in the browser of this computer; of a capture the case beside it, made first."""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.chinese import error_text
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError
from netaudit.evidence.case.writing import PACKED, beside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netaudit.cli.helping import App

NEEDED = ("starlette", "uvicorn")  # the extra `browse`
ENDED_WITHOUT_CASE = frozenset({Exit.USAGE, Exit.UNREADABLE, Exit.INTERNAL, Exit.INTERRUPTED})


def browse_command(
    places: Sequence[Path],
    captures: Sequence[Path],
    config: Path | None,
    command_for: Callable[[list[str]], App],
    *,
    show: bool,
    lang: str,
) -> Exit:
    """Serve the pages of cases, or of the cases in folders, until Ctrl-C.

    Captures are audited first, by the command line that `command_for` makes for given words.
    """
    asked = list(places) or _ask_for_place(lang)
    unaudited = [path for path in asked if _is_capture(path)]
    folders = [path for path in asked if path not in unaudited]
    if unaudited:
        case = _place(unaudited)
        ended = _audited(unaudited, case, config, command_for, lang)
        if ended in ENDED_WITHOUT_CASE:
            return ended
        folders.append(case)
    return _serve(folders, captures, show=show, lang=lang) if folders else Exit.AUDITED


def _ask_for_place(lang: str) -> list[Path]:
    """Ask for a capture or a case, which may be dropped into the window; no answer gives none."""
    with contextlib.suppress(EOFError):
        answer = input(say("start_ask", lang)).strip().strip("\"'")
        return [Path(answer)] if answer else []
    return []


def _is_capture(path: Path) -> bool:
    """A file, or a folder that holds captures and no case."""
    if not path.is_dir():
        return True
    cases = (path.glob(place) for place in ("case.json", "*/case.json", "*/*/case.json"))
    return not any(map(any, cases)) and any(one.suffix.lower() in PACKED for one in path.iterdir())


def _place(paths: list[Path]) -> Path:
    """The case of a capture is beside it, or in the user's own folder where nothing can be written there."""
    case = beside([str(path) for path in paths])
    return case if _takes_files(case.parent) else Path.home() / "netaudit" / case.name


def _takes_files(folder: Path) -> bool:
    """Whether something can be written there: captures may come on a disc, or from a share that is only read."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _audited(
    paths: list[Path], case: Path, config: Path | None, command_for: Callable[[list[str]], App], lang: str
) -> Exit:
    """Audit into a case, as the command does; nothing is done where the case is there and is of these captures."""
    if (case / "manifest.json").is_file():
        from netaudit.cli.captured import is_of
        from netaudit.evidence.case.reading import open_case

        if all(path.is_dir() or is_of(open_case(case), path) for path in paths):
            return Exit.AUDITED
        raise UsageError(
            "{}: the case beside it, {}, is of another capture; name the case that is meant", str(paths[0]), str(case)
        )
    words = ["audit", *map(str, paths), "--case", str(case)]
    before = ["--lang", lang, *(["--config", str(config)] if config else [])]
    ended = command_for(words)([*before, *words], standalone_mode=False, prog_name="netaudit")
    return Exit(ended) if isinstance(ended, int) else Exit.AUDITED


def _serve(folders: Sequence[Path], captures: Sequence[Path], *, show: bool, lang: str) -> Exit:
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise UsageError(say("browse_extra", lang))
    from netaudit.browse.server import serve
    from netaudit.browse.shelf import Shelf

    def opened(address: str) -> None:
        print(say("browse_open", lang, address=address), flush=True)
        if show:
            import webbrowser

            webbrowser.open(address)

    def print_address(address: str) -> None:
        print(say("browse_again", lang, address=address), flush=True)

    serve(Shelf(folders, captures, error_text), lang, opened, print_address)
    return Exit.AUDITED
