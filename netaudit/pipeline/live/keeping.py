"""Keeps a recording going: starts the recorder again, waits for an interface that has gone, minds disk and clock.

Whatever happens becomes a line of custody and a note for the screen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.capture.adapters import interface_known, interface_up, missed_by
from netaudit.capture.from_wire import NAME, count_packets, recorded
from netaudit.capture.recorder import Drops, Recorder, Recording, choose_method
from netaudit.errors import UsageError
from netaudit.pipeline.live.guard import ClockCheck, disk_free
from netaudit.pipeline.live.news import Level, Note

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netaudit.evidence.case.custody import Custody
    from netaudit.pipeline.live.settings import LiveSettings

SETTLED = 2.0  # seconds after which a recorder is taken to work; before, its end means that it cannot
LONGEST_PAUSE = 30.0  # seconds between tries to start it again
SETTLED_SOCKET = 15.0  # an interpreter has to start first
GUARD = 0.25  # seconds between looks at the disk


@dataclass(slots=True)
class Keeper:
    """One recording, whatever many runs of the recorder it takes."""

    settings: LiveSettings
    folder: Path  # of the recorded files
    custody: Custody
    tell: Callable[[Note], None]
    unread: Callable[[Path], bool]  # whether a recorded file has not been audited to its end
    stop_reason: str = ""  # set when the recording has to stop
    overwritten: list[str] = field(default_factory=list)
    drops_own: int = 0  # packets in files that were overwritten before they had been audited
    _method: str = ""
    _recorder: Recorder | None = None
    _run: int = 0
    _began: float = 0.0
    _retry_at: float = 0.0
    _pause: float = 0.0
    _gone: bool = False  # the interface
    _ended_drops: list[Drops] = field(default_factory=list)
    _clock: ClockCheck = field(default_factory=ClockCheck)
    _guard_at: float = 0.0
    _missed_before: int = 0
    _untold: int = 0
    _free: int = 0

    def start(self) -> None:
        """Begin. Raises UsageError when the recorder cannot record at all, with what it says."""
        self._free = disk_free(self.folder)
        if self._free < self.settings.keep_free:
            raise UsageError(
                "{}: {} MiB free, while --keep-free wants {} MiB left; choose another disk, or less to keep",
                self.folder.parent.parent,
                self._free >> 20,
                self.settings.keep_free >> 20,
            )
        self._method = choose_method(self.settings.method, self.settings.capture_filter)
        self._missed_before = missed_by(self.settings.interface)
        if self._method == "socket":
            self._note("warning", "slow_method")
        self._run = max(
            (int(found[1]) for path in recorded(self.folder) if (found := NAME.fullmatch(path.name))), default=0
        )
        self._begin_run()
        until = time.monotonic() + (SETTLED_SOCKET if self._method == "socket" else SETTLED)
        assert self._recorder is not None
        while time.monotonic() < until and not recorded(self.folder) and not self._recorder.ended:
            time.sleep(0.02)
        if self._recorder.ended and not any(path.stat().st_size for path in recorded(self.folder)):
            hint = "" if interface_known(self.settings.interface) else " (netaudit live tells what there is)"
            raise UsageError("{}: cannot be recorded: {}{}", self.settings.interface, self._recorder.reason, hint)

    @property
    def recording(self) -> bool:
        """Whether a recorder is at work."""
        return self._recorder is not None and not self._recorder.ended

    @property
    def method(self) -> str:
        """dumpcap or socket."""
        return "socket" if self._method == "socket" else "dumpcap"

    @property
    def drops(self) -> Drops:
        """Losses that the runs of the recorder have told at their ends."""
        ended = self._ended_drops
        return Drops(
            *(sum(getattr(one, name) for one in ended) for name in ("received", "kernel", "interface", "recorder"))
        )

    @property
    def untold_runs(self) -> int:
        """Runs of the recorder that ended without telling what they lost: killed, as a rule."""
        return self._untold

    @property
    def ended_runs(self) -> int:
        """Runs of the recorder that ended and told what they lost."""
        return len(self._ended_drops)

    def missed(self) -> int:
        """Packets that the interface says it lost since the start, where the system tells (Linux)."""
        return max(0, missed_by(self.settings.interface) - self._missed_before)

    @property
    def free(self) -> int:
        """Free bytes of the disk at the last look."""
        return self._free

    def tend(self) -> None:
        """Look after everything; to be called several times a second."""
        now = time.monotonic()
        for jump in self._clock.look():
            self.custody.note(jump.what, seconds=round(jump.seconds, 3))
            self._note("warning", jump.what, seconds=round(jump.seconds, 1))
        if now >= self._guard_at:
            self._guard_at = now + GUARD
            self._mind_room()
            self._mind_interface()
        if self._recorder is not None and self._recorder.ended:
            self._end_run(now)
        if self._recorder is None and not self.stop_reason and not self._gone and now >= self._retry_at:
            self._begin_run()

    def stop(self) -> None:
        """End the recorder, and have all it wrote."""
        self.stop_reason = self.stop_reason or "asked"
        if self._recorder is not None:
            self._recorder.stop()
            self._end_run(time.monotonic())

    def _begin_run(self) -> None:
        settings = self.settings
        self._run += 1
        recording = Recording(
            interface=settings.interface,
            folder=self.folder,
            file_bytes=settings.file_bytes,
            file_seconds=settings.file_seconds,
            snaplen=settings.snaplen,
            capture_filter=settings.capture_filter,
            buffer_mib=settings.buffer_mib,
        )
        self._began = time.monotonic()
        self._recorder = Recorder(recording, self._run, self._method)
        self.custody.note("recorder started", run=self._run, recorder=self.method, interface=settings.interface)

    def _end_run(self, now: float) -> None:
        """A recorder has ended: because we said so, or not."""
        recorder, self._recorder = self._recorder, None
        assert recorder is not None
        drops = recorder.drops
        if drops is not None:
            self._ended_drops.append(drops)
        else:
            self._untold += 1
        figures = {} if drops is None else {
            "received": drops.received, "dropped_kernel": drops.kernel, "dropped_interface": drops.interface,
        }  # fmt: skip
        self.custody.note(
            "recorder ended", run=self._run, reason=recorder.reason, asked=bool(self.stop_reason), **figures
        )
        if self.stop_reason:
            return
        self._pause = 0.0 if now - self._began > LONGEST_PAUSE else min(LONGEST_PAUSE, max(1.0, 2 * self._pause))
        self._retry_at = now + (self._pause if self._pause > 1 else 0)
        self._note("warning", "recorder_ended", reason=recorder.reason)

    def _mind_interface(self) -> None:
        """Notice when the interface goes, and when it comes back; a recorder may outlive that."""
        interface = self.settings.interface
        gone = not interface_up(interface)
        if gone == self._gone:
            return
        self._gone = gone
        self.custody.note("interface gone" if gone else "interface back", interface=interface)
        self._note("error" if gone else "info", "interface_lost" if gone else "interface_back", interface=interface)
        if not gone:
            self._pause, self._retry_at = 0.0, 0.0

    def _mind_room(self) -> None:
        """Make room, or stop before there is none."""
        self._free = disk_free(self.folder)
        files = recorded(self.folder)
        used = sum(path.stat().st_size for path in files)
        ring = self.settings.ring
        while len(files) > 1 and (
            self._free < self.settings.keep_free or (ring is not None and used + self.settings.file_bytes > ring)
        ):
            if not self.settings.overwrite_oldest:
                break
            oldest = files.pop(0)
            size = oldest.stat().st_size
            self._overwrite(oldest, size)
            used -= size
            self._free += size
        if self.stop_reason:
            return
        if self._free < self.settings.keep_free:
            self._stop_for("disk_full", free=self._free)
        elif ring is not None and used >= ring and not self.settings.overwrite_oldest:
            self._stop_for("ring_full", used=used)

    def _stop_for(self, code: str, **figures: int) -> None:
        self.stop_reason = code
        self.custody.note(code.replace("_", " "), **figures)
        self._note("error", code, **figures)

    def _overwrite(self, path: Path, size: int) -> None:
        """Remove the oldest file, as told to."""
        lost = count_packets(path) if self.unread(path) else 0
        self.drops_own += lost
        path.unlink()
        self.overwritten.append(path.name)
        self.custody.note("overwritten", file=path.name, bytes=size, packets_not_audited=lost)
        self._note("warning" if lost else "info", "overwritten", file=path.name, lost=lost)

    def _note(self, level: Level, code: str, **figures: float | str) -> None:
        self.tell(Note(level, code, figures))
