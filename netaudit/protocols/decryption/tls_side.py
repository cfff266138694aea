"""One direction of a TLS connection: its records, and the keys that may be in force.

Behind a loss the next record is found by what opens it, and its number tells how many are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.decryption.carried import PARTLY
from netaudit.protocols.decryption.kernels_tls import HEAD
from netaudit.protocols.decryption.key_agreement import Epoch, next_epoch
from netaudit.protocols.decryption.protection import Tls13
from netaudit.protocols.decryption.records import CONTENT, Cutter

if TYPE_CHECKING:
    from netaudit.protocols.decryption.protection import Opened
    from netaudit.protocols.decryption.records import Inflater, Record


class CannotOpen(Exception):  # noqa: N818 - a finding, not a fault
    """Nothing more of the connection is opened: a word of `carried`, and why."""

    def __init__(self, state: str, why: str = "") -> None:
        super().__init__(state, why)
        self.state, self.why = state, why


class Proof(NamedTuple):
    """A record that was opened, and the keys that did it."""

    epoch: Epoch
    opened: Opened


class Side:
    """One direction."""

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.cutter = Cutter()
        self.handshake = b""  # of the message under way
        self.epochs: list[Epoch] | None = None  # None: in clear
        self.sequence = 0
        self.strange = 0  # records that no key opened since the keys changed
        self.opened = False  # something was, with these keys
        self.padded = False
        self.ahead = 64  # records that are opened at once
        self.stalled: Record | None = None  # waits for the other direction
        self.closed = False
        self.inflater: Inflater | None = None  # where records are compressed

    @property
    def can_seek(self) -> bool:
        """Whether records behind a loss can be opened."""
        return bool(self.epochs) and self.epochs[0].protection.can_seek and self.inflater is None  # type: ignore[index]

    @property
    def steady(self) -> bool:
        """Whether the keys in use have opened what came, and what they open is the content."""
        return self.opened and not self.strange and bool(self.epochs) and self.inflater is None

    def open(self, record: Record) -> Proof | None:
        """Try the keys that may be in force, those in use first."""
        assert self.epochs is not None
        assert record.fragment is not None
        for number, epoch in enumerate(self.epochs):
            opened = epoch.protection.open(0 if number else self.sequence, record.head, record.fragment)
            if opened is not None:
                if number:
                    self.epochs, self.sequence = self.epochs[number:], 0
                self.sequence += 1
                return Proof(epoch, opened)
        return self._updated(record)

    def _updated(self, record: Record) -> Proof | None:
        """A KeyUpdate may have been lost."""
        assert record.fragment is not None
        if not self.opened or not self.epochs or not isinstance(self.epochs[0].protection, Tls13):
            return None
        epoch = next_epoch(self.epochs[0])
        opened = epoch.protection.open(0, record.head, record.fragment)
        if opened is None:
            return None
        self.epochs, self.sequence = [epoch], 1
        return Proof(epoch, opened)


SEEKING = 1024  # records that one loss may have swallowed
MOST_TRIES = 1 << 16  # openings tried behind losses, of one connection
_UNKNOWN = "bytes are missing, and how many of the content cannot be told"
_SHUT = "bytes are missing, and these keys open nothing behind a loss"


class Regained(NamedTuple):
    """The first record behind a loss, what it holds, and how much of the content before it is a hole."""

    record: Record
    proof: Proof
    hole: int


class Losses:
    """Those of one connection."""

    def __init__(self) -> None:
        self._tries = 0

    def hole(self, side: Side, start: int, end: int, count: int, *, silent: bool = False) -> int:
        """Bytes of content in `count` lost records between two offsets; `silent`: they were no application data."""
        if not side.epochs or not side.can_seek:
            raise CannotOpen(PARTLY, _SHUT)
        epoch, first = side.epochs[0], side.sequence
        side.sequence += count
        side.handshake = b""
        if silent or epoch.name in ("early", "handshake") or (epoch.name == "master" and not first and count == 1):
            return 0
        fragments = end - start - count * HEAD
        content = epoch.protection.content(fragments)
        length = content - (count - 1) * (fragments - content)
        if content < 0 or length < 0 or side.padded:
            raise CannotOpen(PARTLY, _UNKNOWN)
        return length

    def seek(self, side: Side) -> Regained | None:
        """Find the next record; None when more bytes are needed."""
        if not side.can_seek:
            raise CannotOpen(PARTLY, _SHUT)
        while (record := side.cutter.candidate()) is not None:
            lost = record.start - side.cutter.known
            for number, epoch in enumerate(side.epochs or []):
                found = self._sought(epoch, record, 0 if number else side.sequence, lost)
                if found is not None:
                    return self._regained(side, record, number, *found)
            side.cutter.refuse()
            if self._tries > MOST_TRIES:
                raise CannotOpen(PARTLY, "limit: records tried behind losses")
        return None

    def _sought(self, epoch: Epoch, record: Record, sequence: int, lost: int) -> tuple[int, Opened] | None:
        """How many records lie in `lost` bytes, and what a record behind them holds; None: these keys open nothing."""
        assert record.fragment is not None
        least = -(-lost // (HEAD + CONTENT + 256)) if sequence else 0
        for skipped in range(least, least + SEEKING):
            if skipped * (HEAD + 1) > lost or self._tries > MOST_TRIES:
                break
            self._tries += 1
            opened = epoch.protection.open(sequence + skipped, record.head, record.fragment)
            if opened is not None:
                return skipped, opened
        return None

    def _regained(self, side: Side, record: Record, number: int, skipped: int, opened: Opened) -> Regained:
        """The place of records is known again: `skipped` records of these keys were lost."""
        assert side.epochs is not None
        known, hole = side.cutter.known, 0
        side.cutter.accept(record)
        if number:
            side.epochs, side.sequence = side.epochs[number:], 0
            if skipped:
                raise CannotOpen(PARTLY, _UNKNOWN)
        elif record.start > known:
            hole = self.hole(side, known, record.start, skipped)
        side.sequence += 1
        return Regained(record, Proof(side.epochs[0], opened), hole)
