"""HTTP/2 in clear (RFC 9113): prior knowledge, upgraded from HTTP/1.1, behind a proxy, or from the middle."""

from __future__ import annotations

from netaudit.core.contracts.answers import BROKEN_OFF
from netaudit.protocols.http2.exchange import Exchange, Half
from netaudit.protocols.http2.frames import (
    HEAD,
    PREFACE,
    Data,
    DataEnd,
    DataLost,
    Event,
    Fields,
    FrameSide,
    LostWay,
    Promise,
    Reset,
)
from netaudit.protocols.http2.headers import FieldDecoder, declared, fill
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, Opening

STREAMS = 1000  # open at a time; the oldest is given up beyond
LEFT = 16  # requests whose askers broke their streams off, yet may be answered: the answer may be under way
BUDGET = 128 << 20  # bytes of bodies under way
AT_ONCE = 256 << 10  # bytes of which is remembered what happens in them: that may be thirty times as much


class Http2Reader(BaseReader):
    """Reads one connection."""

    apart = True

    def __init__(self) -> None:
        self.out: list[Message] = []
        self.consumed: list[tuple[int, int, int]] = []
        self.sides = (FrameSide(), FrameSide())
        self.decoders = (FieldDecoder(), FieldDecoder())
        self.streams: dict[int, Exchange] = {}
        self.left: dict[int, Message] = {}
        self.kept = 0

    def begin(self, opening: Opening) -> None:
        """After an upgrade, the HTTP/1.1 request is that of stream 1 (RFC 7540, 3.2)."""
        if opening.upgrade == "h2c" and opening.via is not None and opening.via.request is not None:
            first = self.streams[1] = Exchange()
            first.request, first.done[UP] = opening.via.request, True
        elif opening.midstream:
            for direction, data in ((UP, opening.up), (DOWN, opening.down)):
                if not data.startswith(PREFACE):
                    self._heed(direction, self.sides[direction].begin_between())

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction."""
        for at in range(0, len(data), AT_ONCE):
            self._heed(direction, self.sides[direction].feed(offset + at, data[at : at + AT_ONCE]))
        return self._given()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self._heed(direction, self.sides[direction].gap(offset, length))
        return self._given()

    def finish(self) -> list[Message]:
        """Give what is left."""
        for direction, side in enumerate(self.sides):
            if side.seeking:
                self._heed(direction, side.feed(side.at, b"", final=True))
        for number in list(self.streams):
            self._give_up(number, "")
        return self._given()

    def needed_from(self, direction: int) -> int:
        """Beginning of the first message under way."""
        first = self.sides[direction].needed_from()
        for exchange in self.streams.values():
            half = exchange.halves[direction]
            if half is not None:
                first = min(first, half.message.start)
        return first

    def read_upto(self, direction: int) -> int:
        """Beginning of the frame under way."""
        return self.sides[direction].needed_from()

    def _given(self) -> list[Message]:
        out, self.out = self.out, []
        return out

    # -- what the sides tell ------------------------------------------------------------------------------------------

    def _heed(self, direction: int, events: list[Event]) -> None:
        """See to what happened in a direction."""
        for event in events:
            match event:
                case Data():
                    self._data(direction, event)
                case DataEnd():
                    self._data_end(direction, event)
                case Fields():
                    self._fields(direction, event)
                case Promise():
                    self._promise(direction, event)
                case DataLost():
                    self._data_lost(direction, event)
                case Reset():
                    if event.stream in self.streams:  # both of its halves end where they stand
                        self._refused(direction, event)
                        self._leave(direction, event.stream)
                        self._give_up(event.stream, "stream reset")
                case LostWay():
                    self._lost_way(direction)

    def _leave(self, direction: int, stream: int) -> None:
        request = self.streams[stream].request
        if request is not None and request.direction == direction:
            self.left[stream] = request
            if len(self.left) > LEFT:
                del self.left[next(iter(self.left))]

    def _refused(self, direction: int, event: Reset) -> None:
        """A request that was sent to its end, and whose stream its server then broke off: that is the answer."""
        exchange = self.streams[event.stream]
        sent = exchange.request is not None and exchange.done[UP]
        if direction == DOWN and event.code and sent and exchange.halves[DOWN] is None:
            answer = Message("http2", DOWN, event.start, event.end, notes=[BROKEN_OFF])
            exchange.pair(answer)
            self.out.append(answer)

    def _fields(self, direction: int, event: Fields) -> None:
        """A header block: of a request, a response, or trailers."""
        stream, _, start, end, last = event
        fields, notes = self._decode(direction, event.block)
        if fields is not None:
            self.consumed.append((direction, start, end))
        half = self._exchange(stream).halves[direction]
        begins = fields is not None and len(fields) > 0 and fields[0][0].startswith(":")
        if half is None and begins and self._asked(stream) == direction:
            self.streams[stream] = Exchange()  # asked anew, where the request before has ended or was left
        if half is not None and (half.headed or half.size) and not begins:
            half.message.end = end
            half.message.headers += [one for one in fields or () if one[0] == "grpc-status"]  # of trailers
        elif not self._exchange(stream).done[direction]:
            half = self._begin(stream, direction, start, end)
            half.headed = fields is not None
            half.message.notes += notes if fields is not None else [n for n in notes if n.startswith("limit")]
            fill(half.message, fields or [])
            self._headed(stream, half, end)
        if last:
            self._close(stream, direction, end, known=True)

    def _asked(self, stream: int) -> int | None:
        """Whose request of a stream has come to its end."""
        request = self._exchange(stream).request
        return request.direction if request is not None and self._exchange(stream).done[request.direction] else None

    def _promise(self, direction: int, event: Promise) -> None:
        """A request that the server makes for its client (RFC 9113, 8.4)."""
        fields, notes = self._decode(direction, event.block)
        if fields is not None:
            self.consumed.append((direction, event.start, event.end))
        message = Message("http2", direction, event.start, event.end, notes=[*notes, "promised by the server"])
        fill(message, fields or [])
        self.out.append(message)
        if event.promised:
            exchange = self._exchange(event.promised)
            exchange.request, exchange.done[1 - direction] = message, True

    def _data(self, direction: int, event: Data) -> None:
        """Add the bytes of a DATA frame to a body."""
        stream, data, at, start = event
        half = self._half(direction, stream, start)
        if half is not None:
            self._use(direction, event)
            self.kept -= half.kept
            half.add(data, at, start)
            self._count(half.kept)

    def _use(self, direction: int, event: Data) -> None:
        """The head of a frame is that of its first bytes."""
        begin = event.start if event.at - event.start <= HEAD + 1 else event.at
        self.consumed.append((direction, begin, event.at + len(event.data)))

    def _data_lost(self, direction: int, event: DataLost) -> None:
        """Leave a gap in a body."""
        stream, length, at, start = event
        half = self._half(direction, stream, start)
        if half is not None:
            self.kept -= half.kept
            half.lose(length, at, start)
            self._count(half.kept)

    def _data_end(self, direction: int, event: DataEnd) -> None:
        half = self._half(direction, event.stream, event.start)
        if half is not None:
            half.message.end = event.end
        if event.last:
            self._close(event.stream, direction, event.end, known=True)

    def _lost_way(self, direction: int) -> None:
        """Frames of any stream may have been missed."""
        self.decoders[direction].lost()
        for exchange in list(self.streams.values()):
            half = exchange.halves[direction]
            if half is not None:
                half.lost_way()

    # -- streams ------------------------------------------------------------------------------------------------------

    def _decode(self, direction: int, block: bytes | None) -> tuple[list[tuple[str, str]] | None, list[str]]:
        decoder = self.decoders[direction]
        if block is None:
            decoder.lost()
            return None, []
        return decoder.decode(block)

    def _exchange(self, stream: int) -> Exchange:
        exchange = self.streams.get(stream)
        if exchange is None:
            exchange = self.streams[stream] = Exchange()
            exchange.request = self.left.pop(stream, None)
            if exchange.request is not None:
                exchange.done[exchange.request.direction] = True
            if len(self.streams) > STREAMS:
                self._give_up(next(iter(self.streams)), "limit: streams under way in one connection")
        return exchange

    def _begin(self, stream: int, direction: int, start: int, end: int) -> Half:
        exchange = self._exchange(stream)
        half = exchange.halves[direction] = Half(Message("http2", direction, start, end), headed=False)
        return half

    def _half(self, direction: int, stream: int, start: int) -> Half | None:
        """The message that DATA of a frame belongs to; a placeholder where its header block was not captured."""
        exchange = self._exchange(stream)
        half = exchange.halves[direction]
        if half is None and not exchange.done[direction]:
            half = self._begin(stream, direction, start, start + HEAD)
            half.lost_way()
            exchange.pair(half.message)
        return half

    def _count(self, kept: int) -> None:
        """Add what a stream holds now; beyond the budget the oldest stream is given up."""
        self.kept += kept
        if self.kept > BUDGET:
            self._give_up(next(iter(self.streams)), "limit: bytes under way in one connection")

    def _headed(self, stream: int, half: Half, end: int) -> None:
        """The head of a message is known."""
        message, exchange = half.message, self.streams[stream]
        if message.method and not message.status:
            exchange.request = message
            other = exchange.halves[1 - message.direction]
            if other is not None:
                exchange.pair(other.message)
            return
        exchange.pair(message)
        if 100 <= message.status < 200:  # informational: the true answer follows
            exchange.halves[message.direction] = None
            self.out.append(half.close(end, known=True, bodiless=True))

    def _close(self, stream: int, direction: int, end: int, *, known: bool, note: str = "") -> None:
        exchange = self._exchange(stream)
        half, exchange.halves[direction] = exchange.halves[direction], None
        exchange.done[direction] = True
        if half is not None:
            self.kept -= half.kept
            message = half.message
            answers_head = message.status > 0 and (message.method == "HEAD" or message.status in (204, 304))
            unsure = message.status > 0 and message.request is None and not half.size and not half.losses
            self.out.append(half.close(end, known=known, bodiless=answers_head or (unsure and known), note=note))
            exchange.slim(message)
        if all(exchange.done):
            del self.streams[stream]

    def _give_up(self, stream: int, note: str) -> None:
        """The halves of a stream under way end here, incomplete unless their declared length is there."""
        for direction in (UP, DOWN):
            exchange = self.streams.get(stream)
            if exchange is not None:
                half = exchange.halves[direction]
                empty = half is not None and not half.size and not half.losses and declared(half.message) < 0
                end = half.message.end if half is not None else 0
                self._close(stream, direction, end, known=False, note=note or ("no end seen" if empty else ""))
