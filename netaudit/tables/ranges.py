"""Pieces of a file at offsets that messages say: ranges of HTTP, FTP that goes on, SMB over several connections.

What is joined must be of one content. A server says so by a strong entity tag, or by the time of the last change where
that was a second before the answer at least, else it may have changed since (RFC 9110, 8.8 and 15.3.7.3); ranges
without either are left apart, as are those of a coded body. A client that sends a file
in ranges names the place where it goes; SMB names the open file.
"""

from __future__ import annotations

import datetime
import email.utils
import re
from typing import TYPE_CHECKING

from netaudit.content.from_images import extent, sniff
from netaudit.content.from_messages import content_range, root
from netaudit.content.part import Part
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.tables.pieces import END, NEXT, PIECE, RANGE, SENT, Piece

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

MOST_BYTES = 32 << 20  # of a file, as of a carved image; larger ones are no pictures
MOST_RUNS = 1024  # unbroken runs of one message
_LENGTH = re.compile(r"[0-9]{1,15}")
_PICTURES = ("image/", "application/octet-stream", "binary/octet-stream", "application/zip")
_RANGE_HEAD = re.compile(  # of a part, up to its bytes
    rb"(?:\A|\n)--[^\r\n]{1,200}\r?\n(?:[^\r\n]{1,1000}\r?\n){0,8}?"
    rb"content-range:[ \t]*bytes[ \t=]+([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)[ \t]*\r?\n"
    rb"(?:[^\r\n]{1,1000}\r?\n){0,8}?\r?\n",
    re.IGNORECASE,
)
_FTP, _FIRST = "ftp-data", re.compile(r"([0-9]{1,15})-")
_HTTP = ("http", "http2", "http3")
_SENDING = ("PUT", "POST", "PATCH")


def pieces_of(message: Message, client: str = "") -> list[Piece]:
    """Pieces that a message carries of a file which it does not carry whole; `client`: address of who asks or sends.

    Behind them, what the message says of the size of the whole.

    Pieces of several clients are left apart: they may send to one place at a time, and who fetched what must be told.
    """
    if not message.body or message.body_size > MOST_BYTES:
        return []
    if (spread := message.spread) is not None:
        name, size = spread
        return _pieces(message, name, PIECE, size, 0) if size <= MOST_BYTES else []
    if message.protocol == _FTP:
        return _transferred(message, client)
    if message.protocol not in _HTTP or _is_coded(message):
        return []
    if not message.status and message.content_type.lower().startswith("multipart/byteranges"):
        return _several(message, client)
    if message.status in (0, 206) and message.file_range is not None:
        return _ranged(message, client)
    if message.status == 200 and not message.complete and message.method == "GET":
        return _broken_off(message, client)
    return []


def _transferred(message: Message, client: str) -> list[Piece]:
    """A file sent by FTP that goes on elsewhere: after REST, by APPE, or one that its format says is not whole."""
    if message.method not in ("STOR", "APPE") or message.header("content-encoding") or not message.path:
        return []
    first = _FIRST.match(message.file_range or "")
    if message.method == "STOR" and first is None and message.complete:
        kind = sniff(message.body)
        if not kind or extent(message.body, kind).whole:
            return []
    offset = int(first[1]) if first else 0
    if offset + message.body_size > MOST_BYTES:
        return []
    behind = message.method == "APPE" and first is None
    return _pieces(message, f"ftp\0{client}\0{message.path}", SENT, -1, NEXT if behind else offset)


def _is_coded(message: Message) -> bool:
    return message.header("content-encoding").strip().lower() not in ("", "identity")


def _ranged(message: Message, client: str) -> list[Piece]:
    """`Content-Range: bytes a-b/n` of an answer, or of a request that sends (RFC 9110, 14.4 and 14.5)."""
    place = content_range(message)
    if place is None:
        return []
    first, last, total = place
    size = last + 1 if total is None else total
    if not first <= last < size <= MOST_BYTES or last + 1 - first != message.body_size or last + 1 - first == total:
        return []
    if not message.status:  # how much will come need not be known before the last piece
        file = _sent_to(message, client)
        return _pieces(message, file, SENT, -1 if total is None else total, first) if file else []
    file = _fetched_from(message, client)
    return _pieces(message, f"{file}\0{total}", RANGE, total, first) if file and total is not None else []


