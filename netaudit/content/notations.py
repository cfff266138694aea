"""Notations of text that begin with a mark of their own: vCard and iCalendar, CEF and LEEF, line protocol, SQL.

Each gives mappings and lists as the others do. What no line of the notation says is passed over.
"""

from __future__ import annotations

import quopri
import re
from typing import TYPE_CHECKING

from netaudit.core.text.json_text import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Value = object

MOST = 10_000  # lines, rows
DEEPEST = 16  # components in components
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"(?P<name>[A-Za-z][\w.-]{0,63})(?P<parameters>(?:;[^:\"\r\n]{0,256}(?:\"[^\"\r\n]{0,256}\")?){0,16}):(?P<value>.*)"
)
_SPOKEN = re.compile(r"\\([nN,;:\\])")
_HEAD = re.compile(r"(?:[^\r\n|]{0,128}?\s)?(?P<kind>CEF|LEEF):\s?(?P<version>\d(?:\.\d)?)\|")
_CEF = ("deviceVendor", "deviceProduct", "deviceVersion", "signatureId", "event", "severity")
_PIPE = re.compile(r"(?<!\\)\|")
_KEY = re.compile(r"(?:^|\s)([A-Za-z][\w.\[\]-]{0,63})=")
_WORD = r"(?:\\.|[^\s,=\\])"
_POINT = re.compile(  # of the line protocol: measurement, tags, fields, time
    rf"(?P<kind>{_WORD}{{1,64}})(?P<tags>(?:,{_WORD}{{1,64}}={_WORD}{{1,256}}){{0,64}})[ ]"
    rf"(?P<fields>{_WORD}{{1,64}}=(?:\"(?:\\.|[^\"\\])*+\"|[^\s,\"]+)(?:,{_WORD}{{1,64}}=(?:\"(?:\\.|[^\"\\])*+\"|[^\s,\"]+)){{0,128}})"
    r"(?:[ ](?P<time>-?\d{1,19}))?\s*"
)
_TAG = re.compile(rf",({_WORD}{{1,64}})=({_WORD}{{1,256}})")
_FIELD = re.compile(rf"({_WORD}{{1,64}})=(?:\"((?:\\.|[^\"\\])*+)\"|([^\s,\"]+)),?")
_MARKED = re.compile(r"[iu]\Z")  # behind whole numbers
_INSERT = re.compile(
    r"\b(?:INSERT(?:\s+\w{1,16}){0,2}\s+INTO|REPLACE\s+INTO)\s+(?P<table>[\w.`\"\[\]]{1,128})\s*"
    r"\((?P<names>[^()]{1,8192})\)\s*VALUES?\s*(?=\()",
    re.IGNORECASE,
)
_UPDATE = re.compile(r"\bUPDATE\s+(?P<table>[\w.`\"\[\]]{1,128})\s+SET\s+(?=[\w`\"\[])", re.IGNORECASE)
_CELL = re.compile(
    r"\s*(?:[NnEeXxBb]?'(?P<text>(?:[^'\\]|''|\\.)*+)'|\"(?P<quoted>(?:[^\"\\]|\"\"|\\.)*+)\"|(?P<bare>[^\s,()'\";]{1,512}(?:\([^()]{0,512}\))?))\s*"
)
_SET = re.compile(r"\s*([\w.`\"\[\]]{1,128})\s*=(?!=)")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")
_SLASHED = re.compile(r"\\([:=#! \\])")


def marked(text: str) -> Value | None:
    """What a text of one of these notations says; None for any other."""
    start = text[:64].lstrip("\ufeff \t\r\n")
    if start[:6].upper() == "BEGIN:":
        return _components(text)
    if "|" in text[:256] and _HEAD.match(text):
        return _events(text)
    if "=" in text and (point := _POINT.fullmatch(text.partition("\n")[0].rstrip("\r"))):
        return _points(text) if point["tags"] or point["time"] else None
    return _statements(text) if _INSERT.search(text[:4096]) or _UPDATE.match(text) else None


def _rows(text: str, read: Callable[[str], dict[str, Value]]) -> Value | None:
    rows = [row for line in text.splitlines()[:MOST] if line.strip() and (row := read(line))]
    return rows[0] if len(rows) == 1 else {"row": rows} if rows else None


def _components(text: str) -> Value | None:
    """Components of vCard and iCalendar (RFC 6350, RFC 5545): folded lines of a name, parameters and a value."""
    top: dict[str, Value] = {}
    stack: list[dict[str, Value]] = [top]
    for line in _FOLD.sub("", text.lstrip("\ufeff")).splitlines()[:MOST]:
        found = _LINE.fullmatch(line.strip())
        if found is None:
            continue
        name, value = found["name"].rpartition(".")[2], found["value"].strip()
        if name.upper() == "BEGIN" and len(stack) < DEEPEST:
            inner: dict[str, Value] = {}
            put(stack[-1], value, inner)
            stack.append(inner)
        elif name.upper() == "END":
            stack = stack[:-1] or [top]
        else:
            put(stack[-1], name, _spoken(value, found["parameters"].upper()))
        stack = stack or [top]
    return top or None


