"""The Typer application: options in, one library call, a verdict and paths out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from netaudit.cli import campaign, devices, documents, signatures
from netaudit.cli.endings import endings, printable
from netaudit.cli.texts import default_language, say

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Find which devices moved whose face images, when and to whom, from packet captures.",
    epilog="Example: netaudit audit office.pcapng --case ./case --site 'Sales office 1'",
)

CaseFolder = Annotated[Path, typer.Argument(metavar="CASE", help="Folder of a case.")]
Language = Annotated[str | None, typer.Option("--lang", help="zh or en; by the locale when not given.")]

ProjectKey = Annotated[
    Path | None,
    typer.Option(
        "--project-key", metavar="FILE", help="Secret of a project: makes keyed hashes comparable between its cases."
    ),
]
TlsKeys = Annotated[
    list[Path] | None,
    typer.Option(
        "--tls-keys",
        metavar="FILE",
        help="Key log (SSLKEYLOGFILE) or RSA private key that opens TLS and QUIC.",
    ),
]
KeysFor = Annotated[
    list[str] | None,
    typer.Option(
        "--keys-for",
        metavar="HOST|CIDR|all",
        help="Connections that keys, also those in the captures, may open; repeatable. Nothing is opened without it.",
    ),
]
Authority = Annotated[
    str | None,
    typer.Option("--authority", metavar="TEXT", help="By what consent or authority they are opened; recorded."),
]


def _language(lang: str | None) -> str:
    if lang is None:
        return default_language()
    if lang not in {"zh", "en"}:
        raise typer.BadParameter("say zh or en", param_hint="--lang")
    return lang


def _certainty(fail_on: str | None) -> str:
    """The letter of --fail-on; empty when it was not given."""
    least = (fail_on or "").upper()
    if fail_on is not None and least not in {"A", "B", "C", "D"}:
        raise typer.BadParameter("say A, B, C or D", param_hint="--fail-on")
    return least


@app.command(epilog="Example: netaudit audit a.pcap b.pcapng.gz --case ./case --inside 2001:db8:1::/48 --fail-on A")
def audit(
    captures: Annotated[
        list[str] | None, typer.Argument(metavar="CAPTURE...", help="Files, folders, or - for standard input.")
    ] = None,
    case: Annotated[Path | None, typer.Option("--case", help="Folder of the case to write.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            metavar="CASE",
            help="Instead of captures: go on with an interrupted audit, or audit the recording of a live case again.",
        ),
    ] = None,
    site: Annotated[str | None, typer.Option(help="Name of the audited site.")] = None,
    inside: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Network that is inside; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Use packets from this time on (ISO 8601 with zone).")] = None,
    until: Annotated[str | None, typer.Option(help="Use packets before this time (ISO 8601 with zone).")] = None,
    no_faces: Annotated[bool, typer.Option("--no-faces", help="Do not decode images or look for faces.")] = False,
    count_faces: Annotated[
        bool,
        typer.Option("--count-faces", help="Also count the faces of every image; takes three to six times as long."),
    ] = False,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Store every object, not images only.")] = False,
    sm3: Annotated[bool, typer.Option("--sm3", help="Also compute the SM3 of each capture.")] = False,
    signatures_folder: Annotated[
        Path | None,
        typer.Option("--signatures", metavar="DIR", help="Folder of your own signatures, added to those of netaudit."),
    ] = None,
    project_key: ProjectKey = None,
    tls_keys: TlsKeys = None,
    keys_for: KeysFor = None,
    authority: Authority = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the work.")] = 1,
    moments: Annotated[
        Path | None,
        typer.Option("--moments", metavar="FILE", help="Moments noted by hand: CSV or JSON, time and text."),
    ] = None,
    moment_zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Zone of noted times that do not say theirs, e.g. +08:00.")
    ] = None,
    moment_window: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS",
            min=1,
            max=86_400,
            help="How long after a moment to tell what was sent; 180, or as before, when not given.",
        ),
    ] = None,
    lang: Language = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON summary on standard output.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the case in that folder.")] = False,
    fail_on: Annotated[
        str | None, typer.Option(metavar="A|B|C|D", help="Exit 10 when a finding is at least this certain.")
    ] = None,
) -> None:
    """Audit captures into a case folder and print the verdict."""
    from netaudit.case.moment_files import read_moments
    from netaudit.cli.auditing import audit_command
    from netaudit.running.keys import request
    from netaudit.running.project_key import read_project_key

    language = _language(lang)
    if bool(captures) == bool(resume) or (case is None) != bool(resume):
        raise typer.BadParameter("say CAPTURE... and --case, or --resume", param_hint="CAPTURE")
    least = _certainty(fail_on)
    options: dict[str, Any] = {
        "site": site,
        "inside": tuple(inside or ()),
        "faces": not no_faces,
        "count_faces": count_faces,
        "keep_all": keep_all,
        "sm3": sm3,
        "signatures": signatures_folder,
        "project_key": read_project_key(project_key) if project_key is not None else None,
        "keys": request(tls_keys or (), keys_for or (), authority),
        "workers": workers,
        "moments": read_moments(moments, moment_zone) if moments else None,
        "moment_window_s": moment_window,
        "lang": language,
        "overwrite": overwrite,
        "command": tuple(sys.argv),
    }
    if resume is not None:
        from netaudit.cli.auditing import moment, resume_command

        options |= {"since": moment(since, "--since"), "until": moment(until, "--until")}
        raise typer.Exit(resume_command(resume, options, as_json=json, fail_on=least))
    assert captures is not None
    assert case is not None
    raise typer.Exit(audit_command(captures, case, since, until, options, as_json=json, fail_on=least))


@app.command()
def interfaces(
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    lang: Language = None,
) -> None:
    """List network interfaces: addresses, link, whether they can be recorded and how to allow it."""
    from netaudit.cli.living import interfaces_command

    raise typer.Exit(interfaces_command(as_json=json, lang=_language(lang)))


@app.command(epilog="Example: netaudit live eth1 --case ./case --ring 20GiB --duration 8h --site 'Sales office 1'")
def live(
    interface: Annotated[str, typer.Argument(metavar="IFACE", help="As netaudit interfaces names it.")],
    case: Annotated[Path | None, typer.Option("--case", help="Folder of the case; by the time when not given.")] = None,
    ring: Annotated[str | None, typer.Option(metavar="SIZE", help="Room for the recording; else the disk's.")] = None,
    overwrite_oldest: Annotated[
        bool, typer.Option("--overwrite-oldest", help="When the room is used up, remove the oldest file; else stop.")
    ] = False,
    keep_free: Annotated[str, typer.Option(metavar="SIZE", help="Room of the disk that stays free.")] = "512MiB",
    bpf: Annotated[
        str, typer.Option("--filter", metavar="BPF", help="Record only what this filter lets through.")
    ] = "",
    snaplen: Annotated[int, typer.Option(min=0, help="Bytes of a packet; 0 all, as it has to be for images.")] = 0,
    duration: Annotated[str | None, typer.Option(metavar="TIME", help="Stop after 30m, 8h …")] = None,
    no_faces: Annotated[bool, typer.Option("--no-faces", help="Do not decode images or look for faces.")] = False,
    headless: Annotated[bool, typer.Option("--headless", help="No screen; JSON lines out, marks in.")] = False,
    record_only: Annotated[
        bool, typer.Option("--record-only", help="Only record; later: netaudit audit --resume CASE.")
    ] = False,
    site: Annotated[str | None, typer.Option(help="Name of the audited site.")] = None,
    inside: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Network that is inside; repeatable.")
    ] = None,
    signatures_folder: Annotated[
        Path | None,
        typer.Option("--signatures", metavar="DIR", help="Folder of your own signatures, added to those of netaudit."),
    ] = None,
    moment_window: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, max=86_400, help="How long after a moment to tell what was sent.")
    ] = 180,
    tls_keys: TlsKeys = None,
    keys_for: KeysFor = None,
    authority: Authority = None,
    recorder: Annotated[
        str, typer.Option(metavar="auto|dumpcap|socket", help="What records; socket is Linux's own and slower.")
    ] = "auto",
    lang: Language = None,
    fail_on: Annotated[
        str | None, typer.Option(metavar="A|B|C|D", help="Exit 10 when a finding is at least this certain.")
    ] = None,
) -> None:
    """Record an interface and audit it meanwhile; the case is the one that the recorded files give."""
    from netaudit.cli.living import case_folder, live_command
    from netaudit.live.settings import LiveSettings, parse_duration, parse_size
    from netaudit.running.keys import request

    least = _certainty(fail_on)
    if recorder not in {"auto", "dumpcap", "socket"}:
        raise typer.BadParameter("say auto, dumpcap or socket", param_hint="--recorder")
    settings = LiveSettings(
        interface,
        ring=parse_size(ring, "--ring") if ring else None,
        overwrite_oldest=overwrite_oldest,
        capture_filter=bpf,
        snaplen=snaplen,
        duration=parse_duration(duration, "--duration") if duration else None,
        record_only=record_only,
        keep_free=parse_size(keep_free, "--keep-free"),
        method="" if recorder == "auto" else recorder,
    )
    options = {
        "site": site,
        "inside": tuple(inside or ()),
        "faces": not no_faces,
        "signatures": signatures_folder,
        "keys": request(tls_keys or (), keys_for or (), authority),
        "moment_window_s": moment_window,
        "lang": _language(lang),
        "command": tuple(sys.argv),
    }
    folder = case or case_folder()
    raise typer.Exit(live_command(settings, folder, options, headless=headless, fail_on=least))


app.add_typer(signatures.app, name="signatures")
app.add_typer(documents.app, name="documents")
app.add_typer(devices.app, name="devices")
app.add_typer(campaign.app, name="campaign")


@app.command()
def show(
    case: CaseFolder,
    table: Annotated[
        str,
        typer.Argument(
            help="captures, skipped, flows, messages, objects, evidence, images, endpoints, devices, findings …"
        ),
    ] = "",
    csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output, safe in a spreadsheet.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON lines on standard output.")] = False,
    lang: Language = None,
) -> None:
    """Show the verdict of a case, or one of its tables."""
    from netaudit.cli.showing import show_command

    raise typer.Exit(show_command(case, table, form="csv" if csv else "json" if json else "text", lang=_language(lang)))


@app.command()
def report(
    case: CaseFolder,
    html: Annotated[
        Path | None, typer.Option("--html", help="Where to write it; report.html in the case when not given.")
    ] = None,
    lang: Language = None,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Show faces and identity data in clear; logged in the case.")
    ] = False,
    recipient: Annotated[
        str, typer.Option("--for", metavar="TEXT", help="With --unmask: whom it is for; stands on every page.")
    ] = "",
) -> None:
    """Write the report of a case again."""
    from netaudit.case.reading import open_case
    from netaudit.case.reporting import REPORT
    from netaudit.report.from_case import write_report
    from netaudit.report.rewriting import rewrite

    if recipient and not unmask:
        raise typer.BadParameter("goes with --unmask", param_hint="--for")
    opened = open_case(case)
    if html is None or html.resolve() == (case / REPORT).resolve():
        typer.echo(rewrite(opened, _language(lang), unmask=unmask, recipient=recipient))
    else:
        typer.echo(write_report(opened, html, _language(lang), unmask, recipient))


@app.command(epilog="Example: netaudit browse ./case    or all cases in a folder: netaudit browse ./cases")
def browse(
    case: Annotated[Path, typer.Argument(metavar="CASE|FOLDER", help="Folder of a case, or of cases.")],
    captures: Annotated[
        list[Path] | None, typer.Option("--captures", help="Where the captures are now, if moved; repeatable.")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address, do not open a browser.")] = False,
    lang: Language = None,
) -> None:
    """Look through a case in this computer's browser: local pages only, masked; Ctrl-C ends."""
    from netaudit.cli.browsing import browse_command

    raise typer.Exit(browse_command(case, captures or [], show=not no_open, lang=_language(lang)))


