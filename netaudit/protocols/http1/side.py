"""One direction of an HTTP/1.x flow: heads, bodies by every kind of framing, and finding the way again after a loss."""

from __future__ import annotations

import re
from collections.abc import Callable

from netaudit.protocols.carve import Search
from netaudit.protocols.http1.body import Parts, Sink, Whole
from netaudit.protocols.http1.head import (
    BLANK_LINE,
    HEAD_LIMIT,
    LOOK_BACK,
    MARK,
    Head,
    candidate,
    could_begin,
    is_sane,
    parse_head,
)
from netaudit.protocols.http1.pairing import Framing, Pairing, bodiless
from netaudit.protocols.kernels_numbers import holds_number
from netaudit.protocols.message import Message

SIZE_LINE = 16 << 10  # bytes of a chunk's size line with its extensions
TRAILERS = 32 << 10  # bytes of all trailers of a message that are read
ORDINARY = 20  # bytes of one without
HOLD = 64 << 10  # bytes kept back while the other side has not said whether the protocol changes
_SIZE = re.compile(rb"[ \t]*0*([0-9A-Fa-f]{1,15})(?:[ \t]*(?:;[^\n]*)?|[^\n0-9A-Fa-f]{0,8})\r?\n\Z")  # some append junk
_BLANKS = re.compile(rb"[ \t\r\n]{1,64}")
_PLAIN_SIZE = re.compile(rb"([0-9A-Fa-f]{1,7})\r\n")

# A step reads from data[pos:], at stream offset base + pos, and gives where to go on; ~keep: wait, keeping data[keep:].
Step = Callable[["Side", bytes, int, int], int]
# What happened, in order: a message is finished, or
ANSWERED, LOST = "answered", "lost"  # the other side has its answer; from here on messages may have been missed
Event = Message | str
Heed = Callable[["Side"], None]  # is called when something has happened, before the next step


