"""`netaudit browse`: a case in the browser of this computer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

NEEDED = ("starlette", "uvicorn")  # the extra `browse`


def browse_command(folders: Sequence[Path], captures: Sequence[Path], *, show: bool, lang: str) -> Exit:
    """Serve the pages of cases, or of the cases in folders, until Ctrl-C."""
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise UsageError(say("browse_extra", lang))
    from netaudit.browse.server import serve
    from netaudit.browse.shelf import Shelf

    def opened(address: str) -> None:
        print(say("browse_open", lang, address=address), flush=True)
        if show:
            import webbrowser

            webbrowser.open(address)

    def told(address: str) -> None:
        print(say("browse_again", lang, address=address), flush=True)

    serve(Shelf(folders, captures), lang, opened, told)
    return Exit.AUDITED
