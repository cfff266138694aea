"""What an analyst decides about a device, by a form: class, maker, why, and who says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.browse.page import Asked, away
from netaudit.browse.paging import Wanted
from netaudit.core.masking.mask import visible
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.decisions import decide, latest
from netaudit.report.rewriting import mark_stale

if TYPE_CHECKING:
    from starlette.responses import Response

    from netaudit.evidence.case.decisions import Decision
    from netaudit.evidence.case.reading import Case

LONGEST = {"alias": 60, "vendor": 100, "note": 2000, "by": 100}  # characters of a field


def classes(lang: str) -> list[tuple[str, str]]:
    """Words for what a device may be, with what they mean, in the order of these."""
    from netaudit.core.signatures.loading import load
    from netaudit.report.texts import Texts

    words = Texts(lang)
    return sorted(
        ((one, words.known("class", one) or one) for one in load().vocabulary.classes), key=lambda two: two[1]
    )


def decided(case: Case) -> dict[str, Decision]:
    """What counts now, by device; nothing where decisions were tampered with (a device's own page says so)."""
    try:
        return latest(case.folder)
    except CaseError:
        return {}


def note(who: Asked, device: str, fields: dict[str, str]) -> Response:
    """Note a decision. Raises UsageError where there is no such device or nothing is decided."""
    rows, total = who.book.tables.page(Wanted("devices", (("device_id", f"={device}"),)), 0, 1)
    if total != 1:
        raise UsageError("there is no such device")
    kind = fields.get("class", "")
    if kind and kind not in {one for one, _ in classes(who.lang)}:
        raise UsageError("there is no such class")
    texts = {name: visible(fields.get(name, "").strip(), most) for name, most in LONGEST.items()}
    if not (kind or texts["vendor"] or texts["note"] or texts["alias"]):
        raise UsageError("say what you decide: a class, a vendor or a note")
    decide(who.book.case.folder, rows[0], kind=kind, **texts)
    mark_stale(who.book.case.folder)
    return away(f"{who.home}/row/devices/{rows[0]['row']}#decisions")
