"""Behind the public face: audit captures into a case."""

from __future__ import annotations

import datetime
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.case.reading import Case, open_case
from netaudit.errors import UnreadableError, UsageError

if TYPE_CHECKING:
    from netaudit.capture.from_files import Captures, Rejected, Source
    from netaudit.case.moments import Notes
    from netaudit.packets.from_capture import Decoder
    from netaudit.running.conclusion import Outcome
    from netaudit.running.workers import Member

__all__ = ["Options", "audit", "open_case"]

Progress = Callable[[str, int, int], None]  # stage ("read", "images", "write"), done, total (0 when unknown)


@dataclass(frozen=True, slots=True)
class Options:
    """How to audit. `since`/`until` are UTC nanoseconds, half-open."""

    site: str | None = None
    inside: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    faces: bool = True
    workers: int = 1
    lang: str = "en"
    overwrite: bool = False
    keep_all: bool = False  # store the bytes of every object, not of images only
    sm3: bool = False
    signatures: Path | None = None  # a folder added to netaudit's own
    moments: Notes | None = None  # noted by the auditor, stored with the case
    moment_window_s: float | None = None  # seconds after a moment; None: `moments.WINDOW_S`, or as before
    command: tuple[str, ...] = field(default=())


def audit(
    captures: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    case: str | os.PathLike[str],
    *,
    site: str | None = None,
    inside: Iterable[str] = (),
    since: int | datetime.datetime | None = None,
    until: int | datetime.datetime | None = None,
    faces: bool = True,
    workers: int = 1,
    lang: str = "en",
    overwrite: bool = False,
    keep_all: bool = False,
    sm3: bool = False,
    signatures: str | os.PathLike[str] | None = None,
    moments: str | os.PathLike[str] | None = None,
    moment_window_s: float = 180,
    progress: Progress | None = None,
) -> Case:
    """Audit captures into a case folder and open it.

    `captures` is a file, a folder, "-" for standard input, or several of them (one audit). Times are datetimes with
    a zone, or UTC nanoseconds. `signatures` is a folder of your own, added to those of netaudit. `moments` is
    a file of noted moments (`moment_files.py`); what was sent up to `moment_window_s` later is told with each. Raises
    UsageError for a folder that is no case, SignatureError for signatures that are not sound, UnreadableError when
    nothing could be read.
    """
    from netaudit.case.moment_files import read_moments

    paths = [captures] if isinstance(captures, (str, os.PathLike)) else list(captures)
    options = Options(
        site=site,
        inside=tuple(inside),
        since=nanoseconds(since),
        until=nanoseconds(until),
        faces=faces,
        workers=workers,
        lang=lang,
        overwrite=overwrite,
        keep_all=keep_all,
        sm3=sm3,
        signatures=Path(signatures) if signatures is not None else None,
        moments=read_moments(Path(moments)) if moments is not None else None,
        moment_window_s=moment_window_s,
    )
    return run(paths, Path(case), options, progress or (lambda *_: None))


def nanoseconds(moment: int | datetime.datetime | None) -> int | None:
    """UTC nanoseconds of a datetime with a zone; numbers pass."""
    if moment is None or isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        raise UsageError(f"{moment.isoformat()}: say the time zone (e.g. +08:00)")
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def run(paths: Sequence[str | os.PathLike[str]], folder: Path, options: Options, progress: Progress) -> Case:
    """Carry out an audit; the CLI and `audit` both come here."""
    from netaudit.running.collector import calm

    with calm():
        return _run(paths, folder, options, progress)


def _run(paths: Sequence[str | os.PathLike[str]], folder: Path, options: Options, progress: Progress) -> Case:
    import ipaddress

    from netaudit.capture.from_files import open_captures
    from netaudit.case.moments import keep
    from netaudit.case.writing import prepare
    from netaudit.documents.loading import load as load_documents
    from netaudit.running.lean import give_back, trim
    from netaudit.running.workers import dismiss, hire
    from netaudit.signatures.loading import load

    started = now()
    clock = time.perf_counter()
    for text in options.inside:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise UsageError(f"--inside {text}: {error}") from error
    total = 0  # not known before all inputs were looked at; a pipe is read from while that happens

    def tell(done: int) -> None:
        progress("read", done, total)

    load(options.signatures)  # what is wrong with them is said now, not after hours of reading
    load_documents((options.signatures,) if options.signatures else ())
    members = hire(options.workers)  # they get ready meanwhile
    try:
        opened = open_captures(paths, progress=tell, sm3=options.sm3)
        total = opened.stored_bytes
        if not opened.sources:
            raise UnreadableError(_nothing(opened))
        prepare(folder, overwrite=options.overwrite)
        begin_case(folder, options)
        keep(folder, options.moments)
        outcome = _read_all(opened, folder, options, members)
    finally:
        dismiss(members)
    give_back()
    timings = {"read_s": round(time.perf_counter() - clock, 3)}
    if not outcome.captures.num_rows:
        raise UnreadableError(_nothing(opened))

    from netaudit.case.writing import write_json
    from netaudit.running.conclusion import conclude
    from netaudit.settling.ordered import unsettle

    case = conclude(folder, outcome, progress)
    timings["total_s"] = round(time.perf_counter() - clock, 3)
    paths_read = [str(Path(source.path).resolve()) for source in opened.sources if source.path]
    write_json(folder / "run.json", run_facts(options, started, timings) | {"paths": paths_read})
    trim()
    try:
        write_case_report(case, options)
    finally:
        unsettle(folder)
    return case


def _nothing(opened: Captures) -> str:
    problems = [f"{entry.name}: {entry.problem}" for entry in opened.rejected]
    return "nothing could be read: " + ("; ".join(problems) if problems else "no capture was found")


