"""`netaudit decide`: what an analyst decided about a device; and devices as lines, decisions beside what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.cli.wording import contradictions, decided, graded, titled, word
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.evidence.case.reading import Case


def decide_command(
    folder: Path, device: str, kind: str, vendor: str, note: str, by: str, alias: str, *, lang: str
) -> Exit:
    """Note the decision, say it, and write the report again."""
    from netaudit.core.signatures.loading import load
    from netaudit.evidence.case.decisions import decide
    from netaudit.evidence.case.reading import open_case
    from netaudit.evidence.case.report_status import language as spoken
    from netaudit.evidence.rule_drafting.naming import find_device, plain_devices
    from netaudit.report.rewriting import rewrite

    known = load().vocabulary.classes
    if kind and kind not in known:
        raise UsageError("--class {}: say one of {}", kind, ", ".join(known))
    opened = open_case(folder)
    row = find_device(plain_devices(opened), device)
    decision = decide(opened.folder, row, kind=kind, vendor=vendor, note=note, by=by, alias=alias)
    typer.echo(say("decided", lang, device=titled(row), what=decided(decision, lang)))
    typer.echo(rewrite(open_case(folder), spoken(folder) or lang))
    return Exit.AUDITED


def device_lines(case: Case, lang: str) -> Iterator[str]:
    """Each device: address, name, class, vendor, part in the chain; below it what was decided."""
    from netaudit.evidence.case.decisions import latest
    from netaudit.evidence.rule_drafting.naming import plain_devices

    noted, contradicted = latest(case.folder), contradictions(case)
    for row in plain_devices(case):
        row["contradicted"] = contradicted.get(row["device_id"], {})
        parts = [titled(row), graded(row, "class", lang), graded(row, "vendor", lang)]
        parts += [word("chain", part, lang) for part in row["chain"] or ()]
        if row["behind"]:
            parts.append(say("behind", lang, n=row["behind"]))
        yield " · ".join(part for part in parts if part)
        if decision := noted.get(row["device_id"]):
            yield f"    {say('decision', lang)} {decided(decision, lang)}"
