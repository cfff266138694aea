"""From what the user named to the files to be read: folders walked, duplicates and what is no file left out."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from netaudit.capture.source import SAME_CONTENT, Rejected
from netaudit.core.contracts.reasons import reason
from netaudit.core.system.reasons import why
from netaudit.core.system.windows_names import openable
from netaudit.core.text.charset import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def short_names(names: list[str]) -> list[str]:
    """Names of inputs without the folders of this machine: only as much of each path as tells it from the others.

    Names that are no UTF-8 are read as the GB18030 of older systems.
    """
    parts = [PurePath(decoded(os.fsencode(name))).parts or (name,) for name in names]
    kept = [1] * len(names)
    while True:
        shown = ["/".join(path[-count:]) for path, count in zip(parts, kept, strict=True)]
        seen = Counter(shown)
        longer = [place for place, name in enumerate(shown) if seen[name] > 1 and kept[place] < len(parts[place])]
        if not longer:
            return shown
        for place in longer:
            kept[place] += 1


SAMPLE = 1 << 16  # bytes from the head and the tail that must be equal before two files are hashed to compare them


@dataclass(frozen=True, slots=True)
class Input:
    """One file or pipe to be tried."""

    name: str
    path: Path | None  # None: standard input
    named: bool  # named by the user, not found in a folder
    status: os.stat_result | None = None

    @property
    def is_regular(self) -> bool:
        """Whether it is a file that can be opened twice."""
        return self.status is not None and stat.S_ISREG(self.status.st_mode)


def find_inputs(paths: Sequence[str | os.PathLike[str]]) -> tuple[list[Input], list[Rejected]]:
    """The inputs that `paths` name, in their order (folders: recursively, sorted), and what cannot be one."""
    found: list[Input] = []
    rejected: list[Rejected] = []
    for given in paths:
        name = os.fspath(given)
        if name == "-":
            if any(one.path is None for one in found):
                rejected.append(Rejected(name, reason("input_twice")))
            else:
                found.append(Input(name, None, named=True))
            continue
        path = openable(Path(name))
        if path.is_dir():
            for file in _files(path, rejected):
                _add(Input(str(file), openable(file), named=False), found, rejected)
        else:
            _add(Input(name, path, named=True), found, rejected)
    return found, rejected


def _files(folder: Path, rejected: list[Rejected]) -> list[Path]:
    """All that is no folder below `folder`, sorted; links to folders are not followed."""

    def unreadable(error: OSError) -> None:
        rejected.append(Rejected(str(error.filename), why(error)))

    files = []
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        links = [Path(parent, name) for name in folders if Path(parent, name).is_symlink()]
        rejected += [Rejected(str(link), reason("input_link")) for link in links]
        files += [Path(parent, name) for name in sorted(names)]
    return sorted(files)


def _add(one: Input, found: list[Input], rejected: list[Rejected]) -> None:
    assert one.path is not None
    try:
        status = one.path.stat()
    except (OSError, ValueError) as error:
        rejected.append(Rejected(one.name, why(error)))
        return
    if stat.S_ISFIFO(status.st_mode) and not one.named:
        rejected.append(Rejected(one.name, reason("input_pipe")))
    elif stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode):
        found.append(Input(one.name, one.path, one.named, status))
    else:
        rejected.append(Rejected(one.name, reason("not_capture_device")))


def without_duplicates(inputs: Iterable[Input]) -> tuple[list[Input], list[Rejected]]:
    """Inputs whose bytes are all different; of equal files the first stays. Only files of equal size are read."""
    kept: list[Input] = []
    rejected: list[Rejected] = []
    by_size: dict[int, list[_Content]] = {}
    for one in inputs:
        if not one.is_regular or one.status is None or not one.status.st_size:
            kept.append(one)
            continue
        content = _Content(one)
        same = next((other for other in by_size.setdefault(one.status.st_size, []) if content.equals(other)), None)
        if same is None:
            by_size[one.status.st_size].append(content)
            kept.append(one)
        else:
            rejected.append(Rejected(one.name, reason("input_same", name=same.one.name), SAME_CONTENT))
    return kept, rejected


class _Content:
    """Bytes of a file, looked at no more than a comparison needs."""

    def __init__(self, one: Input) -> None:
        self.one = one
        self._sample: bytes | None = None
        self._hash: bytes | None = None

    def equals(self, other: _Content) -> bool:
        a, b = self.one.status, other.one.status
        assert a is not None
        assert b is not None
        if a.st_ino and (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino):
            return True
        try:
            return self.sample() == other.sample() and self.hash() == other.hash()
        except OSError:
            return False  # whoever opens it will say why

    def sample(self) -> bytes:
        if self._sample is None:
            assert self.one.path is not None
            with self.one.path.open("rb") as file:
                head = file.read(SAMPLE)
                file.seek(max(0, file.seek(0, os.SEEK_END) - SAMPLE))
                self._sample = hashlib.sha256(head + file.read(SAMPLE)).digest()
        return self._sample

    def hash(self) -> bytes:
        if self._hash is None:
            assert self.one.path is not None
            with self.one.path.open("rb") as file:
                self._hash = hashlib.file_digest(file, "sha256").digest()
        return self._hash
