"""Audit again what a live run has recorded: after a crash, after `--record-only`, or with a later version."""

from __future__ import annotations

import dataclasses
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.capture.from_wire import Followed, recorded
from netaudit.capture.source import Rejected
from netaudit.core.contracts.reasons import reason
from netaudit.core.system.clock import now
from netaudit.core.system.windows_names import real
from netaudit.errors import UsageError
from netaudit.evidence.case.custody import Custody, broken, entries
from netaudit.evidence.case.moments import keep
from netaudit.evidence.case.reading import Case, open_case, storable
from netaudit.evidence.case.replacement import taken_up
from netaudit.evidence.case.report_status import WRITTEN
from netaudit.evidence.case.writing import MANIFEST, make_folders
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.inputs import outcome_of
from netaudit.pipeline.keys import gather, note_keys
from netaudit.pipeline.live.engine import RECORD
from netaudit.pipeline.live.sealing import facts_of, note_moments, recording_facts, seal_case
from netaudit.pipeline.task import begin_case, run_facts, staffed, write_case_report, write_run
from netaudit.pipeline.workers import abandoned_on_error, make_crew

if TYPE_CHECKING:
    from netaudit.capture.source import Source
    from netaudit.pipeline.options import Options, Progress

KEPT = ("record", "key", "keys.log", "unmasked.jsonl")  # of private/; the rest is made anew


def resume(folder: Path, options: Options, progress: Progress) -> Case:
    """Make the case of a live run anew from its recorded files; they and the chain of custody stay.

    What is inside, the site, the period and the window of moments are those of the live run unless `options` say
    otherwise. Raises UsageError where nothing was recorded, or where the live run has not ended.
    """
    record = folder / RECORD
    taken_up(folder)
    if not (folder / "case.json").is_file() or not record.is_dir() or not recorded(record):
        raise UsageError("{}: holds no recording (no files in {})", folder, RECORD.as_posix())
    options = _as_before(open_case(folder, check=False), options)
    started, clock = now(), time.perf_counter()
    custody = Custody(folder)
    try:
        custody.note("resumed", chain=broken(folder), files=len(recorded(folder / RECORD)))
        note_keys(custody, options.keys)
        live = open_case(folder, check=False).run.get("live") or recording_facts(folder)
        _clear(folder)
        make_folders(folder)
        begin_case(folder, options)
        keep(folder, options.moments)
        note_moments(custody, options.moments)
        case, sources, read_s = _audit(folder, options, progress, custody)
        timings = {"read_s": read_s - clock, "total_s": round(time.perf_counter() - clock, 3)}
        paths = [storable(real(source.path)) for source in sources if source.path]
        write_run(folder, run_facts(options, started, timings) | {"paths": paths, "live": live})
        custody.note(WRITTEN, **write_case_report(case, options))
        seal_case(custody, folder)
    finally:
        custody.close()
    return open_case(folder)


def _as_before(case: Case, options: Options) -> Options:
    before: dict[str, Any] = case.manifest.get("options", {})
    return dataclasses.replace(
        options,
        site=options.site or before.get("site"),
        zone=options.zone or before.get("zone"),
        inside=options.inside or tuple(before.get("inside", ())),
        since=options.since if options.since is not None else before.get("since"),
        until=options.until if options.until is not None else before.get("until"),
        faces=options.faces and bool(before.get("faces", True)),
        keep_all=options.keep_all or bool(before.get("keep_all", False)),
        moment_window_s=before.get("moment_window_s") if options.moment_window_s is None else options.moment_window_s,
    )


def _clear(folder: Path) -> None:
    """Remove what an audit wrote, and nothing of the evidence."""
    for name in ("run.json", "report.html", "report-frames.csv", MANIFEST):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "tables", ignore_errors=True)
    for path in (folder / "private").iterdir():
        if path.name in KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _audit(folder: Path, options: Options, progress: Progress, custody: Custody) -> tuple[Case, list[Source], float]:
    from netaudit.pipeline.conclusion import conclude
    from netaudit.pipeline.startup import calm

    sealed = {str(entry.get("file")): entry for entry in entries(folder) if entry["what"] == "recorded"}
    followed = Followed(folder / RECORD, sm3=options.sm3)
    total = followed.behind or sum(path.stat().st_size for path in recorded(folder / RECORD))
    options = staffed(options, total)
    decoder = Decoder(since=options.since, until=options.until)
    with calm():
        keys = gather(options.keys, ())
        crew = make_crew(
            folder,
            options.workers,
            keep_all=options.keep_all,
            signatures=options.signatures,
            given=keys.given if keys is not None else None,
        )
        interrupted = False
        with abandoned_on_error(crew):
            try:
                while (window := followed.read(ended=True)) is not None:
                    crew.feed(decoder.feed(window))
                    progress("read", total - followed.behind, total)
                    _seal(followed, sealed, custody)
            except KeyboardInterrupt:
                interrupted = True
            _seal(followed, sealed, custody)
            followed.rejected += _missing(folder, sealed, custody)
            decoder.finish()
            read = time.perf_counter()
            failures = crew.finish()
        outcome = outcome_of(followed.sources, followed.rejected, decoder, failures, options, interrupted=interrupted)
        outcome.keys = keys.facts if keys is not None else None
        return conclude(folder, outcome, progress), followed.sources, read


def _missing(folder: Path, sealed: dict[str, dict[str, Any]], custody: Custody) -> list[Rejected]:
    """Files that were recorded and are gone, though not overwritten; each is told in the case and in the chain."""
    gone = {str(entry.get("file")) for entry in entries(folder) if entry["what"] == "overwritten"}
    there = {path.name for path in recorded(folder / RECORD)}
    missing = sorted(sealed.keys() - gone - there)
    for name in missing:
        custody.note("missing", file=name)
    return [Rejected(name, reason("resumed_gone")) for name in missing]


def _seal(followed: Followed, sealed: dict[str, dict[str, Any]], custody: Custody) -> None:
    """Compare recorded files with what custody says of them; those of which it says nothing are sealed now."""
    for source in followed.closed:
        before = sealed.get(Path(source.name).name)
        if before is None:
            custody.note("recorded", **facts_of(source))
        elif before.get("sha256") != source.sha256:
            source.report(reason("resumed_other_hash"))
            custody.note("changed", file=Path(source.name).name, before=before.get("sha256"), sha256=source.sha256)
    followed.closed.clear()