def _several(message: Message, client: str) -> list[Piece]:
    """Ranges sent together in a request (`multipart/byteranges`, RFC 9110, 14.6): each says its place."""
    file = _sent_to(message, client)
    if not file or not message.complete:
        return []
    runs, totals, at, base = list[Piece](), set[str](), 0, root(message)
    while len(runs) < MOST_RUNS and (head := _RANGE_HEAD.search(message.body, at)) is not None:
        first, last, start = int(head[1]), int(head[2]), head.end()
        at = start + last + 1 - first
        if not first <= last < MOST_BYTES or not message.body[at : at + 4].lstrip(b"\r\n").startswith(b"--"):
            return []
        runs.append(_run(base, file, SENT, first, (start, at)))
        totals.add(head[3].decode())
    size = max((int(total) for total in totals if total != "*"), default=-1)
    return [*runs, Piece(file, role=END, size=size)] if len(totals) == 1 and size <= MOST_BYTES else []


def _broken_off(message: Message, client: str) -> list[Piece]:
    """An answer that came in part: its rest may be fetched by a range (`Accept-Ranges` says that the server can)."""
    file = _fetched_from(message, client)
    declared = message.header("content-length").strip()
    if not file or message.header("accept-ranges").strip().lower() != "bytes":
        return []
    if not _LENGTH.fullmatch(declared) or not 0 < int(declared) <= MOST_BYTES:
        return []
    if message.body_size > int(declared) or not message.missing:
        return []
    return _pieces(message, f"{file}\0{int(declared)}", RANGE, int(declared), 0)


def _sent_to(message: Message, client: str) -> str:
    if message.method not in _SENDING:
        return ""
    return f"to\0{client}\0{message.method}\0{message.host.lower()}\0{message.path}"


def _fetched_from(message: Message, client: str) -> str:
    tag = message.header("etag").strip()
    strong = tag if tag.startswith('"') else ""
    changed = "" if tag else _settled(message)
    kind = message.content_type.partition(";")[0].strip().lower()
    if message.method != "GET" or not (strong or changed) or (kind and not kind.startswith(_PICTURES)):
        return ""
    return f"from\0{client}\0{message.host.lower()}\0{message.path}\0{strong or changed}"


def _settled(message: Message) -> str:
    """Time of the last change, where the content cannot have changed again within the same second."""
    changed = message.header("last-modified").strip()
    try:
        then, now = (email.utils.parsedate_to_datetime(text) for text in (changed, message.header("date")))
        return changed if now - then >= datetime.timedelta(seconds=1) else ""
    except (ValueError, TypeError, OverflowError):  # no dates, or in zones that cannot be compared
        return ""


def _pieces(message: Message, file: str, role: str, size: int, offset: int) -> list[Piece]:
    """The runs between what is missing; nothing is known from where the message is unknown on."""
    end = len(message.body) if message.unknown_from is None else min(message.unknown_from, len(message.body))
    base, runs, at = root(message), list[Piece](), 0
    for first, last in [*message.missing, (end, end)]:
        stop = min(first, end)
        if stop > at and len(runs) < MOST_RUNS:
            runs.append(_run(base, file, role, offset + at, (at, stop)))
        at = max(at, last)
    return [*runs, Piece(file, role=END, size=size)] if runs else []


def _run(base: Part, file: str, role: str, offset: int, span: tuple[int, int]) -> Piece:
    """Unbroken bytes of a body, and where in the file they belong."""
    at, stop = span
    way = Way.of(base.path, "piece" if offset == NEXT else f"piece {offset}-{offset + stop - at - 1}")
    part = Part(base.data[at:stop], way, name=base.name, body_range=span)
    return Piece(file, base.name, role, offset=offset, part=part)
