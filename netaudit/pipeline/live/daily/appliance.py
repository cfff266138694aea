"""The loop of an appliance: take whole files into the case of their day, have days audited, mind the room.

    ROOT/custody.jsonl         what the appliance did
    ROOT/spool/                what its recorder writes; with another recorder, its own folder
    ROOT/2026-11-29/           a case a day; -2, -3 … where it began anew (size, clock set, power lost)

A file belongs to the day on which it begins, so a connection over midnight is met midway by the second case. Nothing is
ever added to a case that was closed: after a loss of power the files that it has are audited, and another one begins.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError
from netaudit.evidence.case.custody import Custody, entries
from netaudit.evidence.case.removal_rule import Rule
from netaudit.evidence.case.seal import SEALED
from netaudit.pipeline.live.daily.auditor import Auditor, Done
from netaudit.pipeline.live.daily.day import MOST_FILES, Day, day_of, free_name, is_sealed, shown_name, shown_why
from netaudit.pipeline.live.daily.room import PART, SPOOL, Room
from netaudit.pipeline.live.daily.spool import QUIET, Spool, Whole
from netaudit.pipeline.live.keeping import Keeper
from netaudit.pipeline.live.news import Level, Note
from netaudit.version import __version__

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from pathlib import Path

    from netaudit.pipeline.live.daily.alarms import Alarms
    from netaudit.pipeline.live.lines import Lines
    from netaudit.pipeline.live.settings import LiveSettings
    from netaudit.pipeline.options import Options

LOOK = 1.0  # seconds between looks for whole files
MIND = 60.0  # seconds between looks at the room
LEAST_BACK = 1.0  # seconds by which the time of a file must lie before that of the one before to be told
GRAVEST = "ABCD"
SWITCHED_OFF = "images: not asked"  # of ledgers: --no-faces
MOST_OVERWRITTEN = 10_000  # files of a day that its chain names in one line


@dataclass(frozen=True, slots=True)
class Daily:
    """What an appliance is asked for."""

    root: Path
    folder: Path | None  # that another recorder fills; None: `LiveSettings.interface` is recorded
    case_size: int | None  # bytes of recording after which another case begins
    private_days: int | None  # days that private data is kept
    certain: str  # least certainty of a finding that is an alarm
    words: Sequence[str] = ()  # options of the audits
    zone: datetime.tzinfo | None = None


@dataclass(slots=True)
class Appliance:
    """One run of it."""

    daily: Daily
    settings: LiveSettings
    options: Options
    lines: Lines
    alarms: Alarms
    _custody: Custody = field(init=False)
    _room: Room = field(init=False)
    _counted: dict[str, int] = field(default_factory=dict)  # losses that cases closed so far were told
    _others: set[str] = field(default_factory=set)  # files that are no captures, of which that was told
    _keeper: Keeper | None = None
    _day: Day | None = None
    _last: float = 0.0  # when the last file began
    _taken_at: float = field(default_factory=time.monotonic)
    _left: set[str] = field(default_factory=set)  # files that a recorder of an earlier start left
    _untold: int = 0  # runs of which the day under way has such files
    _refused: dict[str, float] = field(default_factory=dict)  # files that could not be taken, and when to try again

    def run(self) -> bool:
        """Until somebody asks to stop (True), or the disk is full. UsageError when the interface cannot be recorded."""
        daily = self.daily
        daily.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = daily.folder is None
        with Custody(daily.root) as self._custody:
            spool = Spool(daily.folder or daily.root / SPOOL, own=own)
            auditor = Auditor(daily.words)
            self._room = room = Room(daily.root, self._custody, self.settings.ring, self.settings.keep_free, self._tell)
            self._custody.note("begun", version=__version__, interface=self._source(), private_days=daily.private_days)
            self._resume(auditor)
            if own:
                self._left = {one.path.name for one in spool.whole(ended=True)} if spool.folder.is_dir() else set()
                self._start(spool)
            try:
                self._loop(spool, auditor, room)
            finally:
                asked = self.lines.stopping()
                if self._keeper is not None:
                    self._keeper.stop()
                self._feed(spool, auditor, ended=own)
                self._close_day(auditor, "asked" if asked else "disk_full")
                self._finish(auditor, room)
                self._custody.note("ended")
            return asked

    def _finish(self, auditor: Auditor, room: Room) -> None:
        """Audit what is left; who asks a second time leaves that to the next start."""
        try:
            while auditor.busy:
                if (done := auditor.step()) is not None:
                    self._told(done)
                    self._mind(room, auditor)
                time.sleep(self.settings.tick)
        except KeyboardInterrupt:
            auditor.stop()

    def _start(self, spool: Spool) -> None:
        spool.folder.mkdir(mode=0o700, exist_ok=True)
        settings = self.settings
        ring = settings.ring // PART if settings.ring is not None else None
        settings = replace(
            settings, ring=ring, overwrite_oldest=True, keep_free=settings.keep_free // 2,
            largest_file=self.daily.case_size or settings.largest_file,  # whole files make a case
        )  # fmt: skip
        self._keeper = Keeper(settings, spool.folder, self._custody, self._pass_on, lambda _: True)
        self._keeper.start()

    def _resume(self, auditor: Auditor) -> None:
        """Cases that a loss of power left: those with a recording are audited, those that were sealed told."""
        for path in self._room.own():
            if not is_sealed(path):
                self._tell("warning", "taken_up", case=path.name)
                auditor.add(path)
        for path in self._room.untold():
            auditor.add(path)

    def _loop(self, spool: Spool, auditor: Auditor, room: Room) -> None:
        looked = minded = -MIND
        keeper = self._keeper
        while not self.lines.stopping() and not (keeper is not None and keeper.stop_reason):
            clock = time.monotonic()
            pressed = False
            if keeper is not None:
                keeper.tend()
                pressed = keeper.free < self.settings.keep_free and clock - minded >= LOOK
            if clock - looked >= LOOK:
                looked = clock
                self._feed(spool, auditor)
                self._close_quiet(auditor)
            done = auditor.step()
            if done is not None:
                self._told(done)
            if done is not None or pressed or clock - minded >= MIND:
                minded = clock
                self._mind(room, auditor)
            time.sleep(self.settings.tick)

    def _mind(self, room: Room, auditor: Auditor) -> None:
        open_now = {self._day.folder.name} if self._day is not None else set()
        room.mind(day_of(time.time(), self.daily.zone), auditor.busy | open_now)

    def _feed(self, spool: Spool, auditor: Auditor, *, ended: bool = False) -> None:
        """Put whole files into their days."""
        for one in spool.whole(ended=ended):
            name, clock = one.path.name, time.monotonic()
            if clock < self._refused.get(name, 0.0):
                continue
            try:
                self._day_for(one, auditor).append(one)
            except (OSError, UsageError) as error:  # no room, no right: said once, and tried again
                if name not in self._refused:
                    self._tell("error", "not_taken", file=shown_name(one.path), why=shown_why(error))
                self._refused[name] = clock + MIND
                continue
            self._refused.pop(name, None)
            self._taken_at = clock
            if name in self._left:  # what its run lost, and what it had not written when it ended, nobody knows
                self._left.discard(name)
                self._untold = 1
        for name in sorted(spool.others - self._others):
            self._tell("warning", "no_capture", file=shown_name(spool.folder / name))
        self._others = spool.others

    def _day_for(self, one: Whole, auditor: Auditor) -> Day:
        """The case of a file: the one under way, or a new one."""
        if self._last and one.begins < self._last - LEAST_BACK:
            self._custody.note("clock_jump", seconds=round(one.begins - self._last, 3), file=shown_name(one.path))
            self._tell("warning", "time_back", seconds=round(one.begins - self._last, 1))
        self._last = one.begins
        day = day_of(one.begins, self.daily.zone)
        largest = self.daily.case_size
        if (here := self._day) is not None:
            full = (largest is not None and here.bytes >= largest) or here.files >= MOST_FILES
            if here.rule.day == str(day) and not full:
                return here
            self._close_day(auditor, "case full" if full else "day over")
        rule = Rule(str(day), self.daily.private_days, room=True)
        facts = {"interface": self._source(), "filter": self.settings.capture_filter, "snaplen": self.settings.snaplen}
        folder = free_name(self.daily.root, day)
        self._room.begin(folder.name)
        self._day = Day(folder, rule, self.options, facts)
        return self._day

    def _source(self) -> str:
        return shown_name(self.daily.folder) if self.daily.folder is not None else self.settings.interface

    def _close_quiet(self, auditor: Auditor) -> None:
        """End a day that is over though no file came to say so."""
        if self._day is None or time.monotonic() - self._taken_at < QUIET:
            return
        if self._day.rule.day != str(day_of(time.time(), self.daily.zone)):
            self._close_day(auditor, "day over")

    def _close_day(self, auditor: Auditor, stopped: str) -> None:
        day, self._day = self._day, None
        if day is None:
            return
        own: dict[str, Any] = {"recorder": "another", "untold_runs": 1}
        if (keeper := self._keeper) is not None:
            own = {"recorder": keeper.method, **self._losses(keeper)}
        day.close(stopped=stopped, **day.facts, **own)
        auditor.add(day.folder)

    def _losses(self, keeper: Keeper) -> dict[str, Any]:
        """What was lost since the case before was closed."""
        drops, before = keeper.drops, self._counted
        self._counted = {
            "received": drops.received,
            "dropped_kernel": drops.kernel,
            "dropped_interface": max(drops.interface, keeper.missed()),
            "dropped_own": drops.recorder + keeper.drops_own,
            "untold_runs": keeper.untold_runs,
        }
        lost: dict[str, Any] = {name: number - before.get(name, 0) for name, number in self._counted.items()}
        lost["untold_runs"] += keeper.recording + self._untold  # a run under way tells at its end
        self._untold = 0
        gone = keeper.overwritten[:MOST_OVERWRITTEN]
        if (more := len(keeper.overwritten) - len(gone)) > 0:
            gone.append(f"+{more}")
        keeper.overwritten.clear()
        return lost | {"overwritten": gone}

    def _told(self, done: Done) -> None:
        """What an audit gave: a line of the chain, and an alarm where it found something or failed."""
        case = done.case.name
        if not done.sealed:
            self._custody.note("not audited", case=case, code=done.code)
            self._tell("error", "not_audited", case=case, code=done.code)
            return
        chain = entries(done.case)
        manifest = next(str(line.get("manifest")) for line in reversed(chain) if line["what"] == SEALED)
        self._room.seal(case, manifest, chain[-1]["hash"])
        summary = done.summary
        found = [str(one.get("certainty")) for one in summary.get("findings", ())]
        grave = [one for one in found if one in GRAVEST and one <= self.daily.certain]
        if grave:
            self._tell("warning", "day_found", case=case, n=len(grave), certainty=min(grave))
        if doubt := _doubt(summary):
            self._tell("warning", doubt, case=case, n=sum(_unjudged(summary).values()), code=done.code)
        elif not grave:
            self._tell("info", "day_sealed", case=case)

    def _tell(self, level: Level, code: str, /, **figures: float | str) -> None:
        self._pass_on(Note(level, code, figures))

    def _pass_on(self, note: Note) -> None:
        self.lines.show(note)
        try:
            self.alarms.tell(note)
        except OSError as error:  # a full disk must not end the recording
            self.lines.show(Note("error", "alarm_failed", {"why": shown_why(error)}))


def _doubt(summary: dict[str, Any]) -> str:
    """The note by which somebody is told to look at how an audit ended; empty where it ended well."""
    if not summary:
        return "day_unread"
    if summary.get("damage") or summary.get("rejected"):
        return "day_damaged"
    if not summary.get("packets_decoded", 1):
        return "day_empty"
    if "interrupted" in summary.get("exit_reasons", ()):
        return "day_unfinished"
    return "day_unjudged" if _unjudged(summary) else ""


def _unjudged(summary: dict[str, Any]) -> dict[str, int]:
    """What was not judged, by its reason; but for what the appliance was told not to judge."""
    return {reason: number for reason, number in summary.get("unjudged", {}).items() if reason != SWITCHED_OFF}


def refuse(root: Path, folder: Path | None) -> None:
    """Raise UsageError for a place where no appliance can be."""
    if (root / "case.json").exists():
        raise UsageError("{}: is a case; --daily wants a folder for its cases", root)
    if folder is not None and (root.absolute() == folder.absolute() or folder.absolute() in root.absolute().parents):
        raise UsageError("{}: lies in the folder that is followed; choose another --case folder", root)
