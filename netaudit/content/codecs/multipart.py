"""Multipart bodies (RFC 2046 section 5.1, RFC 7578) and messages inside (message/rfc822).

Devices leave boundaries unquoted, wrong or missing, drop the blank line behind the header, and end lines with bare LF.
So the body is cut at boundary lines first; what the header says only helps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.content.mime import encoding_of, name_of, parameter, read_header, words
from netaudit.content.slices import Numbering, cut, derive, narrow
from netaudit.content.sniff import image
from netaudit.core.contracts.unwrapping_steps import Step, clean, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

_SNIFF = 8192
# a line beginning with dashes, and below it a header field; dashes alone stand between documents of lines, too
_DELIMITER = re.compile(
    rb"(?:\A|\n)(?:"
    rb"(--(?=[\x20-\x7e]{0,199}[!-,.-~])[\x21-\x7e][\x20-\x7e]{0,199}?)[ \t]*\r?\n(?=[A-Za-z-]{4,40}[ \t]*:)"
    rb"|(-{3,70})[ \t]*\r?\n(?=[Cc]ontent-[A-Za-z-]{2,40}[ \t]*:))"
)
_BLANK = b" \t\r\n\x00"
_PREAMBLE, _LEAST_PREAMBLE = Step("multipart preamble"), 64


_ARMOUR = b"-----BEGIN "  # of keys, certificates and signatures (RFC 7468, RFC 9580 section 6): header fields, too


def is_multipart(part: Part) -> bool:
    """Declared as multipart, or beginning with a line of dashes and a header field."""
    if part.content_type[:10].lower() == "multipart/":
        return True
    first = part.data[:64].lstrip()
    if not first.startswith(b"--") or first.startswith(_ARMOUR):
        return False
    return _DELIMITER.search(part.data, 0, _SNIFF) is not None


def open_multipart(part: Part, budget: Budget) -> Iterator[Part]:
    """The parts; nothing when there is no boundary line to be found. Those that are known are given once."""
    if part.parts is not None:
        known, part.parts = part.parts, None
        for child in known:
            if child.way.last != _PREAMBLE and not budget.part():
                return
            yield child
        return
    delimiter = _delimiter(part)
    if not delimiter:
        return
    data = part.data
    numbering = Numbering()
    start, closing = _next_line(data, delimiter, 0)
    if start < 0:
        return
    yield from _preamble(part, start)
    while not closing:
        if not budget.part():
            return
        begin = _line_end(data, start + len(delimiter))
        fields, body, crlf = read_header(data, begin, len(data))
        start, closing, end = _after_length(part, fields, body, delimiter)
        believed = end >= 0
        if not believed:
            start, closing = _next_line(data, delimiter, max(body - 1, begin - 1))
            end = _trim(data, body, start if start >= 0 else len(data), crlf=crlf)
        if start >= 0 or body < len(data):
            child = _part(part, fields, min(body, end), end, numbering, closed=start >= 0 or believed)
            if part.missing and child.unknown_from is None and cut(part.missing, begin, body):
                child.unknown_from = len(child.data)  # what the lost piece of the header said is not known
            yield child
        if start < 0:
            if part.complete and not believed:
                budget.note("multipart without closing boundary")
            return


def _delimiter(part: Part) -> bytes:
    """Boundary line as it stands in the body: the declared one where it occurs, else the first that looks like one."""
    declared = parameter(part.content_type, "boundary").strip().encode("utf-8", "replace")[:200]
    for candidate in (b"--" + declared, declared):
        if declared and _next_line(part.data, candidate, 0)[0] >= 0:
            return candidate
    match = _DELIMITER.search(part.data, 0, _SNIFF)
    return (match[1] or match[2]) if match else b""


def _next_line(data: bytes, delimiter: bytes, at: int) -> tuple[int, bool]:
    """Start of the next boundary line from `at` on, and whether it is the closing one; (-1, False) without one."""
    while (at := data.find(delimiter, at)) >= 0:
        if at == 0 or data[at - 1] == 0x0A:
            rest = data[at + len(delimiter) : at + len(delimiter) + 4]
            if rest[:2] == b"--":
                return at, True
            if not rest or rest[:1] in b"\r\n" or not rest.strip(b" \t"):
                return at, False
        at += len(delimiter)
    return -1, False


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at, at + 256)
    return end + 1 if end >= 0 else len(data)


def _trim(data: bytes, start: int, end: int, *, crlf: bool) -> int:
    """Take off the line break that belongs to the boundary line."""
    if end > start and data[end - 1] == 0x0A:
        end -= 1
        if crlf and end > start and data[end - 1] == 0x0D:
            end -= 1
    return end


def _after_length(part: Part, fields: dict[str, str], body: int, delimiter: bytes) -> tuple[int, bool, int]:
    """Where the part's Content-Length ends it: the boundary line behind, whether it is the closing one, the end.

    The line may never come: what was sent ends with the part, or with its line end; then (-1, False, the end). Where
    anything else stands there, the length is not believed: (-1, False, -1).
    """
    declared = fields.get("content-length", "")
    if not (declared.isascii() and declared.isdigit() and len(declared) < 12):
        return -1, False, -1
    end = body + int(declared)
    for eol in (b"\r\n", b"\n", b""):
        if part.data.startswith(eol + delimiter, end):
            at = end + len(eol)
            return at, part.data.startswith(b"--", at + len(delimiter)), end
    known = part.unknown_from is None or part.unknown_from >= end
    bare = known and not cut(part.missing, body, end) and part.data[end:] in (b"\r\n", b"\n", b"")
    return -1, False, end if bare and end <= len(part.data) else -1


def _preamble(part: Part, end: int) -> Iterator[Part]:
    """What stands before the first boundary: the rest of a part whose beginning was not captured."""
    if end >= _LEAST_PREAMBLE and part.data[:end].strip(_BLANK):
        yield narrow(part, 0, _trim(part.data, 0, end, crlf=True), _PREAMBLE)


def _part(part: Part, fields: dict[str, str], start: int, end: int, numbering: Numbering, *, closed: bool) -> Part:
    field, file = name_of(fields)
    child = narrow(
        part,
        start,
        end,
        numbering(step("multipart", field or file) if field or file else Step("multipart")),
        closed=closed,
    )
    child.name = file or field
    child.field, child.content_id = field, fields.get("content-id", "").strip("<> ")
    child.content_type = fields.get("content-type", "")
    child.encoding = "" if image(child.data) else encoding_of(fields)
    return child


def is_mail(part: Part) -> bool:
    """Declared as message/rfc822, the format of mails and of forwarded ones."""
    return part.content_type[:14].lower() == "message/rfc822"


def open_mail(part: Part, budget: Budget) -> Iterator[Part]:
    """The body of the mail, with what its header says about it."""
    fields, body, _ = read_header(part.data, 0, len(part.data))
    if body and not part.data[body:].strip() and (subject := words(fields.get("subject", ""))) and budget.part():
        child = derive(part, subject.encode("utf-8", "replace"), Step("mail"))  # a mail without a text says it there
        child.content_type, child.encoding = "text/plain; charset=utf-8", ""
        yield child
    elif body and body < len(part.data) and budget.part():
        child = narrow(part, body, len(part.data), Step("mail"), closed=False)
        child.content_type, child.encoding = fields.get("content-type", ""), encoding_of(fields)
        child.name = name_of(fields)[1] or clean(words(fields.get("subject", "")))
        yield child
