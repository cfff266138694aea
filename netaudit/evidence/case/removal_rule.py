"""The rule by which private data of a case may be removed later without breaking its seal."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from netaudit.core.contracts.reasons import reason

REMOVED = "removed by rule"  # the line of the chain


AGE, ROOM = "age", "room"  # why


PRIVATE = "private/"


KEPT = frozenset({"private/unmasked.jsonl"})


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
