"""What an appliance keeps: private data goes by age, and where room is needed, the oldest first; last whole cases.

Only cases are touched that the chain of the appliance names and whose own chain states our rule; only sealed ones go,
and none where even all of them would not make the room that is missing.

No clock is believed alone: age counts from the day of a case, or when its chain began or was sealed, whichever is
latest, up to the last but one of the days that were sealed, and none later than what this computer says; and as many
other days have to be sealed after a case as its private data is kept. So a boot with a wrong date removes nothing.
"""

from __future__ import annotations

import datetime
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.errors import NetauditError
from netaudit.evidence.case.custody import entries
from netaudit.evidence.case.removal import remove_private
from netaudit.evidence.case.removal_rule import AGE, REMOVED, ROOM, Rule, rule_of
from netaudit.evidence.case.writing import MANIFEST
from netaudit.pipeline.live.daily.day import cases, is_closed, is_sealed, shown_why
from netaudit.pipeline.live.guard import disk_free

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netaudit.evidence.case.custody import Custody

SPOOL = "spool"
CASE_BEGUN, CASE_SEALED, CASE_REMOVED = "case begun", "case sealed", "case removed"  # lines of the appliance's chain
GOING = ".going-"  # begins the name of a case that is being removed
PART = 8  # a case begins anew when its recording fills this part of the room, and as much is left for its results
RESERVED = 2  # parts that stay free for the recording under way and the case that is being written


