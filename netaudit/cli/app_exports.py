"""Commands that prove a case and make something of it for others: verify, sign, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import Captures, CaseFolder, Json, Overwrite, Zone, held
from netaudit.cli.texts import default_language

app = App()


@app.command(epilog="Example: netaudit verify ./case --by wireshark --by netaudit")
def verify(
    ctx: typer.Context,
    case: CaseFolder,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="wireshark|dpkt|netaudit",
            help="Also ask for a second opinion; netaudit audits the captures again with the same options and compares "
            "the tables; repeatable.",
        ),
    ] = None,
    captures: Captures = None,
    images: Annotated[
        bool, typer.Option("--images", help="With --by: every image of the case, by protocol, not findings only.")
    ] = False,
    json: Json = False,
) -> None:
    """Check that a case is as it was sealed: nothing changed, missing or added; with --by also a second opinion."""
    from netaudit.cli.verifying import verify_command

    asked = (captures or [], by or [], held(ctx))
    raise typer.Exit(verify_command(case, *asked, images=images, as_json=json, lang=default_language()))


@app.command(epilog="Example: netaudit sign ./case --key officer.key.pem --cert officer.pem")
def sign(
    case: CaseFolder,
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Private key: P-256, RSA or SM2.")] = None,
    cert: Annotated[
        Path | None, typer.Option("--cert", metavar="PEM", help="Its certificate, then those above it.")
    ] = None,
    p12: Annotated[Path | None, typer.Option("--p12", metavar="FILE", help="Instead: a PKCS#12 file.")] = None,
    stamp: Annotated[
        bool,
        typer.Option(
            "--stamp", help="Instead: write the request for a time stamp (RFC 3161), to be carried to an authority."
        ),
    ] = False,
    answer: Annotated[
        Path | None, typer.Option("--answer", metavar="TSR", help="Instead: attach what the authority answered.")
    ] = None,
    authority: Annotated[
        Path | None, typer.Option("--authority", metavar="PEM", help="Certificates that are trusted for it.")
    ] = None,
) -> None:
    """Sign the manifest of a case (CMS, detached), or have it stamped; nothing is sent.

    The password of the key is taken from NETAUDIT_KEY_PASSWORD.
    """
    from netaudit.cli.signing import sign_command, stamp_command

    if stamp or answer is not None or authority is not None:
        raise typer.Exit(stamp_command(case, answer, authority, lang=default_language()))
    raise typer.Exit(sign_command(case, key, cert, p12, lang=default_language()))


@app.command(epilog="Example: netaudit export ./case docx -o record.docx")
def export(
    ctx: typer.Context,
    case: CaseFolder,
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="html, pdf: the report. docx: the record of extraction with its list of electronic data. xlsx: list "
            "and tables for a spreadsheet. zip: everything but private/. "
            "tables: every table as CSV.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="Where to write it; beside the case when not given, html in the case."
        ),
    ] = None,
    annexes: Annotated[bool, typer.Option("--annexes", help="pdf: what is folded, too.")] = False,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="html: show faces and identity data in clear; logged in the case.")
    ] = False,
    recipient: Annotated[
        str, typer.Option("--for", metavar="TEXT", help="With --unmask: whom it is for; stands on every page.")
    ] = "",
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            metavar="FILE",
            help="html: certificate of netaudit validate, whose number it then carries.",
        ),
    ] = None,
    zone: Zone = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a case for others: report, record, tables, a zip to pass on, or what other tools read."""
    from netaudit.cli.exporting import Asked, export_command

    asked = Asked(
        out, default_language(), zone, tuple(held(ctx).get("officers", ())), recipient,
        certificate, annexes=annexes, unmask=unmask, overwrite=overwrite,
    )  # fmt: skip
    raise typer.Exit(export_command(case, form, asked))
