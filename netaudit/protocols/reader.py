"""What every reader has in common: how it is recognised, begins and ends, and hands its flow over to another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from netaudit.protocols.datagrams import Datagrams
    from netaudit.protocols.decryption.carried import Carried, FlowKeys, Outcome
    from netaudit.protocols.expected import Announcement
    from netaudit.protocols.message import Message

K = TypeVar("K")
V = TypeVar("V")
OPENING = 4096  # bytes of each direction that recognition may see


def remember(waiting: dict[K, V], key: K, value: V, most: int) -> None:
    """Keep what waits for an answer under its key; of more than `most` the oldest is let go."""
    waiting.pop(key, None)
    waiting[key] = value
    if len(waiting) > most:
        del waiting[next(iter(waiting))]


class Verdict(Enum):
    """What a recogniser says of an opening. NO, YES and SWAPPED never change when a direction grows."""

    NO = 0
    MORE = 1  # cannot be said yet; counts as NO once the opening is full or broken by a gap
    YES = 2
    SWAPPED = 3  # yes, and the client is the other side (honoured where no TCP handshake says who opened the flow)


@dataclass(slots=True)
class Opening:
    """The first bytes of a flow, or of what follows a hand-over; of a UDP flow its first datagram."""

    up: bytes
    down: bytes
    client_port: int
    server_port: int
    midstream: bool  # the beginning of the flow was not captured
    upgrade: str = ""  # after a hand-over: what the flow was switched to ("websocket", "h2c", "connect" …), lower case
    via: Message | None = None  # after a hand-over: the message that switched it
    read: Message | None = None  # of a UDP flow: its first datagram, where recognising it took reading it


CARVE = "carve"  # an upgrade to no protocol: the rest is searched, as if no reader had known its beginning


@dataclass(slots=True)
class HandOver:
    """A reader's wish that another one reads the rest of the flow."""

    offsets: tuple[int, int]  # stream offsets [UP, DOWN] where the rest begins
    rest: tuple[bytes, bytes]  # bytes from there on that the reader has been fed already
    first: int = 0  # direction whose rest came earlier
    upgrade: str = ""
    via: Message | None = None


class BaseReader(ABC):
    """Sans-I/O reader of one flow: the contract of `message.Reader`, with what most readers need.

    A reader that sets `hand_over` is not fed again. Set inside `gap`, the gap itself goes to the successor.
    """

    hand_over: HandOver | None = None
    wants_bytes: bool = True
    together: bool = False  # set before begin(): many messages may be told as one (`mqtt/publications.py`)
    joins_datagrams: bool = False  # over UDP, bytes of many may be fed at once
    searches: bool = False  # all that it makes no message of it looks through itself, or nobody could
    apart: bool = False  # between the ends of a message may lie bytes that are none of it: of one is what is `consumed`
    consumed: list[tuple[int, int, int]] | None = None  # direction and span of what a message has, or came before
    takes_batches: bool = False  # over UDP, it is fed no more, but given all datagrams of a batch at once
    protocol: str = ""  # what the flow is called once it is known better than by the entry that made the reader
    ended: tuple[bool, bool] = (False, False)  # set before finish(): whether the end of each direction (FIN) was seen
    announced: Announcement | None = None  # set before begin() where another flow announced this one
    span: tuple[int, int] = (0, 0)  # set before finish(): capture times of the first and the last packet, ns
    keys: FlowKeys | None = None  # set before begin() where keys were given that may open what is encrypted
    carried: list[Carried] | None = None  # plaintext of another stream inside this one; the flow takes and clears it

    def begin(self, opening: Opening) -> None:  # noqa: B027 - most readers need nothing of it
        """Learn how the flow opened; called once, before the first bytes."""

    @abstractmethod
    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction (UDP: one datagram)."""

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:  # noqa: ARG002
        """Take note of bytes that were never captured."""
        return []

    def feed_batch(self, brought: Datagrams) -> list[Message]:  # noqa: ARG002
        """Take the datagrams of a batch, where it `takes_batches`."""
        return []

    def finish(self) -> list[Message]:
        """Give what is left."""
        return []

    @property
    def outcome(self) -> Outcome | None:
        """What became of an encrypted connection, where keys were given."""
        return None

    def enough(self) -> None:  # noqa: B027 - most carry nothing
        """Learn that nobody wants more of what is carried."""

    def let_go(self) -> None:  # noqa: B027 - most readers have nothing to cut
        """Be asked nothing more. A reader whose parts refer back to it cuts them off: cycles would stay (collector)."""

    @abstractmethod
    def needed_from(self, direction: int) -> int:
        """Stream offset before which no later message of this direction begins."""

    def read_upto(self, direction: int) -> int:
        """Stream offset before which nothing will be consumed any more."""
        return self.needed_from(direction)


class DatagramReader(BaseReader):
    """Reads one message from each datagram by itself; subclasses say how."""

    def __init__(self) -> None:
        self.at = [0, 0]

    @abstractmethod
    def parse(self, data: bytes) -> Message | None:
        """Read a datagram; None for other bytes. Direction and offsets are set by `feed`; `end`: bytes it used."""

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        self.at[direction] = offset + len(data)
        message = self.parse(data)
        if message is None:
            return []
        message.direction, message.start, message.end = direction, offset, offset + (message.end or len(data))
        return [message]

    def needed_from(self, direction: int) -> int:
        """Nothing is held."""
        return self.at[direction]
