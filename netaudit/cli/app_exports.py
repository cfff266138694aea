"""Commands that make something of a case for others: papers, signatures, exports, a second run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import (
    CaseFolder,
    Json,
    Language,
    TlsKeys,
    Zone,
    language,
)

app = App()


@app.command(epilog="Example: netaudit repeat ./case office.pcapng")
def repeat(
    case: CaseFolder,
    captures: Annotated[
        list[Path] | None, typer.Argument(metavar="CAPTURE...", help="Where the captures are now.")
    ] = None,
    signatures_folder: Annotated[
        Path | None, typer.Option("--signatures", metavar="DIR", help="The signatures that were added then.")
    ] = None,
    project_key: Annotated[
        Path | None, typer.Option("--project-key", metavar="FILE", help="The key then; else keyed columns are left.")
    ] = None,
    tls_keys: TlsKeys = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Audit the captures of a case again with its options, and say which tables are the same and what differs."""
    from netaudit.cli.repeating import repeat_command

    raise typer.Exit(
        repeat_command(
            case, captures or [], signatures_folder, project_key, tls_keys or [], as_json=json, lang=language(lang)
        )
    )


@app.command(epilog="Example: netaudit sign ./case --key officer.key.pem --cert officer.pem")
def sign(
    case: CaseFolder,
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Private key: P-256, RSA or SM2.")] = None,
    cert: Annotated[
        Path | None, typer.Option("--cert", metavar="PEM", help="Its certificate, then those above it.")
    ] = None,
    p12: Annotated[Path | None, typer.Option("--p12", metavar="FILE", help="Instead: a PKCS#12 file.")] = None,
    lang: Language = None,
) -> None:
    """Sign the manifest of a case (CMS, detached); the password of the key is taken from NETAUDIT_KEY_PASSWORD."""
    from netaudit.cli.signing import sign_command

    raise typer.Exit(sign_command(case, key, cert, p12, lang=language(lang)))


@app.command(epilog="Example: netaudit stamp ./case --answer manifest.tsr --authority ca.pem")
def stamp(
    case: CaseFolder,
    answer: Annotated[Path | None, typer.Option("--answer", metavar="TSR", help="What the authority answered.")] = None,
    authority: Annotated[
        Path | None, typer.Option("--authority", metavar="PEM", help="Certificates that are trusted for it.")
    ] = None,
    lang: Language = None,
) -> None:
    """Write the request for a time stamp of the manifest (RFC 3161), or attach the answer; nothing is sent."""
    from netaudit.cli.signing import stamp_command

    raise typer.Exit(stamp_command(case, answer, authority, lang=language(lang)))


@app.command(epilog="Example: netaudit record ./case --docx record.docx")
def record(
    case: CaseFolder,
    docx: Annotated[Path, typer.Option("--docx", metavar="OUT.docx", help="Word file to write.")],
    zone: Zone = None,
    officers: Annotated[
        list[str] | None,
        typer.Option("--officer", metavar="NAME", help="Who extracts, as it shall stand in the record; repeatable."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    lang: Language = None,
) -> None:
    """Write the record of extraction with its list of electronic data, for the officer to complete in Word."""
    from netaudit.cli.exports import record_command

    raise typer.Exit(
        record_command(case, docx, overwrite=overwrite, lang=language(lang), zone=zone, officers=officers or ())
    )


@app.command(epilog="Example: netaudit export ./case --shareable case.zip")
def export(
    case: CaseFolder,
    shareable: Annotated[
        Path | None, typer.Option("--shareable", metavar="OUT.zip", help="Zip to write: everything but private/.")
    ] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="OUT.pdf", help="The report, for paper.")] = None,
    annexes: Annotated[bool, typer.Option("--annexes", help="With --pdf: what is folded, too.")] = False,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="OUT.xlsx", help="Tables for a spreadsheet.")] = None,
    case_uco: Annotated[
        Path | None, typer.Option("--case-uco", metavar="OUT.jsonld", help="Graph of CASE/UCO 1.5.")
    ] = None,
    eve: Annotated[
        Path | None, typer.Option("--eve", metavar="OUT.jsonl", help="Flows, objects, findings as Suricata's EVE.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    lang: Language = None,
) -> None:
    """Write a zip of the case that may be passed on, its report as PDF, or its tables for a spreadsheet."""
    from netaudit.cli.exporting import export_command
    from netaudit.cli.exports import eve_command, graph_command, pdf_command, sheets_command

    if [shareable, pdf, xlsx, case_uco, eve].count(None) != 4:
        raise typer.BadParameter("say one of --shareable, --pdf, --xlsx, --case-uco, --eve", param_hint="--shareable")
    if annexes and pdf is None:
        raise typer.BadParameter("--annexes goes with --pdf", param_hint="--annexes")
    if pdf is not None:
        raise typer.Exit(pdf_command(case, pdf, annexes=annexes, overwrite=overwrite, lang=language(lang)))
    if eve is not None:
        raise typer.Exit(eve_command(case, eve, overwrite=overwrite, lang=language(lang)))
    if case_uco is not None:
        raise typer.Exit(graph_command(case, case_uco, overwrite=overwrite, lang=language(lang)))
    if xlsx is not None:
        raise typer.Exit(sheets_command(case, xlsx, overwrite=overwrite, lang=language(lang)))
    assert shareable is not None
    raise typer.Exit(export_command(case, shareable, overwrite=overwrite, lang=language(lang)))
