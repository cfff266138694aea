"""Images judged while they go by."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.core.contracts.judgements import AS_HOLDER
from netaudit.core.storage.object_store import object_path
from netaudit.images.answers import Answers
from netaudit.images.face_verdict import beside_of
from netaudit.images.judge import Judge, holder_at
from netaudit.pipeline.finds import MOST_WAYS, way_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.pipeline.finds import Find

POLITE = 15  # steps, of 19: recording and reading go first
WAITING = "waiting"  # instead of a verdict
MOST_WAITING = 10_000  # finds of images; those beyond are judged at the end of the audit only


class Judgement(NamedTuple):
    """An image and what the helper says of it."""

    find: Find
    facts: Any
    verdict: Any

    @property
    def whole(self) -> bool:
        """Whether it decodes to its end."""
        return bool(self.facts.decodable) and not self.facts.problem


class LiveJudge:
    """Hands images to the helper process; its answers are kept by content and by how it looked."""

    def __init__(self, case: Path) -> None:
        self.answers = Answers(case)
        self._objects = case / "private" / "objects"
        self._waiting: dict[str, tuple[bool, list[Find]]] = {}  # by content: how it is looked at now, and for whom
        self.waiting = 0  # finds
        self.deferred = 0  # finds that the end of the audit judges, since too many wait
        self.taken = 0  # finds, all that were asked about
        self._ways: set[tuple[str, ...]] = set()  # of which the first image goes before the others
        self._judge = Judge(faces=True, polite=POLITE)
        self._judge.prepare()

    def judge(self, find: Find) -> Judgement | str:
        """What is known of an image; WAITING when `results` will tell, "not judged" when only the end of the audit."""
        self.taken += 1
        if (known := self.answers.recent((find.sha256, find.up))) is not None and _answers(known[1], find):
            return Judgement(find, *known)
        if self.waiting >= MOST_WAITING:
            self.deferred += 1
            return "not judged"
        self.waiting += 1
        if find.sha256 in self._waiting:
            self._waiting[find.sha256][1].append(find)
        else:
            self._submit(find.sha256, [find])
        return WAITING

    def results(self) -> Iterator[Judgement]:
        """What was judged since last asked."""
        for sha256, facts, verdict in self._judge.results():
            looked, finds = self._waiting.pop(sha256)
            self.answers.keep((sha256, looked), (facts, verdict))
            fits = [find.up == looked and _answers(verdict, find) for find in finds]
            again = [find for find, fit in zip(finds, fits, strict=True) if not fit]
            self.waiting -= len(finds) - len(again)
            for find, fit in zip(finds, fits, strict=True):
                if fit:
                    yield Judgement(find, facts, verdict)
            if again:
                self._submit(sha256, again)

    def finish(self, patience: float) -> Iterator[Judgement]:
        """Wait for what is under way, `patience` seconds at most; the end of the audit judges what is left."""
        until = time.monotonic() + patience
        while self._waiting and time.monotonic() < until:
            yield from self.results()
            time.sleep(0.02)

    def left(self) -> list[Find]:
        """What nobody waits for any longer: the end of the audit judges it."""
        return [find for _, finds in self._waiting.values() for find in finds]

    def close(self) -> None:
        """End the helper, and remove what it said."""
        self._judge.close()
        self.answers.drop()

    def _submit(self, sha256: str, finds: list[Find]) -> None:
        """Have an image looked at as its first find asks for; those that ask for another look are asked for again."""
        find = finds[0]
        self._waiting[sha256] = (find.up, finds)
        within = holder_at(self._objects, *find.holder) if find.holder else None
        way = way_of(find)
        first = way not in self._ways and len(self._ways) < MOST_WAYS
        self._ways |= {way} if first else set()
        path = object_path(self._objects, sha256, find.kind)
        self._judge.submit(sha256, path, find.kind, rotate=find.up, first=first, within=within)


def _answers(verdict: Any, find: Find) -> bool:
    """Whether a verdict is one of this find: that a thumbnail shows its picture says nothing of it sent alone."""
    return verdict.face != AS_HOLDER or (find.holder is not None and verdict.beside == beside_of([find.holder]))
