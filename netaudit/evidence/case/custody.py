"""custody.jsonl of a case: what was done with the evidence, when, with which hashes; each line seals the one before.

A line is a JSON object with `number` (from 1), `when` (UTC), `what` (a code), figures of its own, `previous` (the hash
of the line before, 64 zeros for the first) and `hash`: SHA-256 of the line itself without `hash`, as compact JSON with
sorted keys. Who can write the file can rewrite the whole chain: note the last hash elsewhere (`netaudit verify` prints
it; the report has the one before it was written). `netaudit.evidence.case.sealed` holds the chain against the files it
names.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.contracts.reasons import parsed, reason
from netaudit.core.system.disk import have_on_disk
from netaudit.errors import CaseError
from netaudit.evidence.case.lock import writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

NAME = "custody.jsonl"
RECORD = "private/record"  # where a case keeps what was recorded
START = "0" * 64
LONGEST_LINE = 1 << 20
LARGEST = 64 << 20  # bytes of a chain: some 100,000 things that were done
MOST_PROBLEMS = 1000  # that are told one by one
UNREADABLE = frozenset({"custody_unreadable", "custody_cut"})  # reasons of lines that a crash may explain
MOST_CUT = 16  # lines that crashes cut off, with which a chain still holds


class Custody:
    """Appends lines to the chain of a case; begins it, or goes on where it ends.

    One writer at a time: whoever comes second gets a UsageError, since its lines would not follow those of the first.
    `folder` has the lock where the chain lies in another place, that of a case that is to replace the one there.
    """

    def __init__(self, case: Path, folder: Path | None = None) -> None:
        self._path = case / NAME
        self.number, self.last = 0, START
        self._size = 0  # of the file, after the last line of this chain that is known here
        self._holding = contextlib.ExitStack()
        self._holding.enter_context(writing(folder or case, "custody"))
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.open(self._path, flags, 0o600)
            self._holding.callback(os.close, self._file)
            self._find_end()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def note(self, what: str, **figures: Any) -> None:
        """Add a line, and have it on the disk before going on."""
        if os.fstat(self._file).st_size != self._size:  # a line was added by another one of this process
            self._find_end()
        self.number += 1
        when = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        entry = {**figures, "number": self.number, "when": when, "what": what, "previous": self.last}
        entry["hash"] = self.last = seal(entry)
        os.write(self._file, orjson.dumps(entry, option=orjson.OPT_SORT_KEYS) + b"\n")
        have_on_disk(self._file)
        self._size = os.fstat(self._file).st_size

    def _find_end(self) -> None:
        self.number, self.last = 0, START
        whole = True
        for line, whole in _chain(self._path.parent):  # noqa: B007 - the last one is asked for below
            if (entry := _parse(line)) is not None:
                self.number, self.last = int(entry["number"]), str(entry["hash"])
        if not whole:  # cut by a crash: it stays as it is, the chain goes on behind it
            os.write(self._file, b"\n")
        self._size = os.fstat(self._file).st_size

    def close(self) -> None:
        """End; the chain can be taken up again."""
        self._holding.close()


def seal(entry: dict[str, Any]) -> str:
    """Hash of a line, in hexadecimal digits."""
    bare = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(orjson.dumps(bare, option=orjson.OPT_SORT_KEYS)).hexdigest()


def entries(case: Path) -> list[dict[str, Any]]:
    """The lines of a case's chain that can be read, in order; none without the file."""
    return [entry for line, _ in _chain(case) if (entry := _parse(line)) is not None]


def broken(case: Path) -> list[str]:
    """What is wrong with the chain of a case, each with its line; empty when it holds, or when there is none."""
    problems: list[str] = []
    number, last = 0, START
    for place, (line, whole) in enumerate(_chain(case), 1):
        if len(problems) > MOST_PROBLEMS:
            return [*problems[:MOST_PROBLEMS], reason("custody_more", n=place)]
        entry = _parse(line)
        if entry is None:
            problems.append(reason("custody_unreadable" if whole else "custody_cut", n=place))
            continue
        if entry["previous"] != last:
            problems.append(reason("custody_follows", n=place))
        if entry["number"] != number + 1:
            problems.append(reason("custody_number", n=place, m=entry["number"], right=number + 1))
        if entry["hash"] != seal(entry) or line != orjson.dumps(entry, option=orjson.OPT_SORT_KEYS) or not whole:
            problems.append(reason("custody_changed", n=place))
        number, last = entry["number"], entry["hash"]
    return problems


def forged(case: Path) -> str:
    """What is wrong with a chain that no crash explains; empty where nothing is.

    A crash may cut a line off, behind which the chain goes on. Raises CaseError as `entries`.
    """
    problems = broken(case)
    cut = {one for one in problems if parsed(one).code in UNREADABLE}
    if len(cut) == len(problems) <= MOST_CUT:
        return ""
    first = next((one for one in problems if one not in cut), problems[0]) if len(cut) <= MOST_CUT else problems[0]
    return reason("custody_forged", name=NAME, inner=first, n=len(problems))


def _chain(case: Path) -> Iterator[tuple[bytes, bool]]:
    """The lines of a case's chain; none without the file. Raises CaseError for one that is far too large to be one."""
    path = case / NAME
    if not path.is_file():
        return
    if (size := path.stat().st_size) > LARGEST:
        raise CaseError(
            "{}: {} bytes, where a chain of custody has at most {}: not read", path, f"{size:,}", f"{LARGEST:,}"
        )
    yield from _lines(path)


def _lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Lines, and whether each is whole. Of a line that is too long comes its beginning, in pieces."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            if line.strip():
                yield line.rstrip(b"\n"), line.endswith(b"\n")


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    sound = (
        isinstance(entry, dict)
        and isinstance(entry.get("number"), int)
        and all(isinstance(entry.get(name), str) for name in ("when", "what", "previous", "hash"))
    )
    return entry if sound else None
