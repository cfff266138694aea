"""Bytes that their reader cannot understand: where HTTP or TLS begins among them, the flow is one of no known protocol.

Whoever writes a few bytes of another protocol first would else hide all that follows.
"""

from __future__ import annotations

import re

from netaudit.messages.http1.head import KNOWN, LOOK_BACK, candidate

LONGEST = 128  # bytes of a mark
KEPT = LOOK_BACK + LONGEST  # bytes in which a head may have begun
LIKE_HTTP = re.compile(rb"(?:%s) [/h]|HTTP/1" % b"|".join(re.escape(one.encode()) for one in KNOWN))
_MARKS = re.compile(
    rb"HTTP/1\.[01](?: \d{3}(?: [^\x00-\x1f]{0,60})?)?\r?\n[A-Za-z][A-Za-z0-9_-]{0,40}:"  # with a first field
    rb"|\x16\x03[\x00-\x04][\x00-\x48].\x01\x00..\x03[\x00-\x04]",  # the hello of a client (RFC 8446, 5.1)
    re.DOTALL,
)


def begun(data: bytes | bytearray, looked: int, floor: int, upto: int) -> int:
    """Where the first head or hello begins whose mark lies whole in data[looked:upto], not before `floor`; or -1."""
    for match in _MARKS.finditer(data, looked, upto):
        at = match.start()
        if data[at] != 0x16:
            at = candidate(bytes(data[max(floor, at - LOOK_BACK) : match.end()]), min(at - floor, LOOK_BACK), 0)
            at = at + max(floor, match.start() - LOOK_BACK) if at >= 0 else -1
        if at >= 0:
            return at
    return -1


class Strays:
    """One direction. Holds the last bytes while a head may have begun in them."""

    __slots__ = ("base", "found", "held", "looked")

    def __init__(self) -> None:
        self.held = bytearray()
        self.base = 0  # stream offset of held[0]
        self.looked = 0
        self.found = False  # a head or a hello begins at `base`

    def take(self, offset: int, data: bytes) -> tuple[int, bytes]:
        """Take bytes that follow those before: from which stream offset on which are surely of none."""
        if not self.held:
            self.base, self.looked = offset, 0
        self.held += data
        at = begun(self.held, self.looked, 0, len(self.held))
        self.found = at >= 0
        self.looked = max(0, len(self.held) - LONGEST)
        return self._give(at if self.found else max(0, len(self.held) - KEPT))

    def rest(self) -> tuple[int, bytes]:
        """What follows is of something else: from which stream offset on what was held."""
        return self._give(len(self.held))

    def _give(self, count: int) -> tuple[int, bytes]:
        given = self.base, bytes(self.held[:count])
        del self.held[:count]
        self.base += count
        self.looked = max(0, self.looked - count)
        return given
