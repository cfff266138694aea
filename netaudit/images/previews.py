"""Has pictures to be shown made by helper processes: what crashes or stalls a decoder costs its own picture only."""

from __future__ import annotations

import queue
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Literal

import orjson

from netaudit.core.system.programs import helper
from netaudit.images.cpu_limit import Limits
from netaudit.images.processes import Asked, NotStartedError, processors

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

LIMITS = Limits(work=20.0, wait=60.0)  # for one picture: somebody waits for it
LOADING = 40.0  # seconds more, which a helper has to load what it needs
MOST = 8 << 20  # bytes of a JPEG that is taken back
MOST_DEATHS = 16  # helpers that may die of the images of one case, before no more of its pictures are made
AT_ONCE = 2  # helpers, where there are processors beside the one that asks: to start one costs as much as 40 pictures
THUMBNAIL = 160  # pixels of the longer side
LARGE = 1280  # the same
JPEG_START = b"\xff\xd8\xff"

Way = Literal["masked", "clear"]
Wanted = tuple[str, Way, int]  # name of the file, and the longer side


class Shown:
    """Pictures as JPEG; helpers start when they are needed. May be shared between threads."""

    def __init__(self, limits: Limits = LIMITS, command: list[str] | None = None) -> None:
        command = command or helper("netaudit.images.preview_helper")
        helpers = max(min(AT_ONCE, processors() - 1), 1)
        self._helpers = [Asked(command, limits, MOST, LOADING) for _ in range(helpers)]
        self._free: queue.LifoQueue[Asked] = queue.LifoQueue()  # the last used first: a second one only where two ask
        for one in self._helpers:
            self._free.put(one)
        self._deaths = 0
        self._ahead: dict[Wanted, Future[bytes | None]] = {}
        weakref.finalize(self, _close, self._helpers)

    def adopt(self, process: subprocess.Popen[bytes]) -> None:
        """Ask this helper first (`Judge.release`): it has loaded what it needs. Nothing may be asked meanwhile."""
        first = self._free.get()
        first.adopt(process)
        self._free.put(first)

    def ahead(self, paths: Iterable[Path]) -> None:
        """Have thumbnails of these made meanwhile, unless they are already: most will be asked for soon."""
        pool = ThreadPoolExecutor(len(self._helpers))
        for path in paths:
            asked: Wanted = (path.name, "masked", THUMBNAIL)
            if asked not in self._ahead:
                self._ahead[asked] = pool.submit(self._of, path, "masked", THUMBNAIL)
        pool.shutdown(wait=False)

    def of(self, path: Path, way: Way, side: int) -> bytes | None:
        """The image at `path` with faces pixelated, or in clear; None where it does not decode."""
        coming = self._ahead.pop((path.name, way, side), None)
        return self._of(path, way, side) if coming is None else coming.result()

    def _of(self, path: Path, way: Way, side: int) -> bytes | None:
        if self._deaths >= MOST_DEATHS:
            return None
        question = orjson.dumps({"path": str(path), "way": way, "side": side}) + b"\n"
        one = self._free.get()
        try:
            made = one.ask(question)
        except NotStartedError:
            return None
        except OSError:
            self._deaths += 1
            return None
        finally:
            self._free.put(one)
        return made if made.startswith(JPEG_START) else None

    def close(self) -> None:
        """End the helpers. Nothing may be asked meanwhile; they start anew when something is asked again."""
        begun = [coming for coming in self._ahead.values() if not coming.cancel()]
        self._ahead.clear()
        _close(self._helpers)
        if begun:  # one of them may have asked just then, which starts a helper
            wait(begun)
            _close(self._helpers)


def _close(helpers: Sequence[Asked]) -> None:
    for one in helpers:
        one.close()
