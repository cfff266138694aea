"""SSH: the line by which each side says which program it is (RFC 4253, 4.2); all behind it is left alone.

Unless it is none: the first packet of version 2 says which algorithms there are (7.1), and what follows the one that
takes them (7.3) is encrypted. What has another one, or shows text there, is searched.
"""

from __future__ import annotations

import re

from netaudit.core.contracts.details import GreetingDetails
from netaudit.protocols.kernels_numbers import holds_number
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import CARVE, BaseReader, HandOver, Opening, Verdict

NAME = "ssh"
MARK = b"SSH-"
LONGEST = 255  # bytes of the line, its end included
HEAD, KEXINIT, NEWKEYS, LARGEST = 6, 20, 21, 1 << 18  # bytes that tell a packet, types, bytes of a packet
RUN = 32  # bytes of text in a row: in ciphertext they stand at one of 2^44 places
_TEXT = bytes(32 <= byte < 127 or 9 <= byte <= 13 for byte in range(256))
_WORDS = re.compile(rb"(?=[\t-\r -~]{%d})[!-~]{0,%d}[\t-\r ]" % (RUN, RUN - 1))  # names of algorithms have no blank


def recognise(opening: Opening) -> Verdict:
    """One side begins with its line."""
    verdict = Verdict.NO if opening.up or opening.down else Verdict.MORE
    for data in (opening.up, opening.down):
        if data.startswith(MARK):
            return Verdict.YES
        if data and MARK.startswith(data):
            verdict = Verdict.MORE
    return verdict


class _Side:
    """One direction: its line, then packets in clear, then what is encrypted."""

    def __init__(self) -> None:
        self.at = 0  # stream offset behind `held`
        self.held = bytearray()  # nothing was made of it yet; of what was looked through, its last bytes
        self.seen = 0  # bytes of it that were looked through, and hold no text
        self.line = self.keyed = False  # the line is over; all that follows is encrypted
        self.packet = 0  # bytes to come of the packet under way
        self.kind = 0


class SshReader(BaseReader):
    """Reads the two lines, and sees text behind them."""

    searches = True

    def __init__(self) -> None:
        self.sides = (_Side(), _Side())
        self.known = False  # some packet was one of SSH

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        side = self.sides[direction]
        side.at = offset + len(data)
        side.held += data
        out = [] if side.line else self._line(direction, side)
        while side.line and len(side.held) > side.seen and self.hand_over is None:
            if not (side.keyed or side.packet) and not self._packet(direction, side):
                break
            size = len(side.held) - side.seen
            size = size if side.keyed else min(size, side.packet)
            self._look(direction, side, side.seen + size)
            side.packet -= min(size, side.packet)
            side.keyed = side.keyed or (side.kind == NEWKEYS and not side.packet)
        return out

    def _line(self, direction: int, side: _Side) -> list[Message]:
        start = side.at - len(side.held)
        line, ended, _ = side.held[:LONGEST].partition(b"\n")
        ours = side.held[: len(MARK)] == MARK[: len(side.held)]
        if ours and not ended and len(line) < LONGEST:
            return []
        side.line = True
        if not (ours and ended):
            side.keyed = True  # none of SSH: looked through, like what comes behind keys
            return []
        del side.held[: len(line) + 1]
        side.keyed = not line.startswith((b"SSH-2", b"SSH-1.99"))
        banner = line.rstrip(b"\r").decode("utf-8", "replace")
        message = Message(NAME, direction, start, start + len(line) + 1, method="banner")
        message.details = GreetingDetails([banner])
        if holds_number(bytes(line)):
            message.headers = [("banner", banner)]  # asked for people, as heads are
        return [message]

    def _packet(self, direction: int, side: _Side) -> bool:
        """Whether the head of a packet is there; what is none ends SSH, and the first one offers algorithms."""
        head = side.held[side.seen : side.seen + HEAD]
        if len(head) < HEAD:
            return False
        size = int.from_bytes(head[:4], "big")
        if not HEAD < size <= LARGEST or not (side.kind or head[5] == KEXINIT):
            self._leave(direction, side.seen)
            return False
        side.packet, side.kind = 4 + size, head[5]
        self.known = True
        return True

    def _look(self, direction: int, side: _Side, upto: int) -> None:
        """Look for text before byte `upto` of what is held, and keep as much as may be the beginning of some."""
        some = side.held[:upto]
        if side.kind == KEXINIT and not side.keyed:
            found = _WORDS.search(some)
            first = found.start() if found else -1
        else:
            first = some.translate(_TEXT).find(b"\1" * RUN)
        if first >= 0:
            self._leave(direction, first)
            return
        kept = min(upto, RUN - 1)
        del side.held[: upto - kept]
        side.seen = kept

    def _leave(self, direction: int, first: int) -> None:
        """All from byte `first` of what is held on is nobody's."""
        side, other = self.sides[direction], self.sides[1 - direction]
        rests = [b"", b""]
        rests[direction] = bytes(side.held[first:])
        rests[1 - direction] = bytes(other.held[other.seen :])
        up, down = (one.at - len(rest) for one, rest in zip(self.sides, rests, strict=True))
        self.hand_over = HandOver((up, down), (rests[UP], rests[DOWN]), direction, CARVE)

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """The line is lost, or over; what has not shown that it is SSH is searched."""
        side = self.sides[direction]
        if not self.known:
            self._leave(direction, side.seen)
            return []
        side.at, side.held, side.seen, side.packet = offset + length, bytearray(), 0, 0
        side.line = side.keyed = True
        return []

    def needed_from(self, direction: int) -> int:
        """Beginning of what text may begin with, or of the line under way."""
        side = self.sides[direction]
        return side.at - len(side.held)
