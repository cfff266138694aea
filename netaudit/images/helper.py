"""The judging helper: a process that reads, decodes and looks at images, so that a decoder's crash costs one image.

Talks in JSON lines, which the other side can read without trusting them. In: {"sha256", "path", "kind", "rotate",
"count", "beside"}, which are pictures with a face that hold this one, each [sha256, path, kind].
Out: {"started": sha256} when work on an image begins, {"done": sha256, "facts", "verdict"} when it ends, and
{"fatal": text} when the helper cannot work at all. It ends when its input does. Told {"show": true}, once it has judged
all, it says {"shows": true} and is a `preview_helper` from then on: what that needs is loaded here.

Whether a thumbnail shows the picture within which it lies, by their pixels.

Both are made as small as they are compared, in the thumbnail's proportions (some programs press all into a square),
and their brightness is compared block by block: another face put into a thumbnail is another picture. That holds of
thumbnails only: of what is larger than `LARGEST`, or than its holder, a face that was put in vanishes when it is made
small, so it is judged by itself. One that was cut, turned or retouched is, too, which costs time and nothing else.
"""

from __future__ import annotations

import io
import os
import queue
import sys
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from netaudit.contracts.judgements import AS_HOLDER, MANY_PICTURES, NOT_ASKED
from netaudit.contracts.reasons import reason
from netaudit.images.face_verdict import FaceDetector, FaceVerdict, beside_of
from netaudit.images.images import FACTS_SIDE, ImageFacts, facts_of
from netaudit.images.kernels_scan import scan_of
from netaudit.images.pictures import MAX_PIXELS, SEVERAL, Picture, turned
from netaudit.images.preview_helper import show
from netaudit.jit.numba_parts import without_package
from netaudit.system import signals
from netaudit.system.reasons import why

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from PIL.Image import Image

    Small = tuple[Image, int, int]

LARGEST = 320  # pixels of the long side of what may be compared
SIDE = 160  # pixels of the long side at which pictures are compared, at most
BLOCK = 8  # pixels
LIKE, LIKE_BLOCK = 8.0, 24.0  # mean difference (of 255) over all, and in each block


def shows(small: Image, large: Image) -> bool:
    """Whether `small` shows what `large` does; both RGB."""
    share = min(SIDE, max(small.size), max(large.size)) / max(small.size)
    size = max(1, round(small.width * share)), max(1, round(small.height * share))
    apart = np.abs(_grey(small, size) - _grey(large, size))
    return float(apart.mean()) <= LIKE and float(_blocks(apart).max()) <= LIKE_BLOCK


def _grey(image: Image, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    from PIL.Image import Resampling

    grey = image.convert("L")
    return np.asarray(grey if grey.size == size else grey.resize(size, Resampling.BOX), np.float32)


def _blocks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Means of blocks; those at the right and below may be smaller."""
    rows, columns = (np.arange(0, side, BLOCK) for side in values.shape)
    sums = np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)
    high, wide = np.diff([*rows, values.shape[0]]), np.diff([*columns, values.shape[1]])
    means: npt.NDArray[np.float32] = sums / (high[:, None] * wide)
    return means


MOST_RECENT = 64  # pictures: 5 MB
MAX_FILE = 128 << 20  # bytes; larger ones are not images of a person
ONE_LESS: dict[str, Any] = {}  # ends the thread that takes it
Work = Callable[[dict[str, Any]], tuple[ImageFacts, FaceVerdict]]


class PixelBudget:
    """Bounds the pixels that are being decoded at one time, over all threads; a lone one always gets in."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Wait until `pixels` more fit."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + pixels <= self._most)
            self._used += pixels
        try:
            yield
        finally:
            with self._changed:
                self._used -= pixels
                self._changed.notify_all()


class Recent:
    """Pictures that were decoded lately, small: what lies within them is mostly asked for next. For all threads."""

    def __init__(self, budget: PixelBudget) -> None:
        self._budget = budget
        self._pictures: OrderedDict[str, Small] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, sha256: str, picture: Picture) -> None:
        """Remember a picture that facts were taken of."""
        if (small := _small(picture)) is not None:
            with self._lock:
                self._pictures[sha256] = small
                self._pictures.move_to_end(sha256)
                if len(self._pictures) > MOST_RECENT:
                    self._pictures.popitem(last=False)

    def of(self, sha256: str, path: str, kind: str) -> Small | None:
        """A picture, decoded anew where it is no longer remembered; None where that fails. Who asks holds no pixels."""
        with self._lock:
            if sha256 in self._pictures:
                self._pictures.move_to_end(sha256)
                return self._pictures[sha256]
        data = _data(Path(path))
        if isinstance(data, str):
            return None
        picture = Picture(data, kind)
        with self._budget.hold(_pixels(picture)):
            self.note(sha256, picture)
        with self._lock:
            return self._pictures.get(sha256)


def _pixels(picture: Picture) -> int:
    return picture.width * picture.height if picture.decodable else 0


def _small(picture: Picture) -> Small | None:
    from PIL.Image import Resampling

    image = picture.image(FACTS_SIDE)
    if image is None:
        return None
    less = max(image.size) // FACTS_SIDE
    if less > 1:
        image = image.resize((max(1, round(image.width / less)), max(1, round(image.height / less))), Resampling.BOX)
    return image, picture.quarter_turns, max(picture.width, picture.height)


