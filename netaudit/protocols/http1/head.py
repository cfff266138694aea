"""The head of an HTTP/1.x message: start line and header fields, as embedded devices really send them (RFC 9112).

Tolerated: bare LF, folding, lines without a colon, no reason phrase or version, any method token in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.contracts.heads import ANEW, MOST_FIELDS, Form, form_of

if TYPE_CHECKING:
    from collections.abc import Iterable

REMEMBERED, MOST_REMEMBERED = 2048, 1024  # bytes of fields, skeletons of them
HEAD_LIMIT = 256 << 10  # bytes; a longer head is not waited for
LOOK_BACK = 2304  # bytes before "HTTP/1." in which a request line found by searching must begin
BLANK_LINE = re.compile(rb"\n\r?\n")
MARK = b"HTTP/1."

KNOWN = (
    "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "NOTIFY", "SUBSCRIBE",
    "UNSUBSCRIBE", "M-SEARCH", "PROPFIND", "PROPPATCH", "MKCOL", "MOVE", "COPY", "LOCK", "UNLOCK", "REPORT", "SEARCH",
    "MERGE", "PURGE",
)  # fmt: skip
BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "NOTIFY"})  # whose body may come without any length

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PARTIAL = re.compile(
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?:[ \t][^\x00-\x08\x0a-\x0c\x0e-\x1f\x7f]*)?"
    rb"|HTTP/(?:[01](?:\.[0-9]?)?(?:[ \t][^\x00-\x08\x0a-\x0c\x0e-\x1f\x7f]*)?)?)\Z",
    re.IGNORECASE,
)
_OBVIOUS = re.compile(rb"(?:%s) (?:/|https?://)" % b"|".join(re.escape(m.encode()) for m in KNOWN))
_FOUND = re.compile(rb"(?:%s) [^ \x00-\x1f\x7f]{1,2200} \Z" % b"|".join(re.escape(m.encode()) for m in KNOWN))
_STATUS = re.compile(r"HTTP/(\d(?:\.\d)?)[ \t]+(\d{3})(?!\d)", re.IGNORECASE)
# what some browsers take for a field of its own (and senders hide so); where it is not true, the body says so
_NOT_FOLDED = re.compile(r"[ \t]+(?:transfer|content)-encoding[ \t]*:", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,15}\Z")
_ANEW = re.compile(  # a field that every message has anew, as nearly all write it, on one line
    rb"(?<=\n)((?:%s): )([!-~](?:[ -~]{0,62}[!-~])?)(?=\r\n(?![ \t]))"
    % b"|".join(name.encode() for name in sorted(ANEW)),
    re.IGNORECASE,
)
_MASKED = b"\0"  # stands for its value in a skeleton


@dataclass(slots=True)
class Head:
    """A parsed head. `status` is 0 for a request; `headers` have lower-case names."""

    method: str = ""
    target: str = ""
    version: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    sloppy: int = 0  # lines without a colon
    raw: bytes = b""  # as it came
    form: Form | None = None  # of its fields, where it is known already

    def get(self, name: str) -> str:
        """First value of a header by lower-case name, or the empty string."""
        for key, value in self.headers:
            if key == name:
                return value
        return ""


def text_of(raw: bytes) -> str:
    """Text as sent: UTF-8 where it is, else Latin-1, which loses nothing."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def could_begin(data: bytes) -> bool:
    """Whether bytes may be the beginning of a head whose end is not here yet."""
    end = data.find(b"\n")
    if end < 0:
        return _PARTIAL.match(data[:HEAD_LIMIT]) is not None
    return start_line(data[: end + 1]) is not None


def obvious(data: bytes) -> bool:
    """Whether bytes begin with a well-known method and a path, or with an HTTP version."""
    return data[:5].upper() == b"HTTP/" or _OBVIOUS.match(data) is not None


def start_line(line: bytes) -> Head | None:
    """Parse a start line (request or status line), or None."""
    line = line.rstrip(b"\r\n \t")
    if line[:5].upper() == b"HTTP/":
        version, status = _status_line(line)
        return Head(version=version, status=status) if version else None
    if _CONTROL.search(line):
        return None
    text = text_of(line)
    method, _, rest = text.partition(" ")
    rest = rest.strip()
    if not rest or not _TOKEN.fullmatch(method.encode("latin-1", "replace")):
        return None
    target, _, version = rest.rpartition(" ")
    if version[:5].upper() == "HTTP/":
        if version[5:6] not in ("0", "1") or not target:
            return None
        return Head(method=method.upper(), target=target.strip(), version=version[5:])
    if method.upper() in KNOWN and rest[0] == "/" and " " not in rest:
        return Head(method=method.upper(), target=rest, version="0.9")
    return None


def _status_line(line: bytes) -> tuple[str, int]:
    """Version and status; empty and 0 where it is none."""
    found = None if _CONTROL.search(line) else _STATUS.match(text_of(line))
    return (found[1], int(found[2])) if found and found[1][0] in "01" else ("", 0)