class Side:
    """The state of one direction. `step` is what the next bytes are read as.

    It tells what happened in `events`, which whoever feeds it heeds between two steps, and asks what it cannot know
    alone of the pairing that both directions share.
    """

    __slots__ = (
        "__weakref__", "_search", "after", "at", "declared", "direction", "events", "flushing", "fresh", "held", "left",
        "pairing", "scanned", "sink", "step", "turn", "unasked", "unasked_at", "unasked_turn", "waits_for_blank",
    )  # fmt: skip

    def __init__(self, direction: int, pairing: Pairing) -> None:
        self.direction = direction
        self.pairing = pairing
        self.events: list[Event] = []
        self.step: Step = Side._head
        self.after: Step = Side._head  # step behind the message under way
        self.held = bytearray()  # bytes that wait for more
        self.at = 0  # stream offset behind the last byte fed
        self.waits_for_blank = False  # for the end of a head: nothing else need be tried before
        self.scanned = 0
        self.flushing = False  # nothing will follow what is held
        self.sink: Sink | None = None
        self.left = 0  # bytes of the body or chunk to come
        self.declared: int | None = None
        self.fresh = False  # no chunk of this body has been read
        self.unasked_at = -1  # where a response begins that waits for its first body bytes, and had no request
        self.unasked_turn = -1  # the same, once the other side has spoken in the meantime
        self.unasked = False  # the response that begins now is that one
        self._search: Search | None = None  # most directions never lose their way
        self.turn = -1  # stream offset where the other side spoke last during a body that only closing ends

    # -- feeding ------------------------------------------------------------------------------------------------------

    def feed(self, offset: int, data: bytes, heed: Heed) -> None:
        """Take the next bytes."""
        self.at = offset + len(data)
        if self.held:
            self.held += data
            if self.waits_for_blank and not self._has_blank():
                return
            data = bytes(self.held)
            offset = self.at - len(data)
            self.held.clear()
        self._run(data, offset, heed)

    def _has_blank(self) -> bool:
        found = BLANK_LINE.search(self.held, max(self.scanned - 3, 0))
        self.scanned = len(self.held)
        return found is not None or len(self.held) >= HEAD_LIMIT

    def _run(self, data: bytes, base: int, heed: Heed) -> None:
        pos, size = 0, len(data)
        while pos < size and not self.pairing.switching:
            self.waits_for_blank = False
            after = self.step(self, data, pos, base)
            if self.events:
                heed(self)
            if after < 0:
                pos = ~after
                break
            pos = after
        if pos < size:
            self.held = bytearray(data[pos:]) if pos else bytearray(data)
            self.scanned = len(self.held)

    def resume(self, heed: Heed) -> None:
        """Go on with what was held."""
        data = bytes(self.held)
        self.held.clear()
        self._run(data, self.at - len(data), heed)

    def rest(self) -> bytes:
        """Bytes not read yet."""
        return bytes(self.held)

    def needed_from(self) -> int:
        """Stream offset of the first byte that a later message may still need."""
        here = self.at - len(self.held)
        if self.sink is not None:
            return min(here, self.sink.needed_from())
        return here if self._search is None else min(here, self._search.needed_from(here))

    # -- heads --------------------------------------------------------------------------------------------------------

    def _head(self, data: bytes, pos: int, base: int) -> int:
        size = len(data)
        while pos < size and data[pos] in b"\r\n":
            pos += 1
        if pos == size:
            return pos
        if data[pos] in b" \t" and (blanks := _BLANKS.match(data, pos)):  # some senders indent the status line
            mark = data[blanks.end() : blanks.end() + len(MARK)]
            if mark == MARK:
                pos = blanks.end()
            elif MARK.startswith(mark) and len(blanks[0]) < len(MARK) and not self.flushing:
                return ~pos
        found = BLANK_LINE.search(data, pos, pos + HEAD_LIMIT)
        if found is None:
            if size - pos < HEAD_LIMIT and not self.flushing and could_begin(data[pos : pos + HEAD_LIMIT]):
                self.waits_for_blank = data[pos:].find(b"\n") >= 0
                return ~pos
            return self._cut_head(data, pos, base) if self.flushing else self._no_head(pos, base)
        head = parse_head(data[pos : found.end()])
        if head is None:
            return self._no_head(pos, base)
        return self._begin(head, data, pos, found.end(), base)

    def _cut_head(self, data: bytes, pos: int, base: int) -> int:
        """The rest of a head is missing: what it says so far is a message, its body unknown."""
        lines = data[pos : data.rfind(b"\n") + 1]  # the last line may be cut
        head = parse_head(lines) if lines else None
        if head is None:
            return self._no_head(pos, base)
        self.unasked = False
        message, _ = self._began(head, base + pos, base + len(data))
        message.complete, message.unknown_from = False, 0
        message.notes.append("head cut off")
        self.events.append(message)
        return self._get_lost(len(data))

    def _no_head(self, pos: int, base: int) -> int:
        """What should be a head is none: an answer without any (HTTP/0.9), or the way is lost."""
        raw = self.pairing.headless_answer(self.direction, base + pos)
        return self._get_lost(pos) if raw is None else self._body(raw, Framing(Framing.CLOSE), pos)

    def _get_lost(self, pos: int) -> int:
        self.step = Side._seek
        self.events.append(LOST)
        return pos

    def _begin(self, head: Head, data: bytes, pos: int, end: int, base: int) -> int:
        unasked = self.unasked_turn == base + pos  # seen before, when no request waited for it
        headless = head.status >= 200 and (unasked or self.pairing.expects_head_answer(self.direction) is None)
        undecided = headless and not self.flushing and len(data) < end + len(MARK) and MARK.startswith(data[end:])
        if undecided and not bodiless(head):
            # whether this answers a HEAD request is unknown: another status line instead of a body will tell
            self.unasked_at = base + pos
            return ~pos
        self.unasked = unasked
        message, framing = self._began(head, base + pos, base + end)
        if headless and framing.kind == Framing.LENGTH and framing.length and data[end : end + len(MARK)] == MARK:
            message.notes.append("taken as the answer to a HEAD request")
            framing = Framing(Framing.NONE)
        return self._body(message, framing, end)

    def _began(self, head: Head, start: int, end: int) -> tuple[Message, Framing]:
        message, framing, released = self.pairing.began(self.direction, head, start, end, unasked=self.unasked)
        if released is not None:
            self.events.append(released)
        if head.status >= 200:
            self.events.append(ANSWERED)
        return message, framing

    def _body(self, message: Message, framing: Framing, pos: int) -> int:
        """Read what follows as the body."""
        kind = framing.kind
        self.after = Side._pause if framing.pause else Side._head
        self.step = self.after
        if kind == Framing.NONE or (kind == Framing.LENGTH and not framing.length):
            self.events.append(message)
            return pos
        if self._in_parts(message, kind):
            self.sink = Parts(message, self.events.append)
        else:
            self.sink = whole = Whole(message, self.events.append, in_place=kind != Framing.CHUNKED)
            whole.declared = framing.length if kind == Framing.LENGTH else -1
        self.left = 0 if kind == Framing.CHUNKED else framing.length
        self.declared = framing.declared
        self.fresh = True
        self.turn = -1
        self.step = {
            Framing.LENGTH: Side._length, Framing.CHUNKED: Side._size,
            Framing.CLOSE: Side._close, Framing.OPEN: Side._open,
        }[kind]  # fmt: skip
        return pos

    @staticmethod
    def _in_parts(message: Message, kind: int) -> bool:
        """Whether an answer is a stream of parts: events that devices send for hours are also called mixed."""
        declared = message.content_type[:25].lower()
        endless = declared.startswith("multipart/mixed") and kind != Framing.LENGTH
        return message.status > 0 and (endless or declared == "multipart/x-mixed-replace")

    def _done(self, end: int, *, known: bool = True, note: str = "") -> None:
        sink, self.sink = self.sink, None
        self.step = self.after
        if sink is not None:
            sink.close(end, known=known, note=note)

    # -- bodies -------------------------------------------------------------------------------------------------------

    def _add(self, data: bytes, at: int) -> None:
        if data and self.sink is not None:
            self.sink.add(data, at)

    def _length(self, data: bytes, pos: int, base: int) -> int:
        end = min(pos + self.left, len(data))
        self._add(data[pos:end], base + pos)
        self.left -= end - pos
        if not self.left:
            self._done(base + end)
        return end

    def _size(self, data: bytes, pos: int, base: int) -> int:
        """Size line of a chunk (RFC 9112, 7.1)."""
        pos = self._plain_chunks(data, pos, base)
        if pos == len(data):
            return pos
        end = data.find(b"\n", pos, pos + SIZE_LINE) + 1
        possible = data[pos] in b" \t0123456789abcdefABCDEF"
        if not end and possible and len(data) - pos < SIZE_LINE and not self.flushing:
            return ~pos
        found = _SIZE.match(data[pos:end])
        if not found and self.fresh:
            return self._not_chunked(pos)
        self.fresh = False
        if not found:
            self._done(base + pos, known=False, note="broken chunk")
            return self._get_lost(pos)
        self._beside(data[pos:end])
        self.left = int(found[1], 16)
        self.step = Side._chunk if self.left else Side._trailer
        return end

    def _plain_chunks(self, data: bytes, pos: int, base: int) -> int:
        """Take chunks that lie whole in what is there, without extensions: where the next one begins."""
        taken: list[bytes] = []
        first = pos
        while isinstance(self.sink, Whole) and (line := _PLAIN_SIZE.match(data, pos)):
            at = line.end()
            end = at + int(line[1], 16)
            if end == at or data[end : end + 2] != b"\r\n":
                break
            taken.append(data[at:end])
            pos = end + 2
        if taken:
            self.fresh = False
            self._add(b"".join(taken), base + first)
        return pos

    def _not_chunked(self, pos: int) -> int:
        """Chunks were declared, but the body does not begin with one: fall back to the length, or to the close."""
        sink, length = self.sink, self.declared
        if isinstance(sink, Whole):
            sink.in_place, sink.declared = True, -1 if length is None else length
            sink.message.notes.append("declared as chunked, but is not")
            self.step = Side._close if sink.message.status else Side._open
        else:
            self.step = Side._close
        if length is not None:
            self.left, self.step = length, Side._length
            if not length:
                self._done(self.at - len(self.held))
        return pos

    def _chunk(self, data: bytes, pos: int, base: int) -> int:
        end = min(pos + self.left, len(data))
        self._add(data[pos:end], base + pos)
        self.left -= end - pos
        if not self.left:
            self.step = Side._chunk_end
        return end

    def _chunk_end(self, data: bytes, pos: int, base: int) -> int:  # noqa: ARG002
        if data[pos] == 0x0D and len(data) - pos < 2 and not self.flushing:
            return ~pos
        self.step = Side._size
        return pos + (2 if data[pos : pos + 2] == b"\r\n" else 1 if data[pos] == 0x0A else 0) or pos

    def _trailer(self, data: bytes, pos: int, base: int) -> int:
        """Trailer lines up to a blank one."""
        end = data.find(b"\n", pos, pos + SIZE_LINE) + 1
        if not end and len(data) - pos < SIZE_LINE and not self.flushing:
            return ~pos
        line = data[pos:end].strip()
        colon = line.find(b":") >= 0
        if line and not colon:  # no trailer: the blank line was forgotten
            self._done(base + pos, note="no blank line behind the last chunk")
            return pos
        if not line:
            self._done(base + (end or pos))
        else:
            self._beside(data[pos:end], trailer=True)
        return end or pos

    def _beside(self, line: bytes, *, trailer: bool = False) -> None:
        """Keep a line that is neither head nor body, where it says more than a size; trailers are read together."""
        if self.sink is None or not (trailer or len(line) > ORDINARY):
            return
        message = self.sink.message
        before, earlier = message.headers, ""
        if trailer and before and before[-1][0] == "trailer":
            *before, (_, earlier) = before
        if len(message.head) >= HEAD_LIMIT or len(earlier) >= TRAILERS:
            message.foreign += len(line)  # nobody reads it
            return
        message.head += line
        if trailer or holds_number(line):  # read like a field of the head
            said = line.decode("latin-1").strip()
            message.headers = [*before, ("trailer", f"{earlier}\n{said}" if earlier else said)]

    def _close(self, data: bytes, pos: int, base: int) -> int:
        """Body until the connection closes, or until a status line answers the next request."""
        turn = self.turn - base
        if pos <= turn < len(data):
            self._add(data[pos:turn], base + pos)
            status = data[turn : turn + len(MARK)]
            if status == MARK:
                self._done(base + turn, note="no length, but another message follows")
                return turn
            if MARK.startswith(status) and not self.flushing:
                return ~turn
            pos = turn
        self._add(data[pos:], base + pos)
        return len(data)

    def turned(self) -> None:
        """The other side has spoken since: what comes now may be an answer to it."""
        if self.step is Side._close and not self.held:
            self.turn = self.at
        if self.held and self.unasked_at == self.at - len(self.held):
            self.unasked_turn = self.unasked_at

    def answered(self) -> None:
        """The other side has answered: a request that might have had a body without length, but sent none, is over."""
        if self.step is Side._open and not self.held and not self.left:
            self._done(self.at)

    def _pause(self, data: bytes, pos: int, base: int) -> int:  # noqa: ARG002
        """Wait for the answer to CONNECT or Upgrade."""
        if len(data) - pos < HOLD and not self.flushing:
            return ~pos
        self.step = Side._head
        if not could_begin(data[pos:]):
            self.pairing.switching = True
        return pos

    @property
    def paused(self) -> bool:
        """Whether this side waits for the answer to CONNECT or Upgrade."""
        return self.step is Side._pause

    def abandon(self) -> None:
        """Another reader takes over: end a message under way where it stands."""
        if self.sink is not None:
            self._done(self.at, known=False, note="cut off by a change of protocol")

    def refused(self, heed: Heed) -> None:
        """The protocol does not change."""
        self.step = Side._head
        self.resume(heed)

    # -- searching ----------------------------------------------------------------------------------------------------

    def lose_way(self) -> None:
        """Begin by searching: the flow did not begin with HTTP."""
        self.step = Side._seek

    def _searching(self) -> Search:
        if self._search is None:
            self._search = Search(self.direction)
        return self._search

    def _seek(self, data: bytes, pos: int, base: int) -> int:
        """Search for a start line with sane headers; images in what is skipped are carved."""
        at, free = self._find(data, pos)
        if free > pos:
            self.events += self._searching().feed(base + pos, data[pos:free])
        if at >= 0:
            self.events += self._searching().finish(ended=True)
            self.step = Side._head
            return at
        return free if free == len(data) else ~free

    def _open(self, data: bytes, pos: int, base: int) -> int:
        """Body of a request without length: until another head, or the end."""
        at, free = self._find(data, pos)
        self._add(data[pos:free], base + pos)
        self.left += free - pos  # here: bytes so far
        if at >= 0:
            self._done(base + at, note="body without length" if self.left else "")
            return at
        return free if free == len(data) else ~free

    def _find(self, data: bytes, pos: int) -> tuple[int, int]:
        """Where a sane head begins (or -1), and up to where the bytes surely belong to none.

        The second never depends on where the bytes at hand end by chance, so that carving does not either.
        """
        free = max(pos, len(data) - LOOK_BACK - len(MARK))
        mark = pos
        while (mark := data.find(MARK, mark)) >= 0:
            at = candidate(data, mark, pos)
            if at >= 0:
                end = BLANK_LINE.search(data, at, at + HEAD_LIMIT)
                if end and is_sane(data[at : end.end()]):
                    return at, at
                if not end and len(data) - at < HEAD_LIMIT and not self.flushing and could_begin(data[at:]):
                    self.waits_for_blank = data.find(b"\n", at) >= 0
                    return -1, min(at, free)
            mark += len(MARK)
        return -1, len(data) if self.flushing else free

    # -- loss and end -------------------------------------------------------------------------------------------------

    def flush(self, heed: Heed) -> None:
        """Read what is held as if nothing followed."""
        if self.held:
            self.flushing = True
            self.resume(heed)
            self.flushing = False

    def gap(self, offset: int, length: int, heed: Heed) -> None:
        """Bytes from `offset` were never captured."""
        self.flush(heed)
        if self.pairing.switching:
            return
        self.at = offset + length
        if self.sink is not None and (self.step in (Side._length, Side._chunk)) and length <= self.left:
            self.sink.lose(length, offset)
            self.left -= length
            if not self.left:
                if self.step is Side._length:
                    self._done(offset + length)
                else:
                    self.step = Side._chunk_end
            return
        if self.sink is not None and self.step is Side._length:
            self.sink.lose(self.left, offset)
            self._done(offset + self.left)
        elif self.sink is not None and self.step is Side._close:
            self.sink.lose(length, offset)
            return
        elif self.sink is not None:
            self._done(offset, known=False)
        self.events += self._searching().gap(offset, length)
        self.step = Side._seek
        self.events.append(LOST)

    def finish(self, heed: Heed, *, ended: bool) -> None:
        """Nothing will follow; `ended` tells whether the sender has closed its direction."""
        self.flush(heed)
        if self.pairing.switching:
            return
        if self.sink is not None:
            if self.step is Side._length:
                self._done(self.at, note="cut off by the end of the flow")
            else:
                self._done(self.at, known=ended and self.step in (Side._close, Side._open))
        if self._search is not None:
            self.events += self._search.finish(ended=ended)
