"""One capture from its first byte to its last: windows of whole records, the rest of each carried into the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.capture import kernels
from netaudit.capture.compressed import Expanded, compression_of
from netaudit.capture.formats import LONGEST_LOOK, Reader, may_hold_captures, walker_for
from netaudit.capture.layouts import NO_TIME, Window
from netaudit.capture.stored import Progress, Stored
from netaudit.core.contracts.reasons import reason

if TYPE_CHECKING:
    import os

    from netaudit.capture.source import Source

Bytes = npt.NDArray[np.uint8]
Allocate = Callable[[int], Bytes]
SMALLEST = 64  # bytes of a window
PIECE = 1 << 18  # bytes read at once: they are hashed while the cache still holds them
TICK = 1.0  # seconds after which a pipe's window is handed on though it is not full


class NotACaptureError(Exception):
    """What was opened is no capture; the text is the reason.

    `missed`: it is a damaged one, or holds captures that have to be unpacked or converted first. `head`: its beginning.
    """

    def __init__(self, text: str, *, missed: bool = False, head: bytes = b"") -> None:
        super().__init__(text)
        self.missed, self.head = missed, head


class Alternating:
    """Two buffers by turns: the one handed out last stays untouched while the next is filled."""

    def __init__(self) -> None:
        self._buffers = [np.empty(0, np.uint8), np.empty(0, np.uint8)]

    def __call__(self, size: int) -> Bytes:
        """A buffer of at least `size` bytes."""
        self._buffers.reverse()
        if len(self._buffers[0]) < size:
            self._buffers[0] = np.empty(size, np.uint8)
        return self._buffers[0]


class CaptureReader:
    """Reads one capture. Opening raises OSError or NotACaptureError; later problems go to `source.damage`."""

    def __init__(
        self,
        source: Source,
        capture: int,
        *,
        algorithms: tuple[str, ...] = ("sha256",),
        expected: os.stat_result | None = None,
        count: Progress | None = None,
        stored: Stored | None = None,
    ) -> None:
        """`stored` is what to read from when it is open already; it is closed with the reader."""
        self.source = source
        self.ended = False
        self._own = Alternating()
        self._stored = stored or Stored(source.path, algorithms, expected, count)
        self.is_pipe = self._stored.is_pipe
        self._marks = [0, 0]  # pieces fed to the hashes when the last buffer but one, and the last, had been filled
        try:
            source.compression = compression_of(self._stored.look(16))
            self._bytes: Reader = self._stored
            if source.compression != "none":
                self._bytes = Expanded(self._stored, source.compression)
            head = self._head()
            if isinstance(found := walker_for(head, source, capture), str):
                problem = self._bytes.problem or found
                missed = bool(self._bytes.problem) or may_hold_captures(head)
                raise NotACaptureError(problem, missed=missed, head=head[:LONGEST_LOOK])  # noqa: TRY301 - closed just below
        except BaseException:
            self._stored.close()
            raise
        self._walker, self._base = found  # the base is the offset in the (decompressed) capture of what comes next
        self._carry = head[self._base :]
        self._peeked: list[Window] = []  # read to learn the first time, to be given again
        self._capture = capture

    def peek(self, size: int, windows: int) -> int:
        """Time of the first record (NO_TIME: it has none), from at most `windows` windows, which `read` gives again."""
        for _ in range(windows):
            window = self._read(size, lambda needed: np.empty(needed, np.uint8))
            if window is None:
                break
            self._peeked.append(window)
            if len(window.records):
                return int(window.records["ts"][0])
        return NO_TIME

    def renumber(self, capture: int) -> None:
        """Change RECORD.capture of all that is still to be read."""
        self._capture = capture

    def read(self, size: int, allocate: Allocate | None = None) -> Window | None:
        """The next window, of about `size` bytes (more for a longer record; it may hold no record), or None at the end.

        `allocate` gives the buffer; by default two buffers of this reader take turns. What it gave before the last
        call must stay untouched no longer: its bytes have been hashed.
        """
        window = self._again(allocate) if self._peeked else self._read(size, allocate)
        if window is not None:
            window.records["capture"] = self._capture
        return window

    def _again(self, allocate: Allocate | None) -> Window:
        """A window that `peek` has read."""
        window = self._peeked.pop(0)
        if allocate is None:
            return window
        buffer = allocate(len(window.buffer))[: len(window.buffer)]
        buffer[:] = window.buffer
        buffer.flags.writeable = False
        return Window(buffer, window.records)

    def _read(self, size: int, allocate: Allocate | None) -> Window | None:
        if self.ended:
            return None
        self._stored.digests.wait(self._marks[0])
        needed = max(size, SMALLEST, 2 * len(self._carry))
        buffer = (allocate or self._own)(needed)[:needed]
        filled, at_eof = self._fill(buffer)
        self._marks = [self._marks[1], self._stored.digests.fed]
        shown = buffer[:filled]
        shown.flags.writeable = False
        done = self._walker.walk(shown, filled, self._base, at_eof)
        self._carry = shown[done:].tobytes()
        self._base += done
        records = self._walker.rows.flush()
        self._account(records)
        if at_eof:
            self._finish()
        return Window(shown, records)

    def read_so_far(self) -> tuple[int, str]:
        """Bytes read of the file as stored, and the SHA-256 of these."""
        if self.ended:
            return self.source.size, self.source.sha256
        return self._stored.position, self._stored.digests.so_far().get("sha256", "")

    def close(self) -> None:
        """Stop here; what was not read is not hashed."""
        if not self.ended:
            self.ended = True
            self._stored.close()

    def _head(self) -> bytes:
        head = bytearray(LONGEST_LOOK)
        filled = 0
        with memoryview(head) as view:
            while filled < len(head) and (got := self._bytes.readinto(view[filled:])):
                filled += got
        return bytes(head[:filled])

    def _fill(self, buffer: Bytes) -> tuple[int, bool]:
        """Fill `buffer` behind what was carried over; how far, and whether the capture ended."""
        filled = len(self._carry)
        buffer[:filled] = np.frombuffer(self._carry, np.uint8)
        view = memoryview(buffer)  # type: ignore[arg-type]
        until = time.monotonic() + TICK
        while filled < len(buffer):
            got = self._bytes.readinto(view[filled : filled + PIECE])
            if not got:
                return filled, not self._stored.growing
            filled += got
            if self.is_pipe and time.monotonic() > until:
                break
        return filled, False

    def _account(self, records: npt.NDArray[np.void]) -> None:
        source = self.source
        wire, captured, first, last = kernels.summarise(records)
        source.packets_read += len(records)
        source.wire_bytes += int(wire)
        source.captured_bytes += int(captured)
        if wire > captured and len(source.snap_lengths) < 2:
            kept = records["caplen"][records["caplen"] < records["wirelen"]]
            source.snap_lengths |= {int(kept.min()), int(kept.max())}
        if first != NO_TIME:
            source.first_ts = int(first) if source.first_ts is None else min(source.first_ts, int(first))
            source.last_ts = int(last) if source.last_ts is None else max(source.last_ts, int(last))

    def _finish(self) -> None:
        source, stored = self.source, self._stored
        if self._bytes.problem:
            source.report(self._bytes.problem)
        stored.drain()
        self.ended = True
        hashes = stored.close()
        source.size = stored.position
        source.sha256, source.sm3 = hashes.get("sha256", ""), hashes.get("sm3", "")
        source.changed = stored.changed()
        if source.changed:
            source.report(reason("capture_changed"))
