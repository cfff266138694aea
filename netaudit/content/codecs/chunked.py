"""Bodies in signed chunks, as S3 and MinIO take them (`aws-chunked`; facts 6, AWS SigV4 streaming uploads).

Each chunk is `hex length[;chunk-signature=…] CRLF data CRLF`; one of length zero ends the body; trailers may follow.
The chunks are part of the body, inside whatever HTTP itself does to it, and come off before any other content coding:
senders name `aws-chunked` first or last in Content-Encoding, or only say STREAMING-… in x-amz-content-sha256.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.content.slices import carrier, cut, derive
from netaudit.core.contracts.unwrapping_steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part
    from netaudit.core.contracts.ranges import Ranges

_NAME = "aws-chunked"
_HEAD = re.compile(rb"([0-9A-Fa-f]{1,10})(?:;[\x20-\x7e]{0,300})?\r\n")
_SIGNED = re.compile(rb"[0-9A-Fa-f]{1,10};chunk-signature=[0-9a-f]{64}\r\n")
_MOST_CHUNKS = 1_000_000


def with_chunks(encoding: str, payload: str, decoded: str) -> str:
    """The content coding of a request, by its headers x-amz-content-sha256 and x-amz-decoded-content-length.

    The length, where there is one, becomes a parameter of the coding, so that it is there when the chunks come off.
    """
    codings = [coding.strip() for coding in encoding.split(",") if coding.strip()]
    rest = [coding for coding in codings if coding.lower().partition(";")[0] != _NAME]
    if len(rest) == len(codings) and not payload.upper().startswith("STREAMING-"):
        return encoding
    length = f";length={decoded.strip()[:20]}" if decoded.strip() else ""
    return ", ".join([*rest, _NAME + length])


def is_chunked(part: Part) -> bool:
    """Declared, or beginning with a signed chunk."""
    return _NAME in part.encoding.lower() or (not part.encoding and _SIGNED.match(part.data[:400]) is not None)


def open_chunked(part: Part, budget: Budget) -> Iterator[Part]:
    """The data of the chunks; whole only when the last chunk was seen and the declared length agrees."""
    rest, length = _declared(part.encoding)
    spans, ended = _chunks(part)
    if not spans and not ended:
        if part.encoding:
            budget.note(f"{_NAME} declared, but the bytes are not")
            yield _undecoded(part, rest)
        return
    data = b"".join(part.data[start:end] for start, end in spans)
    if not budget.spend(len(data)):
        return
    unknown = None if ended and length in (None, len(data)) else len(data)
    if ended and unknown is not None:
        budget.note("chunks and declared length disagree")
    child = derive(part, data, Step(_NAME), _missing(part, spans), unknown)
    if len(spans) == 1:  # the bytes lie there one to one
        child.body_range = carrier(part, *spans[0])
    child.encoding, child.content_type = rest, part.content_type
    yield child


def _declared(encoding: str) -> tuple[str, int | None]:
    """The codings under the chunks, and the declared length; -1, which nothing agrees with, where it is no number."""
    rest, length = [], None
    for coding in encoding.split(","):
        name, _, parameter = coding.strip().partition(";")
        if name.strip().lower() != _NAME:
            rest.append(coding.strip())
        elif parameter:
            digits = parameter.rpartition("=")[2].strip()
            length = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else -1
    return ", ".join(rest).strip(", "), length


def _undecoded(part: Part, rest: str) -> Part:
    child = derive(part, part.data, None, list(part.missing), part.unknown_from)
    child.body_range = part.body_range
    if not part.complete:  # what is lost may have been the head of a chunk: the rest is no image in one piece
        child.unknown_from = 0
    child.encoding, child.content_type = rest, part.content_type
    return child


def _chunks(part: Part) -> tuple[list[tuple[int, int]], bool]:
    """Where the data of the chunks lies, and whether the last chunk was seen.

    A chunk whose data is missing in part is stepped over, its length is known; a hole in a chunk's head ends it.
    """
    data, missing = part.data, part.missing
    known = len(data) if part.unknown_from is None else min(part.unknown_from, len(data))
    spans: list[tuple[int, int]] = []
    at = 0
    while len(spans) < _MOST_CHUNKS:
        head = _HEAD.match(data, at, known)
        if head is None or (missing and cut(missing, at, head.end())):
            return spans, False
        length = int(head[1], 16)
        start = head.end()
        if not length:
            return spans, True
        end = start + length
        spans.append((start, min(end, known)))
        if end + 2 > known or (missing and cut(missing, end, end + 2)):
            return spans, False
        if data[end : end + 2] != b"\r\n":
            return spans, False
        at = end + 2
    return spans, False


def _missing(part: Part, spans: list[tuple[int, int]]) -> Ranges:
    """Holes of the body in coordinates of the joined data."""
    out: Ranges = []
    at = 0
    for start, end in spans if part.missing else ():
        for first, last in cut(part.missing, start, end):
            if out and out[-1][1] == at + first:
                out[-1] = (out[-1][0], at + last)
            else:
                out.append((at + first, at + last))
        at += end - start
    return out
