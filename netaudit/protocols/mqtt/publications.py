"""Small publications that lie one behind the other in a run: found together, told as one message where that pays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.core.text.charset import decoded
from netaudit.protocols.message import Message, message_id
from netaudit.protocols.mqtt.kernels import find_pieces, find_publications
from netaudit.protocols.mqtt.layouts import PUBLICATION
from netaudit.protocols.trail import Trail

NAME = "mqtt"
LEAST = 2  # of one block
SHORTEST = 4  # bytes
AT_ONCE = 1024  # looked for


@dataclass(slots=True)
class Publications(Message):
    """A message that stands for many, from `start` up to `end`; only flows that are asked to tell them together do."""

    data: bytes = b""  # all their bytes
    rows: npt.NDArray[Any] = field(default_factory=lambda: np.empty(0, PUBLICATION))
    stretches: list[tuple[str, int, int]] = field(default_factory=list)  # `topics`, once asked

    def topics(self) -> list[tuple[str, int, int]]:
        """Stretches of publications to one topic: topic, number of the first, and how many."""
        if self.stretches:
            return self.stretches
        firsts = np.flatnonzero(self.rows["again"] == 0).tolist()
        heads = [self.rows.item(first) for first in firsts]
        texts = [decoded(self.data[at + SHORTEST : body]) for _, _, at, body, *_ in heads]
        ends = [*firsts[1:], len(self.rows)]
        self.stretches = [(text, first, end - first) for text, first, end in zip(texts, firsts, ends, strict=True)]
        return self.stretches

    def place(self) -> bool:
        """Find the packets of each, once the flow has given theirs; whether they are known and in order of time."""
        pieces = self.pieces
        if pieces is None or not len(pieces):
            return False
        pieces = pieces[:]
        pieces.flags.writeable = False  # kernels are compiled for one kind of input
        return find_pieces(self.rows, self.start, pieces)

    def message(self, number: int) -> Message:
        """One of them, as it would be told by itself; with its ids and packets once the flow has given theirs."""
        _, _, at, body, stop, *_ = self.rows.item(number)
        start, end, content = self.start + at, self.start + stop, self.data[body:stop]
        message = Message(NAME, self.direction, start, end, method=self.method)
        message.path = decoded(self.data[at + SHORTEST : body])
        message.body, message.body_size = content, len(content)
        if content:
            message.body_start = self.start + body
        if self.flow_id:
            message.flow_id = self.flow_id
            message.message_id = message_id(self.flow_id, self.direction, start, NAME)
        if self.pieces is not None:
            trail = Trail()
            trail.add(self.start, self.end, self.pieces)
            message.pieces = trail.between(start, end)
        return message

    def messages(self) -> list[Message]:
        """All of them."""
        return [self.message(number) for number in range(len(self.rows))]


def publications(direction: int, data: bytes, offset: int, *, sure: bool, at: int = 0) -> Publications | None:
    """Those that data[at:] begins with, as far as they are as most are; `sure`: see `find_publications`.

    `offset`: in the stream, of the first of these bytes, of which there are SHORTEST at least.
    """
    rows = np.empty(min(AT_ONCE, (len(data) - at) // SHORTEST), PUBLICATION)
    found = find_publications(np.frombuffer(data, np.uint8, offset=at), sure, rows)
    if not found:
        return None
    end = rows[found - 1].item()[4]
    block = Publications(NAME, direction, offset, offset + end, method="PUBLISH")
    block.data, block.rows = data[at : at + end], rows[:found]
    return block
