"""Connections that hold nothing but whole exchanges, read many at a time: most of many networks are such.

Each run of bytes is one message, a request and its answer by turns, of a known form and with a body of the length that
its head declares. All other connections are left to `reader.py`, which says the same of these.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from netaudit.core.storage.structured import picked
from netaudit.protocols.http1.head import BODY_METHODS, Head, content_length, parse_head
from netaudit.protocols.http1.kernels_exchanges import EXCHANGE, find_exchanges
from netaudit.protocols.http1.pairing import SLIM, said_by
from netaudit.protocols.ids import DIGITS, message_ids
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.rtsp.http import CONTENT_TYPE as TUNNELLED
from netaudit.protocols.silent import ids_of
from netaudit.streams.batch import frozen
from netaudit.streams.layouts import PIECE

if TYPE_CHECKING:
    from collections.abc import Container

    from netaudit.core.contracts.heads import Form
    from netaudit.streams.batch import Batch

HTTP = "http"
MOST_REMEMBERED = 1024  # heads
_BODILESS = (204, 304)
_ASKS = re.compile(rb"(GET|POST|PUT|HEAD|DELETE|PATCH) (/[!-~]{0,2000}) HTTP/1\.[01]\r\n")  # no other protocol's words

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[Any]


class Known(NamedTuple):
    """What a head says, but for its request line."""

    status: int
    headers: tuple[tuple[str, str], ...]
    form: Form
    host: str
    content_type: str
    length: int  # declared, -1 for none
    raw: bytes


class Standing(NamedTuple):
    """An open connection that brought whole exchanges alone so far: all that its reader would remember."""

    read: tuple[int, int]  # bytes in each direction
    server_name: str


@dataclass(slots=True)
class Exchanges:
    """Connections of a batch that are such, and their messages; holds as long as the batch."""

    batch: Batch
    flows: npt.NDArray[np.int64]  # their indexes within it
    ids: npt.NDArray[np.uint8]  # 32 hexadecimal digits of each
    standing: list[Standing]  # how each stands now
    rows: Rows  # EXCHANGE rows of their messages, in order; `flow` counts these flows
    known: list[Known | None]  # by EXCHANGE.block
    asked: list[tuple[str, str]]  # method and target of each message, or of the one that it answers
    message_ids: npt.NDArray[np.uint8]  # 32 digits per message
    bounds: npt.NDArray[np.int64]  # where the messages of each flow begin, and where those of the last one end

    def messages(self, flow: int) -> list[Message]:
        """The messages of a flow."""
        out: list[Message] = []
        for number in range(int(self.bounds[flow]), int(self.bounds[flow + 1])):
            out.append(self.message(number, out[-1] if len(out) % 2 else None))
        return out

    def message(self, number: int, asked: Message | None = None) -> Message:
        """One message; `asked` is the request of an answer, where it is there already."""
        start, at, _, body, stop, first, last, flow, block, direction = self.rows[number].item()
        known, payload = self.known[block], self.batch.payload
        assert known is not None
        head = payload[at:body].tobytes()
        message = Message(HTTP, direction, start, start + stop - at, content_type=known.content_type, head=head)
        message.headers = list(known.headers)
        message.has_form(known.form)
        if body < stop:
            message.body, message.body_start = payload[body:stop].tobytes(), start + body - at
            message.body_size = stop - body
        if direction:
            asked = asked or self.message(number - 1)
            message.status, message.host = known.status, asked.host
            message.request = replace(asked, body=b"", pieces=None) if asked.body_size > SLIM else asked
        else:
            message.host = known.host
        message.method, message.path = self.asked[number]
        message.pieces = np.frombuffer(self.batch.pieces[first : last + 1].tobytes(), PIECE)
        message.flow_id, message.message_id = _id_at(self.ids, flow), _id_at(self.message_ids, number)
        return message


def are_in(known: Container[int], flows: npt.NDArray[np.void], asked: Flags) -> Flags:
    """Whether the serials of those flows (FLOW rows) that are asked for are known; of others it is false."""
    found, places = np.zeros(flows.size, bool), np.flatnonzero(asked)
    found[places] = [serial in known for serial in flows["serial"][places].tolist()]
    return found


class ExchangeReader:
    """Reads such connections, and remembers of each open one how it stands."""

    def __init__(self) -> None:
        self.standing: dict[int, Standing] = {}  # by serial
        self._seed = int.from_bytes(os.urandom(7), "little")

    def stands(self, flows: npt.NDArray[np.void], asked: Flags) -> Flags:
        """Whether all that each of the flows that are asked for (FLOW rows) brought so far were such exchanges."""
        return are_in(self.standing, flows, asked)

    def read(self, batch: Batch, wanted: Flags) -> tuple[Exchanges, dict[int, Standing]]:
        """Read what is such among the wanted flows, which stand or are new.

        Gives it, and by index how those stood that are not such any more: they are forgotten.
        """
        serials = batch.flows["serial"].tolist()
        before = self.stands(batch.flows, wanted)
        read = np.zeros((batch.flows.size, 2), np.int64)
        for index in np.flatnonzero(before).tolist():
            read[index] = self.standing[serials[index]].read
        whole, rows, known, asked = self._found(batch, wanted, before, read)
        chosen = np.flatnonzero(whole)
        over = {index: self.standing.pop(serials[index]) for index in np.flatnonzero(before & ~whole).tolist()}
        numbers = np.zeros(whole.size, np.int32)
        numbers[chosen] = np.arange(chosen.size)
        rows["flow"] = numbers[rows["flow"]]
        ids = ids_of(picked(batch.flows, chosen))
        digits = message_ids(rows, ids, HTTP)
        names = [self.standing[serials[index]].server_name if before[index] else "" for index in chosen.tolist()]
        asking = rows["direction"] == UP
        for flow, block in zip(rows["flow"][asking].tolist(), rows["block"][asking].tolist(), strict=True):
            names[flow] = names[flow] or getattr(known[block], "host", "")
        standing = [Standing((up, down), name) for (up, down), name in zip(read[chosen].tolist(), names, strict=True)]
        for index, one in zip(chosen.tolist(), standing, strict=True):
            if batch.closed[index]:
                self.standing.pop(serials[index], None)
            else:
                self.standing[serials[index]] = one
        bounds = np.searchsorted(rows["flow"], np.arange(chosen.size + 1))
        return Exchanges(batch, chosen, ids, standing, rows, known, asked, digits, bounds), over

    def _found(
        self, batch: Batch, wanted: Flags, before: Flags, read: Rows
    ) -> tuple[Flags, Rows, list[Known | None], list[tuple[str, str]]]:
        """Which of the wanted flows hold whole exchanges; of these `Exchanges.rows`, `known` and `asked`."""
        whole, runs = before.copy(), batch.runs
        rows, blocks, used = np.empty(runs.size, EXCHANGE), np.empty((runs.size, 2), np.int64), np.zeros(2, np.int64)
        table = np.full(1 << max(4, (4 * runs.size).bit_length()), -1, np.int32)
        payload = frozen(batch.payload)
        find_exchanges(
            wanted, batch.closed, read, frozen(runs), frozen(batch.pieces), payload, self._seed, rows, blocks, table,
            used, whole,
        )  # fmt: skip
        rows = rows[: used[0]].copy()
        raw = [payload[first:last].tobytes() for first, last in blocks[: used[1]].tolist()]
        known = [_known_answer(one) if one.startswith(b"HTTP/1.") else _known_fields(one) for one in raw]
        asked = _asked(rows, payload)
        whole[rows["flow"][~_sound(rows, known, [method for method, _ in asked])]] = False
        kept = np.flatnonzero(whole[rows["flow"]])
        return whole, rows[kept], known, [asked[place] for place in kept.tolist()]


def _id_at(digits: npt.NDArray[np.uint8], number: int) -> bytes:
    return bytes.fromhex(digits[DIGITS * number : DIGITS * (number + 1)].tobytes().decode())


def _asked(rows: Rows, payload: npt.NDArray[np.uint8]) -> list[tuple[str, str]]:
    """Method and target of each request, and at the answer behind it; empty for what is none."""
    out, last, octets = list[tuple[str, str]](), ("", ""), payload.data
    for at, line, down in zip(rows["at"].tolist(), rows["line"].tolist(), rows["direction"].tolist(), strict=True):
        if not down:
            found = _ASKS.fullmatch(bytes(octets[at:line]))
            last = (found[1].decode(), found[2].decode()) if found else ("", "")
        out.append(last)
    return out


def _sound(rows: Rows, known: list[Known | None], methods: list[str]) -> Flags:
    """Whether each body has the length that its head declares, and its request lets it have."""
    said = np.array([(-1, -1) if one is None else (one.status, one.length) for one in known]).reshape(-1, 2)
    status, length = said[rows["block"]].T
    size, down = rows["stop"] - rows["body"], rows["direction"] == DOWN
    with_body, of_head = (np.array([one in some for one in methods], bool) for some in (BODY_METHODS, {"HEAD"}))
    asks = (length == size) | ((size == 0) & (length <= 0) & ~with_body)
    answers = np.where(np.isin(status, _BODILESS) | of_head, size == 0, length == size)
    sound: Flags = np.where(down, (status > 0) & answers, (status == 0) & asks) & np.array(
        list(map(bool, methods)), bool
    )
    return sound


@lru_cache(maxsize=MOST_REMEMBERED)
def _known_fields(block: bytes) -> Known | None:
    """What fields say; None where the messages that have them are none of ours."""
    head = parse_head(b"GET / HTTP/1.1\r\n" + block)
    return None if head is None else _known(head, block)


@lru_cache(maxsize=MOST_REMEMBERED)
def _known_answer(raw: bytes) -> Known | None:
    """The same of the head of an answer, also where it is no final one or is not over with its length."""
    head = parse_head(raw)
    if head is None or head.status < 200:
        return None
    known = _known(head, raw)
    return None if known is None or known.content_type[:10].lower() == "multipart/" else known


def _known(head: Head, raw: bytes) -> Known | None:
    length, note = content_length(head)
    form = head.form
    if form is None or head.sloppy or note:
        return None
    facts = form.read(said_by)
    if facts.ranges or facts.upgrade or facts.chunked or facts.content_type.lower().startswith(TUNNELLED):
        return None
    length = -1 if length is None else length
    return Known(head.status, tuple(head.headers), form, facts.host, facts.content_type, length, raw)
