"""What an analyst decided about a device or a field of a route, kept beside what netaudit found, never in its place.

Decisions are lines of `decisions.jsonl` in the case: each with its time, the device, what was decided, a note, what the
automatic answer was at that moment, and the SHA-256 of the line before, so that a line changed or taken out shows (but
for the last one, which no line follows yet). The tables of the case stay as the audit wrote them. The latest decision
on a device counts; all are kept.
"""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.storage.files import append_line
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.custody import entries
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.seal import later
from netaudit.evidence.case.writing import DECISIONS

if TYPE_CHECKING:
    from pathlib import Path

FILE = DECISIONS
DECIDED = "decided"  # the line of the chain
LONGEST = 2000  # characters of a note
LATER = frozenset(
    {"alias", "route", "path", "meaning", "found_meaning"}
)  # fields that decisions of earlier versions lack
FIRST = "0" * 64  # what the first line names as the hash of the line before


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; an empty `kind` (class) or `vendor` was not decided about."""

    when: str  # UTC, ISO 8601
    device_id: str
    kind: str
    vendor: str
    note: str
    by: str
    found_kind: str  # what netaudit had found
    found_vendor: str
    alias: str = ""  # a name of the analyst's own
    route: str = ""  # of a field of a message, in decisions of earlier versions
    path: str = ""
    meaning: str = ""  # what the field means
    found_meaning: str = ""


def decide(
    folder: Path,
    device: dict[str, Any],
    *,
    kind: str = "",
    vendor: str = "",
    note: str = "",
    by: str = "",
    alias: str = "",
) -> Decision:
    """Note a decision about a row of `devices`.

    Raises UsageError when nothing is decided or the texts are too long, CaseError when earlier decisions were changed.
    """
    if not (kind or vendor or note or alias):
        raise UsageError("say what you decide: a class, a vendor or a note")
    if max(map(len, (kind, vendor, note, by, alias))) > LONGEST:
        raise UsageError("at most {} characters, please", LONGEST)
    with writing(folder, "decide"):
        return _noted(folder, device, kind, vendor, note, by, alias)


def _noted(folder: Path, device: dict[str, Any], kind: str, vendor: str, note: str, by: str, alias: str) -> Decision:
    found = (device["class"] or "", device["vendor"] or "")
    return _append(folder, Decision(_now(), device["device_id"], kind, vendor, note, by, *found, alias))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _append(folder: Path, decision: Decision) -> Decision:
    decisions(folder)
    lines = _lines(folder)
    entry = asdict(decision) | {"before": _hash(lines[-1]) if lines else FIRST}
    append_line(folder / FILE, orjson.dumps(entry, option=orjson.OPT_SORT_KEYS))
    later(folder, DECIDED, (FILE,), device=decision.device_id)
    return decision


def decisions(folder: Path) -> list[Decision]:
    """All decisions of a case in their order. Raises CaseError where a line does not follow the one before."""
    before, found = FIRST, []
    names = [one.name for one in fields(Decision)]
    for number, line in enumerate(_lines(folder), 1):
        try:
            entry = orjson.loads(line)
            texts = [entry.get(name, "") if name in LATER else entry[name] for name in names]
        except (ValueError, KeyError, TypeError) as error:
            raise CaseError("{}: line {}: is no decision", folder / FILE, number) from error
        if not all(isinstance(text, str) for text in texts):
            raise CaseError("{}: line {}: is no decision", folder / FILE, number)
        if entry.get("before") != before:
            raise CaseError(
                "{}: line {}: does not follow the line before; something was changed", folder / FILE, number
            )
        before = _hash(line)
        found.append(Decision(*texts))
    return found


def latest(folder: Path, lines: int | None = None) -> dict[str, Decision]:
    """What counts now, by device: of each question the latest answer; what counted when the chain had `lines` lines."""
    found: dict[str, Decision] = {}
    later = 0 if lines is None else sum(line["what"] == DECIDED for line in entries(folder)[lines:])
    noted = decisions(folder)
    for one in noted[: len(noted) - later]:
        if one.route:
            continue
        known = found.get(one.device_id, one)
        found[one.device_id] = replace(
            one,
            kind=one.kind or known.kind,
            vendor=one.vendor or known.vendor,
            note=one.note or known.note,
            alias=one.alias or known.alias,
        )
    return found


def _lines(folder: Path) -> list[bytes]:
    path = folder / FILE
    return path.read_bytes().splitlines() if path.is_file() else []


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
