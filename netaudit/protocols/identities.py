"""Identity numbers in bytes that nobody understands, given with what stands around them.

Card readers, gates, databases and queues speak protocols of their own in which people are named in clear. Of such bytes
a message is made where a number with a right check digit stands in them: the text around it, or the bytes.
"""

from __future__ import annotations

import re

import numpy as np

from netaudit.protocols.kernels_numbers import WIDE, next_number
from netaudit.protocols.message import Message

AROUND = 1024  # bytes before the first number and behind the last one
LEAST_LOOKED = 1024  # bytes that are looked through at once; a flow's end comes first where it has fewer
MOST = 64 << 10  # bytes from where numbers are given with the next message
_LEAST = 6  # bytes of a text beside its numbers: two Chinese characters
_HELD = WIDE + 2  # bytes in which a number may begin, with the character behind it
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Surroundings:
    """One direction. Holds what stands before a number that may come, or the message under way."""

    __slots__ = ("base", "cut", "direction", "first", "last", "seen", "work")

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.work = b""
        self.base = 0  # stream offset of work[0]
        self.cut = False  # more came before work[0]
        self.seen = 0  # up to where numbers were looked for
        self.first = self.last = -1  # where the first number of the message begins, and the last one ends

    def feed(self, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of this direction."""
        if self.work:
            self.work += data
        else:
            self.work, self.base = data, offset
        upto = len(self.work) - _HELD
        return self._look(upto) if upto - self.seen >= LEAST_LOOKED else []

    def _look(self, upto: int, *, final: bool = False, ended: bool = False) -> list[Message]:
        """Look for numbers that begin before `upto`."""
        out: list[Message] = []
        array = np.frombuffer(self.work, np.uint8)
        while True:
            at, size = next_number(array, self.seen)
            far = len(self.work) if self.first < 0 else min(self.last + AROUND, self.first + MOST)
            if 0 <= at < min(upto, far):
                self.first = at if self.first < 0 else self.first
                self.last = self.seen = at + size
                continue
            self.seen = max(self.seen, min(upto, far))
            if self.first >= 0 and (final or upto >= far):
                end = min(max(self.last, far), len(self.work))
                out.append(self._message(end, ended=ended))
                array, upto = np.frombuffer(self.work, np.uint8), upto - end
                continue
            if self.first < 0:
                self._drop(max(0, self.seen - AROUND), cut=True)
            return out

    def _drop(self, count: int, *, cut: bool) -> None:
        self.work = self.work[count:]
        self.base += count
        self.seen = max(0, self.seen - count)
        self.cut = self.cut or (cut and count > 0)

    def _message(self, end: int, *, ended: bool) -> Message:
        """The message under way; what is behind `end` is of the next one."""
        begin = max(0, self.first - AROUND)
        start, stop, whole = self._text(begin, end, ended=ended)
        message = Message("carved", self.direction, self.base + start, self.base + stop)
        message.body, message.body_start = self.work[start:stop], self.base + start
        message.body_size = stop - start
        message.unknown_from = None if whole else stop - start
        message.complete = whole
        self.first = self.last = -1
        self.seen, self.cut = end, True
        self._drop(end, cut=True)
        return message

    def _text(self, begin: int, end: int, *, ended: bool) -> tuple[int, int, bool]:
        """Where the text around the numbers begins and ends, all bytes where it is none, and whether that is all."""
        whole_before = not begin and not self.cut
        whole_behind = ended and end == len(self.work)
        if _CONTROL.search(self.work, self.first, self.last) is None:
            marks = [mark.end() for mark in _CONTROL.finditer(self.work, begin, self.first)]
            behind = _CONTROL.search(self.work, self.last, end)
            start, stop = marks[-1] if marks else begin, behind.start() if behind else end
            if stop - start >= self.last - self.first + _LEAST:  # it says more than the numbers
                return start, stop, (bool(marks) or whole_before) and (behind is not None or whole_behind)
        return begin, end, whole_before and whole_behind

    def gap(self) -> list[Message]:
        """Bytes are missing: what is around them is not of one text."""
        out = self.finish(ended=False)
        self.cut = True
        return out

    def finish(self, *, ended: bool) -> list[Message]:
        """Nothing follows; `ended` tells whether that is since nothing was said."""
        out = self._look(len(self.work), final=True, ended=ended) if self.work else []
        self.work, self.seen, self.first, self.last = b"", 0, -1, -1
        return out

    def needed_from(self, after: int) -> int:
        """Stream offset from which bytes are still needed; `after` is where the last feed ended."""
        return self.base if self.work else after
