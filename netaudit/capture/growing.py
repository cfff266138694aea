"""A capture file that another process is still writing: read as far as it goes, and on when it has grown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from netaudit.capture.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Growing(Stored):
    """`readinto` gives 0 when there is nothing now; after `end` that is the end of the file."""

    def __init__(self, path: Path, algorithms: Sequence[str] = ("sha256",)) -> None:
        """Open `path`, a regular file. OSError as open(2) gives it."""
        super().__init__(path, algorithms)
        self.growing = True

    @property
    def behind(self) -> int:
        """Bytes that have been written and not been read."""
        return max(0, os.fstat(self._file.fileno()).st_size - self.position)

    def end(self) -> None:
        """The writer is done with the file: what is there now is all of it."""
        self.growing = False

    def changed(self) -> bool:
        """Whether the file has gone, was replaced, or is longer or shorter than what was read."""
        try:
            now = self.path.stat() if self.path else None
        except OSError:
            return True
        opened = self._opened
        return now is None or (now.st_dev, now.st_ino, now.st_size) != (opened.st_dev, opened.st_ino, self.position)

    def _fill(self, view: memoryview) -> int:
        self.size = os.fstat(self._file.fileno()).st_size
        return super()._fill(view)
