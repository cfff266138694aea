"""Commands of what follows from findings: what became of them, which articles they touch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import Json
from netaudit.cli.texts import default_language

app = App()


@app.command(epilog="Example: netaudit recheck march-case may-case --html recheck.html")
def recheck(
    visits: Annotated[
        list[Path],
        typer.Argument(
            metavar="CASE|CAPTURE...", help="Visits before; the last is the later one, unless --after names it."
        ),
    ],
    after: Annotated[
        list[Path] | None, typer.Option("--after", metavar="CASE|CAPTURE", help="The later visit; repeatable.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also write it as a page.")] = None,
    json: Json = False,
) -> None:
    """Say what became of each transfer since an earlier visit: gone, still, new, moved, or not to be seen."""
    from netaudit.cli.rechecking import recheck_command

    raise typer.Exit(recheck_command(visits, after or [], html, as_json=json, lang=default_language()))


@app.command(epilog="Example: netaudit duties ./case")
def duties(
    case: Annotated[
        Path | None, typer.Argument(metavar="[CASE]", help="Folder of a case; all cards when not given.")
    ] = None,
    json: Json = False,
) -> None:
    """Say which articles the findings touch, what they show of them and what not, and which papers to ask for."""
    from netaudit.cli.duties import duties_command

    raise typer.Exit(duties_command(case, as_json=json, lang=default_language()))
