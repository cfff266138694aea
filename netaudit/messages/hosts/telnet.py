"""Telnet (RFC 854): what a server shows before anybody logs in.

What is typed and shown is never kept, but searched.
"""

from __future__ import annotations

import re

from netaudit.contracts.details import GreetingDetails
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import CARVE, BaseReader, HandOver, Opening, Verdict
from netaudit.text.charset import decoded

NAME, PORT = "telnet", 23
IAC, SB, SE, WILL, DONT = 0xFF, 0xFA, 0xF0, 0xFB, 0xFE
LONGEST = 1024  # bytes of greeting
LOOK = 2048  # bytes of each side in which it must end, negotiation included
PROMPT = re.compile(rb"(?:login|user ?name|user|account|pass ?word)\s{0,4}:", re.IGNORECASE)
# commands of the protocol: negotiation of an option, its parameters, others (RFC 854; RFC 855)
COMMAND = re.compile(
    rb"\xff(?:[\xfb-\xfe].|\xfa[^\xff]{0,512}(?:\xff\xff[^\xff]{0,512}){0,8}\xff\xf0|[\xf0-\xf9\xff])", re.DOTALL
)


def recognise(opening: Opening) -> Verdict:
    """Negotiation of options is the first thing said; met midway, a login may be over."""
    if opening.midstream:
        return Verdict.NO
    verdict = Verdict.NO
    for data in (opening.down, opening.up):
        if data[:1] == b"\xff":
            if len(data) >= 3 and (WILL <= data[1] <= DONT or data[1] == SB):
                return Verdict.YES
            verdict = Verdict.MORE if len(data) < 2 or WILL <= data[1] <= DONT or data[1] == SB else verdict
    return verdict


class TelnetReader(BaseReader):
    """Reads the greeting of one connection."""

    def __init__(self) -> None:
        self.at = [0, 0]
        self.read = [b"", b""]  # all that was typed and shown
        self.first = DOWN  # which began

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes; the greeting ends at a prompt, at what the client types, or where it is long."""
        self.at[direction] = offset + len(data)
        self.first = self.first if any(self.read) else direction
        self.read[direction] += data
        said = self.read[direction][:LOOK]
        if direction == UP:
            return self._told() if _plain(said) or len(said) >= LOOK else []
        if found := PROMPT.search(said):  # always ends with the byte that made it one, however data are cut
            return self._told(found.end())
        return self._told() if len(said) >= LOOK else []

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:  # noqa: ARG002
        """What was shown before a gap is all that can be told."""
        return self._told()

    def finish(self) -> list[Message]:
        """Give what was shown."""
        return self._told() if self.hand_over is None else []

    def needed_from(self, direction: int) -> int:
        """What follows the greeting begins with the first byte, as it does."""
        return self.at[direction] - len(self.read[direction])

    def _told(self, end: int = LOOK) -> list[Message]:
        """The greeting; all that was typed and shown is searched, and what follows."""
        shown = self.read[DOWN][:end]
        begun = self.needed_from(UP), self.needed_from(DOWN)
        self.hand_over = HandOver(begun, (self.read[UP], self.read[DOWN]), self.first, CARVE)
        lines = [line.strip() for line in decoded(_plain(shown)[:LONGEST]).splitlines()]
        message = Message(NAME, DOWN, begun[DOWN], begun[DOWN] + len(shown), method="greeting")
        message.details = GreetingDetails([line for line in lines if line])
        return [message] if shown else []


def _plain(data: bytes) -> bytes:
    """The bytes without commands of the protocol, up to one that is cut off."""
    return COMMAND.sub(b"", data).partition(b"\xff")[0].strip(b"\r\n\0 ")
