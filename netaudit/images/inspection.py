"""Facts and verdict of pictures, some at a time: each step takes all of them before the next one takes the first.

Decoders, the walk and the network each fill a processor's caches: for one picture after the other, all steps take a
tenth longer (benchmarks/HISTORY.md). What is found of a picture depends on nothing but that picture and its task.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from netaudit.core.contracts.judgements import AS_HOLDER, MANY_PICTURES, NOT_ASKED
from netaudit.images.face_verdict import FaceDetector, FaceVerdict, beside_of
from netaudit.images.images import FACTS_SIDE, ImageFacts, facts_of, flaw_of
from netaudit.images.likeness import LARGEST, shows
from netaudit.images.pictures import SEVERAL, Picture, turned
from netaudit.images.recent import PixelBudget, Recent, data_of, pixels_of

if TYPE_CHECKING:
    from netaudit.images.recent import Small

MOST_TOGETHER = 32  # pictures
MOST_WORK = 8 << 20  # pixels that are decoded before the first picture is walked
MOST_BYTES = 4 << 20  # of their files

T = TypeVar("T")
Task = dict[str, Any]
Answer = tuple[ImageFacts, FaceVerdict]
Batch = tuple[list[Task], Callable[[], list[Answer]]]  # tasks that are begun together, and what does them
Work = Callable[[Sequence[Task]], Iterator[Batch]]


@dataclass(slots=True)
class _Opened:
    """A picture that was read and not decoded yet."""

    task: Task
    data: bytes
    picture: Picture
    verdict: FaceVerdict | None = None
    facts: ImageFacts = field(default_factory=ImageFacts)
    flaw: str = ""
    holders: list[Small | None] = field(default_factory=list)  # what it may be a thumbnail of

    @property
    def answer(self) -> Answer:
        """What was found."""
        return self.facts, self.verdict or FaceVerdict(reason=NOT_ASKED)

    @property
    def beside(self) -> Sequence[Sequence[str]]:
        """Pictures with a face that hold it."""
        return self.task.get("beside") or ()


def worker(budget: PixelBudget, *, faces: bool, recent: Recent | None = None) -> Work:
    """Make one thread's function that takes tasks, and begins some of them at a time; with `faces` it has a detector.

    What cannot be read is answered, too; an answer is that of its task, whatever it is taken together with.
    """
    detector = FaceDetector() if faces else None
    lately = recent or Recent(budget)

    def work(tasks: Sequence[Task]) -> Iterator[Batch]:
        for some in _batches(tasks):
            yield some, functools.partial(_answers, some, detector, lately, budget)

    return work


def _batches(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Tasks whose files are small together; of none a byte is read before it is said to begin.

    A file that may hold several pictures is taken alone: all of them are looked at.
    """
    yield from ([task] for task in tasks if task["kind"] in SEVERAL)
    yield from _together([task for task in tasks if task["kind"] not in SEVERAL], _size, MOST_BYTES)


def _together(items: Sequence[T], weigh: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """Items in their order, so many at a time as weigh no more than that together; what weighs more is alone."""
    some: list[T] = []
    weight = 0
    for one in items:
        more = weigh(one)
        if some and (weight + more > most or len(some) == MOST_TOGETHER):
            yield some
            some, weight = [], 0
        some.append(one)
        weight += more
    if some:
        yield some


def _size(task: Task) -> int:
    try:
        return Path(task["path"]).stat().st_size
    except OSError:
        return 0


def _work(one: _Opened) -> int:
    return one.picture.work


def _answers(tasks: Sequence[Task], detector: FaceDetector | None, lately: Recent, budget: PixelBudget) -> list[Answer]:
    opened = [_open(task) for task in tasks]
    for some in _together([one for one in opened if isinstance(one, _Opened)], _work, MOST_WORK):
        _inspect(some, detector, lately, budget)
    return [one.answer if isinstance(one, _Opened) else _unread(one) for one in opened]


def _open(task: Task) -> _Opened | str:
    """What was read for a task, or why nothing was."""
    data = data_of(task["path"])
    return data if isinstance(data, str) else _Opened(task, data, Picture(data, task["kind"]))


def _unread(problem: str) -> Answer:
    return ImageFacts(problem=problem), FaceVerdict(reason=problem)


def _inspect(some: list[_Opened], detector: FaceDetector | None, lately: Recent, budget: PixelBudget) -> None:
    for one in some if detector is not None else ():
        if max(one.picture.width, one.picture.height) <= LARGEST:
            one.holders = [lately.of(*holder) for holder in one.beside]
    with budget.hold(max(pixels_of(one.picture) for one in some)):
        for stage in (_decode, _walk, _take_facts):
            for one in some:
                stage(one)
        if detector is not None:
            _look_once(some, detector, lately)
        for one in some:
            if detector is not None:
                _judge(one, detector)
            one.picture.forget()  # may be sixty times as large as for the first look


def _decode(one: _Opened) -> None:
    one.picture.image(FACTS_SIDE)


def _walk(one: _Opened) -> None:
    one.flaw = flaw_of(one.picture, one.data, one.task["kind"])


def _take_facts(one: _Opened) -> None:
    one.facts = facts_of(one.picture, one.flaw)


def _compare(one: _Opened, lately: Recent) -> None:
    """One that shows what each of its holders does is no further picture of a face; one without any may be a holder."""
    if not one.beside:
        lately.note(one.task.get("sha256", ""), one.picture)
    elif one.holders and not one.facts.problem and all(_shows(one.picture, holder) for holder in one.holders):
        one.verdict = FaceVerdict(AS_HOLDER, beside=beside_of(one.beside))


def _shows(picture: Picture, holder: Small | None) -> bool:
    """Whether a picture shows the one that holds it: as that is shown, or as it lay before it was set upright."""
    image = picture.image(FACTS_SIDE)
    if image is None or holder is None:
        return False
    large, turns, side = holder
    if max(picture.width, picture.height) > side:
        return False
    return shows(image, large) or (turns > 0 and shows(turned(image, turns), large))


def _look_once(opened: list[_Opened], detector: FaceDetector, lately: Recent) -> None:
    for one in opened:
        _compare(one, lately)
    for one in opened:
        _glance(one, detector)


def _glance(one: _Opened, detector: FaceDetector) -> None:
    """The first look, which decides most."""
    if one.verdict is None and (verdict := detector.first(one.picture, count=bool(one.task.get("count")))):
        one.verdict = replace(verdict, beside=beside_of(one.beside))


def _judge(one: _Opened, detector: FaceDetector) -> None:
    """All other looks."""
    if one.verdict is not None:
        return
    rotate = bool(one.task["rotate"])
    verdict = detector.further(one.picture, rotate=rotate, count=bool(one.task.get("count")))
    if verdict.face in {"no", "possible"} and one.task["kind"] in SEVERAL:
        verdict = _of_all(one.picture, verdict, detector, rotate=rotate)
    one.verdict = replace(verdict, beside=beside_of(one.beside))


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
