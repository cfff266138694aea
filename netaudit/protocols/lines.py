"""What protocols of lines share: cutting a direction into lines, dot-stuffed texts, and telling who speaks."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from netaudit.core.contracts.ranges import merged
from netaudit.protocols.http1.body import LIMIT, LIMIT_NOTE
from netaudit.protocols.reader import Opening, Verdict

if TYPE_CHECKING:
    from netaudit.core.contracts.ranges import Ranges
    from netaudit.protocols.message import Message

LONGEST = 64 << 10  # bytes of one line; the rest of a longer one is skipped
_END = b"\r\n.\r\n"
_STUFFED = re.compile(rb"(?:\A|(?<=\n))\.")
_WORD = re.compile(rb"[A-Za-z]{3,10}")


class Lines:
    """Bytes of one direction that wait to be read, line by line or in blocks."""

    def __init__(self) -> None:
        self.held = bytearray()
        self.at = 0  # stream offset behind the last byte taken
        self.skipping = False  # to the end of a line whose beginning is lost

    @property
    def start(self) -> int:
        """Stream offset of the first waiting byte."""
        return self.at - len(self.held)

    def add(self, offset: int, data: bytes) -> None:
        """Take bytes."""
        self.held += data
        self.at = offset + len(data)

    def lose(self, offset: int, length: int) -> None:
        """Bytes are missing: the line under way is lost."""
        self.held.clear()
        self.at = offset + length
        self.skipping = True

    def line(self) -> tuple[int, int, bytes] | None:
        """The next whole line: where it starts and ends in the stream, and its text without the line break."""
        while True:
            end = self.held.find(b"\n")
            if end < 0:
                if len(self.held) > LONGEST:
                    self.held.clear()
                    self.skipping = True
                return None
            start = self.start
            raw = bytes(self.held[:end])
            del self.held[: end + 1]
            if self.skipping or len(raw) > LONGEST:
                self.skipping = False
                continue
            return start, start + end + 1, raw.removesuffix(b"\r")

    def cut(self, most: int) -> bytes:
        """Up to `most` waiting bytes."""
        data = bytes(self.held[:most])
        del self.held[:most]
        return data


class DotText:
    """A text that a line with a single dot ends, dots at the beginning of lines doubled (RFC 5321, 4.5.2)."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.raw = bytearray()
        self.size = 0
        self.missing: Ranges = []
        self.tail = b"\r\n"  # the last bytes seen
        self.done = False

    def feed(self, data: bytes) -> int:
        """Take bytes; how many of them belong to the text and its end."""
        window = self.tail + data
        at = window.find(_END)
        used = len(data) if at < 0 else at + len(_END) - len(self.tail)
        self._keep(data[:used])
        self.tail = window[-4:]
        self.done = at >= 0
        return used

    def _keep(self, data: bytes) -> None:
        if self.size < LIMIT:
            self.raw += data[: LIMIT - self.size]
        self.size += len(data)

    def lose(self, length: int) -> None:
        """Bytes of the text are missing."""
        if self.size < LIMIT:
            self.raw += bytes(min(length, LIMIT - self.size))
        self.missing.append((self.size, self.size + length))
        self.size += length
        self.tail = bytes(4)

    def fill(self, message: Message, *, ended: bool) -> None:
        """Put the text into its message. Not `ended`: where it would end is not known."""
        size = self.size - (3 if self.done else 0)
        raw = bytes(self.raw[:size])
        dots = [match.start() for match in _STUFFED.finditer(raw)]
        message.body = unstuffed(raw, dots)
        message.body_start = -1 if dots else self.start
        message.body_size = size - len(dots)
        shift = [(a - bisect_left(dots, a), b - bisect_left(dots, b)) for a, b in self.missing]
        if size > LIMIT:
            message.notes.append(LIMIT_NOTE)
            shift.append((len(message.body), message.body_size))
        message.missing = merged(shift)
        message.unknown_from = None if ended or self.done else len(message.body)
        message.complete = message.unknown_from is None and not message.missing


def unstuffed(raw: bytes, dots: list[int]) -> bytes:
    """The text without the dots at the given places."""
    if not dots:
        return raw
    edges = [-1, *dots, len(raw)]
    return b"".join(raw[a + 1 : b] for a, b in itertools.pairwise(edges))


def judge(opening: Opening, words: frozenset[bytes], greeting: bytes, port: int, strong: frozenset[bytes]) -> Verdict:
    """Recognise a protocol of commands and greetings.

    Args:
        opening: first bytes of both directions.
        words: the first commands a client may send.
        greeting: what the server's first line begins with.
        port: the usual one; it decides where only the client's bytes are there.
        strong: words that no other protocol of this kind begins with.

    """
    verdict = _judge(opening.up, opening.down, words, greeting, port == opening.server_port, strong)
    if verdict is not Verdict.NO:
        return verdict
    verdict = _judge(opening.down, opening.up, words, greeting, port == opening.client_port, strong)
    return Verdict.SWAPPED if verdict is Verdict.YES else verdict


def _judge(
    client: bytes,
    server: bytes,
    words: frozenset[bytes],
    greeting: bytes,
    usual: bool,  # noqa: FBT001
    strong: frozenset[bytes],
) -> Verdict:
    size = min(len(server), len(greeting))
    if server[:size].upper() != greeting[:size]:
        return Verdict.NO
    match = _WORD.match(client)
    if client and (match is None or match.end() == len(client)):  # the word may go on
        return Verdict.MORE if client.isalpha() and len(client) <= 10 else Verdict.NO
    if match is None:
        return Verdict.MORE
    word = match[0].upper()
    if word not in words or client[match.end()] not in b" \r\n":
        return Verdict.NO
    if len(server) >= len(greeting) or usual or word in strong:
        return Verdict.YES
    return Verdict.MORE
