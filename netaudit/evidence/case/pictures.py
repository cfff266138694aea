"""Pictures of a case to be shown, made in helper processes, and the pixelated thumbnails that it keeps.

Those of the first report are kept under `private/` while the case is written, at most MOST, and sealed with all of it:
a report written again and browsing need not make them anew. Afterwards none is added. Like all of `private/` they are
in no export.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from netaudit.images.previews import LARGE, THUMBNAIL, Shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.evidence.case.seal import Seal

FOLDER = "private/thumbnails"
MOST = 200
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class ObjectStore(Protocol):
    """What is needed of a case: its folder, its seal and the places of stored objects."""

    folder: Path

    @property
    def seal(self) -> Seal:
        """The seal of the case."""

    def sound(self, name: str) -> None:
        """Raise CaseError where a file is not as it was sealed."""

    def object_path(self, sha256: str) -> Path | None:
        """Return the path of a stored object, or None."""


class Pictures:
    """The pictures of one case. May be shared between threads."""

    def __init__(self, case: ObjectStore, shown: Shown | None = None) -> None:
        self._case = case
        self._shown = shown or Shown()
        self._keeps = False

    def thumbnail(self, sha256: str) -> bytes | None:
        """A small JPEG with faces pixelated, None when the image is missing or does not decode."""
        path = self._case.object_path(sha256)
        if path is None:
            return None
        if (kept := self._kept(sha256)) is not None:
            return kept
        made = self._shown.of(path, "masked", THUMBNAIL)
        if made is not None and self._keeps:
            self._keep(sha256, made)
        return made

    def masked(self, sha256: str) -> bytes | None:
        """The same with a long side of up to 1280 pixels."""
        path = self._case.object_path(sha256)
        return None if path is None else self._shown.of(path, "masked", LARGE)

    def clear(self, sha256: str, side: int) -> bytes | None:
        """The image in clear, without metadata; for those who log the showing themselves."""
        path = self._case.object_path(sha256)
        return None if path is None else self._shown.of(path, "clear", side)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Thumbnails made meanwhile are kept in the case: for its writer, before the seal. Ends the helpers, too."""
        self._keeps = True
        try:
            yield
        finally:
            self._keeps = False
            self._shown.close()

    def _kept(self, sha256: str) -> bytes | None:
        """A thumbnail that the case was sealed with. Raises CaseError where it is gone or was changed."""
        name = _name(sha256)
        if self._case.seal.state != "sealed" or name not in self._case.seal.files:
            return None
        self._case.sound(name)
        return (self._case.folder / name).read_bytes()

    def _keep(self, sha256: str, data: bytes) -> None:
        place = self._case.folder / FOLDER
        place.mkdir(mode=0o700, exist_ok=True)
        path = self._case.folder / _name(sha256)
        if path.exists() or sum(1 for _ in os.scandir(place)) >= MOST:
            return
        with os.fdopen(os.open(path, _NEW, 0o600), "wb") as out:
            out.write(data)


def _name(sha256: str) -> str:
    return f"{FOLDER}/{sha256}.jpg"
