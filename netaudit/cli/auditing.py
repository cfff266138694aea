"""`netaudit audit`: progress, verdict, exit code."""

from __future__ import annotations

import contextlib
import datetime
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.cli.wording import sentence, word
from netaudit.errors import UsageError
from netaudit.ground.masking import visible

if TYPE_CHECKING:
    from netaudit.case.reading import Case
    from netaudit.running.task import Progress

MOST_NAMED = 50  # inputs that were not read; the report and JSON have all
NAME = 300  # characters of the name of an input


def audit_command(
    captures: list[str],
    folder: Path,
    since: str | None,
    until: str | None,
    options: dict[str, Any],
    *,
    as_json: bool,
    fail_on: str,
) -> Exit:
    """Audit, print, and say how it went."""
    from netaudit.running.lean import load_lean
    from netaudit.running.task import Options, run

    load_lean()
    settings = Options(since=moment(since, "--since"), until=moment(until, "--until"), **options)
    with progress_bar(settings.lang) as progress:
        case = run(captures, folder, settings, progress)
    summary = summarise(case)
    if as_json:
        import orjson

        sys.stdout.buffer.write(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
    tell(summary, settings.lang, file=sys.stderr if as_json else sys.stdout)
    return exit_code(summary, fail_on)


def moment(text: str | None, option: str) -> int | None:
    """UTC nanoseconds of an ISO 8601 time with a zone."""
    from netaudit.running.task import nanoseconds

    if text is None:
        return None
    try:
        return nanoseconds(datetime.datetime.fromisoformat(text))
    except ValueError as error:
        raise UsageError(f"{option} {text}: not an ISO 8601 time such as 2026-05-01T09:00:00+08:00") from error


def summarise(case: Case) -> dict[str, Any]:
    """What a caller needs to know: verdict, counts, paths, damage."""
    findings = case.table("findings").select(
        ["finding_id", "certainty", "act", "sender", "sender_role", "receiver", "images", "bytes"]
    )
    totals = case.manifest["totals"]
    return {
        "case": str(case.folder),
        "report": str(case.folder / "report.html"),
        "verdict": case.manifest["verdict"],
        "partial": case.partial,
        "vantage": case.manifest["vantage"]["side"],
        "packets_read": totals["packets_read"],
        "packets_decoded": totals["packets_decoded"],
        "skipped": totals["skipped"],
        "findings": findings.to_pylist(),
        "damage": {entry["name"]: entry["damage"] for entry in case.manifest["inputs"] if entry["damage"]},
        "rejected": case.manifest["rejected"],
    }


def tell(summary: dict[str, Any], lang: str, file: Any) -> None:
    """The human text: damage and refusals first, the verdict last but for the paths."""

    def line(text: str) -> None:
        print(text, file=file)

    if summary["partial"]:
        line(say("partial", lang))
    for entry in summary["rejected"][:MOST_NAMED]:
        line(f"{say('rejected', lang)}: {visible(entry['name'], NAME)}: {sentence(entry['problem'], lang)}")
    if len(summary["rejected"]) > MOST_NAMED:
        line(say("more_rejected", lang, n=len(summary["rejected"]) - MOST_NAMED))
    for name, damage in summary["damage"].items():
        for text in damage:
            line(f"{say('damaged', lang)}: {visible(name, NAME)}: {sentence(text, lang)}")
    read, decoded = summary["packets_read"], summary["packets_decoded"]
    skipped = ", ".join(f"{reason} {count:,}" for reason, count in summary["skipped"].items())
    line(
        say("packets", lang, read=read, decoded=decoded, skipped=read - decoded) + (f" ({skipped})" if skipped else "")
    )
    if not decoded:
        line(say("none_in_period" if read else "no_packets", lang, read=read))
    line(f"{say('vantage', lang)}: {word('side', summary['vantage'], lang)}")
    line(f"{say('verdict', lang)}: {summary['verdict'][lang]}")
    line(f"{say('case', lang)}: {summary['case']}")
    line(f"{say('report', lang)}: {summary['report']}")


def exit_code(summary: dict[str, Any], fail_on: str) -> Exit:
    """The most telling code: interrupted, finding, damaged, audited."""
    if summary["partial"]:
        return Exit.INTERRUPTED
    if fail_on and any(finding["certainty"] <= fail_on for finding in summary["findings"]):
        return Exit.FINDING
    whole = not summary["damage"] and not summary["rejected"] and summary["packets_decoded"]
    return Exit.AUDITED if whole else Exit.DAMAGED


@contextlib.contextmanager
def progress_bar(lang: str) -> Iterator[Progress]:
    """A bar with what is done, rate and time left on a terminal; silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from netaudit.cli.amounts import Done, Rate

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        Done(),
        Rate(),
        TimeRemainingColumn(),
    )
    # drawn when there is something new: a thread for it would keep workers from being forked
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        tasks: dict[str, Any] = {}
        last = 0.0

        def tell_bar(stage: str, done: int, total: int) -> None:
            nonlocal last
            clock = time.monotonic()
            if clock - last < 0.1 and done != total:  # ten times a second is plenty
                return
            last = clock
            if stage not in tasks:
                title, unit = ("reading", "") if stage == "read" else ("judging", say("images", lang))
                tasks[stage] = bar.add_task(say(title, lang), total=total or None, unit=unit)
            bar.update(tasks[stage], completed=done, refresh=True)

        yield tell_bar
