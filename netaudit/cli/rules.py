"""`netaudit rules`: what names devices and reads messages, as data: begun, checked, tried and listed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import Captures, CaseFolder, Signatures, folder_held
from netaudit.cli.texts import default_language

app = App(help="Rules: signatures that name devices and services, and documents, what messages mean.")


@app.command(epilog="Example: netaudit rules new ./case 192.168.1.64 --vendor Acme > mine/devices/acme.yaml")
def new(
    ctx: typer.Context,
    case: CaseFolder,
    what: Annotated[
        str,
        typer.Argument(
            metavar="DEVICE|MESSAGE",
            help="A device by id, address or name: a signature. A message or event by id: an entry of documents.",
        ),
    ],
    class_: Annotated[str, typer.Option("--class", metavar="CLASS", help="What the device is, if you know.")] = "",
    vendor: Annotated[str, typer.Option("--vendor", metavar="NAME", help="Who made it, if you know.")] = "",
    captures: Captures = None,
) -> None:
    """Print a draft of a rule, with examples for and against, masked; look it over before it is used or shared."""
    from netaudit.cli.rules_drafting import drafted

    text = drafted(case, what, class_, vendor, captures or [], folder_held(ctx, "signatures"))
    typer.echo(text, nl=False)


@app.command(epilog="Example: netaudit rules check ./mine")
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR|FILE...]", help="Rules of your own; all of netaudit's when not given."),
    ] = None,
) -> None:
    """Check form, vocabulary, and every example, alone and beside all rules that netaudit comes with."""
    from netaudit.cli.rules_checking import check_command

    raise typer.Exit(check_command(paths or [], default_language()))


@app.command(epilog="Example: netaudit rules test office.pcapng --signatures ./mine --added")
def test(  # a command, no test
    captures: Annotated[
        list[str],
        typer.Argument(metavar="CAPTURE|CASE...", help="Captures, one case, or files of rules, which are checked."),
    ],
    signatures_folder: Signatures = None,  # noqa: PT028
    added: Annotated[bool, typer.Option("--added", help="Show only what your own signatures say.")] = False,  # noqa: PT028
) -> None:
    """Show which signatures fire on captures or on a case, on which facts, and what became of their claims."""
    from netaudit.cli.rules_checking import check_command
    from netaudit.cli.rules_testing import test_command

    if all(one.endswith((".yaml", ".yml")) for one in captures):
        raise typer.Exit(check_command([Path(one) for one in captures], default_language()))
    raise typer.Exit(test_command(captures, signatures_folder, added=added, lang=default_language()))


@app.command(name="list")
def list_(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of your own, added.")] = None,
) -> None:
    """List all rules: id, what it says, strength, provenance, source."""
    from netaudit.core.signatures.loading import load
    from netaudit.events.rules.loading import load as load_documents

    loaded = load(folder)
    for signature in (*loaded.devices, *loaded.services):
        claims = ", ".join(f"{name} {value}" for name, value in signature.claims.items())
        typer.echo(f"{signature.id}\t{claims}\t{signature.strength}\t{signature.provenance}: {signature.source}")
    for entry in load_documents((folder,) if folder else ()).index.entries:
        typer.echo(f"{entry.id}\t{entry.maker}: {entry.message}\t{entry.kind}\t{entry.provenance}: {entry.source}")
