"""DTLS: what its handshake says in clear (RFC 6347, RFC 9147), also behind the preamble of CAPWAP (RFC 5415, 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import UP, Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.tls.fragments import Fragments
from netaudit.protocols.tls.handshake import Handshake
from netaudit.protocols.tls.hello import CLIENT_HELLO, SERVER_HELLO

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "dtls"
HANDSHAKE = 22
VERIFY = 3  # HelloVerifyRequest
RECORD, FRAGMENT = 13, 12  # bytes of the heads of a record and of a fragment of a handshake message
VERSIONS = (b"\xfe\xff", b"\xfe\xfd", b"\x01\x00")  # 1.0; 1.2 and 1.3; what OpenSSL had before 1.0
LARGEST = 64 << 10  # bytes of a handshake message
UNDER_WAY = 16  # messages of which fragments are kept
PATIENCE = 64  # datagrams in a row that may bring nothing new


@dataclass(frozen=True, slots=True)
class Record:
    """One record in clear or not: `epoch` 0 is before encryption."""

    kind: int
    epoch: int
    data: bytes


@dataclass(slots=True)
class _Partial:
    """A handshake message under way."""

    kind: int
    size: int
    start: int  # stream offset of the first datagram with a part of it
    parts: Fragments


def records(datagram: bytes) -> Iterator[Record]:
    """Records of a datagram with whole heads, up to the first other byte."""
    at = 4 if datagram[:4] == b"\x01\0\0\0" else 0
    while at + RECORD <= len(datagram):
        size = int.from_bytes(datagram[at + 11 : at + 13], "big")
        if (
            not 20 <= datagram[at] <= 26
            or datagram[at + 1 : at + 3] not in VERSIONS
            or at + RECORD + size > len(datagram)
        ):
            return
        yield Record(datagram[at], int.from_bytes(datagram[at + 3 : at + 5], "big"), datagram[at + RECORD :][:size])
        at += RECORD + size


_HEAD = (bytes(range(20, 27)), *(bytes(version[place] for version in VERSIONS) for place in (0, 1)))
MARKS = (Mark(_HEAD, least=RECORD), Mark((*literal(b"\x01\0\0\0"), *_HEAD), least=4 + RECORD))


def recognise(opening: Opening) -> Verdict:
    """DTLS by the first record of the first datagram; its handshake tells who is the client."""
    for direction, data in enumerate((opening.up, opening.down)):
        first = next(iter(records(data)), None)
        if first is None:
            continue
        if first.kind != HANDSHAKE or first.epoch or len(first.data) < FRAGMENT:
            return Verdict.YES
        if first.data[0] not in (CLIENT_HELLO, SERVER_HELLO, VERIFY):
            return Verdict.YES
        return Verdict.YES if (first.data[0] == CLIENT_HELLO) == (direction == UP) else Verdict.SWAPPED
    return Verdict.NO if opening.up or opening.down else Verdict.MORE


class DtlsReader(BaseReader):
    """Reads the hellos of one UDP flow; other datagrams between them (STUN, media) are passed over."""

    def __init__(self) -> None:
        self.handshake = Handshake(NAME, NAME)
        self.partial: dict[tuple[int, int], _Partial] = {}  # by direction and number of the message
        self.last = [b"", b""]  # handshake message that each direction sent last
        self.at = [0, 0]
        self.quiet = 0

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        end = self.at[direction] = offset + len(data)
        out: list[Message] = []
        self.quiet += 1
        done = self.handshake.done
        for record in records(data):
            if record.epoch:
                done[direction] = True
            elif record.kind == HANDSHAKE and not done[direction]:
                out += self._fragments(direction, record.data, offset, end)
        if all(done) or self.quiet > PATIENCE:
            self.wants_bytes = False
        return out

    def _fragments(self, direction: int, data: bytes, start: int, end: int) -> list[Message]:
        """Fragments of handshake messages in one record (RFC 6347, 4.2.2)."""
        out: list[Message] = []
        while len(data) >= FRAGMENT:
            size, number = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:6], "big")
            place, length = int.from_bytes(data[6:9], "big"), int.from_bytes(data[9:12], "big")
            part, rest = data[FRAGMENT : FRAGMENT + length], data[FRAGMENT + length :]
            if len(part) < length or place + length > size or size > LARGEST:
                break
            message = self._add((direction, number), _Partial(data[0], size, start, Fragments(size)), place, part)
            if message is not None:
                message.end = end
                out.append(message)
            data = rest
        return out

    def _add(self, key: tuple[int, int], new: _Partial, place: int, part: bytes) -> Message | None:
        known = self.partial.get(key, new)
        if (known.kind, known.size) != (new.kind, new.size):
            known = new  # a new handshake, with a new count
        if key not in self.partial and len(self.partial) >= UNDER_WAY:
            return None
        self.partial[key] = known
        if known.parts.add(place, part):
            self.quiet = 0
        if len(known.parts.ready) < known.size:
            return None
        del self.partial[key]
        raw = bytes([known.kind]) + known.size.to_bytes(3, "big") + known.parts.read(known.size)
        if raw == self.last[key[0]]:
            return None  # sent again: nobody answered
        self.last[key[0]] = raw
        message = self.handshake.parse(key[0], raw)
        if message is not None:
            message.start = known.start
        return message

    def needed_from(self, direction: int) -> int:
        """Beginning of the earliest message under way."""
        starts = [known.start for (d, _), known in self.partial.items() if d == direction]
        return min(starts, default=self.at[direction])
