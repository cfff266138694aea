"""Several judges as one: where there are processors, detectors share more than one process (Python's lock is one each).

Which judge an image goes to changes nothing of its answer.
"""

from __future__ import annotations

import queue
from collections import OrderedDict
from typing import TYPE_CHECKING, Self

from netaudit.images.cpu_limit import LOOKS
from netaudit.images.judge import MOST_SAID, Holder, Judge, Judged, never
from netaudit.images.processes import processors

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

POLITE = 5  # steps, of 19: reading goes first, but not every other program of this machine
THREADS = 2  # detectors of one helper, where there are processors for several
MOST_HELPERS = 8
WORTH = 64  # images under way, after which another helper is started: that takes as long as judging so many …
WORTH_BUSY = 512  # … where it takes that time from what runs already


def helpers(cores: int) -> tuple[list[int], int]:
    """Detectors in each helper for so many processors, and images that are worth another helper.

    Where there are few processors the first has all detectors, until others begin (`Judges.submit`).
    """
    if cores < 2 * THREADS:
        return [cores] + [1] * (cores - 1), WORTH_BUSY
    return [THREADS] * min(MOST_HELPERS, cores // THREADS), WORTH


class Judges:
    """As a `Judge`, with as many helpers as there are processors for. Not to be shared between threads.

    Entered, a helper starts; where it is left, all end.
    """

    def __init__(self, *, faces: bool = True, count: bool = False, polite: int = 0) -> None:
        self._judged: queue.SimpleQueue[Judged] = queue.SimpleQueue()
        detectors, self._worth = helpers(processors())
        self._judges = [
            Judge(faces=faces, threads=threads, count=count, polite=polite, into=self._judged) for threads in detectors
        ]
        self._more = detectors[0] - detectors[-1]  # detectors that the first has as long as it is alone
        self._load = [0] * len(detectors)  # images under way at each
        self._at: dict[str, int] = {}  # by content, where it is under way
        self._was: OrderedDict[str, int] = OrderedDict()  # the same of the latest that have their answers

    def prepare(self) -> None:
        """Start a helper now: it takes a second to load what it needs."""
        self._judges[0].prepare()

    def __enter__(self) -> Self:
        self.prepare()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        """See `Judge.submit`; what lies within another picture goes where that one went."""
        chosen = self._place_of(within.sha256) if within is not None else -1
        if chosen < 0:
            chosen = self._emptiest()
        if chosen and self._more:
            self._judges[0].reduce_to(1)
            self._more = 0
        self._at[sha256] = chosen
        self._load[chosen] += 1
        self._judges[chosen].submit(sha256, path, kind, rotate=rotate, first=first, within=within, beside=beside)

    def _place_of(self, sha256: str) -> int:
        """Which helper has an image, or had it lately and knows what it said; -1 for none."""
        return self._at.get(sha256, self._was.get(sha256, -1))

    def _emptiest(self) -> int:
        """The helper with the least to do, and none that does not run while all others have little."""
        begun = [place for place, load in enumerate(self._load) if load]
        if begun and min(self._load[place] for place in begun) < self._worth:
            return min(begun, key=self._load.__getitem__)
        return min(range(len(self._load)), key=self._load.__getitem__)

    def results(self) -> Iterator[Judged]:
        """Give what has been judged since last asked, without waiting."""
        self._check()
        while not self._judged.empty():
            yield self._taken(self._judged.get())

    def finish(self, stopped: Callable[[], bool] = never) -> Iterator[Judged]:
        """Give all that is left, waiting for it until somebody wants to stop."""
        while self._at and not stopped():
            try:
                judged = self._judged.get(timeout=LOOKS)
            except queue.Empty:
                self._check()
                continue
            yield self._taken(judged)

    def release(self) -> subprocess.Popen[bytes] | None:
        """See `Judge.release`: the first helper that can be had; all others end."""
        released = None
        for judge in self._judges:
            if released is None:
                released = judge.release()
            else:
                judge.close()
        self._at.clear()
        return released

    def close(self) -> None:
        """End the helpers; images not judged by now never will be."""
        for judge in self._judges:
            judge.close()
        self._at.clear()

    def _taken(self, judged: Judged) -> Judged:
        place = self._was[judged[0]] = self._at.pop(judged[0])
        if len(self._was) > MOST_SAID:
            self._was.popitem(last=False)
        self._load[place] -= 1
        return judged

    def _check(self) -> None:
        for judge in self._judges:
            judge.check()
