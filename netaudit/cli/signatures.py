"""`netaudit signatures`: check a set and its examples, list it, try it, ask why, and begin a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.helping import App
from netaudit.cli.options import CaseFolder, Language
from netaudit.cli.texts import language_of

app = App(help="Signatures that name devices and services.")
Folder = Annotated[
    Path | None,
    typer.Option("--signatures", metavar="DIR", help="Folder of your own, added to those netaudit comes with."),
]
DeviceName = Annotated[
    str, typer.Argument(metavar="DEVICE", help="Its id, address or name, or the beginning of its id.")
]


@app.command(epilog="Example: netaudit signatures check ./my-signatures")
def check(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of your own.")] = None,
    signatures: Folder = None,
) -> None:
    """Check form, vocabulary, and every example, alone and against the whole set."""
    from netaudit.rule_writing.answers import wrong_answers
    from netaudit.signatures.checking import failed_examples
    from netaudit.signatures.loading import default_folder, read

    loaded = read(folder or signatures or default_folder())
    problems = [*loaded.problems, *failed_examples(loaded), *wrong_answers(loaded)]
    for problem in problems:
        typer.echo(problem, err=True)
    added = f", {loaded.added['devices'] + loaded.added['services']} of them added" if loaded.added else ""
    typer.echo(
        f"{len(loaded.devices)} device and {len(loaded.services)} service signatures{added}, version {loaded.version}, "
        f"SHA-256 {loaded.sha256[:16]}…, problems: {len(problems)}"
    )
    raise typer.Exit(Exit.USAGE if problems else Exit.AUDITED)


@app.command(name="list")
def list_(signatures: Folder = None) -> None:
    """List all signatures: id, claims, strength, provenance, source."""
    from netaudit.signatures.loading import load

    loaded = load(signatures)
    for signature in (*loaded.devices, *loaded.services):
        claims = ", ".join(f"{name} {value}" for name, value in signature.claims.items())
        typer.echo(f"{signature.id}\t{claims}\t{signature.strength}\t{signature.provenance}: {signature.source}")


@app.command(epilog="Example: netaudit signatures test office.pcapng --signatures ./my-signatures --added")
def test(  # a command, no test
    captures: Annotated[list[str], typer.Argument(metavar="CAPTURE|CASE...", help="Captures, or one case.")],
    signatures: Folder = None,  # noqa: PT028
    added: Annotated[bool, typer.Option("--added", help="Show only what your own signatures say.")] = False,  # noqa: PT028
    lang: Language = None,  # noqa: PT028
) -> None:
    """Show which signatures fire on captures or on a case, on which facts, and what became of their claims."""
    from netaudit.cli.naming import test_command

    raise typer.Exit(test_command(captures, signatures, added=added, lang=language_of(lang)))


@app.command(epilog="Example: netaudit signatures explain ./case 192.168.1.64")
def explain(
    case: CaseFolder,
    device: DeviceName,
    signatures: Folder = None,
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    lang: Language = None,
) -> None:
    """Explain a device: every claim with its signature, facts and packets, and what would have contradicted it."""
    from netaudit.cli.naming import explain_command

    raise typer.Exit(explain_command(case, device, signatures, language_of(lang), as_json=json))


@app.command(epilog="Example: netaudit signatures new ./case 192.168.1.64 --vendor Acme > mine/devices/acme.yaml")
def new(
    case: CaseFolder,
    device: DeviceName,
    class_: Annotated[str, typer.Option("--class", metavar="CLASS", help="What the device is, if you know.")] = "",
    vendor: Annotated[str, typer.Option("--vendor", metavar="NAME", help="Who made it, if you know.")] = "",
    signatures: Folder = None,
) -> None:
    """Write a draft of a signature from what a device of a case says, with examples for and against."""
    from netaudit.case.reading import open_case
    from netaudit.rule_writing.drafting import draft
    from netaudit.rule_writing.naming import find_device, plain_devices
    from netaudit.signatures.loading import load

    opened = open_case(case)
    row = find_device(plain_devices(opened), device)
    typer.echo(draft(opened, row, load(signatures), kind=class_, vendor=vendor), nl=False)
