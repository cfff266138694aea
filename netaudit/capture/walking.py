"""What the readers of pcap and pcapng have in common: rows that grow, and the bookkeeping of lost bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from netaudit.capture.layouts import RECORD
from netaudit.core.contracts.reasons import reason
from netaudit.core.storage.structured import copied, longer

if TYPE_CHECKING:
    from netaudit.capture.source import Source

Bytes = npt.NDArray[np.uint8]
FIRST_ROWS = 4096


class Rows:
    """RECORD rows of one window; memory is kept from window to window."""

    def __init__(self) -> None:
        self.array: npt.NDArray[np.void] = np.empty(FIRST_ROWS, RECORD)
        self.used = 0

    def grow(self) -> None:
        """Double the room. A window has at most one row per 16 bytes, which bounds it."""
        self.array = longer(self.array, 2 * self.array.size)

    def flush(self) -> npt.NDArray[np.void]:
        """The rows written since the last time, as an array of their own."""
        taken = copied(self.array[: self.used])
        self.used = 0
        return taken


class Walker(Protocol):
    """Finds the packets of one capture in windows that follow each other."""

    rows: Rows

    def walk(self, buffer: Bytes, end: int, base: int, at_eof: bool) -> int:  # noqa: FBT001
        """Append rows for buffer[:end], which lies at offset `base` of the (decompressed) capture.

        Returns how many bytes are done with; the others must lead the next buffer. Less than one record never moves it.
        """


class Losses:
    """Reports bytes that had to be skipped, from the damage to the place where reading goes on."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._since: int | None = None
        self._what = ""

    @property
    def searching(self) -> bool:
        """Whether a damage has been met and nothing sound behind it yet."""
        return self._since is not None

    def begin(self, offset: int, what: str) -> None:
        """A damage at `offset`, a code (`damage` of the report's words)."""
        self._since, self._what = offset, what

    def end(self, offset: int, *, sound: bool) -> None:
        """The place where sound records go on, or the end of the capture."""
        if self._since is not None:
            code = "lost" if sound else "lost_to_end"
            self._source.report(reason(code, damage=self._what, n=self._since, m=offset - self._since))
            self._since = None

    def cut(self, offset: int, length: int) -> None:
        """The capture ends inside a record."""
        self._source.report(reason("capture_cut", n=offset, m=length))
