"""What an appliance keeps: private data goes by age, and where room is needed, the oldest first; last whole cases.

No clock is believed alone: a day counts as over for the others when two later days have been sealed, so that one boot
with a wrong date (a board without a battery) removes nothing, and none is later than what this computer says.
"""

from __future__ import annotations

import datetime
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.case.custody import entries
from netaudit.case.removal import AGE, REMOVED, ROOM, Rule, remove_private, rule_of
from netaudit.errors import NetauditError
from netaudit.live.daily.day import NAME, cases, is_sealed
from netaudit.live.guard import disk_free

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netaudit.case.custody import Custody

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
    _removed: set[str] = field(default_factory=set)  # cases without private data

    def mind(self, today: datetime.date, busy: set[str]) -> None:
        """Remove what the rule has over, then what is in the way; not of the cases named in `busy`."""
        done = [path for path in cases(self.root) if path.name not in busy and is_sealed(path)]
        if (over := self._over(done, today)) is not None:
            for path in done:
                rule = _rule(path)
                if rule is not None and rule.due(over):
                    self._remove(path, AGE)
        for path in done:
            if not self._short():
                return
            if (rule := _rule(path)) is not None and rule.room:
                self._remove(path, ROOM)
        for path in (one for one in cases(self.root) if one.name not in busy):
            if not self._short():
                return
            self._forget(path)

    def used(self) -> int:
        """Bytes of all that lies below the folder."""
        total = 0
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                total += self._sizes.get(path.name) or self._measured(path)
        return total

    def _measured(self, path: Path) -> int:
        size = size_of(path)
        if NAME.fullmatch(path.name) and is_sealed(path):
            self._sizes[path.name] = size
        return size

    def _short(self) -> bool:
        most = self.most
        return disk_free(self.root) < self.keep_free or (
            most is not None and self.used() > most - RESERVED * (most // PART)
        )

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
            self.tell("warning", "not_removed", case=path.name, why=str(error))
            return
        self._removed.add(path.name)
        self._sizes.pop(path.name, None)
        if freed:
            self.custody.note(REMOVED, case=path.name, why=why, bytes=freed)
            self.tell("info" if why == AGE else "warning", f"removed_{why}", case=path.name, mib=freed >> 20)

    def _forget(self, path: Path) -> None:
        """Remove a whole case: the chain of the appliance keeps the hashes that it was sealed with."""
        chain = entries(path)
        manifest = next((str(line.get("manifest")) for line in reversed(chain) if line["what"] == "sealed"), "")
        head = chain[-1]["hash"] if chain else ""
        self.custody.note("case removed", case=path.name, manifest=manifest, head=head)
        shutil.rmtree(path)
        self._sizes.pop(path.name, None)
        self.tell("warning", "case_removed", case=path.name)


def _rule(path: Path) -> Rule | None:
    begun = next((line for line in entries(path) if line["what"] == "begun"), {})
    return rule_of(begun.get("removal"))


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
