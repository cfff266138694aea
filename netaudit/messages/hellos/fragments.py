"""Bytes that come in pieces with their place in front: CRYPTO frames of QUIC, fragments of DTLS handshakes."""

from __future__ import annotations

MOST_PIECES = 512  # pieces that wait for what belongs before them


class Fragments:
    """Puts pieces in order. Of bytes that come twice those that were in order first are kept.

    Args:
        limit: offset at which nothing is taken any more.

    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.ready = bytearray()  # in order, not taken yet
        self.base = 0  # offset of ready[0]
        self.waiting: dict[int, bytes] = {}  # by offset, none of them at or before the end of `ready`

    def add(self, offset: int, data: bytes) -> bool:
        """Take a piece; whether it brought anything new. Pieces beyond the limits are dropped."""
        end = self.base + len(self.ready)
        data = data[: max(0, self.limit - offset)]
        if offset + len(data) <= end:
            return False
        if offset > end:
            known = self.waiting.get(offset, b"")
            if len(data) <= len(known) or (not known and len(self.waiting) >= MOST_PIECES):
                return False
            self.waiting[offset] = known + data[len(known) :]
            return True
        self.ready += data[end - offset :]
        self._join()
        return True

    def _join(self) -> None:
        """Move what has become contiguous from `waiting` to `ready`."""
        for offset in sorted(self.waiting):
            end = self.base + len(self.ready)
            if offset > end:
                break
            self.ready += self.waiting.pop(offset)[end - offset :]

    def take(self, size: int) -> bytes:
        """Take `size` bytes that are ready off the front."""
        taken = bytes(self.ready[:size])
        del self.ready[:size]
        self.base += len(taken)
        return taken

    @property
    def empty(self) -> bool:
        """Whether nothing is held."""
        return not self.ready and not self.waiting
