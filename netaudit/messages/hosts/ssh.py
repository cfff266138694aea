"""SSH: the line by which each side says which program it is (RFC 4253, 4.2); all behind it is left alone."""

from __future__ import annotations

from netaudit.ground.said import GreetingSaid
from netaudit.messages.message import Message
from netaudit.messages.reader import BaseReader, Opening, Verdict

NAME = "ssh"
MARK = b"SSH-"
LONGEST = 255  # bytes of the line, its end included
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

    def __init__(self) -> None:
        self.line = [b"", b""]  # as far as it has come
        self.at = [0, 0]
        self.done = [False, False]

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        self.at[direction] = offset + len(data)
        out: list[Message] = []
        if not self.done[direction]:
            start = offset - len(self.line[direction])
            line, ended, _ = (self.line[direction] + data[:LONGEST])[:LONGEST].partition(b"\n")
            self.line[direction] = line
            self.done[direction] = bool(ended) or len(line) >= LONGEST
            if ended and line.startswith(MARK):
                banner = line.rstrip(b"\r").decode("utf-8", "replace")
                end = start + len(line) + 1
                out.append(Message(NAME, direction, start, end, method="banner", said=GreetingSaid([banner])))
        self._consider()
        return out

    def _consider(self) -> None:
        if all(self.done) or max(self.at) > PATIENCE:
            self.wants_bytes = False

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """The line is lost, or over."""
        self.at[direction] = offset + length
        self.done[direction] = True
        self._consider()
        return []

    def needed_from(self, direction: int) -> int:
        """Beginning of the line under way."""
        return self.at[direction] if self.done[direction] else self.at[direction] - len(self.line[direction])
