"""Collect the bytes that a protocol reader consumed without putting them into a message.

They go through the generic search. Without it, a few bytes of another protocol in front would hide everything behind
them.
"""

from __future__ import annotations

CHUNK = 1 << 20  # a reader of a connection is given no bytes of two of these at once: bounds are kept where they meet
MOST = 8 << 20  # bytes of a direction that are held in front of them


class UnattributedBytes:
    """Unattributed bytes of one direction. Holds the bytes that may still become part of a message."""

    __slots__ = ("_at", "_covers", "_held")

    def __init__(self) -> None:
        self._at = 0  # all before is settled
        self._held: list[tuple[int, bytes]] | None = None  # most readers search all themselves
        self._covers: list[tuple[int, int]] | None = None  # of messages, behind `_at`

    def add(self, offset: int, data: bytes) -> None:
        """Hold bytes that the reader receives. Bytes more than `MOST` before them are dropped and count as unread."""
        held = self._held = self._held or []
        first = offset - offset % CHUNK - MOST
        if held and held[0][0] < first:
            self._drop(first)
            if held and (begin := held[0][0]) < first:
                held[0] = (first, held[0][1][first - begin :])
        held.append((offset, data))

    def cover(self, start: int, end: int) -> None:
        """Mark a stretch as part of a message."""
        if self._held and end > self._at:
            self._covers = self._covers or []
            self._covers.append((start, end))

    def settle(self, upto: int) -> list[tuple[int, bytes]]:
        """Return (stream offset, bytes) of all stretches before `upto` that no message covers.

        `upto`: no later message begins before this stream offset.
        """
        at = self._at
        if upto <= at or not self._held:
            self._at = max(at, upto)
            return []
        self._at = upto
        found: list[tuple[int, bytes]] = []
        for start, end in [*sorted(self._covers or ()), (upto, upto)]:
            if at < min(start, upto):
                found += self.between(at, min(start, upto))
            at = max(at, end)
        self._covers = [cover for cover in self._covers or () if cover[1] > upto]
        self._drop(upto)
        return found

    def _drop(self, upto: int) -> None:
        """Drop held bytes that lie wholly before a stream offset."""
        held = self._held or []
        over = (number for number, (begin, data) in enumerate(held) if begin + len(data) > upto)
        del held[: next(over, len(held))]

    def between(self, first: int, last: int) -> list[tuple[int, bytes]]:
        """Return (stream offset, bytes) of the held parts of a stretch."""
        found = []
        for offset, data in self._held or ():
            if offset >= last:
                break
            if part := data[max(first - offset, 0) : last - offset]:
                found.append((max(first, offset), part))
        return found

    def restart(self, offset: int) -> None:
        """Start anew at a stream offset, from which another reader continues."""
        self._at = max(self._at, offset)
        self._held = self._covers = None
