"""Connections that hold nothing but whole exchanges, read at one go: most of many networks are such.

Each run of bytes is one message, a request and its answer by turns, of a known form and with a body of the length that
its head declares. All other connections are left to `reader.py`, which says the same of these.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from netaudit.messages.http1.head import BODY_METHODS, HEAD_LIMIT, Head, content_length, parse_head
from netaudit.messages.http1.pairing import SLIM, said_by
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.rtsp.http import CONTENT_TYPE as TUNNELLED
from netaudit.messages.trail import MOST_TOLD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.contracts.heads import Form
    from netaudit.messages.trail import Pieces

REMEMBERED, MOST_REMEMBERED = 2048, 1024  # bytes of a head, heads
END = b"\n\r\n"
_ASKS = re.compile(rb"(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH) (/[!-~]{0,2000}) HTTP/1\.[01]\r\n")
_BODILESS = (204, 304)


class _Known(NamedTuple):
    """What a head says, but for its request line."""

    status: int
    headers: tuple[tuple[str, str], ...]
    form: Form
    host: str
    content_type: str
    length: int  # declared, -1 for none


class Unbroken(Protocol):
    """What is asked of a run of bytes."""

    direction: int
    offset: int
    data: bytes
    pieces: Pieces


def exchanges(runs: Sequence[Unbroken], read: tuple[int, int]) -> list[Message] | None:
    """The messages in runs of a connection; None where they hold anything else than whole ones.

    `read`: offsets at which the runs begin, [UP, DOWN], where nothing is left unanswered before.
    """
    out: list[Message] = []
    ends, direction = list(read), UP
    asked: Message | None = None
    for run in runs:
        data = run.data
        if run.direction != direction or not data or run.offset != ends[direction]:
            return None
        end = ends[direction] = run.offset + len(data)
        pieces = run.pieces
        if len(pieces) > 1 and (len(pieces) > 2 * MOST_TOLD or pieces["offset"].item(-1) >= end):
            return None
        message = _answer(data, run.offset, asked) if asked is not None else _request(data, run.offset)
        if message is None:
            return None
        message.end, message.pieces = end, pieces
        out.append(message)
        asked = message if asked is None else None
        direction = DOWN if asked is not None else UP
    return out


def _request(data: bytes, offset: int) -> Message | None:
    line = _ASKS.match(data)
    if line is None or (end := _head_end(data)) < 0:
        return None
    first = line.end()
    if end - first > REMEMBERED or (known := _known_fields(data[first:end])) is None:
        return None
    method, size = line[1].decode(), len(data) - end
    if known.length != size and (size or known.length > 0 or method in BODY_METHODS):
        return None
    message = _message(UP, known, data, offset, end)
    message.method, message.path, message.host = method, line[2].decode(), known.host
    return message


def _answer(data: bytes, offset: int, asked: Message) -> Message | None:
    end = _head_end(data)
    if not 0 < end <= REMEMBERED or data[:7] != b"HTTP/1." or (known := _known_answer(data[:end])) is None:
        return None
    size = len(data) - end
    if size if known.status in _BODILESS or asked.method == "HEAD" else known.length != size:
        return None
    message = _message(DOWN, known, data, offset, end)
    message.status = known.status
    message.method, message.path, message.host = asked.method, asked.path, asked.host
    message.request = replace(asked, body=b"", pieces=None) if asked.body_size > SLIM else asked
    return message


def _message(direction: int, known: _Known, data: bytes, offset: int, end: int) -> Message:
    headers = list(known.headers)
    message = Message("http", direction, offset, 0, content_type=known.content_type, headers=headers, head=data[:end])
    message.has_form(known.form)
    if end < len(data):
        message.body, message.body_start, message.body_size = data[end:], offset + end, len(data) - end
    return message


def _head_end(data: bytes) -> int:
    """Where a head ends whose lines all end alike; -1 for any other."""
    at = data.find(END, 0, HEAD_LIMIT)
    return at + 3 if at > 0 and data[at - 1] == 0x0D and data.find(b"\n\n", 0, at) < 0 else -1


@lru_cache(maxsize=MOST_REMEMBERED)
def _known_fields(block: bytes) -> _Known | None:
    """What fields say; None where the messages that have them are none of ours."""
    head = parse_head(b"GET / HTTP/1.1\r\n" + block)
    return None if head is None else _known(head)


@lru_cache(maxsize=MOST_REMEMBERED)
def _known_answer(raw: bytes) -> _Known | None:
    """The same of the head of an answer, also where it is no final one or is not over with its length."""
    head = parse_head(raw)
    if head is None or head.status < 200:
        return None
    known = _known(head)
    return None if known is None or known.content_type[:10].lower() == "multipart/" else known


def _known(head: Head) -> _Known | None:
    length, note = content_length(head)
    form = head.form
    if form is None or head.sloppy or note:
        return None
    facts = form.read(said_by)
    if facts.ranges or facts.upgrade or facts.chunked or facts.content_type.lower().startswith(TUNNELLED):
        return None
    return _Known(
        head.status, tuple(head.headers), form, facts.host, facts.content_type, -1 if length is None else length
    )
