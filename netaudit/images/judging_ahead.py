"""Images judged while the capture is still read: the helpers take what processor time reading leaves.

An answer depends on the image and on how it was looked at only, so the case is the same whatever was judged when. The
first image of each way goes before the others: what they show is told while the rest is judged.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from netaudit.core.storage.object_store import object_name
from netaudit.images.answers import Answers, Look
from netaudit.images.judge import holder_at, never
from netaudit.images.judge_pool import POLITE, Judges
from netaudit.images.processes import end

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from netaudit.images.answers import Answer
    from netaudit.images.judge import Judged

MOST_WAITING = 20_000  # images; those beyond are judged when all was read


class Fresh(NamedTuple):
    """An image that was stored for the first time, or is the first of its way."""

    sha256: str
    kind: str
    sent: bool  # then turned ones count, too
    new: bool = True  # to the case
    find: Any = None  # of the first of a way: all that its follower needs
    holder: tuple[str, str] | None = None  # SHA-256 and kind of the picture within which it lies


class Follower(Protocol):
    """Is told of the first images of each way, and from time to time how far judging is."""

    def judged(self, find: Any, answer: Answer) -> None:
        """The first image of a way has its answer."""

    def stands(self, judged: int, found: int, waiting: int) -> None:
        """So many images are judged, of so many found; so many first ones wait."""


class Beside:
    """Judges, and what they have said so far. Not to be shared between threads."""

    def __init__(
        self,
        case: Path,
        *,
        count: bool,
        follower: Follower | None = None,
        before: pa.Table | None = None,
        judges: Judges | None = None,
    ) -> None:
        """`case` is the folder whose images are judged; `count`: how many faces there are, too.

        `before` is what an audit knew that was stopped (`answers.believed`), `judges` those that were started for it.
        """
        self.judge = judges or Judges(faces=True, count=count, polite=POLITE)
        self.found = 0  # images handed to `submit`
        self.judged = 0
        self._answers = Answers(case)
        self._before = self._answers.resume(before) if before is not None else frozenset[Look]()
        self._objects = case / "private" / "objects"
        self._root = str(self._objects)
        self._looks: dict[str, bool] = {}  # of what is under way
        self._idle: subprocess.Popen[bytes] | None = None  # a helper that has judged all
        self._follower = follower
        self._finds: dict[str, list[Any]] = defaultdict(list)  # first of their ways, by content, while under way

    def prepare(self) -> None:
        """Start a helper now: it takes a second to load what it needs."""
        self.judge.prepare()

    def submit(self, fresh: Iterable[Fresh]) -> None:
        """Hand some images to the helpers, and note what they have said meanwhile."""
        for one in fresh:
            self.found += one.new
            if one.new and (one.sha256, one.sent) in self._before:
                self.judged += 1
            elif one.new and len(self._looks) < MOST_WAITING and one.sha256 not in self._looks:
                self._submit(one)
            if one.find is not None and self._follower is not None:
                self._follow(one, self._follower)
        self._note(self.judge.results())
        self._tell()

    def _submit(self, one: Fresh) -> None:
        self._looks[one.sha256] = one.sent
        within = holder_at(self._objects, *one.holder) if one.holder else None
        first = one.find is not None and self._follower is not None
        path = object_name(self._root, one.sha256, one.kind)
        self.judge.submit(one.sha256, path, one.kind, rotate=one.sent, first=first, within=within)

    def _follow(self, one: Fresh, follower: Follower) -> None:
        """Have the follower told what this image shows, now or once that is known."""
        if one.sha256 in self._looks:
            self._finds[one.sha256].append(one.find)
            return
        looks = ((one.sha256, one.sent), (one.sha256, not one.sent))
        known = next((said for look in looks if (said := self._answers.recent(look)) is not None), None)
        if known is not None:
            follower.judged(one.find, known)

    def finish(self, stopped: Callable[[], bool] = never) -> Iterator[int]:
        """Wait for all that was taken, until somebody wants to stop, and end the helpers but one that `idle` gives.

        Gives how many were judged, whenever that changes.
        """
        for answer in self.judge.finish(stopped):
            self._note([answer])
            self._tell()
            yield self.judged
        self._idle = self.judge.release()
        self._answers.close()

    def idle(self) -> subprocess.Popen[bytes] | None:
        """A helper that has judged all and makes pictures from now on, once: whoever takes it ends it."""
        idle, self._idle = self._idle, None
        return idle

    def known(self, images: Collection[str]) -> dict[Look, Answer]:
        """What was said of some images. Nothing is taken any more after the first call."""
        return self._answers.known(images)

    def close(self) -> None:
        """End the helpers. What they said stays in the case until `drop`."""
        self.judge.close()
        if (idle := self.idle()) is not None:
            end(idle)
        self._answers.close()

    def drop(self) -> None:
        """Remove what was said from the case."""
        self.close()
        self._answers.drop()

    def _note(self, answers: Iterable[Judged]) -> None:
        for sha256, facts, verdict in answers:
            self._answers.keep((sha256, self._looks.pop(sha256)), (facts, verdict))
            self.judged += 1
            for find in self._finds.pop(sha256, ()):
                assert self._follower is not None
                self._follower.judged(find, (facts, verdict))

    def _tell(self) -> None:
        if self._follower is not None:
            self._follower.stands(self.judged, self.found, len(self._finds))
