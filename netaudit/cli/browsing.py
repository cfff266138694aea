"""`netaudit browse`: a case in the browser of this computer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def browse_command(folder: Path, captures: Sequence[Path], *, show: bool, lang: str) -> Exit:
    """Serve the pages of a case, or of the cases in a folder, until Ctrl-C."""
    try:
        from netaudit.browse.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "uvicorn", "anyio", "h11", "click"):
            raise
        raise UsageError(say("browse_extra", lang)) from error
    from netaudit.browse.shelf import Shelf

    def opened(address: str) -> None:
        print(say("browse_open", lang, address=address), flush=True)
        if show:
            import webbrowser

            webbrowser.open(address)

    def told(address: str) -> None:
        print(say("browse_again", lang, address=address), flush=True)

    serve(Shelf(folder, captures), lang, opened, told)
    return Exit.AUDITED
