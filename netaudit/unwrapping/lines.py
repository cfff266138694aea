"""Texts of lines: pairs with `=` or `:`, sections, indentation, several documents in a row, rows of a table.

They are as people write settings, and as simple devices write events. What is no such line is passed over here; texts
are searched as they are for whatever says by itself who somebody is.
"""

from __future__ import annotations

import re

from netaudit.text import json_tolerant
from netaudit.text.json_text import put
from netaudit.unwrapping.notations import marked, unescaped

Value = object

MOST = 10_000  # lines, and values of a document
DEEPEST = 64
ROW = 1024  # characters of a row of a table …
WIDE, LEAST_WIDE = 16 * ROW, 64  # … and of one of so many cells that its numbers are one thing
LONGEST = 4096  # characters of a value
_LEAST, _SHARE = 3, 0.7  # lines that are pairs, and their part of all
_ASSIGNED = re.compile(r"(?m)^[ \t]*(~?[^\W\d][^=\r\n]{0,200}?)[ \t]*=[ \t]*([^\r\n\x00]{0,4096})")
_PAIRED = re.compile(
    r"(?P<indent>[ \t]{0,64})(?P<item>-\s+)?(?P<key>~?[^\W\d][^=:\r\n\x00]{0,80}?)\s*(?:=|:(?=\s|\Z))\s*(?P<value>.*)\Z"
)
_SECTION = re.compile(r"\s{0,16}\[([^\]\r\n]{1,80})\]\s*\Z")
_BREAK = re.compile(r"\s{0,16}(?:-{3,}|={3,}|\.{3}|#.*|;.*)\s*\Z")
_TABBED = re.compile(r"(?:[^\t\r\n=]{1,64}=[^\t\r\n]*(?:\t|\Z)){2,}")  # a line of pairs between tabs
_PAIR = r"[^\s=:;|,]{1,64}\s?[=:](?:[A-Za-z0-9+/=_-]{513,}+|[^;|\r\n]{0,512})"
_JOINED = re.compile(rf"{_PAIR}(?:[;|]{_PAIR}){{2,}}\Z")  # a line of pairs, joined, without the marks about it
_FORMED = re.compile(r"[^\s=&]{1,64}=[^=&\r\n]{0,512}(?:&[^\s=&]{1,64}=[^=&\r\n]{0,512}){2,}\s*(?:\Z|\n)")
_COMMAS = re.compile(r"[^\s=:;|,]{1,64}=[^,=\r\n]{0,256}(?:,\s?[^\s=:;|,]{1,64}=[^,=\r\n]{0,256}){2,},?\s*(?:\Z|\n)")
_OPENED = re.compile(  # a value that is a document
    r"(?:\A|[;|&\t\n])\s{0,8}(?P<key>[^\W\d][\w.-]{0,40})\s?[=:]\s?(?P<mark>[{\[])"
)
_JOINS = r"[;|]"
_MARK = re.compile(r"\s?[=:]\s?")
_MARKS = " \t@#$!^<({[\x02"  # before the first name of a line
_ENDS = " \t\r;|&#$*!^\x03"  # behind its last value, and brackets that one before the first name opened
_MOST_MARKS = 16
_CLOSES = {"<": ">", "(": ")", "{": "}", "[": "]"}
_NUMERIC = re.compile(r"\s*[+-]?\d{1,9}(?:\.\d{0,20})?(?:[eE][+-]?\d{1,3})?\s*")
_CELL = r"[^\W\d][\w .()/%-]{0,40}"
_HEADING = re.compile("|".join(rf"{_CELL}(?:{mark}{_CELL}){{3,}}" for mark in (",", ";", r"\|", r"\t")))  # of columns
_STEPS = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")


def text_values(text: str) -> Value:
    """What a text says: mappings and lists where it is written in pairs or rows, else the text itself."""
    if (opened := _OPENED.search(text[: 4 * ROW])) and (inner := document_in(text[opened.start("mark") :])):
        head = text[: opened.start("key")].strip("; |&\t\r\n")
        joined = "\n" not in head and (";" in head or "|" in head)
        holder = _pairs_in(head, _JOINS) if joined else _plain_values(head)
        return (holder if isinstance(holder, dict) else {}) | {opened["key"]: inner}
    if (structured := marked(text)) is not None:
        return structured
    return _plain_values(unescaped(text))


