"""What an opener hands on, and what it says of itself: the words that tables have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.protocols.decryption.keylog import KeyRing, Secret
    from netaudit.protocols.decryption.scope import Wanted
    from netaudit.protocols.places import Spans

OPENED, PARTLY = "opened", "partly"
NO_KEYS, WRONG_KEYS, UNSUPPORTED = "no keys", "keys do not fit", "not supported"
NOT_ASKED, NO_BEGINNING = "not asked for", "beginning not captured"
MOST_SESSIONS = 16_384  # of a logical shard


class Carried(NamedTuple):
    """Plaintext of a direction, or a gap in it."""

    direction: int
    data: bytes  # empty: `length` bytes of plaintext are missing
    length: int
    spans: Spans  # where it lay, in order

    def each(self) -> Iterator[Carried]:
        """The same piece by piece."""
        at = 0
        for count, start, end in zip(*self.spans, strict=True):
            yield Carried(self.direction, self.data[at : at + count], count, ([count], [start], [end]))
            at += count


@dataclass(slots=True)
class Outcome:
    """What became of one connection: a word of those above, and which source's keys opened it."""

    state: str = ""
    source: str = ""
    why: str = ""


@dataclass(slots=True)
class Sessions:
    """Master secrets of connections that may be resumed (RFC 5246, F.1.4; RFC 5077), of one logical shard."""

    known: dict[bytes, Secret] = field(default_factory=dict)

    def keep(self, name: bytes, secret: Secret) -> None:
        """Remember a secret by session id or ticket; the oldest goes where there are too many."""
        if name and name not in self.known:
            self.known[name] = secret
            if len(self.known) > MOST_SESSIONS:
                del self.known[next(iter(self.known))]


@dataclass(frozen=True, slots=True)
class FlowKeys:
    """Keys as far as one flow may use them."""

    ring: KeyRing
    wanted: Wanted
    ends: tuple[str, str]  # its addresses
    sessions: Sessions
    used: dict[tuple[str, bytes], bytes]  # secrets that opened something, by label and client random

    def takes(self, name: str) -> bool:
        """Whether the connection may be opened."""
        return self.wanted.takes(self.ends, name)
