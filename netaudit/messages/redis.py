"""Redis: commands with what they store, and answers, as its protocol writes them (RESP 2 and 3).

A long argument is a message of its own, by the command and its key; short ones are lines of one message together. What
a server says no to is told by its error.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace

from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.message import DOWN, UP, Message, carved_from_here
from netaudit.messages.reader import CARVE, BaseReader, HandOver, Opening, Verdict
from netaudit.text.charset import decoded

NAME = "redis"
LONG = 512  # bytes of an argument that is a message of its own
MOST = 16 << 20  # bytes of a command or an answer
MOST_ARGUMENTS, MOST_DEPTH, MOST_ASKED = 100_000, 8, 4096
LONGEST_LINE = 64 << 10
PUSHES = frozenset({"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR"})  # behind which answers come unasked
SECRET = frozenset({"AUTH", "HELLO", "ACL", "CONFIG", "MIGRATE"})  # whose short arguments may be passwords
FIELDED = frozenset({"XADD", "HSET", "HMSET", "HSETNX"})  # names and values by turns
PLACED = frozenset({"SETRANGE"})  # whose second argument says where in the value the third begins
_OPENS = re.compile(rb"\*[1-9][0-9]{0,5}\r\n\$[1-9][0-9]{0,3}\r\n[A-Za-z]")
_BEGUN = re.compile(rb"\*(?:[1-9](?:[0-9]{0,5}(?:\r(?:\n(?:\$(?:[1-9](?:[0-9]{0,3}(?:\r\n?)?)?)?)?)?)?)?)?\Z")
_SIMPLE, _SIZED, _LISTED, _PAIRED = b"+-:_#,(", b"$!=", b"*~>", b"%|"


class WrongError(ValueError):
    """The bytes are not what they should be."""


class MoreError(Exception):
    """So many bytes, from the first on, are needed to go on."""

    def __init__(self, need: int) -> None:
        self.need = need


def recognise(opening: Opening) -> Verdict:
    """A command as clients write it."""
    for data, verdict in ((opening.up, Verdict.YES), (opening.down, Verdict.SWAPPED)):
        if data:
            if _OPENS.match(data):
                return verdict
            return Verdict.MORE if _BEGUN.match(data) else Verdict.NO
    return Verdict.MORE


@dataclass(slots=True)
class _Side:
    """One direction."""

    held: bytearray = field(default_factory=bytearray)
    at: int = 0  # stream offset behind what is held
    need: int = 0  # bytes to wait for
    # of the command or the answer that what is held begins with, so that none is read twice:
    read: int = 0  # bytes
    left: list[int] = field(default_factory=list)  # values still to come, of each list that is open
    places: list[tuple[int, int]] = field(default_factory=list)  # of its texts; of an answer, the long ones
    kind: int = 0  # of an answer

    def forget(self) -> None:
        """Go on behind what was read."""
        del self.held[: self.read]
        self.read = self.need = self.kind = 0
        self.left, self.places = [], []


class RedisReader(BaseReader):
    """Reads one connection; behind a loss, and from what is no Redis on, it is one of no known protocol."""

    def __init__(self) -> None:
        self.sides = (_Side(), _Side())
        self.asked: deque[Message] = deque(maxlen=MOST_ASKED)  # commands that wait for their answers, without bodies
        self.pairs = True  # whether answers come in the order of the commands

    def begin(self, opening: Opening) -> None:
        """Midway nobody knows which command is answered."""
        self.pairs = not opening.midstream

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        side = self.sides[direction]
        side.held += data
        side.at = offset + len(data)
        out: list[Message] = []
        while side.held and len(side.held) >= side.need:
            try:
                (_command if direction == UP else _answer)(side)
            except MoreError as more:
                side.need = more.need
                if more.need > MOST:
                    return out + self._lost(direction, "a value over 16 MiB")
                break
            except WrongError:
                return out + self._lost(direction, "bytes that are no Redis")
            start = side.at - len(side.held)
            out += self._said(side, start) if direction == UP else self._answered(side, start)
            side.forget()
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:  # noqa: ARG002
        """Where the next command begins nobody knows."""
        return self._lost(direction, "a loss")

    def _lost(self, direction: int, why: str) -> list[Message]:
        up, down = (side.at - len(side.held) for side in self.sides)
        self.hand_over = HandOver(
            (up, down), (bytes(self.sides[UP].held), bytes(self.sides[DOWN].held)), direction, CARVE
        )
        return [carved_from_here(NAME, direction, (up, down)[direction], why)]

    def finish(self) -> list[Message]:
        """What is held never became whole: its images are looked for."""
        out: list[Message] = []
        for direction, side in enumerate(self.sides):
            if side.held:
                start = side.at - len(side.held)
                message = Message(NAME, direction, start, side.at, body=bytes(side.held), body_start=start)
                message.body_size, message.complete, message.unknown_from = len(side.held), False, len(side.held)
                out.append(message)
                side.held.clear()
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of what is held."""
        return self.sides[direction].at - len(self.sides[direction].held)

    def _said(self, side: _Side, start: int) -> list[Message]:
        """The messages of a command: each long argument, and the short ones together."""
        places, end = side.places, start + side.read
        words = [bytes(side.held[first:last]) for first, last in places]
        method = decoded(words[0][:32]).upper()
        secret = method in SECRET
        path = decoded(words[1][:1024]) if len(words) > 1 and not secret else ""
        asked = Message(NAME, UP, start, end, method=method, path=path)
        self.asked.append(replace(asked))
        unpaired = method in PUSHES or (method == "CLIENT" and len(words) > 1 and words[1].upper() == b"REPLY")
        self.pairs = self.pairs and not unpaired and len(self.asked) < MOST_ASKED
        heads = [("chunk-offset", decoded(words[2][:15]))] if method in PLACED and len(words) > 3 else []
        out = []
        for number in range(3 if heads else 1 if secret else 2, len(words)):  # a piece is one, however short
            if len(words[number]) >= LONG or heads:
                one = Message(NAME, UP, start, end, method=method, path=path, headers=heads)
                one.body, one.body_start = words[number], start + places[number][0]
                one.body_size = len(one.body)
                one.file_name = decoded(words[number - 1][:256]) if number > 2 and not heads and not secret else ""
                out.append(one)
        gone = {number for number, word in enumerate(words) if len(word) >= LONG}
        if method in FIELDED:  # whose name is that of a message of its own
            gone |= {number - 1 for number in gone}
        short = [] if secret else [word for number, word in enumerate(words) if number > 1 and number not in gone]
        if short and not (out and heads):
            asked.body = b"\r\n".join(short)
            asked.body_size = len(asked.body)
            out.append(asked)
        if out:  # the answer is one to what was stored
            self.asked[-1] = replace(out[0], body=b"")
        return out

    def _answered(self, side: _Side, start: int) -> list[Message]:
        """The messages of an answer: an error, or each long text."""
        end = start + side.read
        request = self.asked.popleft() if self.pairs and self.asked and side.kind not in b">" else None
        if side.kind in b"-!":
            notes = [IN_FIELD] if request is not None else []
            return [Message(NAME, DOWN, start, end, method="error", notes=notes, request=request)]
        path = request.path if request is not None else ""
        out = []
        for first, last in side.places:
            one = Message(NAME, DOWN, start, end, method="reply", path=path, request=request)
            one.body, one.body_start, one.body_size = bytes(side.held[first:last]), start + first, last - first
            out.append(one)
        return out


