"""`netaudit audit`: progress, summary, exit code."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.exits import PRECEDENCE, Exit, gravest
from netaudit.cli.texts import say
from netaudit.cli.wording import sentence, word
from netaudit.core.masking.mask import visible
from netaudit.core.schema import TABLES_VERSION
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.evidence.case.reading import Case
    from netaudit.findings.summary import Summary
    from netaudit.pipeline.options import Progress, Standing

MOST_NAMED = 50  # inputs that were not read; the report and JSON have all
WITH_LEDGERS = 2  # tables version from which cases say what was not read or judged
NAME = 300  # characters of the name of an input
LANGS = ("zh", "en")
CODES = {
    "interrupted": Exit.INTERRUPTED,
    "unjudged": Exit.UNJUDGED,
    "damaged": Exit.DAMAGED,
}  # by findings.ledgers.exits


def audit_command(
    captures: list[str],
    folder: Path,
    since: str | None,
    until: str | None,
    options: dict[str, Any],
    *,
    as_json: bool,
    fail_on: str,
    as_lines: bool = False,
) -> Exit:
    """Audit, print, and say how it went."""
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.startup import load_arrow
    from netaudit.pipeline.task import judges_for, run

    with contextlib.ExitStack() as stack:
        if options["faces"]:  # gets ready while all else is loaded
            options["judges"] = stack.enter_context(judges_for(count=options["count_faces"]))
        load_arrow()
        zone = options["zone"]
        settings = Options(since=moment(since, "--since", zone), until=moment(until, "--until", zone), **options)
        progress, show = stack.enter_context(progress_bar(settings.lang))
        following = dataclasses.replace(settings, so_far=_teller(settings.lang, show, as_lines=as_lines))
        case = run(captures, folder, following, progress)
    return _conclude(case, settings.lang, as_json=as_json, fail_on=fail_on, as_lines=as_lines)


def resume_command(
    folder: Path, options: dict[str, Any], *, as_json: bool, fail_on: str, as_lines: bool = False
) -> Exit:
    """Audit a recording again, or go on with an audit of files that was interrupted."""
    from netaudit.capture.from_wire import recorded
    from netaudit.cli.warming import compile_missing
    from netaudit.evidence.case.custody import RECORD
    from netaudit.pipeline.live.resuming import resume
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.resuming import resume_audit
    from netaudit.pipeline.startup import load_arrow

    load_arrow()
    settings = Options(**options)
    compile_missing(settings.lang)
    with progress_bar(settings.lang) as (progress, show):
        settings = dataclasses.replace(settings, so_far=_teller(settings.lang, show, as_lines=as_lines))
        if (folder / RECORD).is_dir() and recorded(folder / RECORD):
            case = resume(folder, settings, progress)
        else:
            case = resume_audit(folder, settings, progress)
    return _conclude(case, settings.lang, as_json=as_json, fail_on=fail_on, as_lines=as_lines)


def _teller(lang: str, show: Callable[[str], None], *, as_lines: bool) -> Callable[[Standing], None]:
    """What tells people, and programs that ask for lines, the interim result."""

    def tell_so_far(standing: Standing) -> None:
        show(so_far_text(standing, lang))
        if as_lines:
            _write_line(so_far_facts(standing))

    return tell_so_far


def so_far_text(standing: Standing, lang: str) -> str:
    """What can be said while images are judged: never that there is nothing."""
    from netaudit.findings.summary import Sentences

    if standing.summary is not None:
        return Sentences(standing.summary, lang).interim()
    return say("so_far_none", lang, judged=standing.judged, found=standing.found)


def so_far_facts(standing: Standing) -> dict[str, Any]:
    """The same for programs; it has no exit code."""
    summary = standing.summary
    return {
        "so_far": True,
        "judged": standing.judged,
        "found": standing.found,
        "faces": standing.faces,
        "images": summary.images if summary is not None else 0,
        "servers": summary.servers if summary is not None else 0,
        "text": {lang: so_far_text(standing, lang) for lang in LANGS},
    }


def _write_line(row: dict[str, Any]) -> None:
    import orjson

    sys.stdout.buffer.write(orjson.dumps(row) + b"\n")
    sys.stdout.buffer.flush()


def warn_uncompiled(lang: str) -> None:
    """Say on standard error that kernels run uncompiled, and what to install."""
    from netaudit.images import kernels_segments

    if str(kernels_segments.__file__).endswith(".py"):
        print(say("uncompiled", lang), file=sys.stderr)


def _conclude(case: Case, lang: str, *, as_json: bool, fail_on: str, as_lines: bool) -> Exit:
    warn_uncompiled(lang)
    found = outcome(case)
    if as_lines:
        _write_line({"so_far": False} | with_code(found, fail_on))
    elif as_json:
        write_outcome(found, fail_on)
    out = sys.stderr if as_json or as_lines else sys.stdout
    tell(found, case.summary, lang, file=out)
    return end(found, fail_on, lang, file=out)


def write_outcome(found: dict[str, Any], fail_on: str = "") -> None:
    """The outcome as JSON on standard output, with the reasons of the exit code and the code itself."""
    import orjson

    sys.stdout.buffer.write(orjson.dumps(with_code(found, fail_on), option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()


def with_code(summary: dict[str, Any], fail_on: str) -> dict[str, Any]:
    """The summary with its exit code and the reasons of that."""
    reasons = exit_reasons(summary, fail_on)
    return summary | {"exit_reasons": [one.name.lower() for one in reasons], "exit_code": int(gravest(reasons))}


def moment(text: str | None, option: str, zone: str | None = None) -> int | None:
    """UTC nanoseconds of an ISO 8601 time; one without a zone is in that of the site. Raises UsageError."""
    from netaudit.core.text.time_zones import nanoseconds

    if text is None:
        return None
    try:
        written = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("{} {}: not an ISO 8601 time such as 2026-05-01T09:00:00+08:00", option, text) from error
    return nanoseconds(written, zone)


def outcome(case: Case) -> dict[str, Any]:
    """What a caller needs to know: summary, paths, damage, and what `exit_reasons` are made of."""
    from netaudit.cli.summary_lines import summary_lines
    from netaudit.evidence.case.report_status import stale
    from netaudit.findings.ledgers import exits, unjudged

    totals = case.manifest["totals"]
    ledgers = case.table("ledgers")
    return {
        "case": str(case.folder),
        "seal": case.seal.state,
        "tables_version": case.manifest["tables_version"],
        "report": str(case.folder / "report.html"),
        "summary": case.summary.document(),
        "text": {lang: list(summary_lines(case.summary, lang)) for lang in LANGS},
        "partial": case.partial,
        "report_stale": stale(case.folder),
        "resumable": case.partial and (case.folder / "private" / "resume" / "asked.json").is_file(),
        "vantage": case.manifest["vantage"]["side"],
        "packets_read": totals["packets_read"],
        "packets_decoded": totals["packets_decoded"],
        "skipped": totals["skipped"],
        "findings": case.table(
            "findings", ["finding_id", "certainty", "act", "sender", "sender_role", "receiver", "images", "bytes"]
        ).to_pylist(),
        "damage": {entry["name"]: entry["damage"] for entry in case.manifest["inputs"] if entry["damage"]},
        "rejected": case.manifest["rejected"],
        "open": sorted(exits(ledgers)),
        "unjudged": unjudged(ledgers),
    }


def tell(found: dict[str, Any], summary: Summary, lang: str, file: Any) -> None:
    """The human text: damage and refusals first, then the summary, then the paths."""
    from netaudit.cli.next_steps import command
    from netaudit.cli.summary_lines import summary_lines
    from netaudit.findings.ledgers import REFUSED

    def line(text: str) -> None:
        print(text, file=file)

    if found["seal"] != "sealed":
        line(say(f"integrity_{found['seal']}", lang))
    if found["tables_version"] < TABLES_VERSION:
        text = "older" if found["tables_version"] < WITH_LEDGERS else "older_columns"
        line(say(text, lang, version=found["tables_version"], now=TABLES_VERSION))
    if found["partial"]:
        line(say("partial", lang))
        if found.get("resumable"):
            line(say("resumable", lang, case=_given(found["case"])))
    for entry in found["rejected"][:MOST_NAMED]:
        label = "rejected" if entry.get("reason", REFUSED) == REFUSED else "set_aside"
        line(f"{say(label, lang)}: {visible(entry['name'], NAME)}: {sentence(entry['problem'], lang)}")
    if len(found["rejected"]) > MOST_NAMED:
        line(say("more_rejected", lang, n=len(found["rejected"]) - MOST_NAMED))
    for name, damage in found["damage"].items():
        for text in damage:
            line(f"{say('damaged', lang)}: {visible(name, NAME)}: {sentence(text, lang)}")
    for text in summary_lines(summary, lang, colour=bool(getattr(file, "isatty", bool)())):
        line(text)
    read, decoded = found["packets_read"], found["packets_decoded"]
    skipped = ", ".join(f"{word('skip', reason, lang)} {count:,}" for reason, count in found["skipped"].items())
    key = "packets" if decoded == read else "packets_skipped" if decoded else "none_in_period" if read else "no_packets"
    line(say(key, lang, read=read, decoded=decoded, skipped=read - decoded) + (f" ({skipped})" if skipped else ""))
    line(f"{say('vantage', lang)}: {word('side', found['vantage'], lang)}")
    line(f"{say('case', lang)}: {found['case']}")
    line(f"{say('report', lang)}: {found['report']}")
    line(say("look", lang, command=f"{command()} browse {_given(found['case'])}"))
    if found["report_stale"]:
        line(say("stale", lang, case=_given(found["case"])))


def _given(case: str) -> Path:
    """The folder that a user names: what was to replace a case lies in that until it is whole."""
    from netaudit.evidence.case.replacement import COMING

    folder = Path(case)
    return folder.parent if folder.name == COMING else folder


def exit_reasons(summary: dict[str, Any], fail_on: str = "") -> list[Exit]:
    """All reasons that an audit has for a code other than 0, gravest first."""
    from netaudit.findings.ledgers import REFUSED

    found = {CODES[one] for one in summary["open"] if one in CODES}
    if summary["partial"]:
        found.add(Exit.INTERRUPTED)
    if fail_on and any(finding["certainty"] <= fail_on for finding in summary["findings"]):
        found.add(Exit.FINDING)
    refused = any(entry.get("reason", REFUSED) == REFUSED for entry in summary["rejected"])
    if summary["damage"] or refused or not summary.get("packets_decoded", 1):
        found.add(Exit.DAMAGED)
    return [one for one in PRECEDENCE if one in found]


def end(summary: dict[str, Any], fail_on: str, lang: str, file: Any) -> Exit:
    """Print every reason for a code other than 0, and give the gravest."""
    reasons = exit_reasons(summary, fail_on)
    for reason in reasons:
        print(say("exit", lang, code=int(reason), why=say(f"exit_{reason.name.lower()}", lang)), file=file)
    return gravest(reasons)


@contextlib.contextmanager
def progress_bar(lang: str) -> Iterator[tuple[Progress, Callable[[str], None]]]:
    """A bar with what is done, rate and time left on a terminal; elsewhere only that kernels are compiled.

    The second function shows a line above it.
    """
    from netaudit.cli.warming import told_compiling

    compiling = told_compiling(lang)
    if not sys.stderr.isatty():
        quiet: Progress = lambda stage, done, total: compiling(stage, done, total) if stage == "compile" else None  # noqa: E731
        yield quiet, lambda text: print(text, file=sys.stderr, flush=True)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from netaudit.cli.amounts import Done, Rate

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        Done(),
        Rate(),
        TimeRemainingColumn(),
    )
    # drawn when there is something new: a thread for it would keep workers from being forked
    bar = Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    tasks: dict[str, Any] = {}
    last = 0.0

    def tell_bar(stage: str, done: int, total: int) -> None:
        nonlocal last
        if stage == "compile":  # a line of its own, before the bar is there
            compiling(stage, done, total)
            return
        clock = time.monotonic()
        if clock - last < 0.1 and done != total:  # ten times a second is plenty
            return
        last = clock
        if stage not in tasks:
            bar.start()
            title, unit = ("reading", "") if stage == "read" else ("judging", say("images", lang))
            tasks[stage] = bar.add_task(say(title, lang), total=total or None, unit=unit)
            if stage == "images":
                show(say("stop_judging", lang))
        bar.update(tasks[stage], completed=done, refresh=True)

    def show(text: str) -> None:
        bar.console.print(escape(text), highlight=False)

    try:
        yield tell_bar, show
    finally:
        bar.stop()
