"""Commands that look into a case, and the one that notes what an analyst decides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import Captures, CaseFolder, Json, folder_held
from netaudit.cli.texts import default_language, say

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
) -> None:
    """Show the summary of a case, or one of its tables."""
    from netaudit.cli.showing import show_command, show_exit

    if explain_exit:
        raise typer.Exit(show_exit(case, default_language()))
    form = "csv" if csv else "json" if json else "text"
    raise typer.Exit(show_command(case, table, columns, form=form, lang=default_language()))


@app.command(epilog="Example: netaudit browse ./case    or all cases in a folder: netaudit browse ./cases")
def browse(
    ctx: typer.Context,
    places: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CASE|FOLDER|CAPTURE...]",
            help="Cases, folders with cases, or captures that are audited first; without any it asks.",
        ),
    ] = None,
    captures: Captures = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address, do not open a browser.")] = False,
) -> None:
    """Look through a case in this computer's browser: local pages only, masked; Ctrl-C ends."""
    from netaudit.cli.browsing import browse_command

    root = ctx.find_root()
    config, command_for = root.params.get("config"), root.obj  # by `app._root`
    lang = default_language()
    raise typer.Exit(browse_command(places or [], captures or [], config, command_for, show=not no_open, lang=lang))


@app.command(epilog="Example: netaudit explain ./case 192.168.1.64    or a packet: netaudit explain ./case 1234")
def explain(
    ctx: typer.Context,
    case: CaseFolder,
    what: Annotated[
        str,
        typer.Argument(
            metavar="ANYTHING",
            help="Finding, device, event, message, flow, object or image by id or its beginning; address, host, or "
            "any other value; number of a packet.",
        ),
    ],
    captures: Captures = None,
    json: Json = False,
) -> None:
    """Say what something of a case is, how that is known, and where else it occurs."""
    from netaudit.cli.explaining import explain_command

    signatures = folder_held(ctx, "signatures")
    code = explain_command(case, what, captures or [], signatures, as_json=json, lang=default_language())
    raise typer.Exit(code)


@app.command(epilog="Example: netaudit extract ./case F14371f4d -o finding.pcapng")
def extract(
    case: CaseFolder,
    what: Annotated[str, typer.Argument(metavar="FINDING|OBJECT|FLOW", help="Id, or its beginning.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="pcapng file to write.")] = None,
    wireshark: Annotated[
        bool,
        typer.Option(
            "--wireshark",
            help="Instead: open Wireshark at the first of the packets, or print the command where it is not installed.",
        ),
    ] = False,
    captures: Captures = None,
) -> None:
    """Write exactly the packets of a finding, object, flow, event or journey, with comments, for Wireshark."""
    from netaudit.evidence.case.extract import extract as write
    from netaudit.evidence.case.reading import open_case

    if (out is None) != wireshark:
        raise typer.BadParameter("say -o FILE, or --wireshark", param_hint="-o")
    if out is None:
        from netaudit.cli.wireshark import wireshark_command

        raise typer.Exit(wireshark_command(case, what, captures or []))
    count = write(open_case(case), what, out, captures or [])
    spoken = default_language()
    typer.echo(f"{out}: {count:,} {say('frames', spoken)} {say('written', spoken)}")


@app.command(epilog="Example: netaudit decide ./case 192.168.1.64 --class ip_camera --note label")
def decide(
    case: CaseFolder,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Id, address, name, or beginning of the id.")],
    class_: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="What it is: a word of vocabulary/classes.txt.")
    ] = "",
    vendor: Annotated[str, typer.Option("--vendor", metavar="NAME", help="Who made it.")] = "",
    alias: Annotated[str, typer.Option("--alias", metavar="NAME", help="A name of your own for it.")] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why: what you saw on site.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides, as it shall stand in the report.")] = "",
) -> None:
    """Note your decision about a device, beside what netaudit found; the report shows both."""
    from netaudit.cli.deciding import decide_command

    raise typer.Exit(decide_command(case, device, class_, vendor, note, by, alias, lang=default_language()))