@app.command()
def extract(
    case: CaseFolder,
    what: Annotated[str, typer.Argument(metavar="FINDING|OBJECT|FLOW", help="Id, or its beginning.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="pcapng file to write.")],
    captures: Annotated[
        list[Path] | None, typer.Option("--captures", help="Where the captures are now, if moved; repeatable.")
    ] = None,
    lang: Language = None,
) -> None:
    """Write exactly the packets of a finding, object, flow, event or journey, with comments, for Wireshark."""
    from netaudit.case.extract import extract as write
    from netaudit.case.reading import open_case

    count = write(open_case(case), what, out, captures or [])
    language = _language(lang)
    typer.echo(f"{out}: {count:,} {say('frames', language)} {say('written', language)}")


@app.command(epilog="Example: netaudit wireshark ./case F14371f4d")
def wireshark(
    case: CaseFolder,
    what: Annotated[str, typer.Argument(metavar="FINDING|OBJECT|FLOW", help="Id, or its beginning.")],
    captures: Annotated[
        list[Path] | None, typer.Option("--captures", help="Where the captures are now, if moved; repeatable.")
    ] = None,
    show: Annotated[bool, typer.Option("--print", help="Print the command only.")] = False,
) -> None:
    """Open Wireshark at the first packet of a finding, or print the command where it is not installed."""
    from netaudit.cli.opening import wireshark_command

    raise typer.Exit(wireshark_command(case, what, captures or [], show=show))


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
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    lang: Language = None,
) -> None:
    """Audit the captures of a case again with its options, and say which tables are the same and what differs."""
    from netaudit.cli.repeating import repeat_command

    raise typer.Exit(
        repeat_command(case, captures or [], signatures_folder, project_key, as_json=json, lang=_language(lang))
    )


@app.command(epilog="Example: netaudit sign ./case --key officer.key.pem --cert officer.pem")
def sign(
    case: CaseFolder,
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Private key, P-256 or RSA.")] = None,
    cert: Annotated[
        Path | None, typer.Option("--cert", metavar="PEM", help="Its certificate, then those above it.")
    ] = None,
    p12: Annotated[Path | None, typer.Option("--p12", metavar="FILE", help="Instead: a PKCS#12 file.")] = None,
    lang: Language = None,
) -> None:
    """Sign the manifest of a case (CMS, detached); the password of the key is taken from NETAUDIT_KEY_PASSWORD."""
    from netaudit.cli.attesting import sign_command

    raise typer.Exit(sign_command(case, key, cert, p12, lang=_language(lang)))


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
    from netaudit.cli.attesting import stamp_command

    raise typer.Exit(stamp_command(case, answer, authority, lang=_language(lang)))


@app.command(epilog="Example: netaudit record ./case --docx record.docx")
def record(
    case: CaseFolder,
    docx: Annotated[Path, typer.Option("--docx", metavar="OUT.docx", help="Word file to write.")],
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Zone of its times, e.g. Asia/Shanghai.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    lang: Language = None,
) -> None:
    """Write the record of extraction with its list of electronic data, for the officer to complete in Word."""
    from netaudit.cli.papers import record_command

    raise typer.Exit(record_command(case, docx, overwrite=overwrite, lang=_language(lang), zone=zone))


@app.command(epilog="Example: netaudit export ./case --shareable case.zip")
def export(
    case: CaseFolder,
    shareable: Annotated[
        Path | None, typer.Option("--shareable", metavar="OUT.zip", help="Zip to write: everything but private/.")
    ] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="OUT.xlsx", help="Tables for a spreadsheet.")] = None,
    case_uco: Annotated[
        Path | None, typer.Option("--case-uco", metavar="OUT.jsonld", help="Graph of CASE/UCO 1.5.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that file.")] = False,
    lang: Language = None,
) -> None:
    """Write a zip of the case that may be passed on, or its tables for a spreadsheet."""
    from netaudit.cli.exporting import export_command
    from netaudit.cli.papers import graph_command, sheets_command

    if [shareable, xlsx, case_uco].count(None) != 2:
        raise typer.BadParameter("say one of --shareable, --xlsx, --case-uco", param_hint="--shareable")
    if case_uco is not None:
        raise typer.Exit(graph_command(case, case_uco, overwrite=overwrite, lang=_language(lang)))
    if xlsx is not None:
        raise typer.Exit(sheets_command(case, xlsx, overwrite=overwrite, lang=_language(lang)))
    assert shareable is not None
    raise typer.Exit(export_command(case, shareable, overwrite=overwrite, lang=_language(lang)))


