"""The report in a case written again or marked as stale, with a line about it in the chain."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from netaudit import __version__
from netaudit.case.lock import writing
from netaudit.case.report_status import FRAMES, MARKED, REPORT, WRITTEN, language, stale, unmarked
from netaudit.case.seal import later
from netaudit.report.from_case import write_report
from netaudit.report.texts import Texts
from netaudit.storage.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.case.reading import Case

PLACE = b"<!-- news -->"  # in a report: where it says that there are news since


def rewrite(case: Case, lang: str, *, unmask: bool = False, zone: str | None = None, recipient: str = "") -> Path:
    """Write the report of a case again where it lies, and say so in the chain. Raises UsageError where it is locked."""
    to = {"for": recipient} if recipient else {}
    with writing(case.folder, "report"):
        path = write_report(case, case.folder / REPORT, lang, unmask, zone, recipient)
        in_zone = {"zone": zone} if zone else {}
        later(case.folder, WRITTEN, (REPORT, FRAMES), lang=lang, unmasked=unmask, netaudit=__version__, **to, **in_zone)
    return path


def mark_stale(folder: Path) -> None:
    """Have the report in a case say itself that decisions, moments or reviews came after it was written.

    Nothing is done where it tells all of them, or says so already. Raises UsageError where another one writes the case.
    """
    if not (stale(folder) and unmarked(folder)):
        return
    with writing(folder, "report"), contextlib.suppress(FileNotFoundError):
        html = (folder / REPORT).read_bytes()
        said = f'<p class="alarm">{Texts(language(folder) or "en")("stale")}</p>'.encode()
        if said not in html:
            write_whole(folder / REPORT, html.replace(PLACE, said + PLACE, 1))
        later(folder, MARKED, (REPORT,))