def begin_case(folder: Path, options: Options) -> None:
    """A manifest from the first moment on, so that a killed audit leaves a readable case."""
    from netaudit import __version__
    from netaudit.case.writing import write_json
    from netaudit.tables import TABLES_VERSION

    write_json(
        folder / "case.json",
        {
            "netaudit_version": __version__,
            "tables_version": TABLES_VERSION,
            "partial": True,
            "options": _result_options(options),
        },
    )


def _result_options(options: Options) -> dict[str, Any]:
    """The options that change the result (not how fast it comes)."""
    return {
        "site": options.site,
        "inside": list(options.inside),
        "since": options.since,
        "until": options.until,
        "faces": options.faces,
        "keep_all": options.keep_all,
        "moment_window_s": window_s(options),
    }


def window_s(options: Options) -> float:
    """How long after a moment what is sent is told with it."""
    from netaudit.case.moments import WINDOW_S

    return WINDOW_S if options.moment_window_s is None else options.moment_window_s


def _read_all(opened: Captures, folder: Path, options: Options, members: list[Member]) -> Outcome:
    from netaudit.packets.from_capture import Decoder
    from netaudit.running.lean import load_last_step
    from netaudit.running.workers import abandoned_on_error, make_crew

    decoder = Decoder(since=options.since, until=options.until)
    crew = make_crew(folder, options.workers, keep_all=options.keep_all, signatures=options.signatures, members=members)
    partial = False
    with abandoned_on_error(crew):
        try:
            for window in opened.windows():
                crew.feed(decoder.feed(window))
        except KeyboardInterrupt:
            partial = True
        decoder.finish()
        if members:
            load_last_step()  # while the workers are busy with the last windows
        failures = crew.finish()
    outcome = outcome_of(opened.sources, opened.rejected, decoder, failures, options, partial=partial)
    outcome.ignored = list(opened.ignored)
    return outcome


def outcome_of(
    sources: Sequence[Source],
    rejected: Sequence[Rejected],
    decoder: Decoder,
    failures: list[str],
    options: Options,
    *,
    partial: bool,
) -> Outcome:
    """What a run knows at its end beyond the tables that it streamed."""
    from netaudit.running.conclusion import Outcome

    ids = capture_ids(sources)
    return Outcome(
        captures=_capture_rows(sources, ids, decoder),
        skipped=_skipped(decoder, ids),
        capture_ids=ids,
        rejected=[{"name": entry.name, "problem": entry.problem} for entry in rejected],
        options=_result_options(options),
        inside=list(options.inside),
        faces=options.faces,
        partial=partial,
        failures=failures,
        moment_window_s=window_s(options),
        signatures=options.signatures,
    )


def capture_ids(sources: Sequence[Source]) -> list[str]:
    """Capture ids by running index: the first 16 digits of the SHA-256, which a capture not read to its end lacks."""
    return [source.sha256[:16] or f"unfinished-{index}" for index, source in enumerate(sources)]


def _capture_rows(sources: Sequence[Source], ids: list[str], decoder: Decoder) -> Any:
    import pyarrow as pa

    from netaudit.ground.masking import mask
    from netaudit.tables import CAPTURES

    rows = [
        {
            "capture_id": identity,
            "name": _file_name(source.name),
            "size": source.size,
            "sha256": source.sha256,
            "sm3": source.sm3,
            "file_format": source.file_format,
            "compression": source.compression,
            "link_types": list(source.link_types),
            "interfaces": [mask(str(interface)) for interface in source.interfaces],
            "packets_read": source.packets_read,
            "packets_decoded": decoder.decoded.get(index, 0),
            "wire_bytes": source.wire_bytes,
            "captured_bytes": source.captured_bytes,
            "first_ts": source.first_ts,
            "last_ts": source.last_ts,
            "drops": source.drops,
            "damage": list(source.damage),
        }
        for index, (source, identity) in enumerate(zip(sources, ids, strict=True))
    ]
    return pa.Table.from_pylist(rows, schema=CAPTURES.schema())


def _file_name(name: str) -> str:
    """Name of an input, masked but for the number and the time that a live recording's own files are called by."""
    from netaudit.capture.from_wire import NAME
    from netaudit.ground.masking import mask

    folder, slash, file = name.rpartition("/")
    return mask(folder) + slash + file if NAME.fullmatch(file) else mask(name)


def _skipped(decoder: Decoder, ids: list[str]) -> dict[tuple[str, str], int]:
    """Packets not decoded, by capture and reason; unknown link types and tunnels under their names."""
    counts = {
        (ids[capture], reason.name.lower()): count for (capture, reason), count in decoder.skipped.items() if count
    }
    for (capture, named), count in decoder.names.items():
        plain = (ids[capture], named.split(":", 1)[0])
        counts[ids[capture], named] = counts.get((ids[capture], named), 0) + count
        counts[plain] = counts.get(plain, 0) - count
    return {place: count for place, count in counts.items() if count}


def now() -> str:
    """Time of the run, UTC; SOURCE_DATE_EPOCH makes it repeatable (reproducible-builds.org)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC) if epoch else datetime.datetime.now(datetime.UTC)
    return moment.isoformat(timespec="seconds")


def run_facts(options: Options, started: str, timings: dict[str, float]) -> dict[str, Any]:
    """When and how it was run: what may differ between two runs over the same captures."""
    return {
        "started_utc": started,
        "finished_utc": now(),
        "workers": options.workers,
        "command": list(options.command),
        "platform": platform.platform(),
        "python": sys.version.split()[0],
        "timings": timings,
    } | ({"moments": options.moments.facts()} if options.moments is not None else {})


def write_case_report(case: Case, options: Options) -> None:
    from netaudit.report.from_case import write_report

    write_report(case, case.folder / "report.html", options.lang)
