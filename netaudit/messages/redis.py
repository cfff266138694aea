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


class RedisReader(BaseReader):
    """Reads one connection; behind a loss, and from what is no Redis on, images are looked for."""

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
            view, start = bytes(side.held), side.at - len(side.held)
            try:
                end, made = (self._command if direction == UP else self._answer)(view, start)
            except MoreError as more:
                side.need = more.need
                if more.need > MOST:
                    return out + self._lost(direction, "a value over 16 MiB")
                break
            except WrongError:
                return out + self._lost(direction, "bytes that are no Redis")
            out += made
            del side.held[:end]
            side.need = 0
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

    def _command(self, data: bytes, start: int) -> tuple[int, list[Message]]:
        if data[0] != ord("*"):
            raise WrongError
        count, at = _number(data, 1)
        if not 0 < count <= MOST_ARGUMENTS:
            raise WrongError
        places = []
        for _ in range(count):
            if at >= len(data):
                raise MoreError(at + 1)
            if data[at] != ord("$"):
                raise WrongError
            size, at = _number(data, at + 1)
            if size < 0:
                raise WrongError
            if at + size + 2 > len(data):
                raise MoreError(at + size + 2)
            places.append((at, at + size))
            at += size + 2
        return at, self._said(data, start, places, at)

    def _said(self, data: bytes, start: int, places: list[tuple[int, int]], end: int) -> list[Message]:
        """The messages of a command: each long argument, and the short ones together."""
        words = [data[first:last] for first, last in places]
        method = decoded(words[0][:32]).upper()
        path = decoded(words[1][:1024]) if len(words) > 1 else ""
        asked = Message(NAME, UP, start, start + end, method=method, path=path)
        self.asked.append(replace(asked))
        self.pairs = self.pairs and method not in PUSHES and len(self.asked) < MOST_ASKED
        heads = [("chunk-offset", decoded(words[2][:15]))] if method in PLACED and len(words) > 3 else []
        out = []
        for number in range(3 if heads else 2, len(words)):  # a piece is one, however short
            if len(words[number]) >= LONG or heads:
                one = Message(NAME, UP, start, start + end, method=method, path=path, headers=heads)
                one.body, one.body_start = words[number], start + places[number][0]
                one.body_size = len(one.body)
                one.file_name = decoded(words[number - 1][:256]) if number > 2 and not heads else ""
                out.append(one)
        short = [word for word in words[2:] if len(word) < LONG]
        if short and not (out and heads):
            asked.body = b"\r\n".join(short)
            asked.body_size = len(asked.body)
            out.append(asked)
        if out:  # the answer is one to what was stored
            self.asked[-1] = replace(out[0], body=b"")
        return out

    def _answer(self, data: bytes, start: int) -> tuple[int, list[Message]]:
        end, places = _value(data, 0, 0)
        request = self.asked.popleft() if self.pairs and self.asked and data[0] != ord(">") else None
        if data[:1] in {b"-", b"!"}:
            notes = [IN_FIELD] if request is not None else []
            one = Message(NAME, DOWN, start, start + end, method="error", notes=notes, request=request)
            return end, [one]
        path = request.path if request is not None else ""
        out = []
        for first, last in places:
            if last - first >= LONG:
                one = Message(NAME, DOWN, start, start + end, method="reply", path=path, request=request)
                one.body, one.body_start, one.body_size = data[first:last], start + first, last - first
                out.append(one)
        return end, out


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    """What stands up to the end of a line, and where the next begins."""
    end = data.find(b"\r\n", at, at + LONGEST_LINE)
    if end < 0:
        if len(data) - at >= LONGEST_LINE:
            raise WrongError
        raise MoreError(len(data) + 1)
    return data[at:end], end + 2


def _number(data: bytes, at: int) -> tuple[int, int]:
    text, at = _line(data, at)
    if not re.fullmatch(rb"-?[0-9]{1,9}", text):
        raise WrongError
    return int(text), at


def _value(data: bytes, at: int, depth: int) -> tuple[int, list[tuple[int, int]]]:
    """Where a value ends, and where the texts in it lie."""
    if at >= len(data):
        raise MoreError(at + 1)
    kind = data[at : at + 1]
    if depth > MOST_DEPTH or kind not in {bytes([one]) for one in _SIMPLE + _SIZED + _LISTED + _PAIRED}:
        raise WrongError
    if kind in _SIMPLE:
        return _line(data, at + 1)[1], []
    size, at = _number(data, at + 1)
    if kind in _SIZED:
        if size < 0:
            return at, []
        if at + size + 2 > len(data):
            raise MoreError(at + size + 2)
        return at + size + 2, [(at, at + size)]
    if size > MOST_ARGUMENTS:
        raise WrongError
    places: list[tuple[int, int]] = []
    for _ in range(max(size, 0) * (2 if kind in _PAIRED else 1)):
        at, inner = _value(data, at, depth + 1)
        places += inner
    return at, places
