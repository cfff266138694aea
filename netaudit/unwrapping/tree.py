"""Documents as values: mappings, lists and texts, whatever notation they were written in. The one reader of them.

Every notation keeps the places that unwrapping uses, so that an image is found at the field it was in. What strict
readers refuse is read all the same; how much of a document was not understood is told (`Leaf.part.document.unread`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.text.json_document import LONGEST, JsonDocument
from netaudit.unwrapping.bson_values import bson_values
from netaudit.unwrapping.codecs.bson import is_bson
from netaudit.unwrapping.codecs.form import pairs
from netaudit.unwrapping.document import json_of, packed_of, utf8, xml_of
from netaudit.unwrapping.lines import document_in, text_values
from netaudit.unwrapping.packed import PackedDocument
from netaudit.unwrapping.text import to_text, unquote

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Leaf, Part

MOST = 10_000  # values of a document
DEEPEST = 64
LARGEST, LARGEST_TEXT = 8 << 20, 1 << 20  # bytes; of a text without notation
_LONGEST_KEY = 512  # bytes of one of a form

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
    if leaf.kind == "text" and len(part.data) <= LARGEST_TEXT:
        return [text_values(to_text(part.data, part.content_type))]
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
    value = document_in(content) or content
    if inner and content:
        inner["#text"] = value
    _beside(stack[-1][1], name, inner or value)


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
