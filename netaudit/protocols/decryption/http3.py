"""HTTP/3 (RFC 9114) on the streams of an opened QUIC connection.

Header fields by QPACK (RFC 9204) are decoded by `pylsqpack`; without it they are unknown, bodies are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.protocols.http2.exchange import Exchange
from netaudit.protocols.http2.exchange import Half as Body
from netaudit.protocols.http2.headers import UNDECODABLE, fill
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.tls.quic_packets import varint

if TYPE_CHECKING:
    from netaudit.protocols.decryption.quic_half import Half, Piece

TABLE_LIMIT = 1 << 20  # bytes of the dynamic table
BLOCKED_LIMIT = 1 << 10
FIELDS_LIMIT = 64 << 10  # bytes of a field list
MISSING = "header fields not decoded: pylsqpack is not installed (python -m pip install pylsqpack)"

Fields = list[tuple[str, str]]


class FieldDecoder:
    """Decodes what one direction sends. Its table is bounded by what the other direction allows."""

    def __init__(self) -> None:
        self.lost = False  # entries of the table were not captured
        self.note = UNDECODABLE
        self._inserts: list[bytes] = []  # that came before the table was allowed
        self._decoder: Any = None
        self._blocked: set[int] = set()  # streams whose block the decoder holds

    def allow(self, capacity: int) -> None:
        """The other side has said how large the table may grow, once."""
        module = _module()
        if module is None or self._decoder is not None:
            return
        self._decoder = module.Decoder(min(capacity, TABLE_LIMIT), BLOCKED_LIMIT)
        inserts, self._inserts = self._inserts, []
        for data in inserts:
            self.feed_table(data)

    def feed_table(self, data: bytes) -> None:
        """Take bytes of the encoder's stream."""
        if self._decoder is None:
            if sum(map(len, self._inserts)) < TABLE_LIMIT:
                self._inserts.append(data)
            return
        if self.lost or not data:
            return
        try:
            self._decoder.feed_encoder(data)
        except _module().EncoderStreamError:
            self.lost = True

    def may_come(self, block: bytes) -> bool:
        """Whether a block that could not be decoded may be later: its entries are still to come."""
        return _module() is not None and not self.lost and bool(block) and block[0] != 0

    def decode(self, stream: int, block: bytes) -> Fields | None:
        """Fields of a block; None when they cannot be said, or not yet."""
        module = _module()
        if module is None:
            self.note = MISSING
            return None
        if not block:
            return None
        alone = block[0] == 0  # no entry of the dynamic table is needed (RFC 9204, 4.5.1.1)
        decoder = module.Decoder(0, 0) if alone else self._decoder
        if decoder is None or (self.lost and not alone):
            return None
        try:
            if stream in self._blocked and not alone:
                _, raw = decoder.resume_header(stream)
                self._blocked.discard(stream)
            else:
                _, raw = decoder.feed_header(stream, block)
        except module.StreamBlocked:
            self._blocked.add(stream)
            return None
        except (module.DecompressionFailed, ValueError):
            return None
        return _texts(raw)


def _texts(raw: list[tuple[bytes, bytes]]) -> Fields:
    found: Fields = []
    size = 0
    for name, value in raw:
        size += len(name) + len(value) + 32
        if size > FIELDS_LIMIT:
            break
        found.append((name.decode("latin-1").lower(), value.decode("latin-1")))
    return found


def _module() -> Any:
    try:
        import pylsqpack
    except ImportError:
        return None
    return pylsqpack


NAME = "http3"
DATA, HEADERS, SETTINGS, PUSH_PROMISE = 0, 1, 4, 5
CONTROL, PUSH, ENCODER, DECODER, REQUEST = range(5)  # kinds of streams, all but the last of one direction
TABLE_CAPACITY = 1  # a setting
BLOCK_LIMIT = 256 << 10  # bytes of a header block
SETTINGS_LIMIT = 4096
STREAMS = 1000  # under way at a time
BUDGET = 128 << 20  # bytes of bodies under way


class _Side:
    """One direction of one stream: frames are taken apart."""

    def __init__(self, stream: int, direction: int, half: Half) -> None:
        self.stream, self.direction, self.half = stream, direction, half
        self.held = b""
        self.at = 0  # stream offset behind held
        self.kind = -1  # of the frame under way
        self.left = 0
        self.start = 0  # of the frame under way
        self.role = -1 if stream & 2 else REQUEST  # of a stream of one direction: its kind, once known
        self.lost = False  # the place of frames is not known any more
        self.body: Body | None = None
        self.first = 0  # stream offset of the message under way
        self.block: bytes | None = None  # of header fields that wait for the table


