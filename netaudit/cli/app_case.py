"""Commands that look into a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import (
    Captures,
    CaseFolder,
    Json,
    Language,
    Zone,
    language,
)
from netaudit.cli.texts import say

app = App()


@app.command()
def show(
    case: CaseFolder,
    table: Annotated[
        str,
        typer.Argument(
            metavar="[TABLE]",
            help="captures, skipped, flows, messages, objects, evidence, images, endpoints, devices, findings …",
        ),
    ] = "",
    columns: Annotated[
        str, typer.Option("--columns", metavar="COLUMNS", help="Columns to show, with commas between them, or all.")
    ] = "",
    explain_exit: Annotated[
        bool,
        typer.Option(
            "--explain-exit", help="Which exit code an audit of this case gives, and what of it is the reason."
        ),
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output, safe in a spreadsheet.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON lines on standard output.")] = False,
    lang: Language = None,
) -> None:
    """Show the verdict of a case, or one of its tables."""
    from netaudit.cli.showing import show_command, show_exit

    if explain_exit:
        raise typer.Exit(show_exit(case, language(lang)))
    form = "csv" if csv else "json" if json else "text"
    raise typer.Exit(show_command(case, table, columns, form=form, lang=language(lang)))


@app.command()
def report(
    case: CaseFolder,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Where to write it; report.html in the case when not given."),
    ] = None,
    lang: Language = None,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Show faces and identity data in clear; logged in the case.")
    ] = False,
    recipient: Annotated[
        str, typer.Option("--for", metavar="TEXT", help="With --unmask: whom it is for; stands on every page.")
    ] = "",
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate", metavar="FILE", help="Certificate of netaudit validate; its number stands in the report."
        ),
    ] = None,
    zone: Zone = None,
) -> None:
    """Write the report of a case again."""
    from netaudit.case.reading import open_case
    from netaudit.case.report_status import REPORT
    from netaudit.report.from_case import write_report
    from netaudit.report.rewriting import may_be_shown, note_validation, rewrite
    from netaudit.system.windows_names import real

    if recipient and not unmask:
        raise typer.BadParameter("goes with --unmask", param_hint="--for")
    opened = open_case(case)
    if certificate is not None:
        from netaudit.validate.certificate import of_this_copy

        note_validation(opened, of_this_copy(certificate))
    if html is None or real(html) == real(case / REPORT):
        typer.echo(rewrite(opened, language(lang), unmask=unmask, zone=zone, recipient=recipient))
    else:
        may_be_shown(opened)
        typer.echo(write_report(opened, html, language(lang), unmask, zone, recipient))


@app.command(epilog="Example: netaudit browse ./case    or all cases in a folder: netaudit browse ./cases")
def browse(
    case: Annotated[
        list[Path], typer.Argument(metavar="CASE|FOLDER...", help="Folders of cases, or of folders with cases.")
    ],
    captures: Captures = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address, do not open a browser.")] = False,
    lang: Language = None,
) -> None:
    """Look through a case in this computer's browser: local pages only, masked; Ctrl-C ends."""
    from netaudit.cli.browsing import browse_command

    raise typer.Exit(browse_command(case, captures or [], show=not no_open, lang=language(lang)))


@app.command()
def extract(
    case: CaseFolder,
    what: Annotated[str, typer.Argument(metavar="FINDING|OBJECT|FLOW", help="Id, or its beginning.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="pcapng file to write.")],
    captures: Captures = None,
    lang: Language = None,
) -> None:
    """Write exactly the packets of a finding, object, flow, event or journey, with comments, for Wireshark."""
    from netaudit.case.extract import extract as write
    from netaudit.case.reading import open_case

    count = write(open_case(case), what, out, captures or [])
    spoken = language(lang)
    typer.echo(f"{out}: {count:,} {say('frames', spoken)} {say('written', spoken)}")


@app.command(epilog="Example: netaudit wireshark ./case F14371f4d")
def wireshark(
    case: CaseFolder,
    what: Annotated[str, typer.Argument(metavar="FINDING|OBJECT|FLOW", help="Id, or its beginning.")],
    captures: Captures = None,
    show: Annotated[bool, typer.Option("--print", help="Print the command only.")] = False,
) -> None:
    """Open Wireshark at the first packet of a finding, or print the command where it is not installed."""
    from netaudit.cli.wireshark import wireshark_command

    raise typer.Exit(wireshark_command(case, what, captures or [], show=show))


@app.command(epilog="Example: netaudit explain ./case 3fa9c1    or of a packet: netaudit explain ./case 1234")
def explain(
    case: CaseFolder,
    what: Annotated[
        str,
        typer.Argument(
            metavar="FLOW|FRAME|OBJECT", help="Beginning of an id of a flow, message or object; or a packet's number."
        ),
    ],
    captures: Captures = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Say how a flow was read: its bytes and gaps, the readers asked, its messages, what was in them, what was lost."""
    from netaudit.cli.tracing import explain_command

    raise typer.Exit(explain_command(case, what, captures or [], as_json=json, lang=language(lang)))


@app.command()
def verify(
    case: CaseFolder,
    captures: Captures = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="wireshark|dpkt", help="Also ask for a second opinion; repeatable."),
    ] = None,
    images: Annotated[
        bool, typer.Option("--images", help="With --by: every image of the case, by protocol, not findings only.")
    ] = False,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Check that a case is as it was sealed: nothing changed, missing or added; with --by also a second opinion."""
    from netaudit.cli.verifying import verify_command

    raise typer.Exit(verify_command(case, captures or [], by or [], images=images, as_json=json, lang=language(lang)))