@dataclass(slots=True)
class Room:
    """Looks after the cases below a folder. `tell` is called with a code and figures for what people should know."""

    root: Path
    custody: Custody  # of the appliance
    most: int | None  # bytes of all of it; None: as far as the disk goes
    keep_free: int  # bytes of the disk
    tell: Callable[..., None]
    _sizes: dict[str, int] = field(default_factory=dict)  # of sealed cases, which do not grow
    _rules: dict[str, tuple[Rule, datetime.date]] = field(default_factory=dict)  # of sealed cases
    _removed: set[str] = field(default_factory=set)  # cases without private data
    _known: set[str] = field(default_factory=set)  # cases that this appliance began
    _sealed: list[str] = field(default_factory=list)  # cases in the order in which they were sealed
    _failed: set[str] = field(default_factory=set)  # cases of which that was told

    def __post_init__(self) -> None:
        for line in entries(self.root):
            if line["what"] in (CASE_BEGUN, CASE_SEALED):
                self._known.add(str(line.get("case")))
            if line["what"] == CASE_SEALED:
                self._sealed.append(str(line.get("case")))
            elif line["what"] == CASE_REMOVED:
                self._known.discard(str(line.get("case")))

    def begin(self, name: str) -> None:
        """A case of that name is going to be ours."""
        self.custody.note(CASE_BEGUN, case=name)
        self._known.add(name)

    def seal(self, name: str, manifest: str, head: str) -> None:
        """A case was sealed, with that hash of its manifest and that last line."""
        self.custody.note(CASE_SEALED, case=name, manifest=manifest, head=head)
        self._sealed.append(name)

    def own(self) -> list[Path]:
        """The cases of this appliance, in the order of their days."""
        return [path for path in cases(self.root) if path.name in self._known]

    def untold(self) -> list[Path]:
        """Cases that are sealed, of which no line says so: the power failed before."""
        sealed = set(self._sealed)
        return [path for path in self.own() if path.name not in sealed and is_sealed(path)]

    def mind(self, today: datetime.date, busy: set[str]) -> None:
        """Remove what the rule has over, then what is in the way; not of the cases named in `busy`."""
        self._carry_on()
        done = {path: found for path in self.own() if path.name not in busy and (found := self._rule(path)) is not None}
        if (over := self._over(list(done), today)) is not None:
            for path, (rule, since) in done.items():
                if self._due(path.name, rule, since, over):
                    self._remove(path, AGE)
        for path, (rule, _) in done.items():
            if not self._shortage():
                return
            if rule.room:
                self._remove(path, ROOM)
        left = list(done)
        while left and 0 < self._shortage() <= sum(map(self._measured, left)):
            if not self._forget(left.pop(0)):
                return

    def used(self) -> int:
        """Bytes of our cases and of the recording under way."""
        return sum(map(self._measured, self.own())) + size_of(self.root / SPOOL)

    def _rule(self, path: Path) -> tuple[Rule, datetime.date] | None:
        """That of a sealed case, whose chain is read once: it does not change any more."""
        if path.name not in self._rules and (found := _sealed_rule(path)) is not None:
            self._rules[path.name] = found
        return self._rules.get(path.name)

    def _measured(self, path: Path) -> int:
        if (size := self._sizes.get(path.name)) is not None:
            return size
        size = size_of(path)
        if is_sealed(path):
            self._sizes[path.name] = size
        return size

    def _shortage(self) -> int:
        """Bytes that are missing."""
        most = self.most
        over = self.used() - (most - RESERVED * (most // PART)) if most is not None else 0
        return max(0, over, self.keep_free - disk_free(self.root))

    def _due(self, name: str, rule: Rule, since: datetime.date, over: datetime.date) -> bool:
        """Whether private data goes by age: as the dates say, and as many days as were sealed since."""
        if rule.private_days is None or name not in self._sealed:
            return False
        since_then = self._sealed[len(self._sealed) - self._sealed[::-1].index(name) :]
        days = {one[:10] for one in since_then} - {name[:10]}
        return len(days) >= rule.private_days and (over - since).days > rule.private_days

    def _over(self, done: list[Path], today: datetime.date) -> datetime.date | None:
        """The day up to which age is counted: the last but one that was sealed, and none to come."""
        days = sorted({datetime.date.fromisoformat(path.name[:10]) for path in done})
        return min(days[-2], today) if len(days) > 1 else None

    def _remove(self, path: Path, why: str) -> None:
        if path.name in self._removed:
            return
        try:
            freed = remove_private(path, why)
        except (OSError, NetauditError) as error:
            self._tell_failed(path.name, error)
            return
        self._removed.add(path.name)
        self._sizes.pop(path.name, None)
        if freed:
            self.custody.note(REMOVED, case=path.name, why=why, bytes=freed)
            self.tell("info" if why == AGE else "warning", f"removed_{why}", case=path.name, mib=freed >> 20)

    def _forget(self, path: Path) -> bool:
        """Remove a whole case: the chain of the appliance keeps the hashes that it was sealed with."""
        going = path.with_name(GOING + path.name)
        try:
            path.rename(going)  # half of it must never pass for a case
            self._finish(path.name, going)
        except (OSError, NetauditError) as error:
            self._tell_failed(path.name, error)
            return False
        self.tell("warning", "case_removed", case=path.name)
        return True

    def _finish(self, name: str, going: Path) -> None:
        if name in self._known:
            chain = entries(going)
            manifest = next((str(line.get("manifest")) for line in reversed(chain) if line["what"] == "sealed"), "")
            self.custody.note(CASE_REMOVED, case=name, manifest=manifest, head=chain[-1]["hash"] if chain else "")
            self._known.discard(name)
            self._sizes.pop(name, None)
        shutil.rmtree(going)

    def _carry_on(self) -> None:
        """Removals that were cut off, of cases that were ours."""
        for name in {*self._known, *self._sealed}:
            going = self.root / (GOING + name)
            if going.is_dir() and not going.is_symlink():
                try:
                    self._finish(name, going)
                except (OSError, NetauditError) as error:
                    self._tell_failed(name, error)

    def _tell_failed(self, name: str, error: Exception) -> None:
        """Once: it is tried again and again."""
        if name not in self._failed:
            self._failed.add(name)
            self.tell("warning", "not_removed", case=name, why=shown_why(error))


def _sealed_rule(path: Path) -> tuple[Rule, datetime.date] | None:
    """The rule of a sealed case, and the day from which its age counts; None where it has none, or cannot be read."""
    try:
        chain = entries(path) if (path / MANIFEST).is_file() else []
        rule = rule_of(next((line for line in chain if line["what"] == "begun"), {}).get("removal"))
        if rule is None or not is_closed(chain):
            return None
        days = [rule.day, *(line["when"][:10] for line in chain if line["what"] in ("begun", "sealed"))]
        return rule, max(map(datetime.date.fromisoformat, days))
    except (OSError, ValueError, NetauditError):
        return None


def size_of(folder: Path) -> int:
    """Bytes of the files below a folder; links are none, what goes meanwhile is nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - called for every file
            except OSError:
                continue
    return total
