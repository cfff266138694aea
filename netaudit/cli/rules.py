"""`netaudit rules`: entries from what was learned of a case, and whether they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.documents import Captures, check
from netaudit.cli.helping import App
from netaudit.cli.options import CaseFolder, Language

if TYPE_CHECKING:
    from netaudit.documents.head import Head
    from netaudit.documents.nodes import Tree

app = App(help="Rules: entries for dialects that nobody described, from what a case tells of them.")


@app.command(epilog="Example: netaudit rules learn ./case --route 3fa9c1 > mine/documents/learned.yaml")
def learn(
    case: CaseFolder,
    route: Annotated[str, typer.Option("--route", metavar="ID", help="Only routes whose id begins so.")] = "",
    captures: Captures = None,
) -> None:
    """Print an entry for each route with inferred events, with a masked example; look it over before it is used."""
    from netaudit.case.decisions import fields_decided
    from netaudit.case.reading import open_case
    from netaudit.pipeline.rereading import reread
    from netaudit.rows.events import head_of
    from netaudit.rule_writing.document_examples import tree_of
    from netaudit.rule_writing.learned_drafts import drafts, learned

    opened = open_case(case)

    def read(message: str) -> tuple[Head, Tree]:
        found = reread(opened, message, captures or ())
        return head_of(found), tree_of(found)

    decided = {where: one.meaning for where, one in fields_decided(opened.folder).items()}
    for text in drafts(learned(opened, route, decided), read):
        typer.echo(text, nl=False)


@app.command("test", epilog="Example: netaudit rules test ./mine/documents/learned.yaml")
def hold(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="Files of entries; all of netaudit's when not given."),
    ] = None,
    lang: Language = None,
) -> None:
    """Check form and examples of entries, as `documents check` does."""
    check(files, lang)
