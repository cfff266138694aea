"""Private data that goes by a rule which the seal foresees, so that its absence is no damage.

The rule stands in the line `begun` of a chain, hence below the seal, and in manifest.json:

    "removal": {"day": "2026-11-29", "private_days": 30, "room": true}

After that day and so many more, what lies under `private/` may go (but the log of who saw what unmasked); with `room`
earlier, where the disk of an appliance has no more of it. A line of the chain says so before anything is removed, so
that a removal that was cut off is carried on, and what is missing without a line stays missing. What was gone by then,
or not as sealed, is counted and named in that line, and the case stays unsound: a removal heals nothing.
"""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.reasons import reason
from netaudit.core.system.desktop_files import is_left_by_desktop
from netaudit.evidence.case.custody import Custody

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.seal import Fact

REMOVED = "removed by rule"  # the line of the chain
AGE, ROOM = "age", "room"  # why
PRIVATE = "private/"
KEPT = frozenset({"private/unmasked.jsonl"})
MOST_NAMED = 2000  # in a line, which may have 1 MiB


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be removed of a case, and when."""

    day: str  # ISO date on which its recording began
    private_days: int | None  # days that its private data is kept; None: no age has them removed
    room: bool = False  # also earlier, where room is needed

    def facts(self) -> dict[str, Any]:
        """As chain and manifest have it."""
        return {"day": self.day, "private_days": self.private_days, "room": self.room}

    def due(self, today: datetime.date) -> bool:
        """Whether its private data may go by age."""
        if self.private_days is None:
            return False
        return (today - datetime.date.fromisoformat(self.day)).days > self.private_days


@dataclass(frozen=True, slots=True)
class Removal:
    """A line of the chain by which private data went."""

    when: str
    why: str
    rule: Rule
    problem: str = ""  # a reason, where the rule does not allow it
    before: frozenset[str] = frozenset()  # files that were gone, or not as sealed, before it
    damage: str = ""  # a reason, where there were such files


def rule_of(facts: object) -> Rule | None:
    """The rule that a line or a manifest states; None where it states none that is sound."""
    if not isinstance(facts, dict):
        return None
    day, days, room = facts.get("day"), facts.get("private_days"), facts.get("room")
    try:
        datetime.date.fromisoformat(str(day))
    except ValueError:
        return None
    sound = days is None or (type(days) is int and days >= 0)
    return Rule(str(day), days, room is True) if sound else None


def removal_of(rule: Rule | None, lines: list[dict[str, Any]]) -> Removal | None:
    """The first removal that lines behind the seal tell of; `rule` is that of the seal."""
    line = next((one for one in lines if one["what"] == REMOVED), None)
    if line is None:
        return None
    why, when = str(line.get("why")), str(line["when"])
    if rule is None:
        return Removal(when, why, Rule("1970-01-01", None), reason("removal_unforeseen"))
    try:
        at = datetime.datetime.fromisoformat(when).date()
    except ValueError:
        return Removal(when, why, rule, reason("removal_time"))
    # A day of grace: days are counted in the zone of the site, times of the chain in UTC.
    early = why == AGE and not rule.due(at + datetime.timedelta(days=1))
    if early or why not in (AGE, ROOM) or (why == ROOM and not rule.room):
        return Removal(when, why, rule, reason("removal_early"))
    before = line.get("before")
    names = frozenset(map(str, before)) if isinstance(before, list) else frozenset()
    wrong = line.get("wrong", len(names))
    problem = reason("removal_wrong") if wrong != 0 else ""
    return Removal(when, why, rule, "", names, problem)


def removable(name: str) -> bool:
    """Whether a file of a case, by its name in the manifest, goes when its private data is removed."""
    return name.startswith(PRIVATE) and name not in KEPT


def remove_private(folder: Path, why: str) -> int:
    """Say in the chain that the private data of a sealed case goes, then remove it; gives the bytes freed.

    The caller has looked at the rule. What cannot be removed now stays, and goes when it is called again.
    """
    from netaudit.evidence.case.custody import entries
    from netaudit.evidence.case.seal import members, sealed_files

    names = [name for name in members(folder) if removable(name)]
    sizes = {name: (folder / name).lstat().st_size for name in names}
    with Custody(folder) as custody:
        if not any(line["what"] == REMOVED for line in entries(folder)):
            sealed = sealed_files(folder, custody.number)
            before = _wrong(folder, sizes, {name: fact for name, fact in sealed.items() if removable(name)})
            digest = hashlib.sha256("\n".join(before).encode()).hexdigest()  # of all of them, where not all are named
            named = {"before": before[:MOST_NAMED], "before_sha256": digest} if before else {}
            custody.note(REMOVED, why=why, files=len(names), bytes=sum(sizes.values()), wrong=len(before), **named)
        for name in names:
            (folder / name).unlink(missing_ok=True)
    _remove_empty(folder / "private")
    return sum(sizes.values())


def _wrong(folder: Path, sizes: dict[str, int], sealed: dict[str, Fact]) -> list[str]:
    """Private files that are gone, changed, or that nobody sealed, sorted. Reads them all."""
    from netaudit.evidence.case.seal import hashed

    wrong = [name for name in sizes if name not in sealed and not is_left_by_desktop(name.rpartition("/")[2])]
    wrong += [name for name, fact in sealed.items() if sizes.get(name) != fact.bytes or hashed(folder / name) != fact]
    return sorted(wrong)


def _remove_empty(folder: Path) -> None:
    """Take away folders in which nothing is left; links are not followed."""
    for path in sorted(folder.rglob("*"), key=lambda one: len(one.parts), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
