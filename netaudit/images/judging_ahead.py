"""Images judged while the capture is still read: the helper takes what processor time reading leaves.

An answer depends on the image and on how it was looked at only, so the case is the same whatever was judged when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.images.answers import Answers
from netaudit.images.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from netaudit.images.answers import Answer, Look
    from netaudit.images.judge import Judged

Fresh = tuple[str, str, bool]
"""An image that was stored for the first time: SHA-256, kind, and whether it was sent (then turned ones count, too)."""

POLITE = 5  # steps, of 19: reading goes first, but not every other program of this machine
MOST_WAITING = 20_000  # images; those beyond are judged when all was read


class Beside:
    """A judge and what it has said so far. Not to be shared between threads."""

    def __init__(self, case: Path, *, count: bool) -> None:
        """`case` is the folder whose images are judged; `count`: how many faces there are, too."""
        self.judge = Judge(faces=True, count=count, polite=POLITE)
        self.found = 0  # images handed to `take`
        self.judged = 0
        self._answers = Answers(case)
        self._objects = case / "private" / "objects"
        self._looks: dict[str, bool] = {}  # of what is under way

    def prepare(self) -> None:
        """Start the helper now: it takes a second to load what it needs."""
        self.judge.prepare()

    def take(self, fresh: Iterable[Fresh]) -> None:
        """Hand some images to the helper, and note what it has said meanwhile."""
        for sha256, kind, sent in fresh:
            self.found += 1
            if len(self._looks) < MOST_WAITING and sha256 not in self._looks:
                self._looks[sha256] = sent
                path = self._objects / sha256[:2] / f"{sha256}.{kind}"
                self.judge.submit(sha256, path, kind, rotate=sent)
        self._note(self.judge.results())

    def finish(self) -> Iterator[int]:
        """Wait for all that was taken, and end the helper; gives how many were judged, whenever that changes."""
        for answer in self.judge.finish():
            self._note([answer])
            yield self.judged
        self.close()

    def known(self, images: Collection[str]) -> dict[Look, Answer]:
        """What was said of some images. Nothing is taken any more after the first call."""
        return self._answers.known(images)

    def close(self) -> None:
        """End the helper. What it said stays known until `drop`."""
        self.judge.close()

    def drop(self) -> None:
        """Remove what was said from the case."""
        self.close()
        self._answers.drop()

    def _note(self, answers: Iterable[Judged]) -> None:
        for sha256, facts, verdict in answers:
            self._answers.keep((sha256, self._looks.pop(sha256)), (facts, verdict))
            self.judged += 1
