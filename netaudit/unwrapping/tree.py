"""Documents as values: mappings, lists and texts, whatever notation they were written in. The one reader of them.

Every notation keeps the places that unwrapping uses, so that an image is found at the field it was in. What strict
readers refuse is read all the same; how much of a document was not understood is told (`Leaf.part.document.unread`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.text import json_tolerant
from netaudit.text.json_document import LONGEST, JsonDocument
from netaudit.unwrapping.bson_values import bson_values
from netaudit.unwrapping.codecs.bson import is_bson
from netaudit.unwrapping.codecs.form import pairs
from netaudit.unwrapping.document import json_of, packed_of, utf8, xml_of
from netaudit.unwrapping.packed import PackedDocument
from netaudit.unwrapping.text import to_text, unquote

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Leaf, Part

MOST = 10_000  # values of a document
DEEPEST = 64
LARGEST = 8 << 20  # bytes
_LONGEST_KEY = 512  # bytes of one of a form
_ROW = 1024  # characters of a row of a table
_LINES = re.compile(r"(?m)^[ \t]*([A-Za-z_][^=\r\n]{0,200}?)[ \t]*=[ \t]*([^\r\n\x00]{0,4096})")
_TABBED = re.compile(r"(?:[^\t\r\n=]{1,64}=[^\t\r\n]*(?:\t|\Z)){2,}")  # a line of pairs between tabs
_PAIR = r"[^\s=:;|]{1,64}\s?[=:][^;|\r\n]{0,512}"
_JOINED = re.compile(rf"{_PAIR}(?:[;|]{_PAIR}){{2,}}[;|]?\s*(?:\Z|\n)")  # a line of pairs, joined
_OPENED = re.compile(
    r"(?:\A|[;|&\t\n])\s{0,8}(?P<key>[A-Za-z_][\w.-]{0,40})\s?[=:]\s?(?P<mark>[{\[])"
)  # a value that is a document
_COLON = re.compile(r"[ \t]*([^\W\d_][\w .-]{0,60}?)[ \t]*:[ \t]+([^\r\n\x00]{1,4096}?)[ \t]*\r?")
LEAST_LINES = 3  # of keys and values with colons between, and nothing else, that are a document
_MARK = re.compile(r"\s?[=:]\s?")
_CELL = r"[A-Za-z_\u0400-\u04ff\u3400-\u9fff][\w .-]{0,40}"
_HEADING = re.compile("|".join(rf"{_CELL}(?:{mark}{_CELL}){{3,}}" for mark in (",", ";", r"\|", r"\t")))  # of columns
_STEPS = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")

Value = object  # dict[str, Value], list[Value], Repeated, str, int, float, bool or None


class Repeated(list[object]):
    """Elements of one name beside each other in XML, fields in a form: their places are name, name[2] and so on."""


def values(leaf: Leaf) -> list[Value]:
    """What the document says: one value, or several where it holds several texts in a row."""
    part = leaf.part
    if len(part.data) > LARGEST:
        return []
    if leaf.kind == "json":
        return json_of(part, leaf.known).values
    if leaf.kind == "xml":
        return _xml(part)
    if leaf.kind == "form":
        return [_form(part.data)]
    if is_bson(part):
        return list(bson_values(part.data))
    if document := packed_of(part):
        return document.values
    if leaf.kind == "text" and len(part.data) <= 16 * LONGEST:
        return [_text(part)]
    return []


def notation(leaf: Leaf) -> str:
    """In which notation a leaf is written that has values; the empty string for one of another kind."""
    if leaf.kind in {"json", "xml", "form"}:
        return leaf.kind
    if is_bson(leaf.part):
        return "bson"
    if (leaf.kind != "text" or not leaf.part.data[:2].isascii()) and (document := packed_of(leaf.part)):
        return document.notation
    return "form" if leaf.kind == "text" else ""


def bare_text(leaf: Leaf) -> bytes:
    """The words of a document: its bytes, those of JSON with long strings taken out."""
    return json_of(leaf.part, leaf.known).bare if leaf.kind == "json" else utf8(leaf.part)


def left_out(leaf: Leaf, mark: str) -> bytes:
    """The long text for which a NUL and a number stand among the values of a document; empty where it is not kept."""
    document = (leaf.part.as_utf8 or leaf.part).document
    known = isinstance(document, JsonDocument | PackedDocument) and mark[1:].isascii() and mark[1:].isdigit()
    return document.left_out(int(mark[1:])) if known else b""  # type: ignore[union-attr]


def rest(leaf: Leaf) -> bytes:
    """The bytes of a document that were not understood."""
    document = leaf.part.document
    return document.rest if document is not None and document.unread else b""


def _xml(part: Part) -> list[Value]:
    root: dict[str, Value] = {}
    stack: list[tuple[str, dict[str, Value], list[str]]] = [("", root, [])]
    count = 0
    for event in xml_of(part).events:
        if isinstance(event, str):
            stack[-1][2].append(event)
        elif event is None:
            _close(stack)
        else:
            name, attributes = event
            count += 1 + len(attributes)
            if len(stack) > DEEPEST or count > MOST:
                break
            inner: dict[str, Value] = {f"@{key}": value for key, value in attributes.items() if len(value) <= LONGEST}
            stack.append((name, inner, []))
    while len(stack) > 1:
        _close(stack)
    return [root]


def _close(stack: list[tuple[str, dict[str, Value], list[str]]]) -> None:
    """Give the innermost element to the one around it."""
    name, inner, pieces = stack.pop()
    content = "".join(pieces).strip()
    content = content if len(content) <= LONGEST else "\0"
    if inner and content:
        inner["#text"] = content
    _beside(stack[-1][1], name, inner or content)


def _beside(holder: dict[str, Value], name: str, value: Value) -> None:
    known = holder.get(name)
    if isinstance(known, Repeated):
        known.append(value)
    else:
        holder[name] = Repeated((known, value)) if name in holder else value


def _form(data: bytes) -> dict[str, Value]:
    """Pairs by their keys, and what has none."""
    out: dict[str, Value] = {}
    for start, value, end in pairs(data):
        end_of_key = value - (data[value - 1 : value] == b"=")
        key = to_text(unquote(data[start : min(end_of_key, start + _LONGEST_KEY)].replace(b"+", b" ")))
        short = end - value <= LONGEST
        _beside(out, key, to_text(unquote(data[value:end].replace(b"+", b" "))) if short else "\0")
        if len(out) >= MOST:
            break
    return out


def _text(part: Part) -> Value:
    """Lines of key=value, keys like `Events[0].Person.Name` taken apart; rows of a table; else the text itself."""
    text = to_text(part.data, part.content_type)
    if (opened := _OPENED.search(text[: 4 * _ROW])) and (inner := _document_in(text[opened.start("mark") :])):
        holder = _text_of(text[: opened.start("key")].rstrip("; |&\t"))
        return (holder if isinstance(holder, dict) else {}) | {opened["key"]: inner}
    return _text_of(text)


def _document_in(text: str) -> Value:
    """A document that a text begins with and ends with; nothing where it is none."""
    found = json_tolerant.read(text.encode("utf-8", "surrogatepass"))
    whole = len(found.values) == 1 and found.whole and not found.unread and found.pairs
    return found.values[0] if whole else None


def _text_of(text: str) -> Value:
    first = text[:_ROW].partition("\n")[0]
    if _TABBED.match(first):
        return _tabbed(text)
    if _JOINED.match(text[: 4 * _ROW]):
        return _pairs_in(text)
    if (heading := first.strip().lstrip("#").strip()) and _HEADING.fullmatch(heading):
        return _under_heading(text, heading)
    if first.count("\t") >= 2 and "=" not in text[:_ROW].partition("\t")[0]:
        return _table(text)
    out: dict[str, Value] = {}
    for count, match in enumerate(_LINES.finditer(text)):
        if count >= MOST:
            break
        _plant(out, match[1], match[2].strip())
    if out := out or _colons(text):
        return {key: _listed(value) for key, value in out.items()}
    return text[:LONGEST]


def _colons(text: str) -> dict[str, Value]:
    """Lines of `key: value`, as YAML has them at its plainest; nothing where another line stands among them."""
    lines = [line for line in text.split("\n", MOST) if line.strip() and line.strip() != "---"]
    found = [_COLON.fullmatch(line) for line in lines]
    if len(lines) < LEAST_LINES or not all(found):
        return {}
    return {one[1]: one[2].strip("\"'") for one in found if one}


def _pairs_in(text: str) -> Value:
    """Lines of pairs between semicolons or bars: one mapping, or `row` with one of each line."""
    rows: list[Value] = []
    for line in text.splitlines()[:MOST]:
        cells = [_MARK.split(cell, maxsplit=1) for cell in re.split(r"[;|]", line[: 4 * _ROW])]
        if row := {cell[0].strip(): cell[1].strip() for cell in cells if len(cell) > 1 and cell[0].strip()}:
            rows.append(row)
    return rows[0] if len(rows) == 1 else {"row": rows}


def _under_heading(text: str, heading: str) -> Value:
    """Lines of cells under a line that names them: `row`, each with its keys."""
    mark = max(",;|\t", key=heading.count)
    names = [name.strip() for name in heading.split(mark)]
    lines = [line.split(mark) for line in text.splitlines()[1:MOST]]
    rows: list[Value] = [dict(zip(names, cells, strict=True)) for cells in lines if len(cells) == len(names)]
    return {"row": rows}


def _tabbed(text: str) -> Value:
    """Lines of pairs between tabs: `row`, each with its keys; what stands before a key in one word is none of it."""
    rows: list[Value] = []
    for line in text.splitlines()[:MOST]:
        cells = [cell.partition("=") for cell in line[: 4 * _ROW].split("\t")]
        if row := {key.split()[-1]: value.strip() for key, mark, value in cells if mark and key.strip()}:
            rows.append(row)
    return {"row": rows}


def _table(text: str) -> Value:
    """Lines with tabs: `row`, each with `c1`, `c2` and so on."""
    lines = [line for line in text.splitlines()[:MOST] if "\t" in line]
    rows: list[Value] = [{f"c{at}": cell for at, cell in enumerate(line[:_ROW].split("\t"), 1)} for line in lines]
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
