"""`netaudit docs`: the documentation that lies in the installation."""

from __future__ import annotations

from pathlib import Path

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError

SITE = Path(__file__).parents[1] / "_docs"  # filled by `make docs`
SOURCE = Path(__file__).parents[2] / "docs"  # of a checkout


def docs_command(*, show: bool, lang: str) -> Exit:
    """Open the first page in a language, or print where it lies."""
    inner = "zh" if lang == "zh" else "."
    page = SITE / inner / "index.html"
    if not page.is_file():
        page = SOURCE / inner / "index.md"
    if not page.is_file():
        raise UsageError(say("docs_missing", lang))
    print(page)
    if show:
        import webbrowser

        webbrowser.open(page.as_uri())
    return Exit.AUDITED
