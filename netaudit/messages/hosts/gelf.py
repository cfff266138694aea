"""Documents that devices send in datagrams, compressed: GELF of Graylog, and whatever else is zlib or gzip throughout.

GELF 1.1: a datagram is a document, plain, in zlib or in gzip, or a chunk of one: 1E 0F, 8 bytes that name the message,
the number of the chunk, how many there are (128 at most). What lies in a message is left to who unwraps.
"""

from __future__ import annotations

import zlib

from netaudit.messages.marks import Mark
from netaudit.messages.message import Message
from netaudit.messages.reader import DatagramReader, Opening, Verdict

CHUNK, HEAD, MOST_CHUNKS = b"\x1e\x0f", 12, 128
MOST_MESSAGES = 16  # of a direction whose chunks are held
LARGEST = 1 << 20  # bytes that are unpacked to see whether a datagram is whole
MARKS = (
    Mark((b"\x78", b"\x01\x5e\x9c\xda")),
    Mark((b"\x1f", b"\x8b", b"\x08")),
    Mark((b"\x1e", b"\x0f"), least=HEAD + 1),
)

Held = dict[int, tuple[int, bytes]]  # chunks of a message by their numbers: where each begins, what it holds


def recognise(opening: Opening) -> Verdict:
    """A datagram compressed from its first byte to its last, or a chunk of a message."""
    data = opening.up or opening.down
    return Verdict.YES if _is_packed(data) or _chunk(data) is not None else Verdict.NO


def _is_packed(data: bytes) -> bool:
    if data[:1] not in {b"\x78", b"\x1f"}:
        return False
    unpacker = zlib.decompressobj(47)
    try:
        unpacker.decompress(data, LARGEST)
    except zlib.error:
        return False
    return (unpacker.eof and not unpacker.unused_data) or bool(unpacker.unconsumed_tail)


def _chunk(data: bytes) -> tuple[bytes, int, int] | None:
    """Name of the message, number of the chunk, how many there are."""
    if len(data) <= HEAD or data[:2] != CHUNK or not data[10] < data[11] <= MOST_CHUNKS:
        return None
    return data[2:10], data[10], data[11]


class GelfReader(DatagramReader):
    """Reads one document from each datagram, or from the chunks of one name."""

    def __init__(self) -> None:
        super().__init__()
        self.held: tuple[dict[bytes, Held], dict[bytes, Held]] = ({}, {})

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram that is a document by itself; of other bytes nothing is known but that they were sent."""
        return Message("gelf", 0, 0, len(data), method="log", body=data, body_size=len(data))

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram; a document in chunks is given with its last one."""
        chunk = _chunk(data)
        if chunk is None:
            out = super().feed(direction, offset, data)
            for message in out:
                message.body_start = offset
            return out
        self.at[direction] = offset + len(data)
        name, number, count = chunk
        messages = self.held[direction]
        held = messages.setdefault(name, {})
        held[number] = offset, data[HEAD:]
        if len(held) == count:
            return [self._whole(direction, messages.pop(name), complete=True)]
        if len(messages) > MOST_MESSAGES:
            return [self._whole(direction, messages.pop(next(iter(messages))), complete=False)]
        return []

    def finish(self) -> list[Message]:
        """Give what came of messages that never became whole."""
        out = [
            self._whole(direction, held, complete=False)
            for direction, messages in enumerate(self.held)
            for held in messages.values()
        ]
        self.held = ({}, {})
        return out

    def _whole(self, direction: int, held: Held, *, complete: bool) -> Message:
        body = b"".join(held[number][1] for number in sorted(held))
        start = min(begin for begin, _ in held.values())
        end = max(begin + HEAD + len(piece) for begin, piece in held.values())
        message = Message("gelf", direction, start, end, method="log", body=body, body_size=len(body))
        message.complete = complete
        if not complete:
            message.unknown_from = 0
        return message

    def needed_from(self, direction: int) -> int:
        """Beginning of the oldest message that is held."""
        begins = (begin for held in self.held[direction].values() for begin, _ in held.values())
        return min(begins, default=self.at[direction])
