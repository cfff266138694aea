"""`netaudit signatures`: check a set and its examples, or list it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.exits import Exit

app = typer.Typer(no_args_is_help=True, help="Signatures that name devices and services.")
Folder = Annotated[
    Path | None, typer.Option("--signatures", metavar="DIR", help="Another set than the one netaudit comes with.")
]


@app.command()
def check(signatures: Folder = None) -> None:
    """Check form, vocabulary and every example of a set."""
    from netaudit.signature_checks import failed_examples
    from netaudit.signatures import default_folder, read

    loaded = read(signatures or default_folder())
    problems = [*loaded.problems, *failed_examples(loaded)]
    for problem in problems:
        typer.echo(problem, err=True)
    typer.echo(
        f"{len(loaded.devices)} device and {len(loaded.services)} service signatures, version {loaded.version}, "
        f"SHA-256 {loaded.sha256[:16]}…, problems: {len(problems)}"
    )
    raise typer.Exit(Exit.USAGE if problems else Exit.AUDITED)


@app.command(name="list")
def list_(signatures: Folder = None) -> None:
    """List all signatures: id, claims, strength, provenance, source."""
    from netaudit.signatures import load

    loaded = load(signatures)
    for signature in (*loaded.devices, *loaded.services):
        claims = ", ".join(f"{name} {value}" for name, value in signature.claims.items())
        typer.echo(f"{signature.id}\t{claims}\t{signature.strength}\t{signature.provenance}: {signature.source}")
