"""One flow: the reader that its first bytes choose (`readers.py`), and messages with their ids and packets.

What a reader does never depends on how the bytes were cut into runs; a reader that fails costs only its flow, which is
carved from there on. What a reader passes over is searched beside it, as a flow that nobody knows.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.details import HelloDetails
from netaudit.protocols.datagrams import Brought, together
from netaudit.protocols.decryption.redaction import lessen
from netaudit.protocols.http1.reader import HttpReader
from netaudit.protocols.kernels_numbers import LENGTH, holds_number
from netaudit.protocols.message import DOWN, UP, Message, carved_from_here, message_id
from netaudit.protocols.places import MOST_RUNS, Places
from netaudit.protocols.reader import CARVE, OPENING, BaseReader, Opening
from netaudit.protocols.readers import BRIEF, CARVED, EXPECTED, FALLBACK, NAMING, UNKNOWN, Entry, choose, entry_of
from netaudit.protocols.trail import Trail
from netaudit.protocols.unattributed import CHUNK, UnattributedBytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

    from netaudit.protocols.datagrams import Datagrams
    from netaudit.protocols.decryption.carried import Carried, FlowKeys, Outcome
    from netaudit.protocols.expected import Announcement
    from netaudit.protocols.trail import Pieces

TCP, UDP = 6, 17
SYN_SEEN, FIN_UP, FIN_DOWN, MIDWAY = 1 | 2, 4, 8, 32  # bits of FLOW.handshake
FRONT = 64  # bytes of a datagram in which a picture that hides behind words begins
_PICTURE = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)
HAND_OVERS = 8  # of one flow; then it is carved
END = 1 << 62  # behind all offsets
_END = struct.Struct(">QQH")
_FLOW = struct.Struct(">BqI")
_SIZES = {"u1": "B", "u2": "H", "u4": "I", "u8": "Q", "i8": "q"}
_NAMED = (
    "client_hi", "client_lo", "client_port", "server_hi", "server_lo", "server_port", "proto", "first_ts", "first_seq",
)  # fmt: skip

Event = tuple[int, int, bytes, int]  # direction, stream offset, bytes (empty: a gap), length


@dataclass(slots=True)
class FlowSummary:
    """What the readers made of a flow. Directions are as finally known: swapped where `swapped` says so."""

    serial: int  # FLOW.serial
    flow_id: bytes
    protocol: str
    server_name: str
    read: tuple[int, int]  # delivered bytes that lie in messages, [UP, DOWN]
    swapped: bool  # client and server are the other way round than in the FLOW row
    to_ignore: bool  # the reader wanted no more bytes
    keys: tuple[str, str] = ("", "")  # where keys were given: what became of them, and from which source they came
    chosen: tuple[str, str, str] = ("", "", "")  # by a TLS server: version, cipher suite, application protocol


def flow_id(row: np.void) -> bytes:
    """16 bytes that name a flow by content: protocol, both ends in sorted order, time and number of its start."""
    layout, of = _layout(row.dtype)
    high, low, port, other_high, other_low, other_port, proto, first_ts, first_seq = of(layout.unpack(row.tobytes()))
    one, other = _END.pack(high, low, port), _END.pack(other_high, other_low, other_port)
    what = _FLOW.pack(proto, first_ts, first_seq)
    return blake2b(what + min(one, other) + max(one, other), digest_size=16).digest()


@lru_cache(maxsize=4)
def _layout(row: np.dtype[np.void]) -> tuple[struct.Struct, itemgetter[Any]]:
    """How to read what names a flow at once, several times as fast as by name, and the order of it."""
    fields: Mapping[str, tuple[Any, ...]] = row.fields or {}
    text, at, order = "=", 0, sorted(_NAMED, key=lambda name: fields[name][1])
    for name in order:
        kind, offset = fields[name][:2]
        text += f"{offset - at}x{_SIZES[kind.str[1:]]}"
        at = offset + kind.itemsize
    return struct.Struct(f"{text}{row.itemsize - at}x"), itemgetter(*map(order.index, _NAMED))


def begun_by_syn(handshake: int) -> bool:
    """Whether a SYN came before all bytes: one behind them may come in a later window, so it tells readers nothing."""
    return bool(handshake & SYN_SEEN) and not handshake & MIDWAY


def chosen_by(details: HelloDetails) -> tuple[str, str, str]:
    """Version, cipher suite and application protocol of a ServerHello, empty what it does not say."""
    suites, names = details.ciphers, details.alpn
    return f"{details.version:04x}", f"{suites[0]:04x}" if suites else "", names[0][:64] if names else ""


def _chunks(event: Event) -> Iterator[Event]:
    direction, offset, data, length = event
    first = offset - offset % CHUNK
    for begin in range(first, offset + length, CHUNK):
        part = data[max(begin - offset, 0) : begin + CHUNK - offset]
        yield direction, max(begin, offset), part, len(part)


class Flow:
    """One flow: its reader, or what is needed to choose one."""

    __slots__ = (
        "announced", "beside", "chosen", "counted", "done", "entry", "failures", "hand_overs", "heard", "held", "id",
        "inner", "keys", "last", "midstream", "opening", "out", "passed", "ports", "protocol", "reader", "reported",
        "seen", "serial", "server_name", "swapped", "together", "trails", "transport", "upgrade", "via", "waiting",
        "who_opened_is_known",
    )  # fmt: skip

    def __init__(self, row: np.void, keys: FlowKeys | None = None, *, together: bool = False) -> None:
        self.together = together  # whether many messages may be told as one
        self.serial = int(row["serial"])
        self.id = flow_id(row)
        self.transport = "tcp" if row["proto"] == TCP else "udp"
        self.ports = (int(row["client_port"]), int(row["server_port"]))
        self.who_opened_is_known = begun_by_syn(int(row["handshake"]))
        self.midstream = self.transport == "tcp" and not self.who_opened_is_known
        self.keys = keys
        self._clear()

    def _clear(self) -> None:
        """Stand at the beginning, with nothing read."""
        self.inner: Within | None = None  # the stream that is carried inside this one
        self.passed = (UnattributedBytes(), UnattributedBytes())
        self.beside: Beside | None = None  # what readers passed over
        self.entry: Entry | None = None
        self.announced: Announcement | None = None
        self.reader: BaseReader | None = None
        self.opening = [b"", b""]
        self.waiting: list[Event] = []  # until a reader is chosen
        self.held: list[Brought] = []  # until all of a batch is there
        self.upgrade = ""
        self.via: Message | None = None
        self.trails = self.counted = [Trail(), Trail()]
        self.out: list[Message] = []
        self.last = [(-1, "", 0), (-1, "", 0)]  # start, protocol, ordinal of the last message
        self.protocol = ""
        self.server_name = ""
        self.chosen = ("", "", "")
        self.swapped = self.done = self.reported = self.seen = False
        self.heard = False  # a reader that does not search all has found messages
        self.failures: list[str] = []
        self.hand_overs = 0

    def expect(self, announced: Announcement) -> None:
        """Another flow has announced this one: no recognition, but the reader that was named."""
        entry = EXPECTED[announced.reader]
        self.announced = announced
        self._set(entry, Opening(b"", b"", self.ports[0], self.ports[1], self.midstream))

    def resume(self, reader: str, covered: tuple[int, int], server_name: str = "") -> None:
        """A taker lets the flow go: stand where a reader would, had it read all up to these offsets, [UP, DOWN]."""
        self._set(entry_of(reader, self.transport), Opening(b"", b"", self.ports[0], self.ports[1], self.midstream))
        self.server_name = server_name
        if isinstance(self.reader, HttpReader):
            self.reader.stand_at(covered)
        for trail, offset in zip(self.trails, covered, strict=True):
            trail.covered = trail.read = offset
        for passed, offset in zip(self.passed, covered, strict=True):
            passed.restart(offset)

    # -- bytes in -----------------------------------------------------------------------------------------------------

    def lose(self, direction: int, offset: int, length: int) -> None:
        """Bytes were never captured."""
        if self.done:
            return
        direction ^= self.swapped
        self.trails[direction].add_gap(offset, offset + length)
        self._event((direction, offset, b"", length))

    def feed(self, direction: int, offset: int, data: bytes, pieces: Pieces) -> None:
        """Take unbroken bytes, and the packets that brought them."""
        if self.done:
            return
        turned = direction ^ self.swapped
        if self.reader is not None and self.reader.takes_batches:
            self.held.append(Brought(turned, data, pieces))
            return
        self.trails[turned].add(offset, offset + len(data), pieces)
        if self.transport == "tcp":
            self._event((turned, offset, data, len(data)))
            return
        places, lengths = pieces["offset"].tolist(), pieces["length"].tolist()
        for number, (place, length) in enumerate(zip(places, lengths, strict=True)):
            at = place - offset  # each datagram by itself, but for a reader that takes many
            if self.done:
                return
            if self.reader is not None and self.reader.takes_batches:
                rest = Brought(direction ^ self.swapped, data[at:], pieces[number:])
                self._feed_batch(self.reader, together([rest]))
                return
            if self.reader is not None and self.reader.joins_datagrams:
                if left := data[at:]:
                    self._give((direction ^ self.swapped, place, left, len(left)))  # `settle` forgets
                return
            if length:
                if self.entry is not None and self.entry.name in BRIEF and _PICTURE.search(data, at, at + FRONT):
                    self._carve((direction ^ self.swapped, place, b"", 0))
                told = len(self.out)
                self._read((direction ^ self.swapped, place, data[at : at + length], length))  # it may tell who opened
                if self.entry is not None and self.entry.name in BRIEF:  # what is behind their end was searched already
                    ends = (one.end - offset for one in self.out[told:] if one.protocol != "carved")
                    if holds_number(used := data[at : max(ends, default=at)]) or _PICTURE.search(used):
                        self._search(direction ^ self.swapped, place, used)
        self._forget(direction ^ self.swapped)

    def feed_together(self, brought: Datagrams) -> None:
        """Take datagrams of a batch together, where the reader `takes_batches`."""
        assert self.reader is not None
        for trail, way in zip(self.trails, brought.ways, strict=True):
            if way is not None:
                trail.add(way.start, way.end, way.pieces)
        self._feed_batch(self.reader, brought)

    @property
    def reads_batches(self) -> bool:
        """Whether datagrams may be brought."""
        return self.reader is not None and self.reader.takes_batches and not self.done

    def settle(self) -> None:
        """A batch has brought what there is of the flow."""
        reader, held, self.held = self.reader, self.held, []
        if reader is None or self.done or not (reader.joins_datagrams or reader.takes_batches):
            return
        if held:
            self.feed_together(together(held))
        self._forget(UP)
        self._forget(DOWN)

    def _feed_batch(self, reader: BaseReader, brought: Datagrams) -> None:
        try:
            found = reader.feed_batch(brought)
        except Exception as error:  # noqa: BLE001 - as in _give
            self._failed(error, (UP, self.trails[UP].covered, b"", 0))
            return
        self._heed(reader, found)

    def _event(self, event: Event) -> None:
        self._read(event)
        self._forget(event[0])

    def _read(self, event: Event) -> None:
        if self.done:
            return
        if self.reader is None:
            self._consider(event)
        else:
            self._give(event)

    def _forget(self, direction: int) -> None:
        if self.reader is not None and not self.done:
            self._let_go_before(direction, self._needed_from(direction, self.reader.needed_from(direction)))

    def _let_go_before(self, direction: int, first: int) -> None:
        """No later message begins before."""
        self.trails[direction].forget(first)

    def _needed_from(self, direction: int, first: int) -> int:
        """Stream offset before which no later message begins, of the inner stream and of what was passed neither."""
        if self.beside is not None:
            first = min(first, self.beside.open_from(direction))
        return first if self.inner is None else self.inner.needed_from(direction, first)

    # -- what a reader passes over ------------------------------------------------------------------------------------

    def _hear(self, found: list[Message], direction: int = UP, upto: int = 0) -> None:
        """Messages of a reader, and by their place among them what it passed over in a direction before `upto`."""
        reader = self.reader
        used = reader.consumed if reader is not None and reader.consumed else []
        apart = reader is not None and reader.apart
        for message in found:
            if apart:
                message.foreign = message.end - message.start  # counted is what it consumed
            elif not self._passes_number(message):
                used.append((message.direction, message.start, message.end))
        for way, start, end in used:
            self.passed[way].cover(start, end)
            if apart:
                self.counted[way].count(start, end)
        used.clear()
        self.heard = self.heard or bool(found)
        parts = self.passed[direction].settle(upto)
        for message in found:
            if direction == message.direction:
                while parts and parts[0][0] < (message.end if apart else message.start):
                    self._search(direction, *parts.pop(0))
                self._skip(direction, message.end)
            self._fill(message)
        for part in parts:
            self._search(direction, *part)
        self._skip(direction, upto)
        if apart:
            self.counted[direction].settle(min(upto, self._needed_from(direction, upto)))

    def _passes_number(self, message: Message) -> bool:
        """Whether a number stands in the words of a message, and in nothing that it says (a client's id, a user)."""
        end = message.body_start if message.body else message.end  # before its body, where it has one
        if message.headers or end - message.start < LENGTH or type(message) is not Message:
            return False  # one that stands for many says all
        data = b"".join(part for _, part in self.passed[message.direction].between(message.start, end))
        return holds_number(data) and not holds_number(f"{message.path}\n{message.host}".encode("utf-8", "replace"))

    def _search(self, direction: int, offset: int, data: bytes) -> None:
        if self.beside is None:
            self.beside = Beside(self)
        self.beside.bring(direction, offset, data)
        self._carry_inner(self.beside)

    def _skip(self, direction: int, upto: int) -> None:
        if self.beside is not None and upto < END:
            self.beside.skip(direction, upto)
            self._carry_inner(self.beside)

    def _leave(self, offsets: tuple[int, int]) -> None:
        """Another reader, or none, goes on there: what this one has passed over before is searched."""
        for direction, offset in enumerate(offsets):
            self._hear([], direction, offset)
            self.passed[direction].restart(offset)

    # -- choosing a reader --------------------------------------------------------------------------------------------

    def _consider(self, event: Event) -> None:
        """Add to the opening and choose a reader as soon as the choice cannot change."""
        direction, _, data, _ = event
        self.waiting.append(event)
        seen = self.opening[direction]
        full = self.transport == "udp"
        if data:
            self.opening[direction] = seen = seen + data[: OPENING - len(seen)]
            full = full or len(seen) >= OPENING
        elif seen:
            full = True
        else:
            self.midstream = True
        if seen:
            self._choose(final=full)

    def _choose(self, *, final: bool) -> None:
        first, second = self.opening
        opening = Opening(first, second, self.ports[0], self.ports[1], self.midstream, self.upgrade, self.via)
        entry, swapped = choose(opening, self.transport, final=final)
        if entry is None:
            return
        if swapped and not self.who_opened_is_known and not self.seen:
            self._swap()
            opening.up, opening.down = opening.down, opening.up
            opening.client_port, opening.server_port = self.ports
        self._set(entry, opening)
        waiting, self.waiting = self.waiting, []
        for i, event in enumerate(waiting):
            if self.reader is None:  # the reader has handed over already
                self._consider(event)
            elif not self.done:
                self._give(event)
                if i == len(waiting) - 1:
                    self._forget(UP)
                    self._forget(DOWN)

    def _swap(self) -> None:
        self.swapped = True
        self.ports = self.ports[::-1]
        self.trails.reverse()
        self.waiting = [(1 - direction, *rest) for direction, *rest in self.waiting]  # type: ignore[misc]

    def _set(self, entry: Entry, opening: Opening) -> None:
        self.entry, self.reader = entry, entry.make()
        self.reader.announced, self.reader.keys = self.announced, self.keys
        self.reader.together = self.together
        self.reader.begin(opening)
        if entry.name != UNKNOWN:
            self.protocol = entry.name
        self.opening = [b"", b""]
        self.seen = True

    # -- reading ------------------------------------------------------------------------------------------------------

    def _give(self, event: Event) -> None:
        reader = self.reader
        assert reader is not None
        direction, offset, data, length = event
        if data and not reader.searches:
            if offset % CHUNK + length > CHUNK and self.transport == "tcp":
                for part in _chunks(event):
                    self._read(part)
                return
            self.passed[direction].add(offset, data)
        try:
            found = reader.feed(direction, offset, data) if data else reader.gap(direction, offset, length)
        except Exception as error:  # noqa: BLE001 - whatever a reader does, it costs its flow only
            self._failed(error, event)
            return
        if not reader.searches:
            wish = reader.hand_over
            self._hear(found, direction, reader.read_upto(direction) if wish is None else wish.offsets[direction])
            found = []
        self._heed(reader, found)
        if reader.hand_over is not None and not self.done:
            self._hand_over(reader)
            if not data:
                self._event(event)

    def _heed(self, reader: BaseReader, found: list[Message]) -> None:
        """What a reader gave, and what else it says."""
        for message in found:
            self._fill(message)
        if reader.carried:
            self._carry(reader)
        if not reader.wants_bytes:
            self._leave((END, END))
            self._close_beside(0, (0, 0))
            self.done = True
            self.trails[UP].forget(1 << 62)
            self.trails[DOWN].forget(1 << 62)

    def _carry(self, reader: BaseReader) -> None:
        """Read what the reader found inside its own stream."""
        assert reader.carried is not None
        inner = self.inner
        if inner is None:
            inner = self.inner = Within(self)
        for part in reader.carried:
            inner.bring(part, reader.outcome)
        reader.carried.clear()
        self._carry_inner(inner)
        if inner.done:
            reader.enough()

    def _carry_inner(self, inner: Flow) -> None:
        found, inner.out = inner.out, []
        for message in found:
            self._fill(message)
        self.failures += inner.failures
        inner.failures = []

    def _failed(self, error: Exception, event: Event) -> None:
        name = self.entry.name if self.entry else UNKNOWN
        self.failures.append(f"{name} reader: {type(error).__name__} in flow {self.id.hex()}")
        again = self.entry is not CARVED
        self._carve(event, f"the {name} reader failed ({type(error).__name__})")
        if again:
            self._give(event)

    def _carve(self, event: Event, why: str = "a picture where words must be") -> None:
        """Search for images from an event on."""
        upto = [END, END]
        upto[event[0]] = event[1]
        self._leave((upto[UP], upto[DOWN]))
        self._fill(carved_from_here(self.entry.name if self.entry else UNKNOWN, event[0], event[1], why))
        self.let_go()
        self.entry, self.reader = CARVED, CARVED.make()

    def _hand_over(self, reader: BaseReader) -> None:
        """Let the rest of the flow be recognised afresh."""
        wish = reader.hand_over
        assert wish is not None
        self.hand_overs += 1
        self._leave(wish.offsets)
        reader.let_go()
        self.reader = None
        self.midstream = False
        self.protocol = reader.protocol or self.protocol
        self.upgrade, self.via = wish.upgrade, wish.via
        if self.hand_overs > HAND_OVERS or wish.upgrade == CARVE:
            self.entry = CARVED if self.hand_overs > HAND_OVERS else FALLBACK[self.transport]
            self.reader = self.entry.make()
        for direction in (wish.first, 1 - wish.first):
            if rest := wish.rest[direction]:
                self._event((direction, wish.offsets[direction], rest, len(rest)))

    def close(self, handshake: int, span: tuple[int, int]) -> None:
        """The flow has ended; `span`: capture times of its first and last packet, ns."""
        ended = (bool(handshake & FIN_UP), bool(handshake & FIN_DOWN))
        for _ in range(HAND_OVERS + 2):
            if self.reader is None and self.waiting:
                self._choose(final=True)
            reader = self.reader
            if reader is None or self.done:
                break
            reader.ended = ended[::-1] if self.swapped else ended
            reader.span = span
            try:
                found = reader.finish()
            except Exception as error:  # noqa: BLE001 - as in _give
                self._failed(error, (UP, self.trails[UP].covered, b"", 0))
                break
            self._hear(found)
            if reader.carried:
                self._carry(reader)
            if reader.hand_over is None:
                break
            self._hand_over(reader)
        if not self.done:
            self._leave((END, END))
        if self.inner is not None:
            self.inner.close(handshake, span)
            self._carry_inner(self.inner)
        self._close_beside(handshake, span)

    def _close_beside(self, handshake: int, span: tuple[int, int]) -> None:
        beside, self.beside = self.beside, None
        if beside is not None:
            beside.close(handshake, span)
            self._carry_inner(beside)
            if beside.protocol and (beside.done or not self.heard):
                self.protocol = beside.protocol
            beside.let_go()

    # -- messages out -------------------------------------------------------------------------------------------------

    def _fill(self, message: Message) -> None:
        """Give a message its ids and packets."""
        direction, start = message.direction, message.start
        trail = self.trails[direction]
        if not message.message_id:
            last = self.last[direction]
            ordinal = last[2] + 1 if last[0] == start and last[1] == message.protocol else 0
            self.last[direction] = (start, message.protocol, ordinal)
            message.message_id = message_id(self.id, direction, start, message.protocol, ordinal)
        message.flow_id = self.id
        message.pieces = trail.between(start, message.end)
        if trail.thinned:
            message.notes.append("limit: packets between the first and the last of a long message are not told")
        if message.foreign < message.end - start:
            trail.count(start, message.end, message.foreign)
        request = message.request
        if request is not None and not request.message_id:
            request.flow_id = self.id
            request.message_id = message_id(self.id, request.direction, request.start, request.protocol)
        if not self.server_name and message.host and not message.status and message.protocol in NAMING:
            self.server_name = message.host
        details = message.details
        if message.method == "server_hello" and isinstance(details, HelloDetails) and not details.retry:
            self.chosen = chosen_by(details)
        elif isinstance(details, HelloDetails) and holds_number(name := details.sni.encode()):
            self._search(direction, start, name)
        if not self.protocol and message.protocol != "carved":
            self.protocol = message.protocol
        self.out.append(message)

    def let_go(self) -> None:
        """The reader is asked nothing more."""
        if self.reader is not None:
            self.reader.let_go()
        for within in (self.inner, self.beside):
            if within is not None:
                within.let_go()

    def summary(self) -> FlowSummary:
        """What is known at the end."""
        up, down = self.trails
        name = (self.reader.protocol if self.reader else "") or self.protocol or UNKNOWN
        read = (up.read, down.read)
        return FlowSummary(
            self.serial, self.id, name, self.server_name, read, self.swapped, self.done, self.opened_by(), self.chosen
        )

    def opened_by(self) -> tuple[str, str]:
        """What became of keys so far, and from which source they came; empty where none were given."""
        outcome = self.reader.outcome if self.reader else None
        return (outcome.state, outcome.source) if outcome is not None else ("", "")


class Beside(Flow):
    """What the readers of a flow pass over, as a flow of its own, at the same offsets; the outer one fills messages."""

    __slots__ = ("ends",)

    def __init__(self, outer: Flow) -> None:
        self.serial, self.transport, self.ports, self.id = outer.serial, outer.transport, outer.ports, outer.id
        self.who_opened_is_known, self.midstream = True, False
        self.keys, self.together = outer.keys, False
        self._clear()
        self.counted = outer.counted
        self.hand_overs = outer.hand_overs + 1
        self.entry = FALLBACK[outer.transport] if self.hand_overs <= HAND_OVERS else CARVED
        self.reader = self.entry.make()
        self.seen = True
        self.ends = [-1, -1]

    def bring(self, direction: int, offset: int, data: bytes) -> None:
        """Take bytes."""
        if self.done:
            return
        self._miss(direction, offset)
        self.ends[direction] = offset + len(data)
        self._event((direction, offset, data, len(data)))

    def skip(self, direction: int, upto: int) -> None:
        """What comes up to there is something else: what is under way waits for it in vain."""
        if not self.done and self.open_from(direction) < self.ends[direction]:
            self._miss(direction, upto)

    def _miss(self, direction: int, upto: int) -> None:
        end = self.ends[direction]
        if 0 <= end < upto:
            self.ends[direction] = upto
            self._event((direction, end, b"", upto - end))

    def open_from(self, direction: int) -> int:
        """Offset of the first byte that a later message may begin with."""
        if self.done:
            return END
        if self.reader is None:
            return min((at for turned, at, _, _ in self.waiting if turned == direction), default=END)
        end = self.ends[direction]
        return self._needed_from(direction, self.reader.needed_from(direction)) if end >= 0 else END

    def _let_go_before(self, direction: int, first: int) -> None:
        """The trails are the outer flow's."""

    def _fill(self, message: Message) -> None:
        """Name what was found; all else the outer flow does."""
        if not self.protocol and message.protocol != "carved":
            self.protocol = message.protocol
        self.out.append(message)


class Within(Flow):
    """The inner stream of a flow. Its readers see offsets of the plaintext; its messages have those of the flow.

    Ids are made of inner offsets, since a request may be spoken of before it has ended.
    """

    __slots__ = ("places", "source")

    def __init__(self, outer: Flow) -> None:
        """Begin at the first byte of plaintext: nothing of the inner stream lies before it."""
        self.serial, self.transport, self.ports = outer.serial, "tcp", outer.ports
        self.id = blake2b(outer.id + b"within", digest_size=16).digest()
        self.who_opened_is_known, self.midstream = True, False
        self.keys, self.together = outer.keys, False
        self.places = (Places(), Places())
        self.source = ""
        self._clear()
        self.seen = True

    def bring(self, part: Carried, outcome: Outcome | None) -> None:
        """Take plaintext, or a gap in it."""
        if self.done:
            return
        if outcome is not None:
            self.source = outcome.source
        places = self.places[part.direction]
        if (runs := len(part.spans[0])) > 1 and len(places) + runs > MOST_RUNS:
            for one in part.each():  # which places are forgotten, and which thinned, must not depend on the cut
                self.bring(one, None)
            return
        at = places.end
        places.extend(part.spans)
        self._event((part.direction, at, part.data, part.length))

    def _let_go_before(self, direction: int, first: int) -> None:
        self.places[direction].forget(first)

    def needed_from(self, direction: int, after: int) -> int:
        """Outer offset of the first byte that a later message may begin with."""
        places = self.places[direction]
        waiting = [at for turned, at, _, _ in self.waiting if turned == direction]
        inner = places.end
        if waiting:
            inner = min(waiting)
        elif self.reader is not None and not self.done:
            inner = self._needed_from(direction, self.reader.needed_from(direction))
        return min(after, places.outer(inner)) if inner < places.end else after

    def _fill(self, message: Message) -> None:
        """Give a message its id by its inner place, then its outer place; of what is private, only what is needed."""
        direction, start = message.direction, message.start
        if not message.message_id:
            last = self.last[direction]
            ordinal = last[2] + 1 if last[0] == start and last[1] == message.protocol else 0
            self.last[direction] = (start, message.protocol, ordinal)
            message.message_id = message_id(self.id, direction, start, message.protocol, ordinal)
        request = message.request
        if request is not None and not request.message_id:
            request.message_id = message_id(self.id, request.direction, request.start, request.protocol)
        self.places[direction].tell(message)
        message.foreign = 0
        message.opened = message.opened or self.source
        lessen(message)
        self.out.append(message)
