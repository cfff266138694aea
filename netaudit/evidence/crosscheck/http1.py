"""Messages of HTTP/1 in runs of bytes, a second time (RFC 9112), with the header reader of the standard library.

Files sent in several messages, put together once more: by Content-Range, part numbers, else in order of packets.
"""

from __future__ import annotations

import email.parser
import email.policy
import re
import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from netaudit.evidence.crosscheck.contents import contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import Message

    from netaudit.evidence.crosscheck.reassembly import Run

MOST_BODY = 256 << 20  # bytes of one body, also after decompression
MOST_HEAD = 1 << 16
_PIECE = 1 << 14  # bytes given to a decoder at once: little becomes much
_START = re.compile(rb"([A-Z]{3,16}) \S{1,16384} HTTP/1\.[01]\r?\n|HTTP/1\.[01] (\d{3})[^\r\n]{0,200}\r?\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r?\n")
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)")
_HEADS = email.parser.BytesHeaderParser(policy=email.policy.compat32)
_CODINGS = {"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message with its body, transfer and content coding taken off."""

    content_type: str
    body: bytes
    first_frame: int
    last_frame: int
    sound: bool  # whole, without conflicting bytes, in codings that are known here
    span: tuple[int, int, int | None] | None = None  # first and last byte and size of the file it is a piece of
    target: str = ""  # of a request


def messages(run: Run, *, closed: bool = True) -> Iterator[Sent]:
    """The messages of a run that have a body; whatever stands between them is passed over."""
    at = 0
    data = run.data
    while found := _START.search(data, at):
        blank = _BLANK.search(data, found.end() - 2, found.end() + MOST_HEAD)
        if blank is None:
            at = found.end()
            continue
        head = _HEADS.parsebytes(data[found.end() : blank.start()])
        body, at, whole = _body(data, blank.end(), head, found[2], closed=closed)
        if not body:
            continue
        plain, known = _decoded(body, head)
        first, last = run.frames(found.start(), max(at, blank.end()))
        content_type = str(head.get("Content-Type", ""))
        sound = whole and known and not run.conflict
        target = found[0].split(b" ", 2)[1].decode("latin-1") if found[1] else ""
        yield Sent(content_type, plain, first, last, sound, _span(head), target)


def _span(head: Message) -> tuple[int, int, int | None] | None:
    """What Content-Range says (RFC 9110 section 14.4): of answers, and of requests that send pieces."""
    given = _RANGE.fullmatch(str(head.get("Content-Range", "")).strip())
    if given is None or int(given[2]) < int(given[1]):
        return None
    return int(given[1]), int(given[2]), None if given[3] == "*" else int(given[3])


def _body(data: bytes, at: int, head: Message, status: bytes | None, *, closed: bool) -> tuple[bytes, int, bool]:
    """Body, where it ends, and whether all of it is there (RFC 9112 section 6.3)."""
    if status is not None and (status[:1] == b"1" or status in (b"204", b"304")):
        return b"", at, True
    if "chunked" in str(head.get("Transfer-Encoding", "")).lower():
        return _dechunked(data, at)
    given = str(head.get("Content-Length", "")).strip()
    if given.isdigit() and len(given) < 16:
        size = int(given)
        body = data[at : at + min(size, MOST_BODY)]
        if status is not None and _START.match(body):  # what answers HEAD has a length and no body
            return b"", at, True
        return body, at + len(body), len(body) == size
    if status is None:
        return b"", at, True
    body = data[at : at + MOST_BODY]
    return body, at + len(body), closed


def _dechunked(data: bytes, at: int) -> tuple[bytes, int, bool]:
    body = bytearray()
    while (found := _SIZE.match(data, at)) and len(body) < MOST_BODY:
        size = int(found[1], 16)
        at = found.end()
        if not size:
            end = data.find(b"\n", at)  # trailers are not looked at: the next message is searched for
            return bytes(body), end + 1 if end >= 0 else len(data), True
        body += data[at : at + size]
        if at + size > len(data):
            return bytes(body), len(data), False
        at += size
        at += 2 if data[at : at + 2] == b"\r\n" else 1
    return bytes(body), at, False


def _decoded(body: bytes, head: Message) -> tuple[bytes, bool]:
    """The body without its content coding, and whether that is one known here."""
    codings = [one.strip().lower() for one in str(head.get("Content-Encoding", "")).split(",")]
    if not set(codings) <= _CODINGS:
        return body, False
    for coding in reversed(codings):
        if coding in ("", "identity"):
            continue
        unpacked = {"br": _brotli, "zstd": _zstandard}.get(coding, _inflated)(body)
        if unpacked is None:
            return body, False
        body = unpacked
    return body, True


def _brotli(body: bytes) -> bytes | None:
    """RFC 7932, by the reference decoder; None for what is no whole stream, or larger than is kept."""
    try:
        import brotli

        opened = brotli.Decompressor()
        plain = bytearray()
        for at in range(0, len(body), _PIECE):
            plain += opened.process(body[at : at + _PIECE])
            if len(plain) > MOST_BODY:
                return None
        return bytes(plain) if opened.is_finished() else None
    except (ImportError, brotli.error):
        return None


def _zstandard(body: bytes) -> bytes | None:
    """RFC 8878, likewise."""
    try:
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as reader:
            plain = reader.read(MOST_BODY + 1)
        return plain if 0 < len(plain) <= MOST_BODY else None
    except (ImportError, zstandard.ZstdError):
        return None


def _inflated(body: bytes) -> bytes | None:
    for window in (47, 15, -15):  # gzip or zlib by its head, zlib, raw deflate
        opened = zlib.decompressobj(window)
        try:
            plain = opened.decompress(body, MOST_BODY)
        except zlib.error:
            continue
        return plain if opened.eof else None
    return None


_NUMBER = re.compile(r"[?&]partNumber=(\d{1,6})(?:&|$)")  # of uploads in parts to object stores
MOST_PIECES = 4096
MOST_BYTES = 256 << 20


def joined(pieces: Sequence[Sent]) -> Iterator[bytes]:
    """What the messages give together, in every way that is known here; nothing where they are too many or too much."""
    if not 1 < len(pieces) <= MOST_PIECES or sum(len(one.body) for one in pieces) > MOST_BYTES:
        return
    ranged = sorted((one for one in pieces if one.span), key=lambda one: one.span or (0, 0, None))
    if len(ranged) > 1 and (whole := _by_range(ranged)) is not None:
        yield whole
    numbered = [(int(found[1]), one) for one in pieces if (found := _NUMBER.search(one.target))]
    if len(numbered) > 1:  # the last one sent under a number counts
        yield b"".join(one.body for _, one in sorted(dict(numbered).items()))
    in_order = sorted(pieces, key=lambda one: (one.last_frame, one.first_frame))
    yield b"".join(_largest(one) for one in in_order)
    yield b"".join(one.body for one in in_order)


def _by_range(pieces: Sequence[Sent]) -> bytes | None:
    """The file where its ranges touch or overlap; None where one is missing, or is not as long as it says."""
    whole = bytearray()
    for one in pieces:
        first, last, _ = one.span or (0, -1, None)
        if first > len(whole) or last - first + 1 != len(one.body):
            return None
        whole[first : last + 1] = one.body
    sizes = {one.span[2] for one in pieces if one.span and one.span[2] is not None}
    return bytes(whole) if all(a == b for a, b in pairwise(sorted(sizes))) and sizes <= {len(whole)} else None


def _largest(sent: Sent) -> bytes:
    """The largest part of a form, else the body: numbers and names of pieces stand in the small ones."""
    parts = list(contents(sent.body, sent.content_type))[1:] if "multipart" in sent.content_type.lower() else []
    return max(parts, key=len, default=sent.body)
