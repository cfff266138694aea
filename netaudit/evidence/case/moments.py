"""Moments that the auditor marked: "test person passes the door camera". They tie the physical test to the wire.

A moment is a time and the auditor's own words. Marked on the live screen it is stored at once, a line in
CASE/moments.jsonl that survives whatever happens to the audit; noted by hand it comes from a CSV or JSON file. The
words are not from a capture, so they are kept as they are, only made visible (no control or bidirectional characters).
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.masking.mask import visible
from netaudit.core.storage.files import append_line
from netaudit.core.storage.table_streams import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

FILE = "moments.jsonl"
MOST_TEXT = 500  # characters of one text
LATEST = 1 << 63  # ns: no time of a table is later
MOST = 2000  # moments of a case that are read; further ones only stay in the file


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A marked moment: when (ns since 1970 UTC), what the auditor said, and where it was marked."""

    ts: int
    text: str
    source: str  # screen, stdin, or the name of a file

    @property
    def moment_id(self) -> str:
        """Short id by content: the same moment has the same id in every run."""
        return "M" + hashlib.blake2b(f"{self.ts}\0{self.text}".encode("utf-8", "replace"), digest_size=4).hexdigest()


@dataclass(frozen=True, slots=True)
class Notes:
    """Moments that were noted by hand, with the file that they come from."""

    file: str
    sha256: str
    moments: tuple[Moment, ...]

    def facts(self) -> dict[str, Any]:
        """What is said of them where the run is described."""
        ids = sorted({moment.moment_id for moment in self.moments})
        return {"file": self.file, "sha256": self.sha256, "by_hand": True, "count": len(ids), "moments": ids}


class MomentBook:
    """The moments of a case as they are marked; each is on the disk before `mark` returns."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._count = len(stored(folder))

    def mark(self, ts: int, text: str, source: str) -> tuple[int, Moment]:
        """Store a moment; gives its number in the case (from 1) and the moment as stored. Raises OSError."""
        moment = Moment(ts, visible(text.strip(), MOST_TEXT), source)
        line = orjson.dumps({"ts": moment.ts, "text": moment.text, "source": moment.source})
        append_line(self._path, line)
        self._count += 1
        return self._count, moment


def stored(folder: Path) -> list[Moment]:
    """Moments stored in a case, in the order of their marking; a line that is cut off or is none is passed over."""
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines[:MOST]:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            row = orjson.loads(line)
            if 0 <= (ts := int(row["ts"])) < LATEST:
                found.append(Moment(ts, visible(str(row["text"]), MOST_TEXT), str(row["source"])[:80]))
    return found


def keep(folder: Path, notes: Notes | None) -> None:
    """Store moments that were noted by hand with the case; those that it has already stay as they are."""
    if notes is None:
        return
    book, known = MomentBook(folder), {moment.moment_id for moment in stored(folder)}
    for moment in notes.moments:
        if moment.moment_id not in known:
            book.mark(moment.ts, moment.text, moment.source)


def moment_table(moments: Iterable[Moment]) -> pa.Table:
    """The `moments` table, by time; the same moment marked twice is one."""
    from netaudit.core.schema import MOMENTS

    rows: list[dict[str, Any]] = [
        {"moment_id": one.moment_id, "ts": one.ts, "text": one.text, "source": one.source}
        for one in sorted({one.moment_id: one for one in moments}.values())
    ]
    return table_of(rows, MOMENTS)
