"""Commands that make a case: audit, live, and what they need to know of the interfaces."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import (
    Authority,
    Json,
    KeysFor,
    Language,
    ProjectKey,
    TlsKeys,
    Zone,
    certainty,
    from_settings,
    language,
    settings_of,
)

app = App()


@app.command(epilog="Example: netaudit audit a.pcap b.pcapng.gz --case ./case --inside 2001:db8:1::/48 --fail-on A")
def audit(
    ctx: typer.Context,
    captures: Annotated[
        list[str] | None, typer.Argument(metavar="CAPTURE...", help="Files, folders, or - for standard input.")
    ] = None,
    case: Annotated[
        Path | None,
        typer.Option(
            "--case", metavar="DIR", help="Folder of the case to write; beside the first capture when not given."
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            metavar="CASE",
            help="Instead of captures: go on with an interrupted audit, or audit the recording of a live case again.",
        ),
    ] = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the audited site.")] = None,
    inside: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Network that is inside; repeatable.")
    ] = None,
    zone: Zone = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Use packets from this time on (ISO 8601 with zone).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Use packets before this time (ISO 8601 with zone).")
    ] = None,
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
    workers: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=64, help="Processes that share the work.")] = 1,
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
    json_lines: Annotated[
        bool,
        typer.Option("--json-lines", help="JSON lines on standard output: verdicts so far; the summary last."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the case in that folder.")] = False,
    fail_on: Annotated[
        str | None, typer.Option(metavar="A|B|C|D", help="Exit 10 when a finding is at least this certain.")
    ] = None,
) -> None:
    """Audit captures into a case folder and print the verdict."""
    from netaudit.case.moment_files import read_moments
    from netaudit.case.places import beside
    from netaudit.cli.auditing import audit_command
    from netaudit.pipeline.keys import request
    from netaudit.pipeline.project_key import read_project_key

    spoken = language(lang)
    if bool(captures) == bool(resume) or (case is not None and resume is not None):
        raise typer.BadParameter("say CAPTURE..., or --resume CASE", param_hint="CAPTURE")
    least = certainty(fail_on)
    if resume is not None:  # goes on with what was asked for then, whatever the settings say now
        site, zone, inside, signatures_folder, project_key = (
            None if from_settings(ctx, name) else ctx.params[name]
            for name in ("site", "zone", "inside", "signatures_folder", "project_key")
        )
    options: dict[str, Any] = {
        "site": site,
        "zone": zone,
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
        "lang": spoken,
        "overwrite": overwrite,
        "settings": settings_of(ctx),
        "command": tuple(sys.argv),
    }
    if resume is not None:
        from netaudit.cli.auditing import moment, resume_command

        options |= {"since": moment(since, "--since", zone), "until": moment(until, "--until", zone)}
        raise typer.Exit(resume_command(resume, options, as_json=json, fail_on=least, as_lines=json_lines))
    assert captures is not None
    folder = case or beside(captures, ctx.obj.cases)
    code = audit_command(captures, folder, since, until, options, as_json=json, fail_on=least, as_lines=json_lines)
    raise typer.Exit(code)


@app.command()
def interfaces(
    json: Json = False,
    lang: Language = None,
) -> None:
    """List network interfaces: addresses, link, whether they can be recorded and how to allow it."""
    from netaudit.cli.living import interfaces_command

    raise typer.Exit(interfaces_command(as_json=json, lang=language(lang)))


@app.command(epilog="Example: netaudit live eth1 --case ./case --ring 20GiB --duration 8h --site 'Sales office 1'")
def live(
    ctx: typer.Context,
    interface: Annotated[str, typer.Argument(metavar="IFACE", help="As netaudit interfaces names it.")],
    case: Annotated[
        Path | None, typer.Option("--case", metavar="DIR", help="Folder of the case; by the time when not given.")
    ] = None,
    ring: Annotated[str | None, typer.Option(metavar="SIZE", help="Room for the recording; else the disk's.")] = None,
    overwrite_oldest: Annotated[
        bool, typer.Option("--overwrite-oldest", help="When the room is used up, remove the oldest file; else stop.")
    ] = False,
    keep_free: Annotated[str, typer.Option(metavar="SIZE", help="Room of the disk that stays free.")] = "512MiB",
    bpf: Annotated[
        str, typer.Option("--filter", metavar="BPF", help="Record only what this filter lets through.")
    ] = "",
    snaplen: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, help="Bytes of a packet; 0 all, as it has to be for images.")
    ] = 0,
    duration: Annotated[str | None, typer.Option(metavar="TIME", help="Stop after 30m, 8h …")] = None,
    no_faces: Annotated[bool, typer.Option("--no-faces", help="Do not decode images or look for faces.")] = False,
    headless: Annotated[bool, typer.Option("--headless", help="No screen; JSON lines out, marks in.")] = False,
    record_only: Annotated[
        bool, typer.Option("--record-only", help="Only record; later: netaudit audit --resume CASE.")
    ] = False,
    zone: Zone = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the audited site.")] = None,
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
    from netaudit.pipeline.keys import request

    least = certainty(fail_on)
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
        "zone": zone,
        "inside": tuple(inside or ()),
        "faces": not no_faces,
        "signatures": signatures_folder,
        "keys": request(tls_keys or (), keys_for or (), authority),
        "moment_window_s": moment_window,
        "lang": language(lang),
        "settings": settings_of(ctx),
        "command": tuple(sys.argv),
    }
    folder = case or case_folder(ctx.obj)
    raise typer.Exit(live_command(settings, folder, options, headless=headless, fail_on=least))
