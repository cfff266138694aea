"""Judge images in a helper process: native decoders may crash or hang on hostile bytes; then one image is lost only.

An image that kills or stalls the helper gets a second try, alone. The answers do not depend on the order, on batches or
on threads. This side imports neither Pillow nor onnxruntime.

What lies within another picture (a thumbnail) waits for that one's answer: where that shows a face, the thumbnail is
looked at for one only if it shows something else.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import orjson

from netaudit.core.contracts.judgements import CRASHED, GIVEN_UP, NO_HELPER, STALLED, WORKED
from netaudit.core.contracts.reasons import reason
from netaudit.core.storage.object_store import object_path
from netaudit.core.system.programs import helper
from netaudit.core.system.reasons import why
from netaudit.images.cpu_limit import LOOKS, Limits, Watch
from netaudit.images.face_verdict import FaceVerdict
from netaudit.images.images import ImageFacts
from netaudit.images.processes import processors, start, write_whole

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIMITS = Limits()  # for one image
WINDOW = 96  # images handed to the helper at one time: it takes up to a third of them together (`inspection.py`)
RELEASING = 5.0  # seconds by the clock in which a helper that has judged all says that it makes pictures
MAX_STARTS = 3  # helpers that may die in a row without having begun an image
MAX_GUILTY = 64  # images that may kill or stall the helper, before the rest is given up (each costs two starts or 40 s)
WORKED_ON = reason(WORKED, n=round(LIMITS.work))
STOOD_STILL = reason(STALLED, n=round(LIMITS.wait))

_FACTS, _VERDICT = ([field.name for field in fields(one)] for one in (ImageFacts, FaceVerdict))

MOST_THREADS = 8  # detectors of one helper
MOST_SAID = 20_000  # answers of which it is remembered whether they were "yes", for what lies within those pictures

Judged = tuple[str, ImageFacts, FaceVerdict]
Lines = queue.SimpleQueue[bytes]
NO_MORE = b""  # ends who writes lines


class Holder(NamedTuple):
    """A picture within which another one lies."""

    sha256: str
    path: str
    kind: str


def holder_at(objects: Path, sha256: str, kind: str) -> Holder:
    """A stored picture within which another one lies; `objects` is the folder of all."""
    return Holder(sha256, str(object_path(objects, sha256, kind)), kind)


def never() -> bool:
    """Nobody wants to stop."""
    return False


@dataclass(slots=True)
class _Task:
    sha256: str
    path: str
    kind: str
    rotate: bool
    count: bool
    first: bool = False  # before all that are not
    beside: tuple[Holder, ...] = ()  # pictures with a face that hold it
    strikes: int = 0
    begun: bool = False  # by the helper
    worked: float = 0.0  # seconds of processor time since then
    waited: float = 0.0  # seconds by the clock

    def line(self) -> bytes:
        task: dict[str, Any] = {"sha256": self.sha256, "path": self.path, "kind": self.kind}
        task |= {"rotate": self.rotate, "count": self.count, "beside": [tuple(one) for one in self.beside]}
        return orjson.dumps(task) + b"\n"


class Judge:
    """Judges images in the background. Give each distinct image once; the helper starts with the first one.

    `threads` is the number of detectors at work (None: one for each processor, at most MOST_THREADS); `faces=False`
    looks for none, `count` says how many there are; `polite` are the steps, of 19, by which other processes go
    first. Answers go `into` a queue where one is given, and whoever gave it takes them. Not to be shared between
    threads.
    """

    def __init__(
        self,
        *,
        faces: bool = True,
        threads: int | None = None,
        count: bool = False,
        polite: int = 0,
        into: queue.SimpleQueue[Judged] | None = None,
    ) -> None:
        self._detectors = threads or default_threads()
        words = (str(self._detectors), "faces" if faces else "none", str(polite))
        self._command = helper("netaudit.images.helper", *words)
        self._count = count
        self._limits = LIMITS
        self._lock = threading.RLock()
        self._first: deque[_Task] = deque()
        self._waiting: deque[_Task] = deque()
        self._within: dict[str, list[tuple[_Task, Holder]]] = defaultdict(
            list
        )  # by the picture whose answer they await
        self._asked: set[str] = set()  # submitted and not answered
        self._said: OrderedDict[str, bool] = OrderedDict()  # whether the latest answers were "yes"
        self._suspects: deque[_Task] = deque()  # to be tried again, each alone
        self._running: dict[str, _Task] = {}
        self._judged: queue.SimpleQueue[Judged] = into if into is not None else queue.SimpleQueue()
        self._open = 0  # submitted and not handed out
        self._helper: subprocess.Popen[bytes] | None = None
        self._watch: Watch | None = None  # over the helper
        self._listener: threading.Thread | None = None
        self._writer: threading.Thread | None = None
        self._lines: Lines = queue.SimpleQueue()  # for the helper, which may stand still: nobody waits for it to read
        self._fruitless = 0  # helpers in a row that died before they began an image
        self._guilty = 0
        self._fatal = ""
        self._stalled: dict[str, str] = {}  # by content: the limit that it passed
        self._closed = False
        self._released = self._shows = False  # told to judge no more, and says that it makes pictures

    def prepare(self) -> None:
        """Start the helper now: it takes a second to load what it needs."""
        with self._lock:
            if self._helper is None and not self._closed:
                self._start()

    def reduce_to(self, detectors: int) -> None:
        """Judge with so many detectors from now on: others have the processors."""
        with self._lock:
            self._detectors = detectors
            self._tell(_left(detectors))

    def submit(
        self,
        sha256: str,
        path: Path | str,
        kind: str,
        *,
        rotate: bool,
        first: bool = False,
        within: Holder | None = None,
        beside: tuple[Holder, ...] = (),
    ) -> None:
        """Have an image judged. `rotate`: look for faces in turned pictures too (uploads); `first`: before others.

        `within` is a picture submitted before that holds it; `beside` are such pictures, known to show a face.
        """
        with self._lock:
            if self._closed:
                raise ValueError("the judge is closed")
            self._open += 1
            self._asked.add(sha256)
            task = _Task(sha256, str(path), kind, rotate, self._count, first, beside)
            if within is not None and within.sha256 in self._asked:
                self._within[within.sha256].append((task, within))
            else:
                self._line_up(task, within)
            self._hand_out()
        self.check()

    def results(self) -> Iterator[Judged]:
        """Give what has been judged since last asked, without waiting."""
        self.check()
        while not self._judged.empty():
            self._open -= 1
            yield self._judged.get()

    def finish(self, stopped: Callable[[], bool] = never) -> Iterator[Judged]:
        """Give all that is left, waiting for it until somebody wants to stop."""
        while self._open and not stopped():
            try:
                judged = self._judged.get(timeout=LOOKS)
            except queue.Empty:
                self.check()
                continue
            self._open -= 1
            yield judged

    def release(self) -> subprocess.Popen[bytes] | None:
        """The helper, where it has judged all, as one that makes pictures (`previews.py`); ends it where it has not.

        Nothing may be submitted any more.
        """
        with self._lock:
            helper, listener, writer = self._helper, self._listener, self._writer
            if helper is not None and self._said and not self._asked:
                self._closed = self._released = True
                self._tell(orjson.dumps({"show": True}) + b"\n")
                self._lines.put(NO_MORE)  # whoever takes the helper writes to it
        if self._released and listener is not None and writer is not None:
            listener.join(RELEASING)
            writer.join(RELEASING)
        with self._lock:
            shows = self._shows
            if shows:
                self._helper = None
        self.close()
        return helper if shows else None

    def close(self) -> None:
        """End the helper; images not judged by now never will be."""
        with self._lock:
            self._closed = True
            for waiting in (self._first, self._waiting, self._within):
                waiting.clear()
            self._suspects.clear()
            self._running.clear()
            self._open = 0
            helper = self._helper
        if helper is not None:
            helper.kill()
            helper.wait()
        self._lines.put(NO_MORE)
        if self._listener is not None:
            self._hear()  # who closes what it left
            self._listener.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Everything below runs under the lock, in the caller's thread or in the one that listens to the helper.

    def _hand_out(self) -> None:
        """Give the helper as much as it may have: suspects one at a time and alone, others up to the window.

        Once half a window is left: many at a time, as each wakes the helper, which then wants Python's lock.
        """
        if len(self._running) <= WINDOW // 2 and (lines := list(self._handed())):
            self._tell(b"".join(lines))

    def _handed(self) -> Iterator[bytes]:
        while not self._closed:
            if self._running and (
                self._suspects or len(self._running) >= WINDOW or next(iter(self._running.values())).strikes
            ):
                return
            source = self._suspects or self._first or self._waiting
            if not source:
                return
            if self._fruitless >= MAX_STARTS or self._guilty >= MAX_GUILTY:
                self._give_up()
                return
            if self._helper is None and not self._start():
                continue
            self._hear()
            task = source.popleft()
            task.begun, task.worked, task.waited = False, 0.0, 0.0
            self._running[task.sha256] = task
            yield task.line()

    def _give_up(self) -> None:
        given_up = GIVEN_UP if self._guilty >= MAX_GUILTY else reason(NO_HELPER, inner=self._fatal)
        while source := self._suspects or self._first or self._waiting:
            self._answered(source.popleft().sha256, ImageFacts(problem=given_up), FaceVerdict(reason=given_up))

    def _line_up(self, task: _Task, within: Holder | None) -> None:
        """Have an image wait for its turn; one within a picture with a face is held against that."""
        if within is not None and self._said.get(within.sha256, False):
            task.beside = (within,)
        (self._first if task.first else self._waiting).append(task)

    def _answered(self, sha256: str, facts: ImageFacts, verdict: FaceVerdict) -> None:
        """An image has its answer, which what lies within it waited for."""
        self._asked.discard(sha256)
        self._said[sha256] = verdict.face == "yes"
        if len(self._said) > MOST_SAID:
            self._said.popitem(last=False)
        self._judged.put((sha256, facts, verdict))
        for task, within in self._within.pop(sha256, ()):
            self._line_up(task, within)

    def _start(self) -> bool:
        """Start the helper; False when the system does not let it."""
        try:
            helper = start(self._command)
        except OSError as error:
            self._fruitless, self._fatal = self._fruitless + 1, reason("helper_not_started", said=why(error))
            return False
        self._helper, self._watch, self._fatal = helper, Watch(helper.pid), "helper_ended"
        self._lines.put(NO_MORE)  # to the one before
        self._lines = queue.SimpleQueue()
        self._tell(_left(self._detectors))
        self._listener = threading.Thread(target=self._listen, args=(helper,), daemon=True)
        self._writer = threading.Thread(target=_write, args=(helper, self._lines), daemon=True)
        return True

    def _hear(self) -> None:
        """Listen to the helper from its first task on: a process with a second thread is not forked any more."""
        for thread in (self._listener, self._writer):
            if thread is not None and thread.ident is None:
                thread.start()

    def _tell(self, line: bytes) -> None:
        if self._helper is not None:
            self._lines.put(line)

    def _listen(self, helper: subprocess.Popen[bytes]) -> None:
        """Take answers until the helper ends, or makes pictures for others (its own thread)."""
        if helper.stdout is None:
            return
        buffered = b""
        while block := helper.stdout.read(1 << 16):
            *lines, buffered = (buffered + block).split(b"\n")
            with self._lock:
                self._charge()
                try:
                    for line in lines:
                        self._record(orjson.loads(line))
                except (
                    ValueError,
                    TypeError,
                    KeyError,
                    AttributeError,
                ):  # it is out of its mind
                    helper.kill()
                    break
                if self._shows:
                    return
                self._hand_out()
        helper.stdout.close()
        helper.wait()
        if helper.stdin is not None:
            helper.stdin.close()
        with self._lock:
            self._ended()

    def _record(self, message: dict[str, Any]) -> None:
        if self._released and "shows" in message:
            self._shows = True
        elif "fatal" in message:
            self._fatal = reason("helper_said", said=str(message["fatal"])[:100])
        elif "started" in message:
            for task in filter(None, map(self._running.get, message["started"])):
                task.begun = True
                self._fruitless = 0
        elif message.get("done") in self._running:
            facts, verdict = facts_of(message["facts"]), verdict_of(message["verdict"])
            self._running.pop(message["done"])
            self._answered(message["done"], facts, verdict)

    def _ended(self) -> None:
        """The helper is gone: whoever was at work is under suspicion, the others wait again."""
        self._helper = None
        began = self._at_work()
        stalled = [task for task in began if task.sha256 in self._stalled]
        for task in stalled or began:
            task.strikes += 1
            if task.strikes >= 2:
                self._guilty += 1
                problem = self._stalled.get(task.sha256, CRASHED)
                facts, verdict = (
                    ImageFacts(decodable=False, problem=problem),
                    FaceVerdict("undecodable", reason=problem),
                )
                self._answered(task.sha256, facts, verdict)
            else:
                self._suspects.append(task)
            del self._running[task.sha256]
        if not began:
            self._fruitless += 1
        self._waiting.extendleft(reversed([task for task in self._running.values() if not task.strikes]))
        self._suspects.extend(task for task in self._running.values() if task.strikes)
        self._running.clear()
        self._stalled.clear()
        self._hand_out()

    def _at_work(self) -> list[_Task]:
        return [task for task in self._running.values() if task.begun]

    def _charge(self) -> None:
        """Count the helper's work since the last look for each image it is at, who have waited all the while.

        It is shared among detectors only: an image has what is taken for all that one of them is at.
        """
        if self._helper is None or self._watch is None:
            return
        worked, waited = self._watch.lap()
        tasks = self._at_work()
        for task in tasks:
            task.worked += waited if worked is None else worked / min(len(tasks), self._detectors)
            task.waited += waited

    def check(self) -> None:
        """End a helper that has been at one image for too long; its end is then handled like a crash."""
        with self._lock:
            self._charge()
            for task in self._at_work():
                if task.worked > self._limits.work:
                    self._stalled[task.sha256] = WORKED_ON
                elif task.waited > self._limits.wait:
                    self._stalled[task.sha256] = STOOD_STILL
            if self._stalled and self._helper is not None:
                self._helper.kill()


def _write(helper: subprocess.Popen[bytes], lines: Lines) -> None:
    """Write lines to a helper until there are no more (its own thread)."""
    with contextlib.suppress(OSError, ValueError):  # it has just died: the listener sees its end and hands out again
        while (line := lines.get()) and helper.stdin is not None:
            write_whole(helper.stdin, line)


def _left(detectors: int) -> bytes:
    """Tells a helper how many detectors are left to it."""
    return orjson.dumps({"detectors": detectors}) + b"\n"


def default_threads() -> int:
    """One detector for each processor, at most MOST_THREADS: reading goes first (`polite`), and ends."""
    return min(MOST_THREADS, processors())


def facts_of(answer: dict[str, Any]) -> ImageFacts:
    """Facts of an image from the JSON of the helper; KeyError or TypeError where that is none."""
    return ImageFacts(*map(answer.__getitem__, _FACTS))


def verdict_of(answer: dict[str, Any]) -> FaceVerdict:
    """The same for its verdict."""
    return FaceVerdict(*map(answer.__getitem__, _VERDICT))