@app.command()
def verify(
    case: CaseFolder,
    captures: Annotated[
        list[Path] | None, typer.Option("--captures", help="Where the captures are now, if moved; repeatable.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="wireshark|dpkt", help="Also ask for a second opinion; repeatable."),
    ] = None,
    images: Annotated[
        bool, typer.Option("--images", help="With --by: every image of the case, by protocol, not findings only.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    lang: Language = None,
) -> None:
    """Check that a case is as it was sealed: nothing changed, missing or added; with --by also a second opinion."""
    from netaudit.cli.verifying import verify_command

    raise typer.Exit(verify_command(case, captures or [], by or [], images=images, as_json=json, lang=_language(lang)))


@app.command(epilog="Example: netaudit explain ./case 3fa9c1    or of a packet: netaudit explain ./case 1234")
def explain(
    case: CaseFolder,
    what: Annotated[
        str,
        typer.Argument(
            metavar="FLOW|FRAME|OBJECT", help="Beginning of an id of a flow, message or object; or a packet's number."
        ),
    ],
    captures: Annotated[
        list[Path] | None, typer.Option("--captures", help="Where the captures are now, if moved; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    lang: Language = None,
) -> None:
    """Say how a flow was read: its bytes and gaps, the readers asked, its messages, what was in them, what was lost."""
    from netaudit.cli.tracing import explain_command

    raise typer.Exit(explain_command(case, what, captures or [], as_json=json, lang=_language(lang)))


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    lang: Language = None,
) -> None:
    """Say whether this computer is ready for an audit and a recording, and what helps where it is not."""
    from netaudit.cli.doctoring import doctor_command

    raise typer.Exit(doctor_command(as_json=json, lang=_language(lang)))


@app.command()
def warm(
    piece: Annotated[str | None, typer.Option(hidden=True, help="Only this piece, with a dot for each kernel.")] = None,
    lang: Language = None,
) -> None:
    """Compile the kernels now, so that the first audit starts quickly."""
    from netaudit.cli.warming import warm_command

    warm_command(piece, _language(lang))


def _version(value: bool) -> None:
    if value:
        from netaudit import __version__

        typer.echo(f"netaudit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Find which devices moved whose face images, when and to whom, from packet captures."""


def main() -> None:
    """Entry point: every failure is one line and an exit code."""
    os.umask(os.umask(0o022) | 0o022)  # nobody else writes what this makes, whatever the shell allows
    printable()
    with endings():
        app(standalone_mode=True)