def _command(side: _Side) -> None:
    """Read a command on to its end."""
    data = side.held
    if not side.left:
        if data[0] != ord("*"):
            raise WrongError
        count, side.read = _number(data, 1)
        if not 0 < count <= MOST_ARGUMENTS:
            raise WrongError
        side.left.append(count)
    while side.left[0]:
        at = side.read
        if at >= len(data):
            raise MoreError(at + 1)
        if data[at] != ord("$"):
            raise WrongError
        first, last = _text(data, at)
        if last < first:
            raise WrongError
        side.places.append((first, last))
        side.read = last + 2
        side.left[0] -= 1


def _answer(side: _Side) -> None:
    """Read an answer on to its end; an attribute in front of a value is none of it and counts for none."""
    data = side.held
    side.left = side.left or [1]
    while side.left:
        at = side.read
        if at >= len(data):
            raise MoreError(at + 1)
        kind = data[at]
        if kind in _SIMPLE:
            size, side.read = 0, _line(data, at + 1)[1]
        elif kind in _SIZED:
            first, last = _text(data, at)
            size, side.read = 0, max(last + 2, first)
            if last - first >= LONG:
                side.places.append((first, last))
        elif kind in _LISTED + _PAIRED:
            size, side.read = _number(data, at + 1)
        else:
            raise WrongError
        if size > MOST_ARGUMENTS or len(side.left) > MOST_DEPTH:
            raise WrongError
        if kind != ord("|"):
            side.kind = kind if len(side.left) == 1 else side.kind
            side.left[-1] -= 1
        if size > 0:
            side.left.append(size * (2 if kind in _PAIRED else 1))
        while side.left and not side.left[-1]:
            side.left.pop()


def _line(data: bytearray, at: int) -> tuple[bytearray, int]:
    """What stands up to the end of a line, and where the next begins."""
    end = data.find(b"\r\n", at, at + LONGEST_LINE)
    if end < 0:
        if len(data) - at >= LONGEST_LINE:
            raise WrongError
        raise MoreError(len(data) + 1)
    return data[at:end], end + 2


def _number(data: bytearray, at: int) -> tuple[int, int]:
    text, at = _line(data, at)
    if not re.fullmatch(rb"-?[0-9]{1,9}", text):
        raise WrongError
    return int(text), at


def _text(data: bytearray, at: int) -> tuple[int, int]:
    """Where a text lies whose mark is at `at`; of none its end lies before its beginning."""
    size, at = _number(data, at + 1)
    if size < 0:
        return at, at - 2
    if at + size + 2 > len(data):
        raise MoreError(at + size + 2)
    return at, at + size
