"""The report in a case written again or marked as stale, with a line about it in the chain."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from netaudit.core.storage.files import write_whole
from netaudit.errors import CaseError
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.report_status import (
    FRAMES,
    MARKED,
    REPORT,
    VALIDATED,
    WRITTEN,
    language,
    stale,
    unmarked,
    written,
)
from netaudit.evidence.case.seal import later
from netaudit.report.from_case import written_at
from netaudit.report.texts import Texts
from netaudit.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.reading import Case

MOST_FINDINGS = 200_000  # some twenty seconds; what an audit itself has found, its own report always tells
PLACE = b"<!-- news -->"  # in a report: where it says that there are news since


def may_be_shown(case: Case) -> None:
    """Raise CaseError for a case with more findings than a report or a page takes, before any of them is read."""
    count = case.beginning("findings", 1)[1]
    if count > MOST_FINDINGS:
        raise CaseError(
            "{}: {} findings, where a report or a page takes at most {}: netaudit show gives them", case.folder,
            f"{count:,}", f"{MOST_FINDINGS:,}",
        )  # fmt: skip


def rewrite(case: Case, lang: str, *, unmask: bool = False, zone: str | None = None, recipient: str = "") -> Path:
    """Write the report of a case again where it lies, and say so in the chain. Raises UsageError where it is locked."""
    may_be_shown(case)
    to = {"for": recipient} if recipient else {}
    with writing(case.folder, "report"):
        path = case.folder / REPORT
        at = written_at(case, path, lang, unmask=unmask, zone=zone, recipient=recipient)
        details = at.facts() | to | ({"zone": zone} if zone else {})
        later(case.folder, WRITTEN, (REPORT, FRAMES), lang=lang, unmasked=unmask, netaudit=__version__, **details)
    return path


def note_validation(case: Case, certificate: dict[str, Any], signer: str) -> None:
    """Put a certificate of validation into the chain, for reports from now on. Raises UsageError where it is locked.

    `signer` is who signed it, or "".
    """
    with writing(case.folder, "report"):
        figures = {key: certificate[key] for key in ("netaudit", "code", "made", "passed", "answers")}
        figures |= {"certificate": certificate["number"], "signer": signer}  # `number` is the line's own
        later(case.folder, VALIDATED, **figures, wrong=sum(one["failed"] for one in certificate["assertions"]))


def renew(case: Case) -> bool:
    """Write the report of a case again, as it was asked for last, where news came since; gives whether it was."""
    line = written(case.folder)
    if not stale(case.folder) or line.get("unmasked") or line.get("lang") not in ("zh", "en"):
        return False
    rewrite(case, str(line["lang"]), zone=line.get("zone"))
    return True


def mark_stale(folder: Path) -> None:
    """Have the report in a case say itself that decisions, moments or reviews came after it was written.

    Nothing is done where it tells all of them, or says so already. Raises UsageError where another one writes the case.
    """
    if not (stale(folder) and unmarked(folder)):
        return
    with writing(folder, "report"), contextlib.suppress(FileNotFoundError):
        html = (folder / REPORT).read_bytes()
        write_whole(folder / REPORT, with_news(html, language(folder) or "en"))
        later(folder, MARKED, (REPORT,))


def with_news(html: bytes, lang: str) -> bytes:
    """A report that says that news came since; the same one where it says so already."""
    notice = f'<p class="alarm">{Texts(lang)("stale")}</p>'.encode() + PLACE
    return html if notice in html else html.replace(PLACE, notice, 1)