def _spoken(value: str, parameters: str) -> str:
    """A value without its escapes; of a name in parts the parts in order."""
    if "QUOTED-PRINTABLE" in parameters:
        value = quopri.decodestring(value.encode("utf-8", "replace")).decode("utf-8", "replace")
    return _SPOKEN.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip(";")


def _events(text: str) -> Value | None:
    """Events of CEF and LEEF, one a line, behind a head of syslog or none."""
    return _rows(text, _event)


def _event(line: str) -> dict[str, Value]:
    head = _HEAD.match(line)
    if head is None:
        return {}
    parts = _PIPE.split(line[head.end() :], maxsplit=len(_CEF) if head["kind"] == "CEF" else 4)
    names = _CEF if head["kind"] == "CEF" else _CEF[:4]
    out: dict[str, Value] = dict(zip(names, parts, strict=False))
    rest = parts[len(names)] if len(parts) > len(names) else ""
    if head["kind"] == "LEEF":
        mark, rest = _mark(rest) if head["version"].startswith("2") else ("\t", rest)
        pairs: Iterator[tuple[str, str]] = (
            (key.strip(), value) for one in rest.split(mark) for key, _, value in [one.partition("=")]
        )
    else:
        at = [(found[1], found.start(), found.end()) for found in _KEY.finditer(rest)]
        ends = [*(start for _, start, _ in at[1:]), len(rest)][: len(at)]
        pairs = ((key, rest[begin:end].strip()) for (key, _, begin), end in zip(at, ends, strict=True))
    for key, value in pairs:
        if key and value:
            put(out, key, re.sub(r"\\([=|\\])", r"\1", value))
    return out


def _mark(rest: str) -> tuple[str, str]:
    """What stands between the pairs of LEEF 2.0: a character, or its number."""
    mark, _, behind = rest.partition("|")
    if re.fullmatch(r"(?:0?x)[0-9A-Fa-f]{1,4}", mark):
        return chr(int(mark.rpartition("x")[2], 16)), behind
    return (mark, behind) if len(mark) == 1 else ("\t", behind if not mark else rest)


def _points(text: str) -> Value | None:
    """Points of the line protocol of InfluxDB, one a line."""
    return _rows(text, _point)


def _point(line: str) -> dict[str, Value]:
    found = _POINT.fullmatch(line)
    if found is None:
        return {}
    out: dict[str, Value] = {"measurement": _bare(found["kind"])}
    for key, value in _TAG.findall(found["tags"]):
        put(out, _bare(key), _bare(value))
    for key, quoted, plain in _FIELD.findall(found["fields"]):
        put(out, _bare(key), re.sub(r"\\([\"\\])", r"\1", quoted) if not plain else _MARKED.sub("", plain))
    if found["time"]:
        out.setdefault("time", found["time"])
    return out


def _bare(text: str) -> str:
    return re.sub(r"\\([,= \\])", r"\1", text)


def _statements(text: str) -> Value | None:
    """Rows that statements of SQL write, by the names of their columns."""
    out: dict[str, Value] = {}
    count = 0
    for found in _INSERT.finditer(text):
        names = [one.strip().strip("`\"[]'") for one in found["names"].split(",")]
        at = found.end()
        while count < MOST and text[at : at + 1] == "(":
            cells, at = _cells(text, at + 1)
            if len(cells) == len(names):
                put(out, _table(found["table"]), dict(zip(names, cells, strict=True)))
            count += 1
            behind = re.compile(r"\)\s*,\s*").match(text, at)
            at = behind.end() if behind else len(text)
    for found in _UPDATE.finditer(text):
        if row := dict(_set(text, found.end())):
            put(out, _table(found["table"]), row)
    return out or None


def _table(name: str) -> str:
    return name.rpartition(".")[2].strip('`"[]')


def _cells(text: str, at: int) -> tuple[list[str | None], int]:
    """Values of a row, and where it ends."""
    cells: list[str | None] = []
    while found := _CELL.match(text, at):
        cells.append(_cell(found))
        at = found.end()
        if text[at : at + 1] != ",":
            break
        at += 1
    return cells, at


def _cell(found: re.Match[str]) -> str | None:
    bare = found["bare"]
    if bare is not None:
        return None if bare.upper() == "NULL" else bare
    text = found["text"] if found["text"] is not None else found["quoted"]
    return re.sub(r"\\(['\"\\])", r"\1", text.replace("''", "'"))


def _set(text: str, at: int) -> Iterator[tuple[str, Value]]:
    """Columns that a statement sets."""
    for _ in range(MOST):
        name = _SET.match(text, at)
        found = _CELL.match(text, name.end()) if name else None
        if name is None or found is None:
            return
        yield _table(name[1]), _cell(found)
        at = found.end()
        if text[at : at + 1] != ",":
            return
        at += 1


def unescaped(text: str) -> str:
    r"""Lines of settings without the escapes of Java's properties: `\u5f20`, `10\:20`."""
    if "\\" not in text or not (_ESCAPED.search(text) or _SLASHED.search(text)):
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _SLASHED.sub(r"\1", text)
