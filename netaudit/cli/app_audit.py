"""Commands that make a case: audit and live."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from netaudit.cli.helping import App
from netaudit.cli.options import (
    Authority,
    FailOn,
    Inside,
    KeysFor,
    NoFaces,
    Signatures,
    Site,
    TlsKeys,
    Zone,
    certainty,
    folder_held,
    from_settings,
    settings_of,
)
from netaudit.cli.texts import default_language

app = App()
NOT_ON_LIVE = ("signatures",)  # settings that live takes without an option


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
    site: Site = None,
    inside: Inside = None,
    zone: Zone = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Use packets from this time on (ISO 8601 with zone).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Use packets before this time (ISO 8601 with zone).")
    ] = None,
    no_faces: NoFaces = False,
    count_faces: Annotated[
        bool,
        typer.Option("--count-faces", help="Also count the faces of every image; takes three to six times as long."),
    ] = False,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Store every object, not images only.")] = False,
    sm3: Annotated[bool, typer.Option("--sm3", help="Also compute the SM3 of each capture.")] = False,
    signatures_folder: Signatures = None,
    project_key: Annotated[
        Path | None,
        typer.Option(
            "--project-key",
            metavar="FILE",
            help="Secret of a project: makes keyed hashes comparable between its cases.",
        ),
    ] = None,
    tls_keys: TlsKeys = None,
    keys_for: KeysFor = None,
    authority: Authority = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", min=1, max=64, help="Processes that share the work; as many as pay when not given."
        ),
    ] = None,
    moments: Annotated[
        Path | None,
        typer.Option(
            "--moments",
            metavar="FILE",
            help="Moments noted by hand: CSV or JSON, time and text; times without a zone are in that of the site.",
        ),
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
    json: Annotated[bool, typer.Option("--json", help="One JSON summary on standard output.")] = False,
    json_lines: Annotated[
        bool,
        typer.Option("--json-lines", help="JSON lines on standard output: interim results; the summary last."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the case in that folder.")] = False,
    fail_on: FailOn = None,
) -> None:
    """Analyse captures into a case folder and print the summary."""
    from netaudit.cli.auditing import audit_command
    from netaudit.pipeline.project_key import read_project_key

    if bool(captures) == bool(resume) or (case is not None and resume is not None):
        raise typer.BadParameter("say CAPTURE..., or --resume CASE", param_hint="CAPTURE")
    least = certainty(fail_on)
    noted = keys = None
    if moments:
        from netaudit.evidence.case.moment_files import read_moments

        noted = read_moments(moments, zone)
    if tls_keys or keys_for or authority:
        from netaudit.pipeline.keys import request

        keys = request(tls_keys or (), keys_for or (), authority)
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
        "keys": keys,
        "workers": workers or 0,
        "moments": noted,
        "moment_window_s": moment_window,
        "lang": default_language(),
        "overwrite": overwrite,
        "settings": settings_of(ctx),
        "command": tuple(sys.argv),
    }
    if resume is not None:
        from netaudit.cli.auditing import moment, resume_command

        options |= {"since": moment(since, "--since", zone), "until": moment(until, "--until", zone)}
        raise typer.Exit(resume_command(resume, options, as_json=json, fail_on=least, as_lines=json_lines))
    assert captures is not None
    if case is None:
        from netaudit.evidence.case.writing import beside

        case = beside(captures, ctx.obj.cases)
    code = audit_command(captures, case, since, until, options, as_json=json, fail_on=least, as_lines=json_lines)
    raise typer.Exit(code)


@app.command(epilog="Example: netaudit live eth1 --case ./case --ring 20GiB --duration 8h --site 'Sales office 1'")
def live(
    ctx: typer.Context,
    interface: Annotated[
        str | None,
        typer.Argument(
            metavar="[IFACE|DIR]",
            help="Which to record, with --daily also a folder; without it they are listed, and how to be allowed.",
        ),
    ] = None,
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
    no_faces: NoFaces = False,
    headless: Annotated[bool, typer.Option("--headless", help="No screen; JSON lines out, marks in.")] = False,
    record_only: Annotated[
        bool, typer.Option("--record-only", help="Only record; later: netaudit audit --resume CASE.")
    ] = False,
    daily: Annotated[
        bool, typer.Option("--daily", help="Without end: a sealed case a day below --case, in bounded room.")
    ] = False,
    case_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="With --daily: begin another case at this size, too.")
    ] = None,
    private_days: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=0, max=3650, help="With --daily: remove private data after so many days."),
    ] = None,
    alarm: Annotated[
        str | None,
        typer.Option(metavar="FILE|syslog", help="With --daily: where it says that something was found or fails."),
    ] = None,
    zone: Zone = None,
    site: Site = None,
    inside: Inside = None,
    moment_window: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, max=86_400, help="How long after a moment to tell what was sent.")
    ] = 180,
    tls_keys: TlsKeys = None,
    keys_for: KeysFor = None,
    authority: Authority = None,
    recorder: Annotated[
        str, typer.Option(metavar="auto|dumpcap|socket", help="What records; socket is Linux's own and slower.")
    ] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Without IFACE: the list as JSON.")] = False,
    fail_on: FailOn = None,
) -> None:
    """Record an interface and audit it meanwhile; without one, list those there are and how to be allowed."""
    from netaudit.cli.living import case_folder, interfaces_command, live_command
    from netaudit.pipeline.keys import request
    from netaudit.pipeline.live.settings import LiveSettings, parse_duration, parse_size

    if interface is None:
        raise typer.Exit(interfaces_command(as_json=json, lang=default_language()))
    least = certainty(fail_on)
    if json:
        raise typer.BadParameter("lists interfaces; a recording tells JSON lines with --headless", param_hint="--json")
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
        "signatures": folder_held(ctx, "signatures"),
        "keys": request(tls_keys or (), keys_for or (), authority),
        "moment_window_s": moment_window,
        "lang": default_language(),
        "settings": settings_of(ctx, NOT_ON_LIVE),
        "command": tuple(sys.argv),
    }
    if daily:
        from netaudit.cli.living import daily_command

        size = parse_size(case_size, "--case-size") if case_size else None
        root = case or (ctx.obj.cases or Path()) / "daily"
        ended = daily_command(
            settings, root, options, case_size=size, private_days=private_days, alarm=alarm, certain=least
        )
        raise typer.Exit(ended)
    given = [name for name in ("case_size", "private_days", "alarm") if ctx.params[name] is not None]
    if alone := [name for name in given if not from_settings(ctx, name)]:
        raise typer.BadParameter("goes with --daily", param_hint=f"--{alone[0].replace('_', '-')}")
    folder = case or case_folder(ctx.obj)
    raise typer.Exit(live_command(settings, folder, options, headless=headless, fail_on=least))