class Http3:
    """Reads one connection. `client` is the direction of its client."""

    def __init__(self, client: int) -> None:
        self.client = client
        self.out: list[Message] = []
        self.decoders = (FieldDecoder(), FieldDecoder())
        self.sides: dict[tuple[int, int], _Side] = {}
        self.exchanges: dict[int, Exchange] = {}
        self.early: dict[int, Message] = {}  # answers that ended before their request
        self.waiting: list[_Side] = []
        self.kept = 0

    # -- what the connection tells ------------------------------------------------------------------------------------

    def feed(self, stream: int, direction: int, half: Half, pieces: list[Piece]) -> None:
        """Bytes of a stream in order, or gaps; then perhaps its end."""
        side = self.sides.get((stream, direction))
        if side is None:
            side = self.sides[stream, direction] = _Side(stream, direction, half)
        for piece in pieces:
            if piece.data:
                self._feed(side, piece)
            else:
                self._gap(side, piece)
        if half.done:
            self._ended(side, known=not side.lost)

    def reset(self, stream: int, direction: int) -> None:
        """A direction of a stream was broken off."""
        if (side := self.sides.get((stream, direction))) is not None:
            self._ended(side, known=False)

    def finish(self) -> None:
        """The connection has ended: give what is left."""
        for side in list(self.waiting):
            self._unblock(side, final=True)
        for side in list(self.sides.values()):
            self._ended(side, known=False)
        for message in self.early.values():
            self.out.append(message)
        self.early.clear()

    def needed_from(self, direction: int, after: int) -> int:
        """Place in the flow of the first byte that a later message may hold."""
        for side in self.sides.values():
            if side.direction == direction and not side.stream & 2:
                # its first byte need not lie lowest: datagrams may have come out of order
                low = side.half.span(side.first, max(side.first + 1, side.half.end))[0]
                after = min(after, low, side.half.needed_from(after))
        return min([after, *(answer.start for answer in self.early.values() if answer.direction == direction)])

    # -- frames -------------------------------------------------------------------------------------------------------

    def _feed(self, side: _Side, piece: Piece) -> None:
        if side.lost or side.role in (PUSH, DECODER):
            return
        data = side.held + piece.data if side.held else piece.data
        base, at = piece.offset - len(side.held), 0
        side.at, side.held = piece.offset + piece.length, b""
        if side.stream & 2 and side.role < 0:
            if not data or len(data) < 1 << (data[0] >> 6):
                side.held = data
                return
            kind, at = varint(data, 0)
            side.role = kind if kind <= DECODER else PUSH
        if side.role == ENCODER:
            self.decoders[side.direction].feed_table(data[at:])
            self._retry()
            return
        if side.role in (PUSH, DECODER):
            return
        while at < len(data):
            used = self._payload(side, data, at, base) if side.kind >= 0 else self._head(side, data, at, base)
            if not used:
                break
            at += used
        side.held = data[at:]

    def _head(self, side: _Side, data: bytes, at: int, base: int) -> int:
        """Read a frame's kind and length; bytes used, 0 when they do not suffice."""
        try:
            kind, behind = varint(data, at)
            size, behind = varint(data, behind)
        except IndexError:
            return 0
        side.kind, side.left, side.start = kind, size, base + at
        if size > BLOCK_LIMIT and kind in (HEADERS, SETTINGS):
            self._lose_way(side)
            return len(data) - at
        if not size:
            self._frame(side, b"")
        return behind - at

    def _payload(self, side: _Side, data: bytes, at: int, base: int) -> int:
        """Take what there is of the frame; whole ones where they are needed whole."""
        have = len(data) - at
        if side.kind in (HEADERS, SETTINGS):
            if have < side.left:
                return 0
            size = side.left
            self._frame(side, data[at : at + size])
            return size
        size = min(have, side.left)
        if side.kind == DATA and side.role == REQUEST:
            self._data(side, data[at : at + size], base + at)
        side.left -= size
        if not side.left:
            side.kind = -1
        return size

    def _frame(self, side: _Side, payload: bytes) -> None:
        kind, side.kind, side.left = side.kind, -1, 0
        if kind == SETTINGS and side.role == CONTROL:
            self._settings(side, payload)
        elif kind == HEADERS and side.role == REQUEST:
            self._headers(side, payload)

    def _gap(self, side: _Side, piece: Piece) -> None:
        """Bytes are missing: harmless within a body, as its length is known."""
        side.at = piece.offset + piece.length
        if side.role == ENCODER:
            self.decoders[side.direction].lost = True
        if side.lost or side.stream & 2:
            side.lost = True
            return
        if side.kind == DATA and not side.held:
            inside = min(piece.length, side.left)
            body = self._body(side)
            self.kept -= body.kept
            body.lose(inside, piece.offset, side.start)
            self._count(body)
            side.left -= inside
            if not side.left:
                side.kind = -1
            if inside == piece.length:
                return
        self._lose_way(side)

    def _lose_way(self, side: _Side) -> None:
        side.lost, side.held, side.kind = True, b"", -1
        if side.body is not None or side.at:
            self._body(side).lost_way()

    def _settings(self, side: _Side, payload: bytes) -> None:
        """What one side says of its table bounds the fields that the other one sends."""
        settings: dict[int, int] = {}
        at = 0
        try:
            while at < len(payload) and len(payload) <= SETTINGS_LIMIT:
                name, at = varint(payload, at)
                settings[name], at = varint(payload, at)
        except IndexError:
            pass
        self.decoders[1 - side.direction].allow(settings.get(TABLE_CAPACITY, 0))
        self._retry()

    # -- messages -----------------------------------------------------------------------------------------------------

    def _exchange(self, stream: int) -> Exchange:
        exchange = self.exchanges.get(stream)
        if exchange is None:
            exchange = self.exchanges[stream] = Exchange()
            if len(self.exchanges) > STREAMS:
                self._give_up(next(iter(self.exchanges)), "limit: streams under way in one connection")
        return exchange

    def _body(self, side: _Side) -> Body:
        """The message that bytes belong to; a placeholder where its header fields are not known."""
        if side.body is None:
            start, end = side.half.span(side.start, side.at)
            side.body, side.first = Body(Message(NAME, side.direction, start, end), headed=False), side.start
            if side.direction != self.client:
                self._exchange(side.stream).pair(side.body.message)
            else:
                self._exchange(side.stream).request = side.body.message
        return side.body

    def _headers(self, side: _Side, block: bytes) -> None:
        if side.block is not None or (side.body is not None and (side.body.headed or side.body.size)):
            return  # trailers
        body = self._body(side)
        side.first = side.start
        decoder = self.decoders[side.direction]
        fields = decoder.decode(side.stream, block)
        if fields is None and decoder.may_come(block):
            side.block = block
            self.waiting.append(side)
            return
        self._headed(side, body, fields)

    def _headed(self, side: _Side, body: Body, fields: list[tuple[str, str]] | None) -> None:
        """The head of a message is known, or never will be."""
        message = body.message
        body.headed = fields is not None
        fill(message, fields or [])
        if fields is None and (note := self.decoders[side.direction].note):
            message.notes.append(note)
        exchange = self._exchange(side.stream)
        if side.direction != self.client:
            exchange.pair(message)
            if 100 <= message.status < 200:  # informational: the true answer follows
                side.body = None
                message.start, message.end = side.half.span(side.start, side.at)
                self.out.append(body.close(message.end, known=True, bodiless=True))

    def _retry(self) -> None:
        """The table has grown: header fields that waited for it may be decoded."""
        for side in list(self.waiting):
            self._unblock(side, final=False)

    def _unblock(self, side: _Side, *, final: bool) -> None:
        assert side.block is not None
        decoder = self.decoders[side.direction]
        fields = decoder.decode(side.stream, side.block)
        if fields is None and not final and decoder.may_come(side.block):
            return
        self.waiting.remove(side)
        side.block = None
        self._headed(side, self._body(side), fields)
        if side.half.done:
            self._ended(side, known=not side.lost)

    def _data(self, side: _Side, data: bytes, at: int) -> None:
        body = self._body(side)
        self.kept -= body.kept
        body.add(data, at, side.start)
        self._count(body)

    def _count(self, body: Body) -> None:
        self.kept += body.kept
        if self.kept > BUDGET:
            self._give_up(next(iter(self.exchanges)), "limit: bytes under way in one connection")

    def _give_up(self, stream: int, note: str) -> None:
        for direction in (UP, DOWN):
            if (side := self.sides.get((stream, direction))) is not None:
                if side.body is not None:
                    side.body.message.notes.append(note)
                side.block = None
                if side in self.waiting:
                    self.waiting.remove(side)
                self._ended(side, known=False)
        self.exchanges.pop(stream, None)

    def _ended(self, side: _Side, *, known: bool) -> None:
        """One direction of a stream has ended."""
        if side.block is not None:
            return  # when its fields are known
        self.sides.pop((side.stream, side.direction), None)
        if side.stream & 2:
            return
        exchange = self._exchange(side.stream)
        exchange.done[side.direction] = True
        if side.body is not None:
            self._close(side, side.body, exchange, known=known and side.kind < 0 and not side.held)
        request_over = side.direction == self.client or exchange.done[self.client]
        if request_over and (answer := self.early.pop(side.stream, None)) is not None:
            self.out.append(answer)
        if all(exchange.done):
            self.exchanges.pop(side.stream, None)

    def _close(self, side: _Side, body: Body, exchange: Exchange, *, known: bool) -> None:
        self.kept -= body.kept
        message = body.message
        bodiless = message.status > 0 and (message.method == "HEAD" or message.status in (204, 304))
        message.start, message.end = side.half.span(side.first, max(side.half.end, side.first + 1))
        body.close(message.end, known=known, bodiless=bodiless)
        message.body_start = _plain(side.half, message)
        if side.direction == self.client:
            exchange.slim(message)
        elif not exchange.done[self.client]:
            self.early[side.stream] = message
            return
        self.out.append(message)


def _plain(half: Half, message: Message) -> int:
    """Place in the flow of a body that lies in one piece there, else -1."""
    if message.body_start < 0:
        return -1
    start, end = half.span(message.body_start, message.body_start + len(message.body))
    return start if end - start == len(message.body) else -1
