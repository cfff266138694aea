"""Hashing beside reading: hashlib releases the interpreter lock, so one thread per algorithm runs at full speed."""

from __future__ import annotations

import hashlib
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

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
