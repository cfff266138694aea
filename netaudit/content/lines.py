"""Texts of lines: pairs with `=` or `:`, sections, indentation, several documents in a row, rows of a table.

They are as people write settings, and as simple devices write events. What is no such line is passed over here; texts
are searched as they are for whatever says by itself who somebody is.
"""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from netaudit.core.text import json_tolerant
from netaudit.core.text.json_text import put

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = object

MOST = 10_000  # lines, and values of a document
DEEPEST = 64
ROW = 1024  # characters of a row of a table …
WIDE, LEAST_WIDE = 16 * ROW, 64  # … and of one of so many cells that its numbers are one thing
LONGEST = 4096  # characters of a value
_LABELLED_SHARE = 0.6
_LEAST, _SHARE = 3, 0.7  # lines that are pairs, and their part of all
_ASSIGNED = re.compile(r"(?m)^[ \t]*(~?[^\W\d][^=\r\n]{0,200}?)[ \t]*=[ \t]*([^\r\n\x00]{0,4096})")
_PAIRED = re.compile(
    r"(?P<indent>[ \t]{0,64})(?P<item>-\s+)?(?P<key>~?[^\W\d][^=:\r\n\x00]{0,80}?)\s*(?:=|:(?=\s|\Z))\s*(?P<value>.*)\Z"
)
_BLOCK = re.compile(  # of YAML: lines that are indented further are the value
    r"(?P<key>\s{0,64}(?:-\s+)?[^\W\d][^=:\r\n]{0,80}):\s+(?P<binary>!!binary\s+)?(?:!!?\w{0,16}\s+)?[|>][+-]?\d?\s*"
)
_NOTHING = frozenset({"~", "null", "Null", "NULL"})
_LABELLED = re.compile(  # a line of a card or a mail: marks of a list or a quotation, a label, a colon, a value
    r"\s{0,8}(?:(?:[>•·▪●○\-*+]|\d{1,2}[.)、])\s{0,4}){0,4}(?P<label>[^\W\d_][^\n:：=|]{0,30}?)\s{0,4}[:：]\s{0,4}(?P<value>\S.{0,512}?)\s{0,8}"
)
_DECORATED = re.compile(r"</?(?:font|b|i|u|em|strong|span|at|text|br)\b[^<>\n]{0,200}/?>|`", re.IGNORECASE)
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])([^*\n]{1,80}?)(?<=[^\s*])\*\*(?!\*)")  # and no asterisks that mask
_LINKED = re.compile(r"(?P<shown>!)?\[(?P<label>[^\]\[\n]{0,64})\]\((?P<target>[^()\s]{1,1024})\)")
_LEAST_LABELLED = 3
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)  # how spreadsheets are kept from counting with a number
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
LEAST_CELLS = 5  # of a row without a heading
_TOLD = re.compile(
    r"20\d\d[-/.]\d{1,2}[-/.]\d{1,2}[ T_]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?|20\d{12}|\d{17}[\dXx]", re.ASCII
)
_STEPS = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")


def text_values(text: str) -> Value:
    """What a text says: mappings and lists where it is written in pairs or rows, else the text itself."""
    if (opened := _OPENED.search(text[: 4 * ROW])) and (inner := document_in(text[opened.start("mark") :])):
        head = text[: opened.start("key")].strip("; |&\t\r\n")
        joined = "\n" not in head and (";" in head or "|" in head)
        holder = _pairs_in(head, _JOINS) if joined else _plain_values(head)
        return (holder if isinstance(holder, dict) else {}) | {opened["key"]: inner}
    return _plain_values(text)


