"""One TLS connection opened with keys: its records in order, their plaintext handed on.

Directions come in the order of the capture, but a loss may hold one of them back. So a direction waits, within a
bound, where it cannot be understood before the other one: the client's records for the ServerHello, say.
While a key log is still being written (live), both wait for their keys in the same way, within a bound of its own.
"""

from __future__ import annotations

import itertools
from operator import add
from typing import TYPE_CHECKING

from netaudit.protocols.decryption.carried import NO_BEGINNING, NO_KEYS, OPENED, PARTLY, WRONG_KEYS, Carried, Outcome
from netaudit.protocols.decryption.kernels_tls import HEAD
from netaudit.protocols.decryption.key_schedule import TLS13
from netaudit.protocols.decryption.records import CONTENT, Record, size_of
from netaudit.protocols.decryption.tls_handshake import MOST_STRANGE, Handshaking
from netaudit.protocols.decryption.tls_side import CannotOpen, Losses, Proof, Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.protocols.decryption.carried import FlowKeys
    from netaudit.protocols.places import Spans

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
WAITING = 4 << 20  # bytes of a direction that wait for the other one
KEYLESS = 256 << 10  # bytes of a direction that wait for keys
FEW = 2  # records that are opened in a row
MOST, LEAST = 2048, 8  # records that are tried at once, at least where few were opened before


