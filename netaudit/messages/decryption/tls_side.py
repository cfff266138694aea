"""One direction of a TLS connection: its records, and the keys that may be in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.messages.decryption.key_agreement import Epoch, next_epoch
from netaudit.messages.decryption.protection import Tls13
from netaudit.messages.decryption.records import Cutter

if TYPE_CHECKING:
    from netaudit.messages.decryption.protection import Opened
    from netaudit.messages.decryption.records import Inflater, Record


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
