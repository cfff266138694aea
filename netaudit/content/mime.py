"""Header fields of parts and their parameters (RFC 2046, RFC 2183, RFC 5987), as sloppily as devices write them."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from functools import lru_cache

from netaudit.content.text import to_text
from netaudit.core.text.charset import unquote

_FIELD = re.compile(rb"([!#-'*+\-.0-9A-Z^-z|~]{1,80})[ \t]*:[ \t]*([^\r\n]*)")
_PARAMETER = re.compile(r";\s*([\w*-]{1,40})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)(?:\"|$)|([^;]*))")
_PIECE = re.compile(r"\*(\d{1,3})(\*?)")
_MOST_FIELDS = 64
_HEAD, _VALUE = 1024, 256  # bytes of a header, and characters of a value, that are remembered
_LONGEST_LINE = 8192


def read_header(data: bytes, at: int, stop: int) -> tuple[dict[str, str], int, bool]:
    """Header fields from `at` on: (first values by lower-case name, where the body begins, whether lines end in CR LF).

    A line that is no header field ends a header that lacks its blank line.
    """
    blank = data.find(b"\r\n\r\n", at, min(stop, at + _HEAD))
    if blank >= 0:
        fields, end, crlf = _remembered(data[at : blank + 4])
        if end == blank + 4 - at:
            return dict(fields), blank + 4, crlf
    return _header(data, at, stop)


def _header(data: bytes, at: int, stop: int) -> tuple[dict[str, str], int, bool]:
    fields: dict[str, str] = {}
    crlf = True
    last = ""
    for _ in range(_MOST_FIELDS):
        end = data.find(b"\n", at, min(stop, at + _LONGEST_LINE))
        line_end = end if end >= 0 else stop
        stripped = line_end - (1 if line_end > at and data[line_end - 1] == 0x0D else 0)
        if stripped == at and end >= 0:
            return fields, end + 1, crlf and line_end > at
        match = _FIELD.fullmatch(data, at, min(stripped, at + _LONGEST_LINE)) if end >= 0 else None
        if match is not None:
            last = match[1].decode("latin-1").lower()
            fields.setdefault(last, to_text(match[2]).strip())
        elif end >= 0 and last and data[at] in b" \t":
            fields[last] += " " + to_text(data[at:stripped]).strip()
        else:
            return fields, at, crlf
        crlf = crlf and stripped < line_end
        at = end + 1
    return fields, at, crlf


@lru_cache(maxsize=256)
def _remembered(head: bytes) -> tuple[dict[str, str], int, bool]:
    """Parts of a form have heads that were seen before, and each is looked at more than once."""
    return _header(head, 0, len(head))


def parameter(value: str, name: str) -> str:
    """A parameter of a header value, e.g. boundary or filename; the extended form (name*=UTF-8''…) wins.

    A value cut into pieces (name*0, name*1*, …; RFC 2231 section 3) is put together.
    """
    return (_known if len(value) <= _VALUE else _parameter)(value, name)


def _parameter(value: str, name: str) -> str:
    found = ""
    pieces: dict[int, str] = {}
    for match in _PARAMETER.finditer(value if value.startswith(";") else ";" + value.partition(";")[2]):
        key = match[1].lower()
        text = match[3].strip() if match[2] is None else match[2].replace('\\"', '"')
        if key == name + "*":
            charset, _, encoded = text.partition("'")
            encoded = encoded.partition("'")[2] or charset
            return to_text(unquote(encoded.encode("utf-8", "replace")), f"charset={charset}")
        if key == name and not found:
            found = text
        place = _PIECE.fullmatch(key[len(name) :]) if key.startswith(name) else None
        if place is not None:
            pieces[int(place[1])] = text if place[2] else text.replace("%", "%25")
    return _joined(pieces) if 0 in pieces and not found else found


_known = lru_cache(maxsize=512)(_parameter)


def _joined(pieces: dict[int, str]) -> str:
    """A value from its pieces: percent escapes, behind charset and language in the first one."""
    text = "".join(pieces[number] for number in sorted(pieces))
    charset, mark, rest = text.partition("'")
    if mark and (encoded := rest.partition("'"))[1]:
        return to_text(unquote(encoded[2].encode("utf-8", "replace")), f"charset={charset}")
    return to_text(unquote(text.encode("utf-8", "replace")))


def words(text: str) -> str:
    """A header value with its encoded words decoded (RFC 2047), as senders use them in file names too."""
    if "=?" not in text:
        return text
    out = []
    try:
        for raw, charset in decode_header(text[:_LONGEST_LINE]):
            data = raw.encode("latin-1", "replace") if isinstance(raw, str) else raw
            out.append(to_text(data, f"charset={charset}") if charset else to_text(data))
    except (HeaderParseError, ValueError):
        return text
    return "".join(out) or text


def encoding_of(fields: dict[str, str]) -> str:
    """Codings still on the body, in the order in which they were put on."""
    content = fields.get("content-encoding", "")
    transfer = fields.get("content-transfer-encoding", "").lower().strip()
    if transfer in {"", "7bit", "8bit", "binary"}:
        return content
    return f"{content}, {transfer}" if content else transfer


def name_of(fields: dict[str, str]) -> tuple[str, str]:
    """Field name and file name of a part."""
    disposition = fields.get("content-disposition", "")
    field = parameter(disposition, "name") or fields.get("content-id", "").strip("<> ")
    return words(field), words(parameter(disposition, "filename") or parameter(fields.get("content-type", ""), "name"))
