"""What the image helper said: the latest in memory, all of it in a file of the case until that is concluded.

So memory does not follow the number of images, and the end of an audit judges no image twice.
"""

from __future__ import annotations

import contextlib
import functools
import hmac
import sys
from collections import OrderedDict
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import ANSWERS
from netaudit.core.storage.files import remove
from netaudit.core.storage.table_streams import TableWriter, read_parts, stream_parts
from netaudit.core.system.user_cache import stamps, user_key
from netaudit.images.judge import facts_of, verdict_of
from netaudit.version import __version__

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Collection, Iterator

Answer = tuple[Any, Any]  # facts and verdict of the image helper
Look = tuple[str, bool]  # an image by its SHA-256, and whether turned pictures were looked at, too

_ROW = ANSWERS.row
MOST_RECENT = 3_000  # more than the images that an analysis looks at
PLACE = "private/resume"
WAITING = 256  # of them wait to be written
BEFORE = "before"  # names the stream of what an audit knew that this one goes on from


class EarlyAnswers(Protocol):
    """What the image helper says of the images of a case, before the end of an audit asks for what is left."""

    found: int
    """Images that it was given."""

    def finish(self, stopped: Callable[[], bool]) -> Iterator[int]:
        """Wait for what is under way until somebody wants to stop; gives how many were judged, whenever it changes."""

    def idle(self) -> subprocess.Popen[bytes] | None:
        """Once all was judged a helper that makes pictures from now on, if there is one; whoever takes it ends it."""

    def known(self, images: Collection[str]) -> dict[Look, Answer]:
        """What was said of some images."""

    def drop(self) -> None:
        """Remove it from the case."""


class Answers:
    """Answers by content and by how it was looked at."""

    found = 0  # none but those of which something was said

    def __init__(self, case: Path) -> None:
        self._case = case
        (case / PLACE).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._recent: OrderedDict[Look, bytes] = OrderedDict()
        self._rows = TableWriter(case, ANSWERS, "0", place=PLACE)

    def keep(self, look: Look, answer: Answer) -> None:
        """Remember an answer."""
        row = answer_row(look, answer)
        self._recent[look] = row.said
        if len(self._recent) > MOST_RECENT:
            self._recent.popitem(last=False)
        self._rows.append(row)
        self._rows.flush(least=WAITING)

    def recent(self, look: Look) -> Answer | None:
        """What was said of an image, None when nothing was or that was long ago."""
        encoded = self._recent.get(look)
        return _answer(encoded) if encoded is not None else None

    def finish(self, _: Callable[[], bool]) -> Iterator[int]:
        """Nothing is under way here."""
        return iter(())

    def idle(self) -> None:
        """None was at work here."""

    def resume(self, before: pa.Table) -> set[Look]:
        """Know what an audit that was stopped knew; gives how these images were looked at."""
        for path in stream_parts(self._case, ANSWERS.name, PLACE):
            remove(path)
        writer = TableWriter(self._case, ANSWERS, BEFORE, place=PLACE)
        for batch in before.to_batches():
            writer.extend(batch)
        writer.close()
        return set(zip(before["sha256"].to_pylist(), before["rotate"].to_pylist(), strict=True))

    def known(self, images: Collection[str]) -> dict[Look, Answer]:
        """Everything that was said of some images, whenever that was; no more is kept after the first call."""
        self._rows.close()
        rows = read_parts(stream_parts(self._case, ANSWERS.name, PLACE), ANSWERS.schema())
        some = rows.filter(pc.is_in(rows["sha256"], pa.array(images, pa.string())))
        return {(row["sha256"], row["rotate"]): _answer(row["said"]) for row in some.to_pylist()}

    def drop(self) -> None:
        """Remove the file."""
        self.close()
        for path in stream_parts(self._case, ANSWERS.name, PLACE):
            remove(path)
        with contextlib.suppress(OSError):  # of an audit of files, which keeps what was asked for beside
            (self._case / PLACE).rmdir()

    def close(self) -> None:
        """Write what waits; no more is kept afterwards."""
        self._rows.close()


def answer_row(look: Look, answer: Answer) -> Any:
    """A row of ANSWERS."""
    said = orjson.dumps(answer)
    return _ROW(sha256=look[0], rotate=look[1], said=said, mac=_mac(look, said))


def believed(case: Path) -> pa.Table:
    """What an interrupted audit of this user, by this way of judging, was told; nothing of streams that are damaged."""
    try:
        rows = read_parts(stream_parts(case, ANSWERS.name, PLACE), ANSWERS.schema())
    except pa.ArrowInvalid:
        return ANSWERS.schema().empty_table()
    ours = [_is_ours(row) for batch in rows.to_batches(max_chunksize=WAITING) for row in batch.to_pylist()]
    held = rows.filter(pa.array(ours, pa.bool_()))
    return held.take(pa.array(range(held.num_rows), pa.int64()))  # no longer in files that go next


def _is_ours(row: dict[str, Any]) -> bool:
    if None in row.values():
        return False
    return hmac.compare_digest(row["mac"], _mac((row["sha256"], row["rotate"]), row["said"]))


def _mac(look: Look, said: bytes) -> bytes:
    return blake2b("{}{:d}".format(*look).encode() + said, key=_key(), digest_size=16).digest()


@functools.cache
def _key() -> bytes:
    """Key of this user, for answers of this way of judging: its code and what it rests on are hashed in."""
    way = blake2b(__version__.encode(), key=user_key())
    for library in ("onnxruntime", "PIL", "numpy"):
        way.update(f"{library} {stamps([_installed(library)])}\0".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        way.update(path.read_bytes())
    return way.digest()


def _installed(library: str) -> str:
    """A file that changes with each installation of a library; a program that carries it within is that file."""
    found = find_spec(library)
    there = found is not None and found.origin is not None and Path(found.origin).is_file()
    return str(found.origin) if found is not None and there else sys.executable


def _answer(encoded: bytes) -> Answer:
    facts, verdict = orjson.loads(encoded)
    return facts_of(facts), verdict_of(verdict)
