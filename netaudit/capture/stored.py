"""The bytes of an input as stored: opened read-only, hashed while read, watched for standstill and for change."""

from __future__ import annotations

import hashlib
import io
import os
import select
import stat
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.reasons import reason
from netaudit.core.system.reasons import why

if TYPE_CHECKING:
    from collections.abc import Sequence

Piece = bytes | memoryview


class Digests:
    """Hashes of one stream of bytes. Pieces are not copied: leave their memory alone until `wait` returns."""

    def __init__(self, algorithms: Sequence[str] = ("sha256",)) -> None:
        self.fed = 0  # pieces so far
        self._changed = threading.Condition()
        self._done = dict.fromkeys(algorithms, 0)
        self._hashes: dict[str, Any] = {name: hashlib.new(name) for name in algorithms}
        self._queues: dict[str, SimpleQueue[Piece | None]] = {name: SimpleQueue() for name in algorithms}
        self._threads = [threading.Thread(target=self._run, args=(name,), daemon=True) for name in algorithms]
        for thread in self._threads:
            thread.start()

    def feed(self, piece: Piece) -> None:
        """Hash `piece` some time soon."""
        self.fed += 1
        for queue in self._queues.values():
            queue.put(piece)

    def wait(self, pieces: int) -> None:
        """Return when the first `pieces` pieces have been hashed by all algorithms."""
        with self._changed:
            self._changed.wait_for(lambda: min(self._done.values(), default=pieces) >= pieces)

    def so_far(self) -> dict[str, str]:
        """Hashes of what was fed until now, in hexadecimal digits."""
        self.wait(self.fed)
        return {name: hashed.copy().hexdigest() for name, hashed in self._hashes.items()}

    def close(self) -> dict[str, str]:
        """Finish and return the hashes by algorithm, in hexadecimal digits. May be called again."""
        for queue in self._queues.values():
            queue.put(None)
        for thread in self._threads:
            thread.join()
        return {name: hashed.hexdigest() for name, hashed in self._hashes.items()}

    def _run(self, name: str) -> None:
        update, queue = self._hashes[name].update, self._queues[name]
        while (piece := queue.get()) is not None:
            update(piece)
            piece = b""
            with self._changed:
                self._done[name] += 1
                self._changed.notify_all()


FIRST_BYTE = 30.0  # seconds for a named pipe to bring its first byte: longer means that nobody writes into it
STANDSTILL = 600.0  # seconds without a byte from a pipe that had begun, or from standard input
CHUNK = 1 << 18

Progress = Callable[[int], None]


class Stored:
    """One input, read once from its first byte to its last. Errors while reading end it and are told by `problem`."""

    growing = False  # whether more may come after `readinto` gave nothing

    def __init__(
        self,
        path: Path | None,
        algorithms: Sequence[str] = ("sha256",),
        expected: os.stat_result | None = None,
        count: Progress | None = None,
        patience: tuple[float, float] = (FIRST_BYTE, STANDSTILL),
    ) -> None:
        """Open `path` (None: standard input). OSError as open(2) gives it; `expected` is what an earlier look found."""
        self.path = path
        self.position = 0  # bytes read from the file
        self.problem = ""
        self._head = b""  # looked at, not yet read
        self._count = count
        self._file = open_read_only(path)
        self._opened = os.fstat(self._file.fileno())
        self.replaced = expected is not None and identity(expected) != identity(self._opened)
        self.is_pipe = path is None or not stat.S_ISREG(self._opened.st_mode)
        self.size = None if self.is_pipe else self._opened.st_size
        self._patience = (patience[1], patience[1]) if path is None else patience
        self.digests = Digests(algorithms)

    def look(self, length: int) -> bytes:
        """The next bytes, at most `length`, without taking them (fewer only at the end)."""
        while len(self._head) < length:
            buffer = bytearray(length - len(self._head))
            if not (got := self._fill(memoryview(buffer))):
                break
            piece = bytes(buffer[:got])
            self.digests.feed(piece)
            self._head += piece
        return self._head[:length]

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` and return how much; 0 at the end. The view's memory is hashed later: see `Digests`."""
        if self._head:
            taken = min(len(view), len(self._head))
            view[:taken] = self._head[:taken]
            self._head = self._head[taken:]
            return taken
        got = self._fill(view)
        if got:
            self.digests.feed(view[:got])
        return got

    def read(self, length: int = CHUNK) -> bytes:
        """The next bytes, at most `length`; empty at the end."""
        if self._head:
            piece, self._head = self._head[:length], self._head[length:]
            return piece
        buffer = bytearray(length)
        got = self._fill(memoryview(buffer))
        piece = bytes(buffer[:got])
        if piece:
            self.digests.feed(piece)
            self.digests.wait(self.digests.fed - 64)
        return piece

    def drain(self) -> None:
        """Read what is left, so that the hash covers the whole file. Pipes are left alone."""
        while not self.is_pipe and self.read():
            pass

    def close(self) -> dict[str, str]:
        """Close and return the hashes of what was read."""
        self._file.close()
        return self.digests.close()

    def changed(self) -> bool:
        """Whether the file now differs from the one that was opened, by identity, size or time of change."""
        if self.replaced:
            return True
        if self.is_pipe or self.path is None:
            return False
        try:
            now = self.path.stat()
        except OSError:
            return True
        return identity(now) != identity(self._opened)

    def _fill(self, view: memoryview) -> int:
        if self.problem:
            return 0
        if self.size is not None:  # what a writer appends from now on is not part of this audit
            view = view[: max(0, self.size - self.position)]
        if not len(view):
            return 0
        try:
            if self.is_pipe and not self._ready():
                return 0
            got = self._file.readinto(view) or 0
        except OSError as error:
            self.problem = reason("stored_failed", n=self.position, said=why(error))
            return 0
        if not got and self.size is not None:
            self.problem = reason("stored_shorter", n=self.size - self.position)
        self.position += got
        if got and self._count is not None:
            self._count(got)
        return got

    def _ready(self) -> bool:
        """Wait for a pipe's next byte or its end; False when neither came in time."""
        if sys.platform == "win32":
            return True  # select works on sockets only there
        seconds = self._patience[1] if self.position else self._patience[0]
        if select.select([self._file], [], [], seconds)[0]:
            return True
        self.problem = reason("stored_silent", n=f"{seconds:.0f}", m=self.position)
        return False


def identity(status: os.stat_result) -> tuple[int, int, int, int]:
    """What tells one state of a file from another without reading it."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def open_read_only(path: Path | None) -> io.FileIO:
    """The file, unbuffered (None: standard input); a named pipe is opened without waiting for its writer."""
    if path is None:
        return io.FileIO(sys.stdin.fileno(), "rb", closefd=False)
    return io.FileIO(path, "rb", opener=_opener)


def _opener(name: str, flags: int) -> int:
    waiting = os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") and stat.S_ISFIFO(Path(name).stat().st_mode) else 0
    handle = os.open(name, flags | getattr(os, "O_NOCTTY", 0) | waiting)
    if waiting:
        os.set_blocking(handle, True)
    return handle
