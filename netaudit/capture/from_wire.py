"""From the wire, by way of the files that a recorder writes: windows of what has been recorded so far, in order.

The recorder (dumpcap, or `packet_socket`) writes one file after the other; these are the evidence, and this reads them
as they grow. A file is done when a later one exists or the recorder has ended, and everything in it has been read.

    followed = Followed(folder)
    while (window := followed.read(ended=recorder.ended)) is not None:
        ...                 # window.buffer, window.records
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from netaudit.capture.reading import Alternating, CaptureReader, NotACaptureError
from netaudit.capture.source import Rejected, Source
from netaudit.capture.stored import Stored
from netaudit.core.system.reasons import why

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from netaudit.capture.layouts import Window


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


WINDOW = 16 << 20
SHORTEST = 28  # bytes of the shortest section header: a file that is not as long has not begun
MOST_FILES = 60_000  # of one recording: RECORD.capture has 16 bits
# What dumpcap calls the files of a ring: the given name, a number, the local time at which it began.
NAME = re.compile(r"record-(\d{4,})_(\d{5,})_(\d{14})\.pcapng")


def order(path: Path) -> tuple[int, int]:
    """Run of the recorder, and number of the file in it."""
    found = NAME.fullmatch(path.name)
    return (int(found[1]), int(found[2])) if found else (-1, -1)


def recorded(folder: Path) -> list[Path]:
    """The files of a recording in the order in which they were written."""
    return sorted((folder / name for name in os.listdir(folder) if NAME.fullmatch(name)), key=order)  # noqa: PTH208


class Followed:
    """The files of a recording, followed while they are written. `sources[RECORD.capture]` is the file of a record."""

    def __init__(self, folder: Path, window_size: int = WINDOW, *, sm3: bool = False) -> None:
        self.sources: list[Source] = []
        self.rejected: list[Rejected] = []  # files that never became a capture
        self.closed: list[Source] = []  # read to their ends and hashed; the caller takes and clears them
        self._folder = folder
        self._size = window_size
        self._algorithms = ("sha256", "sm3") if sm3 else ("sha256",)
        self._allocate = Alternating()
        self._files: list[Path] = []  # not yet read to the end; the first one is at hand
        self._newest = (-1, -1)  # order of the last file found
        self._stored: Growing | None = None
        self._reader: CaptureReader | None = None

    @property
    def behind(self) -> int:
        """Bytes that were recorded and have not been read."""
        later = self._files if self._reader is None else self._files[1:]
        waiting = sum(path.stat().st_size for path in later if path.exists())
        return waiting + (self._stored.behind if self._reader is not None and self._stored is not None else 0)

    @property
    def found(self) -> int:
        """Recorded files so far, also those that are not yet read."""
        return len(self.sources) + len(self._files) - (self._reader is not None)

    @property
    def done(self) -> int:
        """Bytes that have been read."""
        here = self._stored.position if self._reader is not None and self._stored is not None else 0
        return here + sum(source.size for source in self.sources)

    @property
    def full(self) -> bool:
        """Whether no further file can be numbered."""
        return len(self.sources) >= MOST_FILES

    def unread(self, path: Path) -> bool:
        """Whether a file has not been read to its end."""
        return path in self._files

    def read(self, *, ended: bool) -> Window | None:
        """The next window, or None when there is nothing now. `ended`: no process writes any more.

        A window's buffer is valid until the next call. It may hold no record. Once `ended` was said, None is the end.
        """
        while True:
            self._look()  # before the file at hand is read: once a later one exists, all of this one is there
            if not self._files or self.full:
                return None
            written = ended or len(self._files) > 1
            if self._reader is not None or self._begin(self._files[0], written=written):
                break
            if not written:
                return None
        return self._read(written=written)

    def close(self) -> None:
        """Stop here; the file at hand is left without a hash."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _look(self) -> None:
        """Find files that are new."""
        for path in recorded(self._folder):
            if (place := order(path)) > self._newest:
                self._newest = place
                self._files.append(path)

    def _begin(self, path: Path, *, written: bool) -> bool:
        """Open a file once its first bytes are there."""
        source = Source(path.name, path)
        try:
            if not written and path.stat().st_size < SHORTEST:
                return False
            self._stored = Growing(path, self._algorithms)
            self._reader = CaptureReader(source, len(self.sources), stored=self._stored)
        except (NotACaptureError, OSError) as error:
            self.rejected.append(Rejected(path.name, why(error)))
            self._files.pop(0)
            return False
        self.sources.append(source)
        return True

    def _read(self, *, written: bool) -> Window | None:
        assert self._reader is not None
        assert self._stored is not None
        if written:
            self._stored.end()
        elif not self._stored.behind:
            return None
        window = self._reader.read(self._size, self._allocate)
        if self._reader.ended:
            self.closed.append(self._reader.source)
            self._reader = None
            self._files.pop(0)
        return window


def count_packets(path: Path) -> int:
    """Packets in a recorded file, 0 where it cannot be read: for one that has to go before it was audited."""
    source = Source(str(path), path)
    try:
        reader = CaptureReader(source, 0, algorithms=())
        while reader.read(WINDOW) is not None:
            pass
    except (NotACaptureError, OSError):
        return 0
    return source.packets_read