def parse_head(raw: bytes) -> Head | None:
    """Parse a head including its blank line; None when its first line is no start line."""
    end = raw.find(b"\n") + 1
    head = start_line(raw[:end])
    if head is None:
        return None
    _parse_fields(head, raw[end - 1 :])
    head.raw = raw
    return head


class _Skeleton(NamedTuple):
    """Fields without the values that every message has anew."""

    headers: tuple[tuple[str, str], ...]
    places: tuple[int, ...]  # of those values, in order
    sloppy: int
    form: Form


def _parse_fields(head: Head, block: bytes) -> None:
    """Fill in the fields of a block of lines behind the line end before it: most blocks differ in few values only."""
    if len(block) <= REMEMBERED:
        parts = _ANEW.split(block)  # text, name and colon, value, text …
        values = parts[2::3]
        parts[2::3] = [_MASKED] * len(values)
        known = _skeleton(b"".join(parts), len(values))
        if known is not None:
            head.headers, head.sloppy, head.form = list(known.headers), known.sloppy, known.form
            for place, value in zip(known.places, values, strict=True):
                head.headers[place] = known.headers[place][0], value.decode()
            return
    head.headers, head.sloppy = parse_fields(block[1:])


@lru_cache(maxsize=MOST_REMEMBERED)
def _skeleton(block: bytes, masked: int) -> _Skeleton | None:
    """The fields of a block in which so many values are masked; None where it holds others that look so, or many."""
    headers, sloppy = parse_fields(block[1:])
    places = tuple(place for place, (name, value) in enumerate(headers) if value == _MASKED.decode() and name in ANEW)
    if len(places) != masked or len(headers) > MOST_FIELDS:
        return None
    return _Skeleton(tuple(headers), places, sloppy, form_of(headers))


def parse_fields(raw: bytes) -> tuple[list[tuple[str, str]], int]:
    """Header fields of a block of lines, and how many lines had no colon."""
    headers: list[tuple[str, str]] = []
    folded: list[str] = []  # continuation lines of the last header, joined once
    sloppy = 0
    for line in text_of(raw).replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in (" ", "\t") and line.strip() and headers and not _NOT_FOLDED.match(line):
            folded.append(line.strip())
            continue
        if folded:
            headers[-1] = (headers[-1][0], " ".join([headers[-1][1], *folded]))
            folded = []
        found = _field(line)
        if found is not None:
            headers.append(found)
        elif line.strip():
            sloppy += 1
    if folded:
        headers[-1] = (headers[-1][0], " ".join([headers[-1][1], *folded]))
    return headers, sloppy


def _field(line: str) -> tuple[str, str] | None:
    """Name in lower case and value; None for a line without a colon."""
    name, colon, value = line.partition(":")
    return (name.strip().lower(), value.strip()) if colon else None


def content_length(head: Head) -> tuple[int | None, str]:
    """Declared length and a note: duplicates and lists are taken when they agree, else the first counts."""
    declared = [value for key, value in head.headers if key == "content-length"]
    if not declared:
        return None, ""
    if len(declared) == 1 and declared[0].isascii() and declared[0].isdecimal() and len(declared[0]) <= 15:
        return int(declared[0]), ""
    values = [part.strip() for value in declared for part in value.split(",")]
    numbers = [int(value) for value in values if _NUMBER.match(value)]
    if not numbers:
        return None, "unusable Content-Length" if values else ""
    return numbers[0], "conflicting Content-Length" if len(set(numbers)) > 1 else ""


def is_chunked(head: Head) -> bool:
    """Whether the body comes in chunks (which wins over any length; RFC 9112, 6.3)."""
    return chunks_follow(head.headers)


def chunks_follow(fields: Iterable[tuple[str, str]]) -> bool:
    """The same by the fields of a head."""
    return any(key == "transfer-encoding" and "chunked" in value.lower() for key, value in fields)


def is_sane(raw: bytes) -> bool:
    """Whether a head that was found by searching, not by framing, is surely one."""
    head = parse_head(raw)
    if head is None or not head.headers or _CONTROL.search(raw):
        return False
    good = sum(1 for name, _ in head.headers if _TOKEN.fullmatch(name.encode("latin-1", "replace")))
    return good >= 1 and (len(head.headers) - good) + head.sloppy <= good // 2


def candidate(data: bytes, mark: int, floor: int) -> int:
    """Where the head begins whose start line has "HTTP/1." at `mark`, not before `floor`; -1 if it is no start line."""
    before = data[max(floor, mark - LOOK_BACK) : mark]
    found = _FOUND.search(before)
    if found:
        return mark - len(before) + found.start()
    status = data[mark + 8 : mark + 12]
    if data[mark + 7 : mark + 8] in (b"0", b"1") and (len(status) < 4 or (status[:1] == b" " and status[1:].isdigit())):
        return mark
    return -1