def document_in(text: str) -> Value:
    """A document in the manner of JSON that a text is; None where it is none."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    found = json_tolerant.read(text.encode("utf-8", "surrogatepass"))
    whole = len(found.values) == 1 and found.whole and not found.unread and found.pairs
    return found.values[0] if whole else None


def _plain_values(text: str) -> Value:
    first = text[:WIDE].partition("\n")[0]
    mark = max(",;|\t", key=first.count)
    if first.count(mark) >= LEAST_WIDE and (wide := _wide(text, first.strip(), mark)) is not None:
        return wide
    first = first[:ROW]
    if _TABBED.match(first):
        return _tabbed(text)
    if _JOINED.match(_bare(text[: 4 * ROW].partition("\n")[0])):
        return _pairs_in(text, _JOINS)
    if _FORMED.match(text[: 4 * ROW]):
        return _pairs_in(text, "&")
    if _COMMAS.match(text[: 4 * ROW]):
        return _pairs_in(text, r",")
    if (heading := first.strip().lstrip("#").strip()) and _HEADING.fullmatch(heading):
        return _under_heading(text, heading)
    if first.count("\t") >= 2 and "=" not in text[:ROW].partition("\t")[0]:
        return _table(text)
    if (documents := _paired(text)) is not None:
        return documents[0] if len(documents) == 1 else {"row": documents}
    out: dict[str, Value] = {}
    for count, match in enumerate(_ASSIGNED.finditer(text)):
        if count >= MOST:
            break
        _plant(out, match[1], match[2].strip())
    return {key: _listed(value) for key, value in out.items()} if out else text[:LONGEST]


def _paired(text: str) -> list[Value] | None:
    """Documents of lines that are pairs, by sections and indentation; None where most lines are none."""
    lines = [line for line in text.splitlines()[:MOST] if line.strip()]
    candidates = [line for line in lines if not _BREAK.match(line) and not _SECTION.match(line)]
    pairs = sum(_PAIRED.match(line[:LONGEST]) is not None for line in candidates)
    plain = len(candidates) == len(lines) and not any(line[:1] in " \t" or ":" in line for line in candidates)
    if pairs < _LEAST or pairs < _SHARE * len(candidates) or plain:  # pairs with `=` alone may have steps in their keys
        return None
    documents: list[Value] = []
    top: dict[str, Value] = {}
    stack: list[tuple[int, dict[str, Value]]] = [(-1, top)]
    for line in lines:
        if _BREAK.match(line):
            if top and line.strip()[0] in "-=.":
                documents.append(top)
                top = {}
            stack = [(-1, top)]
        elif section := _SECTION.match(line):
            inner: dict[str, Value] = {}
            put(top, section[1].strip(), inner)
            stack = [(-1, inner)]
        elif found := _PAIRED.match(line[:LONGEST]):
            _nest(stack, found)
    return [*documents, top] if top else documents


def _nest(stack: list[tuple[int, dict[str, Value]]], found: re.Match[str]) -> None:
    """Put a pair where its indentation says; without a value it holds what is indented further."""
    deep = len(found["indent"]) + len(found["item"] or "")
    while len(stack) > 1 and deep <= stack[-1][0]:
        stack.pop()
    value = found["value"].strip().strip("\"'")
    if value or len(stack) >= DEEPEST:
        put(stack[-1][1], found["key"].strip(), value)
        return
    inner: dict[str, Value] = {}
    put(stack[-1][1], found["key"].strip(), inner)
    stack.append((deep, inner))


def _bare(line: str) -> str:
    """A line of pairs without the marks before its first name and behind its last value."""
    begun = line.lstrip(_MARKS)
    opened = line[: len(line) - len(begun)][:_MOST_MARKS]
    return begun.rstrip(_ENDS + "".join(_CLOSES.get(mark, "") for mark in opened))


def _pairs_in(text: str, mark: str) -> Value:
    """Lines of pairs between marks: one mapping, or `row` with one of each line."""
    rows: list[Value] = []
    for written in text.splitlines()[:MOST]:
        line = _bare(written) if mark == _JOINS else written
        cells = [_MARK.split(cell, maxsplit=1) for cell in re.split(mark, line[: 4 * ROW])]
        if row := {
            name: cell[1].strip() for cell in cells if len(cell) > 1 and (name := cell[0].lstrip(_MARKS).rstrip())
        }:
            rows.append(row)
    return rows[0] if len(rows) == 1 else {"row": rows}


def _under_heading(text: str, heading: str) -> Value:
    """Lines of cells under a line that names them: `row`, each with its keys; such a line alone is a text."""
    mark = max(",;|\t", key=heading.count)
    return _rows(text, heading.split(mark), mark)


def _wide(text: str, first: str, mark: str) -> Value | None:
    """Rows of a table of very many cells, under a heading or most of them numbers; None for any other text."""
    cells = first.split(mark)
    if _MARK.search(first):
        return None
    if all(cell.strip()[:1].isalpha() for cell in cells):
        return _rows(text, cells, mark)
    numbers = sum(_NUMERIC.fullmatch(cell) is not None for cell in cells)
    return _rows(text, [], mark) if numbers >= LEAST_WIDE else None


def _rows(text: str, heading: list[str], mark: str) -> Value:
    """Lines of cells between marks as `row`, each with its names, or numbers where a heading has none for it."""
    names = [name.strip() for name in heading]
    rows: list[Value] = []
    for line in filter(str.strip, text.splitlines()[bool(names) : MOST]):
        row: dict[str, Value] = {}
        for at, cell in enumerate(line[:WIDE].split(mark)):  # more cells than names, or fewer: what is there
            put(row, names[at] if at < len(names) else f"c{at + 1}", cell)
        rows.append(row)
    return {"row": rows} if rows else text[:LONGEST]


def _tabbed(text: str) -> Value:
    """Lines of pairs between tabs: `row`, each with its keys; what stands before a key in one word is none of it."""
    rows: list[Value] = []
    for line in text.splitlines()[:MOST]:
        cells = [cell.partition("=") for cell in line[: 4 * ROW].split("\t")]
        if row := {key.split()[-1]: value.strip() for key, mark, value in cells if mark and key.strip()}:
            rows.append(row)
    return {"row": rows}


def _table(text: str) -> Value:
    """Lines with tabs: `row`, each with `c1`, `c2` and so on."""
    lines = [line for line in text.splitlines()[:MOST] if "\t" in line]
    rows: list[Value] = [{f"c{at}": cell for at, cell in enumerate(line[:ROW].split("\t"), 1)} for line in lines]
    return {"row": rows}


def _plant(node: dict[str, Value], key: str, value: str) -> None:
    """Put a value at the place its key names."""
    steps = [name or f"[{number}]" for name, number in _STEPS.findall(key)[:DEEPEST]]
    for step in steps[:-1]:
        inner = node.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        node = inner
    if steps:
        node.setdefault(steps[-1], value)


def _listed(value: Value) -> Value:
    """Mappings from [0], [1] … as lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(one) for key, one in value.items()}
    return list(inner.values()) if inner and all(key[0] == "[" for key in inner) else inner
