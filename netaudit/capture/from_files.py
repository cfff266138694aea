"""Captures from files, folders and pipes: opened, ordered by time, handed on as windows of records.

captures = open_captures(["monday/", "tuesday.pcapng.zst", "-"])
for window in captures.windows():
    ...                     # window.buffer, window.records
captures.sources            # one Source per capture, whole now; captures.rejected, captures.ignored
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.capture.formats import is_capture_name
from netaudit.capture.inputs import Input, find_inputs, without_duplicates
from netaudit.capture.merging import Waiting, merged
from netaudit.capture.reading import CaptureReader, NotACaptureError
from netaudit.capture.source import NO_CAPTURE, Rejected, Source
from netaudit.core.contracts.reasons import reason
from netaudit.core.system.desktop_files import is_beside_another
from netaudit.core.system.reasons import why
from netaudit.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from netaudit.capture.layouts import Window
    from netaudit.capture.stored import Progress

WINDOW = 16 << 20
PEEK = 1 << 16  # bytes of a capture that are read to learn its first time
MAX_PEEKS = 16  # windows of PEEK bytes before the first time is given up (a damaged head)

__all__ = ["WINDOW", "Captures", "Rejected", "Source", "open_captures", "read_frames", "secrets_of"]


class Captures:
    """The captures of one audit. `sources[RECORD.capture]` is the capture of a record."""

    def __init__(self, window_size: int) -> None:
        self.sources: list[Source] = []  # in the order of their first packets
        self.rejected: list[Rejected] = []  # what the user named and what cannot be read, with the reason
        self.ignored: list[Rejected] = []  # what nothing is lost by: files of folders that are no captures, duplicates
        self.stored_bytes = 0  # bytes of all stored files, as far as known beforehand: the whole of a progress bar
        self._window_size = window_size
        self._waiting: list[Waiting] = []
        self._opened: list[CaptureReader] = []  # pipes: they cannot be opened again
        self._readers: dict[int, CaptureReader] = {}  # by rank, of captures that have begun

    def windows(self, allocate: Callable[[int], npt.NDArray[np.uint8]] | None = None) -> Iterator[Window]:
        """Windows of records in the order of the audit; to be asked for once.

        A window's buffer is valid until the next window is asked for; its records are the caller's to keep. Windows
        may hold no record.

        `allocate(n)` may give the buffers instead: a writable C-contiguous array of at least n bytes (n is about the
        window size, up to 34 MiB for a giant record). It is called once for each window and must not give an array
        again before the window *after* the one that carried it has been handed on, since its bytes are still being
        hashed: two arrays by turns are enough.
        """
        waiting, self._waiting = self._waiting, []
        try:
            yield from merged(waiting, self._window_size, allocate)
        finally:
            self.close()

    def read_so_far(self) -> list[tuple[str, int, str]]:
        """Of each of `sources`: its path ("" for standard input), bytes read of it as stored, the SHA-256 of these.

        To be asked between two windows. What was read reaches behind the packets that were handed on: it is the same
        whenever the same captures are read up to the same window.
        """
        so_far = []
        for rank, source in enumerate(self.sources):
            reader = self._readers.get(rank)
            read, sha256 = reader.read_so_far() if reader is not None else (0, "")
            so_far.append((str(source.path.absolute()) if source.path else "", read, sha256))
        return so_far

    def close(self) -> None:
        """Let go of pipes, and of the windows that are held for them."""
        while self._opened:
            self._opened.pop().close()


def open_captures(
    paths: Sequence[str | os.PathLike[str]],
    *,
    window_size: int = WINDOW,
    progress: Progress | None = None,
    sm3: bool = False,
    hashed: bool = True,
) -> Captures:
    """Look at all inputs, and order those that are captures by the time of their first packet.

    `paths` are files, folders (walked recursively) and "-" for standard input. `progress` is told how many stored
    bytes have been read so far. Nothing is raised for an input that cannot be read: see `Captures.rejected`.
    Without `hashed` no hash is made: the sources have none.
    """
    captures = Captures(window_size)
    inputs, captures.rejected = find_inputs(paths)
    inputs, duplicates = without_duplicates(inputs)
    captures.ignored += duplicates
    opener = _Opener(_algorithms(sm3=sm3) if hashed else (), progress)
    begun: list[tuple[int, str, Input, CaptureReader | None]] = []
    for one in inputs:
        try:
            key, reader = opener.peek(one)
        except NotACaptureError as error:
            if one.named or error.missed or _calls_itself_a_capture(one.name, error.head):
                captures.rejected.append(Rejected(one.name, str(error)))
            else:
                captures.ignored.append(Rejected(one.name, str(error), NO_CAPTURE))
        except OSError as error:
            captures.rejected.append(Rejected(one.name, why(error)))
        else:
            begun.append((key, one.name, one, reader))
    begun.sort(key=lambda entry: entry[:2])
    for rank, (key, name, one, reader) in enumerate(begun):
        source = Source(name, one.path) if reader is None else reader.source
        if reader is not None:
            captures._opened.append(reader)  # noqa: SLF001 - made here
            reader.renumber(rank)
        elif one.status is not None:
            source.size = one.status.st_size
            captures.stored_bytes += one.status.st_size
        captures.sources.append(source)
        later = opener.later(one, source, rank, reader, captures._readers)  # noqa: SLF001
        captures._waiting.append(Waiting(rank, key, later))  # noqa: SLF001
    return captures


def _calls_itself_a_capture(name: str, head: bytes) -> bool:
    """By its name, which what macOS keeps beside a capture has, too."""
    return is_capture_name(name) and not is_beside_another(Path(name).name, head)


def _algorithms(*, sm3: bool) -> tuple[str, ...]:
    if not sm3:
        return ("sha256",)
    try:
        hashlib.new("sm3")
    except ValueError:  # this OpenSSL was built without it: the field stays empty
        return ("sha256",)
    return ("sha256", "sm3")


class _Opener:
    """Opens inputs with the options of one audit and adds up the progress."""

    def __init__(self, algorithms: tuple[str, ...], progress: Progress | None) -> None:
        self._algorithms = algorithms
        self._progress = progress
        self._read = 0

    def peek(self, one: Input) -> tuple[int, CaptureReader | None]:
        """Time of the first packet (NO_TIME: none), and for a pipe the reader, which gives the first windows again."""
        again = one.is_regular
        algorithms = () if again else self._algorithms
        count = None if again else self._count
        reader = CaptureReader(Source(one.name, one.path), 0, algorithms=algorithms, count=count)
        try:
            key = reader.peek(PEEK, MAX_PEEKS)
        except BaseException:
            reader.close()
            raise
        if not again:
            return key, reader
        reader.close()
        return key, None

    def later(
        self, one: Input, source: Source, rank: int, reader: CaptureReader | None, begun: dict[int, CaptureReader]
    ) -> Callable[[], CaptureReader | None]:
        """What opens the input when its turn has come, and puts its reader among those that have `begun`."""

        def begin() -> CaptureReader | None:
            if reader is not None:
                begun[rank] = reader
                return reader
            try:
                again = CaptureReader(source, rank, algorithms=self._algorithms, expected=one.status, count=self._count)
            except (OSError, NotACaptureError) as error:
                source.changed = True
                source.report(reason("capture_again", said=why(error)))
                return None
            begun[rank] = again
            return again

        return begin

    def _count(self, got: int) -> None:
        self._read += got
        if self._progress is not None:
            self._progress(self._read)


def secrets_of(path: Path) -> list[tuple[int, bytes]]:
    """Decryption secrets anywhere in a pcapng file, as `Source.secrets` has them; none of one that cannot be read."""
    source = Source(str(path), path)
    try:
        reader = CaptureReader(source, 0, algorithms=())
    except (OSError, NotACaptureError):
        return []
    try:
        while source.file_format.startswith("pcapng") and reader.read(WINDOW) is not None:
            pass
    finally:
        reader.close()
    return source.secrets


def read_frames(path: str | os.PathLike[str], frames: Iterable[int]) -> Iterator[tuple[np.void, bytes]]:
    """The packets with these frame numbers (from 1, any order), in the order of the file: (RECORD row, captured bytes).

    Reads as far as the last one. Raises CaptureError when the file cannot be opened as a capture.
    """
    wanted = np.unique(np.fromiter(frames, np.uint64))
    source = Source(os.fspath(path), Path(path))
    try:
        reader = CaptureReader(source, 0, algorithms=())
    except (OSError, NotACaptureError) as error:
        raise CaptureError(source.name, 0, why(error)) from None
    try:
        while len(wanted) and (window := reader.read(WINDOW)) is not None:
            records = window.records
            for row in records[np.isin(records["frame"], wanted, assume_unique=True)]:
                start = int(row["offset"])
                yield row, window.buffer[start : start + int(row["caplen"])].tobytes()
            if len(records):
                wanted = wanted[wanted > records["frame"][-1]]
    finally:
        reader.close()