def document_in(text: str) -> Value:
    """A document in the manner of JSON that a text is; None where it is none."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    found = json_tolerant.read(text.encode("utf-8", "surrogatepass"))
    whole = len(found.values) == 1 and found.whole and not found.unread and found.pairs
    return found.values[0] if whole else None


def labelled(text: str) -> dict[str, Value] | None:
    """Labels with their values in a text that people read, one a line, without the marks of Markdown; None in others.

    Pictures and links are labels with their addresses.
    """
    if text.count("\n") < _LEAST_LABELLED - 1 or not (":" in text or "：" in text):
        return None
    lines = [line for line in text[: 4 * WIDE].splitlines() if line.strip()]
    bare = [_BOLD.sub(r"\1", _DECORATED.sub("", _LINKED.sub(_address, line))) for line in lines]
    found = [match for line in bare if (match := _LABELLED.fullmatch(line))]
    if len(found) < _LEAST_LABELLED or len(found) < _LABELLED_SHARE * len(lines):
        return None
    out: dict[str, Value] = {}
    for one in found[:MOST]:
        put(out, one["label"].strip(), one["value"])
    return out


def _address(link: re.Match[str]) -> str:
    return f"{link['label'] or 'image'}: {link['target']}" if link["shown"] else f"{link['label']} {link['target']}"


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
    if first.count(mark) >= LEAST_CELLS - 1 and _is_row(first.split(mark)):
        return _rows(text, [], mark)
    if (documents := _paired(text)) is not None:
        return documents[0] if len(documents) == 1 else {"row": documents}
    if (said := labelled(text)) is not None:
        return said
    out: dict[str, Value] = {}
    for count, match in enumerate(_ASSIGNED.finditer(text)):
        if count >= MOST:
            break
        _plant(out, match[1], match[2].strip())
    return {key: _listed(value) for key, value in out.items()} if out else text[:LONGEST]


def _paired(text: str) -> list[Value] | None:
    """Documents of lines that are pairs, by sections and indentation; None where most lines are none."""
    lines = [line for line in text.splitlines()[:MOST] if line.strip()]
    if any(line.rstrip()[-2:].strip("+-")[-1:] in {"|", ">"} for line in lines):
        lines = _with_blocks(lines)
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
        elif found := _PAIRED.match(line):
            _nest(stack, found)
    return [*documents, top] if top else documents


def _with_blocks(lines: list[str]) -> list[str]:
    """Lines with those of a block of YAML behind the key whose value they are."""
    out: list[str] = []
    deep = -1  # of the key whose block is under way
    between = " "
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if deep >= 0 and indent > deep:
            out[-1] += between + line.strip()
            continue
        found = _BLOCK.fullmatch(line)
        deep, between = (indent, "" if found["binary"] else " ") if found else (-1, " ")
        out.append(found["key"] + ": " if found else line)
    return out


def _nest(stack: list[tuple[int, dict[str, Value]]], found: re.Match[str]) -> None:
    """Put a pair where its indentation says; without a value it holds what is indented further."""
    deep = len(found["indent"]) + len(found["item"] or "")
    while len(stack) > 1 and deep <= stack[-1][0]:
        stack.pop()
    value = found["value"].strip().strip("\"'")
    if value or len(stack) >= DEEPEST:
        put(stack[-1][1], found["key"].strip(), None if value in _NOTHING else value)
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


def _is_row(cells: list[str]) -> bool:
    """Whether cells without a heading are those of a record: one is a time or a number of identity, none is a pair."""
    told = [cell for cell in map(str.strip, cells) if _TOLD.fullmatch(cell)]
    return bool(told) and not any("=" in cell or ": " in cell for cell in cells)


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
    for cells in islice(_cells_of(text, mark), bool(names), MOST):
        row: dict[str, Value] = {}
        for at, cell in enumerate(cells):  # more cells than names, or fewer: what is there
            put(row, names[at] if at < len(names) else f"c{at + 1}", cell)
        rows.append(row)
    return {"row": rows} if rows else text[:LONGEST]


def _cells_of(text: str, mark: str) -> Iterator[list[str]]:
    """Cells of each line that is not blank; in quotation marks they may hold the mark and ends of lines (RFC 4180)."""
    lines = filter(str.strip, text.splitlines(keepends=True))
    rows = csv.reader(lines, delimiter=mark) if f'{mark}"' in text else (line[:WIDE].split(mark) for line in lines)
    with suppress(csv.Error):
        for cells in rows:
            yield [_FORMULA.sub(r"\1", cell.strip()).lstrip("'") for cell in cells]


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