class TlsOpener:
    """Opens one connection. `carried` is what the flow takes and clears."""

    def __init__(self, keys: FlowKeys) -> None:
        self.outcome = Outcome()
        self.alive = True
        self.carried: list[Carried] = []
        self._sides = (Side(0), Side(1))
        self._handshake = Handshaking(keys, self._sides)
        self._agreed = self._handshake.agreed
        self._losses = Losses()

    # -- bytes in -----------------------------------------------------------------------------------------------------

    def feed(self, direction: int, offset: int, data: bytes) -> None:
        """Take the next bytes of a direction."""
        side = self._sides[direction]
        if not self.alive or side.closed:
            return
        side.cutter.feed(offset, data)
        self._attempt(lambda: self._go_on(side))

    def gap(self, direction: int, offset: int, length: int) -> None:
        """Bytes were never captured."""
        side = self._sides[direction]
        if not self.alive or side.closed:
            return
        if side.epochs is None:
            self._give_up(NO_BEGINNING, "bytes of the handshake are missing")
            return
        side.cutter.gap(offset, length)
        self._attempt(lambda: self._run(side))

    def finish(self) -> None:
        """The flow has ended: no keys are waited for any longer."""
        if self.alive and self._handshake.keyless:
            self._attempt(self._hurry)
        if not self.outcome.state and (self._agreed.hello is None or any(side.stalled for side in self._sides)):
            self.outcome = Outcome(NO_BEGINNING, "", "the other direction is missing")
        elif not self.outcome.state and any(side.strange for side in self._sides):
            self.outcome = Outcome(NO_KEYS if self._handshake.inside else WRONG_KEYS)
        elif self.outcome.state == OPENED and any(side.cutter.lost for side in self._sides):
            self.outcome.state = PARTLY

    def needed_from(self, direction: int) -> int:
        """Offset of the first byte that plaintext may still lie behind."""
        side = self._sides[direction]
        if not self.alive:
            return side.cutter.at
        return side.stalled.start if side.stalled is not None else side.cutter.start

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except CannotOpen as found:
            self._give_up(found.state, found.why)

    def _give_up(self, state: str, why: str = "") -> None:
        """Nothing more is opened."""
        known = self.outcome
        if known.state in (OPENED, PARTLY):
            state = PARTLY
        self.outcome = Outcome(state, known.source, why)
        self.alive = False
        for side in self._sides:
            side.cutter.clear()
            side.stalled = None

    def _go_on(self, side: Side) -> None:
        if self._handshake.client >= 0 or self._handshake.begun(side):
            self._run(side)

    def _run(self, side: Side) -> None:
        """Go on in a direction, then in the other one, which may have waited for it."""
        if self._handshake.keyless and self._agreed.version >= TLS13:
            self._handshake.begin13()
        other = self._sides[1 - side.direction]
        moved = self._records(side)
        while moved and (other.stalled is not None or side.stalled is not None):
            moved = any(self._records(one) for one in (other, side) if one.stalled is not None)
        if self._handshake.keyless and side.cutter.left > KEYLESS:
            self._hurry()
        elif side.cutter.left > WAITING and side.stalled is not None:
            raise CannotOpen(NO_BEGINNING, "the other direction is missing")

    def _hurry(self) -> None:
        """Go on with the keys that there are."""
        self._handshake.patient = False
        for side in self._sides:
            self._run(side)

    # -- records ------------------------------------------------------------------------------------------------------

    def _records(self, side: Side) -> bool:
        """Take the records there are; whether there were any."""
        moved = False
        while not side.closed:
            record, side.stalled = side.stalled, None
            if record is None and side.cutter.lost and side.cutter.broken is None:
                if not self._regain(side):
                    break
                moved = True
                continue
            if record is None and side.steady and self._row(side):
                moved = True
                continue
            record = record or side.cutter.next()
            if record is None:
                if side.cutter.nonsense:
                    raise CannotOpen(NO_BEGINNING if self._agreed.hello is None else PARTLY, "no records of TLS")
                break
            if not self._record(side, record):
                side.stalled = record
                break
            moved = True
        return moved

    def _row(self, side: Side) -> bool:
        """Records of application data under keys that have proved right, handed on at once; whether there were any."""
        assert side.epochs is not None
        protection, cutter = side.epochs[0].protection, side.cutter
        data, begins, ends = cutter.row(APPLICATION, side.ahead)
        if len(begins) < FEW:
            return False
        content, counts = protection.open_row(side.sequence, data, begins, ends)
        count = len(counts)
        side.sequence += count
        side.ahead = min(MOST, max(LEAST if count < len(begins) else side.ahead, 2 * count))
        starts = (begins[:count] + (cutter.base + HEAD + protection.at)).tolist()
        if self._agreed.version >= TLS13 and not side.padded:  # else nothing is padded
            own = HEAD + CONTENT - protection.content(CONTENT)  # bytes of a record that are no content
            side.padded = int((ends - begins)[:count].sum()) - len(content) != count * own
        if 0 in counts:
            counts, starts = [size for size in counts if size], list(itertools.compress(starts, counts))
        self._carry(side, content, (counts, starts, list(map(add, starts, counts))))
        cutter.use(int(ends[count - 1] if count else begins[0]))
        if count < len(begins):  # something else than application data, or other keys
            record = cutter.next()
            assert record is not None
            self._record(side, record)
        return True

    def _carry(self, side: Side, data: bytes, spans: Spans) -> None:
        if data:
            self.carried.append(Carried(side.direction, data, len(data), spans))

    def _record(self, side: Side, record: Record) -> bool:
        """Take one record; False when it has to wait for the other direction."""
        kind = record.head[0]
        if side.epochs is None:
            assert record.fragment is not None
            return self._clear(side, kind, record.fragment)
        if self._agreed.version >= TLS13 and kind in (CHANGE_CIPHER_SPEC, ALERT) and size_of(record.head) <= 2:
            return True  # for the sake of middleboxes, or an alert before there were keys
        if record.fragment is None:
            self._lost(side, record, silent=self._agreed.version < TLS13 and kind != APPLICATION)
        elif (proof := side.open(record)) is not None:
            self._opened(side, record, proof)
        else:
            self._strange(side, record)
        return True

    def _clear(self, side: Side, kind: int, fragment: bytes) -> bool:
        known = self._handshake.client >= 0
        if kind == HANDSHAKE:
            if self._handshake.waits(side, fragment):
                return False
            self._handshake.feed(side, fragment)
            return True
        if kind == ALERT:
            return True
        if kind == CHANGE_CIPHER_SPEC:
            if known and self._agreed.chosen is None:
                return self._agreed.retried  # after a retry it means nothing; else its meaning is not known yet
            if known and self._agreed.version < TLS13:
                return self._handshake.change(side)
            return True
        if not known:
            raise CannotOpen(NO_BEGINNING, "no hello")
        return self._agreed.retried  # what protects it is not known yet; but early data before a retry were refused

    def _opened(self, side: Side, record: Record, proof: Proof) -> None:
        """Keys have opened a record."""
        if not side.opened or side.strange:
            source = self._handshake.proved(side, proof.epoch)
            if self.outcome.state != PARTLY:
                self.outcome = Outcome(OPENED, source)
        self._content(side, record, proof)

    def _strange(self, side: Side, record: Record) -> None:
        """No key opens a record."""
        side.strange += 1
        if side.opened:
            raise CannotOpen(PARTLY, "a record that the keys do not open")
        if self._handshake.inside:
            raise CannotOpen(NO_KEYS)
        if side.strange > MOST_STRANGE and not self._handshake.may_be_early(side, record):
            raise CannotOpen(WRONG_KEYS)

    # -- content ------------------------------------------------------------------------------------------------------

    def _content(self, side: Side, record: Record, proof: Proof) -> None:
        (kind, data), start = proof.opened, record.start + HEAD + proof.epoch.protection.at
        end = start + len(data)
        if side.inflater is not None:  # RFC 3749: its bytes lie in the record by proportion
            inflated = side.inflater.inflate(data)
            if inflated is None:
                raise CannotOpen(PARTLY, "broken compression")
            data, end = inflated, record.end
        if kind != APPLICATION:
            self._other(side, kind, data)
            return
        if self._agreed.version >= TLS13 and side.epochs and not side.padded:  # of lost ones the length is not certain
            side.padded = side.epochs[0].protection.content(size_of(record.head)) != len(data)
        if data:
            self._carry(side, data, ([len(data)], [start], [end]))

    def _other(self, side: Side, kind: int, data: bytes) -> None:
        """Content that is no application data."""
        if kind == HANDSHAKE:
            self._handshake.feed(side, data)
        elif kind == CHANGE_CIPHER_SPEC and self._agreed.version < TLS13:
            self._handshake.change(side)
        elif kind == ALERT and data[1:2] == b"\0":
            side.closed = True  # close_notify

    # -- losses -------------------------------------------------------------------------------------------------------

    def _lost(self, side: Side, record: Record, *, silent: bool) -> None:
        """A record was captured in part only: its content is a gap, where its length is certain."""
        hole = self._losses.hole(side, record.start, record.end, 1, silent=silent)
        self._leave(side, hole, record.start, record.end)

    def _leave(self, side: Side, hole: int, start: int, end: int) -> None:
        if hole:
            self.carried.append(Carried(side.direction, b"", hole, ([hole], [start], [end])))

    def _regain(self, side: Side) -> bool:
        """Go on behind a loss; False when more bytes are needed."""
        known = side.cutter.known
        found = self._losses.seek(side)
        if found is None:
            return False
        self._leave(side, found.hole, known, found.record.start)
        self._opened(side, found.record, found.proof)
        return True
