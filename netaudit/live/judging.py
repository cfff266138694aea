"""Images judged while they go by; what was said is kept for the end, so that no image is judged twice."""

from __future__ import annotations

import pickle
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.objects.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.live.witness import Find

MOST_KEPT = 30_000  # answers
WAITING = "waiting"  # instead of a verdict
MOST_WAITING = 10_000  # finds of images; those beyond are judged at the end of the audit only


Answer = tuple[Any, Any]  # facts, verdict


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
    """Hands images to the helper process and remembers its answers by content and by how it looked."""

    def __init__(self, case: Path) -> None:
        self._judged: OrderedDict[tuple[str, bool], bytes] = OrderedDict()  # pickled: a fifth of the memory
        self._objects = case / "private" / "objects"
        self._waiting: dict[str, tuple[bool, list[Find]]] = {}  # by content: how it is looked at now, and for whom
        self._finds = 0  # that wait
        self._judge = Judge(faces=True)
        self._judge.prepare()

    def take(self, find: Find) -> Judgement | str:
        """What is known of an image; WAITING when `results` will tell, "not judged" when only the end of the audit."""
        if (known := self.known(find.sha256, find.up)) is not None:
            return Judgement(find, *known)
        if self._finds >= MOST_WAITING:
            return "not judged"
        self._finds += 1
        if find.sha256 in self._waiting:
            self._waiting[find.sha256][1].append(find)
        else:
            self._submit(find.sha256, find.up, [find])
        return WAITING

    def known(self, sha256: str, up: bool) -> Answer | None:  # noqa: FBT001 - as Judge.submit
        """What the helper said of an image, None when it was not asked or that was long ago."""
        kept = self._judged.get((sha256, up))
        answer: Answer | None = pickle.loads(kept) if kept is not None else None  # noqa: S301 - our own
        return answer

    def all_known(self) -> dict[tuple[str, bool], Answer]:
        """Everything that is kept, for the end of the audit."""
        return {key: pickle.loads(kept) for key, kept in self._judged.items()}  # noqa: S301 - our own

    def results(self) -> Iterator[Judgement]:
        """What was judged since last asked."""
        for sha256, facts, verdict in self._judge.results():
            looked, finds = self._waiting.pop(sha256)
            self._judged[sha256, looked] = pickle.dumps((facts, verdict))
            if len(self._judged) > MOST_KEPT:
                self._judged.popitem(last=False)
            again = [find for find in finds if find.up != looked]
            self._finds -= len(finds) - len(again)
            for find in finds:
                if find.up == looked:
                    yield Judgement(find, facts, verdict)
            if again:
                self._submit(sha256, not looked, again)

    def finish(self, patience: float) -> Iterator[Judgement]:
        """Wait for what is under way, `patience` seconds at most; the end of the audit judges what is left."""
        until = time.monotonic() + patience
        while self._waiting and time.monotonic() < until:
            yield from self.results()
            time.sleep(0.02)

    def close(self) -> None:
        """End the helper."""
        self._judge.close()

    def _submit(self, sha256: str, rotate: bool, finds: list[Find]) -> None:  # noqa: FBT001 - as Judge.submit
        self._waiting[sha256] = (rotate, finds)
        path = self._objects / sha256[:2] / f"{sha256}.{finds[0].kind}"
        self._judge.submit(sha256, path, finds[0].kind, rotate)
