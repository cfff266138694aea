"""A live run from its first packet to its case: record, audit what was recorded, tell what happens, end cleanly."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.capture.from_wire import recorded
from netaudit.core.system import programs
from netaudit.core.system.clock import now
from netaudit.core.system.windows_names import real
from netaudit.errors import UsageError
from netaudit.evidence.case.custody import RECORD as RECORD_PLACE
from netaudit.evidence.case.custody import Custody
from netaudit.evidence.case.moments import MomentBook, keep, stored
from netaudit.evidence.case.reading import open_case, storable
from netaudit.evidence.case.report_status import WRITTEN
from netaudit.pipeline.keys import note_keys
from netaudit.pipeline.live.analysis import Analysis, Analyst, snapshot
from netaudit.pipeline.live.auditing import LiveAudit
from netaudit.pipeline.live.judging import LiveJudge
from netaudit.pipeline.live.keeping import Keeper
from netaudit.pipeline.live.news import MomentNews, Note, Rate
from netaudit.pipeline.live.newsroom import Newsroom
from netaudit.pipeline.live.sealing import RECORDING_ENDED, facts_of, note_moments, seal_case
from netaudit.pipeline.live.witness import Memory
from netaudit.pipeline.startup import for_days
from netaudit.pipeline.task import begin_case, run_facts, write_case_report, write_run
from netaudit.version import __version__

if TYPE_CHECKING:
    from netaudit.evidence.case.reading import Case
    from netaudit.pipeline.live.news import Show
    from netaudit.pipeline.live.settings import LiveSettings
    from netaudit.pipeline.options import Options

RECORD = Path(RECORD_PLACE)  # of the recorded files in a case
TICK = 0.5  # seconds between rates
LAST_IMAGES = 5.0  # seconds at the end for images that are being judged; others are judged with the whole case


def run_live(settings: LiveSettings, folder: Path, options: Options, show: Show) -> Case | None:
    """Record an interface into the case at `folder`, audit it meanwhile, and conclude; None when only recording.

    Raises UsageError when the interface cannot be recorded or the folder holds something else.
    """
    from netaudit.core.signatures.loading import load
    from netaudit.evidence.case.writing import place_for

    for_days()
    load(options.signatures)
    ours = False  # the folder, made or found empty
    try:
        with place_for(folder, "live", overwrite=False):
            ours = True
            return _run(settings, folder, options, show)
    except UsageError:
        if ours and not recorded(folder / RECORD):  # it has not even begun: the folder is free for the next try
            shutil.rmtree(folder)
        raise


def _run(settings: LiveSettings, folder: Path, options: Options, show: Show) -> Case | None:
    from netaudit.pipeline.startup import calm

    (folder / RECORD).mkdir(mode=0o700, exist_ok=True)
    begin_case(folder, options)
    keep(folder, options.moments)
    engine = _Engine(settings, folder, options, show)
    try:
        with calm():
            return engine.run()
    finally:
        engine.close()


class _Engine:
    """The loop, and what it needs."""

    def __init__(self, settings: LiveSettings, folder: Path, options: Options, show: Show) -> None:
        self._settings, self._folder, self._options, self._show = settings, folder, options, show
        self._custody = Custody(folder)
        self._memory = Memory()
        self._audit = LiveAudit(folder, folder / RECORD, options, self._memory, decode=not settings.record_only)
        judges = options.faces and not settings.record_only
        self._judge = LiveJudge(folder) if judges else None
        self._newsroom = Newsroom(self._memory, self._judge, show.show)
        self._analyst = Analyst(options.inside, options.signatures)
        followed = self._audit.followed
        self._keeper = Keeper(settings, folder / RECORD, self._custody, show.show, followed.unread)
        self._started, self._clock = now(), time.perf_counter()
        self._began = time.monotonic()
        self._due = 0.0
        self._counted = (self._began, 0, 0)
        self._moments = MomentBook(folder)

    def run(self) -> Case | None:
        """Record and audit until it has to stop; then conclude."""
        settings = self._settings
        self._custody.note(
            "begun", interface=settings.interface, version=__version__, filter=settings.capture_filter,
            snaplen=settings.snaplen, record_only=settings.record_only,
        )  # fmt: skip
        note_moments(self._custody, self._options.moments)
        note_keys(self._custody, self._options.keys)
        self._keeper.start()
        if not settings.record_only:
            self._warm()
        try:
            while self._step():
                pass
        except KeyboardInterrupt:
            self._keeper.stop_reason = self._keeper.stop_reason or "asked"
        self._keeper.stop()
        while self._audit.step(ended=True):
            self._tick()
        self._newsroom.finish(LAST_IMAGES)
        self._note_closed()
        self._tick(force=True)
        self._custody.note(RECORDING_ENDED, **self._live_facts())
        return None if settings.record_only else self._conclude()

    def close(self) -> None:
        """Let go of everything, also after an error, and also where that is in the way of letting go."""
        with contextlib.ExitStack() as last:
            last.callback(self._show.close)
            last.callback(self._custody.close)
            last.callback(self._audit.followed.close)
            if self._judge is not None:
                last.callback(self._judge.close)
            last.callback(self._analyst.close)
            last.callback(self._keeper.stop)

    def _step(self) -> bool:
        """Audit what there is, look after the rest; False when the recording has to end."""
        found = self._audit.step(ended=not self._keeper.recording)
        self._newsroom.step()
        self._keeper.tend()
        self._tick()
        if not found:
            time.sleep(self._settings.tick)
        duration = self._settings.duration
        if duration is not None and time.monotonic() - self._began >= duration:
            self._keeper.stop_reason = self._keeper.stop_reason or "duration"
        elif self._audit.followed.full:
            self._keeper.stop_reason = self._keeper.stop_reason or "too many files"
        elif self._show.stopping():
            self._keeper.stop_reason = self._keeper.stop_reason or "asked"
        return not self._keeper.stop_reason

    def _tick(self, *, force: bool = False) -> None:
        """Tell where things stand, twice a second."""
        clock = time.monotonic()
        self._mark_moments()
        if clock < self._due and not force:
            return
        self._due = clock + TICK
        self._note_closed()
        self._audit.checkpoint()
        self._show.show(self._rate(clock))
        if not self._settings.record_only and not force:
            self._analyse()

    def _analyse(self) -> None:
        known = self._judge.answers.recent if self._judge is not None else lambda *_: None
        audit, folder = self._audit, self._folder
        done = self._analyst.step(lambda: snapshot(self._memory, audit.facts(), known, stored(folder), audit.last_ts))
        if isinstance(done, Analysis):
            self._newsroom.report(done)
        elif done is not None:
            self._show.show(Note("warning", "analysis_failed", {"error": done}))

    def _warm(self) -> None:
        """Have the kernels ready; what is recorded meanwhile waits in its file."""
        self._show.show(Note("info", "warming", {}))
        with ThreadPoolExecutor(1, "warm") as pool:  # a minute at worst, in which the disk and the user need somebody
            ready = pool.submit(_ready_kernels)
            while not ready.done():
                self._keeper.tend()
                self._mark_moments()
                wait([ready], TICK)
        ready.result()

    def _rate(self, clock: float) -> Rate:
        audit, keeper = self._audit, self._keeper
        before, packets, octets = self._counted
        self._counted = (clock, audit.packets, audit.bytes)
        seconds = max(clock - before, 1e-3)
        drops_of_files = [source.drops for source in audit.followed.sources if source.drops is not None]
        drops, behind = keeper.drops, audit.followed.behind
        return Rate(
            elapsed_s=round(clock - self._began, 3),
            ts=audit.last_ts,
            packets=audit.packets,
            bytes=audit.bytes,
            packets_per_s=round((audit.packets - packets) / seconds, 1),
            bits_per_s=round(8 * (audit.bytes - octets) / seconds, 1),
            drops_kernel=max(drops.kernel, sum(drops_of_files)) if drops_of_files or keeper.ended_runs else None,
            drops_interface=max(drops.interface, keeper.missed()),
            drops_own=drops.recorder + keeper.drops_own,
            recorded_files=audit.followed.found,
            recorded_bytes=audit.followed.done + behind,
            behind_bytes=behind,
            images_waiting=self._judge.waiting + self._judge.deferred if self._judge is not None else 0,
            disk_free=keeper.free,
            images_found=self._judge.taken if self._judge is not None else 0,
        )

    def _mark_moments(self) -> None:
        """Store the moments that the user marked, at once."""
        for mark in self._show.moments():
            number, moment = self._moments.mark(mark.ts, mark.text, mark.source)
            self._custody.note("moment", moment=moment.moment_id, ts=moment.ts, text=moment.text)
            self._show.show(MomentNews(number, moment.ts, moment.text))

    def _note_closed(self) -> None:
        """Seal the recorded files that are whole."""
        for source in self._audit.followed.closed:
            self._custody.note("recorded", **facts_of(source))
        self._audit.followed.closed.clear()

    def _conclude(self) -> Case:
        self._show.show(Note("info", "concluding", {}))
        read_s = round(time.perf_counter() - self._clock, 3)
        case = self._audit.conclude(self._judge.answers if self._judge is not None else None)
        timings = {"read_s": read_s, "total_s": round(time.perf_counter() - self._clock, 3)}
        write_run(self._folder, self._run_facts(timings))
        self._newsroom.settle(case)
        self._custody.note(WRITTEN, **write_case_report(case, self._options))
        self._mark_moments()  # typed while the case was written: kept, and part of it when it is audited again
        seal_case(self._custody, self._folder)
        return open_case(self._folder)

    def _run_facts(self, timings: dict[str, float]) -> dict[str, Any]:
        paths = [storable(real(source.path)) for source in self._audit.followed.sources if source.path]
        return run_facts(self._options, self._started, timings) | {"paths": paths, "live": self._live_facts()}

    def _live_facts(self) -> dict[str, Any]:
        """How it was recorded; `untold_runs` of the recorder ended without saying what they lost."""
        keeper, settings = self._keeper, self._settings
        drops = keeper.drops
        return {
            "interface": settings.interface,
            "recorder": keeper.method,
            "filter": settings.capture_filter,
            "snaplen": settings.snaplen,
            "stopped": keeper.stop_reason,
            "overwritten": keeper.overwritten,
            "received": drops.received,
            "dropped_kernel": max(drops.kernel, self._said_drops()),
            "dropped_interface": max(drops.interface, keeper.missed()),
            "dropped_own": drops.recorder + keeper.drops_own,
            "untold_runs": keeper.untold_runs,
        }

    def _said_drops(self) -> int:
        """Packets that the recorded files themselves say were lost."""
        return sum(source.drops or 0 for source in self._audit.followed.sources)


def _ready_kernels() -> None:
    """Load the kernels. What is not compiled yet another process compiles: that takes 400 MB, which are never freed."""
    from netaudit.pipeline.warm import warm

    words = programs.netaudit("warm")
    quiet = subprocess.DEVNULL
    subprocess.run(words, stdin=quiet, stdout=quiet, stderr=quiet, check=False)  # noqa: S603 - if it fails, we compile
    warm()