def worker(budget: PixelBudget, *, faces: bool, recent: Recent | None = None) -> Work:
    """Make one thread's function that judges an image; with `faces` it owns a detector."""
    detector = FaceDetector() if faces else None
    lately = recent or Recent(budget)

    def judge(task: dict[str, Any]) -> tuple[ImageFacts, FaceVerdict]:
        kind, data, beside = task["kind"], _data(Path(task["path"])), task.get("beside") or ()
        if isinstance(data, str):
            return _unread(data)
        picture = Picture(data, kind)
        small = bool(beside) and max(picture.width, picture.height) <= LARGEST
        holders = [lately.of(*holder) for holder in beside] if small else []
        with budget.hold(_pixels(picture)):
            facts = facts_of(picture, data, kind)
            if detector is None:
                return facts, FaceVerdict(reason=NOT_ASKED)
            if not beside:
                lately.note(task.get("sha256", ""), picture)
            if small and not facts.problem and all(_shows(picture, holder) for holder in holders):
                return facts, FaceVerdict(AS_HOLDER, beside=beside_of(beside))
            verdict = detector.judge(picture, rotate=bool(task["rotate"]), count=bool(task.get("count")))
            if verdict.face in {"no", "possible"} and kind in SEVERAL:
                verdict = _of_all(picture, verdict, detector, rotate=bool(task["rotate"]))
            return facts, replace(verdict, beside=beside_of(beside)) if beside else verdict

    return judge


def _data(path: Path) -> bytes | str:
    """The bytes of an image, or why they cannot be had."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size  # room for no more: that of the largest would be mapped each time
            data = file.read(min(size, MAX_FILE) + 1)
    except OSError as error:
        return reason("image_unreadable", said=why(error))
    return data if len(data) <= MAX_FILE else reason("image_large_file", n=MAX_FILE >> 20)


def _shows(picture: Picture, holder: Small | None) -> bool:
    """Whether a picture shows the one that holds it: as that is shown, or as it lay before it was set upright."""
    image = picture.image(FACTS_SIDE)
    if image is None or holder is None:
        return False
    large, turns, side = holder
    if max(picture.width, picture.height) > side:
        return False
    return shows(image, large) or (turns > 0 and shows(turned(image, turns), large))


def _of_all(picture: Picture, first: FaceVerdict, detector: FaceDetector, *, rotate: bool) -> FaceVerdict:
    """The best verdict on all pictures of a file; "no" only where all were looked at."""
    best = first
    frames, all_of_them = picture.later()
    for frame in frames:
        verdict = detector.judge(frame, rotate=rotate)
        if verdict.face == "yes":
            return verdict
        best = verdict if verdict.face == "possible" and best.face == "no" else best
    if best.face == "no" and not all_of_them:
        return FaceVerdict("not judged", None, best.score, reason=MANY_PICTURES)
    return best


def _unread(problem: str) -> tuple[ImageFacts, FaceVerdict]:
    return ImageFacts(problem=problem), FaceVerdict(reason=problem)


def serve(make: Callable[[], Work], threads: int, before: Callable[[], object] = lambda: None) -> None:
    """Answer tasks from standard input until it ends, with `threads` threads, each with its own function by `make`.

    {"detectors": n} leaves so many of them.

    `before` is called before work on a task is said to begin, and its time is taken.
    """
    answers = _own_output()
    lock = threading.Lock()
    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def say(*messages: dict[str, Any]) -> None:
        with lock:
            answers.write(b"".join(orjson.dumps(message) + b"\n" for message in messages))

    def run() -> None:
        try:
            work = make()
            done: list[dict[str, Any]] = []  # to be said together with what begins next: the other side wakes once
            while True:
                try:
                    task = tasks.get_nowait()
                except queue.Empty:
                    say(*done)
                    done, task = [], tasks.get()
                if task == ONE_LESS:
                    say(*done)
                    return
                before()
                say(*done, {"started": task["sha256"]})
                facts, verdict = work(task)
                done = [{"done": task["sha256"], "facts": facts, "verdict": verdict}]
        except BaseException as error:  # noqa: BLE001 - whatever it was, the other side must hear of it and start anew
            say({"fatal": f"{type(error).__name__}: {error}"[:500]})
            os._exit(3)

    for _ in range(threads):
        threading.Thread(target=run, daemon=True).start()
    for line in sys.stdin.buffer:
        task = orjson.loads(line)
        if "show" in task:
            say({"shows": True})
            show(io.BufferedWriter(answers))
            break
        if "detectors" in task:
            for _ in range(threads - task["detectors"]):
                tasks.put(ONE_LESS)
            threads = min(threads, task["detectors"])
            continue
        tasks.put(task)
    os._exit(0)  # the audit has ended or died: no answer is wanted, and native threads may hang at exit


def _own_output() -> Any:
    """Standard output for answers alone: what native libraries print goes to standard error, which nobody reads."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _give_way(steps: int) -> None:
    """Let others go first, as far as the system knows that."""
    if hasattr(os, "nice"):
        os.nice(steps)


def main(arguments: list[str]) -> None:
    """Run the helper: number of threads, "faces" or "none" to look for, steps by which others go first."""
    signals.ignore()  # Ctrl-C is the audit's to handle
    warnings.simplefilter("ignore")  # of decoders, about hostile images
    threads, faces = int(arguments[0]), arguments[1] == "faces"
    _give_way(int(arguments[2]))
    without_package()
    budget = PixelBudget(MAX_PIXELS)
    recent = Recent(budget)
    # kernels are asked for with the first task: by then whoever starts this early has had them compiled
    serve(lambda: worker(budget, faces=faces, recent=recent), threads, lambda: scan_of(b""))
