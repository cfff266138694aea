"""SSH: the line by which each side says which program it is (RFC 4253, 4.2); all behind it is left alone.

Unless it is none: the first packet of version 2 says which algorithms there are (7.1). What has another one is searched
for images.
"""

from __future__ import annotations

from netaudit.contracts.details import GreetingDetails
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import CARVE, BaseReader, HandOver, Opening, Verdict

NAME = "ssh"
MARK = b"SSH-"
LONGEST = 255  # bytes of the line, its end included
HEAD, KEXINIT, LARGEST = 6, 20, 1 << 18  # bytes that tell a packet, its type, bytes of it
PATIENCE = 4096  # bytes of one side after which the other is not waited for


def recognise(opening: Opening) -> Verdict:
    """One side begins with its line."""
    verdict = Verdict.NO if opening.up or opening.down else Verdict.MORE
    for data in (opening.up, opening.down):
        if data.startswith(MARK):
            return Verdict.YES
        if data and MARK.startswith(data):
            verdict = Verdict.MORE
    return verdict


class SshReader(BaseReader):
    """Reads the two lines."""

    searches = True

    def __init__(self) -> None:
        self.line = [b"", b""]  # as far as it has come
        self.at = [0, 0]
        self.done = [False, False]
        self.rest = [b"", b""]  # bytes behind the line, until they prove to be of SSH
        self.proven = [False, False]

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        self.at[direction] = offset + len(data)
        out: list[Message] = []
        if not self.done[direction]:
            start, data = offset - len(self.line[direction]), self.line[direction] + data
            line, ended, _ = data[:LONGEST].partition(b"\n")
            self.line[direction] = line
            data = data[len(line) + 1 :]
            self.done[direction] = bool(ended) or len(line) >= LONGEST
            if ended and line.startswith(MARK):
                banner = line.rstrip(b"\r").decode("utf-8", "replace")
                end = start + len(line) + 1
                out.append(Message(NAME, direction, start, end, method="banner", details=GreetingDetails([banner])))
                self.proven[direction] = not line.startswith((b"SSH-2", b"SSH-1.99"))
            else:
                self.proven[direction] = self.done[direction]
        if self.done[direction] and not self.proven[direction]:
            self._prove(direction, data)
        self._consider()
        return out

    def _prove(self, direction: int, data: bytes) -> None:
        rest = self.rest[direction] = self.rest[direction] + data
        if len(rest) < HEAD:
            return
        size = int.from_bytes(rest[:4], "big")
        self.proven[direction] = HEAD < size <= LARGEST and rest[5] == KEXINIT
        if not self.proven[direction]:
            other = self.rest[1 - direction] if self.done[1 - direction] else self.line[1 - direction]
            rests = (rest, other) if direction == UP else (other, rest)
            offsets = (self.at[UP] - len(rests[UP]), self.at[DOWN] - len(rests[DOWN]))
            self.hand_over = HandOver(offsets, rests, direction, CARVE)
        self.rest[direction] = b""

    def _consider(self) -> None:
        if self.hand_over is None and (all(self.proven) or max(self.at) > PATIENCE):
            self.wants_bytes = False

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """The line is lost, or over; what has not shown that it is SSH is searched."""
        if not any(self.proven):
            held = [self.rest[one] if self.done[one] else self.line[one] for one in (UP, DOWN)]
            places = (self.at[UP] - len(held[UP]), self.at[DOWN] - len(held[DOWN]))
            self.hand_over = HandOver(places, (held[UP], held[DOWN]), direction, CARVE)
            return []
        self.at[direction] = offset + length
        self.done[direction] = self.proven[direction] = True
        self._consider()
        return []

    def needed_from(self, direction: int) -> int:
        """Beginning of the line under way."""
        held = self.rest if self.done[direction] else self.line
        return self.at[direction] - len(held[direction])
