"""Documents as values: mappings, lists and texts, whatever notation they were written in. The one reader of them.

Every notation keeps the places that unwrapping uses, so that an image is found at the field it was in. What strict
readers refuse is read all the same; how much of a document was not understood is told (`Leaf.part.document.unread`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netaudit.content.bson_values import bson_values
from netaudit.content.codecs.bson import is_bson
from netaudit.content.codecs.form import pairs
from netaudit.content.document import json_of, utf8, xml_of
from netaudit.content.html_values import html_values, script_values
from netaudit.content.lines import document_in, text_values
from netaudit.content.naming import by_turns, named, siblings
from netaudit.content.text import to_text
from netaudit.core.contracts.document_values import Keyed, Pairs, Placed, Repeated
from netaudit.core.text.charset import unquote
from netaudit.core.text.json_document import LONGEST, JsonDocument

if TYPE_CHECKING:
    from netaudit.content.part import Leaf, Part

MOST = 10_000  # values of a document
MOST_ELEMENTS = 50_000  # and attributes, of a document of XML
DEEPEST = 256  # elements
LARGEST, LARGEST_TEXT = 8 << 20, 1 << 20  # bytes; of a text without notation
_LONGEST_KEY = 512  # bytes of one of a form
_BRACKETED = re.compile(r"[^\[\].]{1,64}(?:\[[^\[\]]{1,64}\]){1,8}")
_BRACKET, _STEP = re.compile(r"\[([^\[\]]{1,64})\]"), re.compile(r"[^\[]+")

Value = object  # dict[str, Value], list[Value], Repeated, str, int, float, bool or None


def values(leaf: Leaf) -> list[Value]:
    """What the document says: one value, or several where it holds several texts in a row.

    Names that stand beside their values are keys (`naming.py`).
    """
    part = leaf.part
    if part.named is None:
        written = notation(leaf)
        part.named = [named(value, written) for value in _values(leaf, part)]
    return part.named


def _values(leaf: Leaf, part: Part) -> list[Value]:
    if len(part.data) > LARGEST:
        return []
    if leaf.kind == "json":
        return json_of(part, leaf.known).values
    if leaf.kind == "xml":
        return _xml(part)
    if leaf.kind == "form":
        return [_form(part.data)]
    if leaf.kind == "html":
        return [found] if (found := html_values(to_text(part.data, part.content_type))) else []
    if is_bson(part):
        return list(bson_values(part.data))
    if leaf.kind == "text" and len(part.data) <= LARGEST_TEXT:
        text = to_text(part.data, part.content_type)
        said = script_values(text) if "javascript" in part.content_type else text_values(text)
        return [by_turns(text) or said if isinstance(said, str) else said]
    return []


def notation(leaf: Leaf) -> str:
    """In which notation a leaf is written that has values; the empty string for one of another kind."""
    if leaf.kind in {"json", "xml", "form", "html"}:
        return leaf.kind
    if is_bson(leaf.part):
        return "bson"
    return "form" if leaf.kind == "text" else ""


def bare_text(leaf: Leaf) -> bytes:
    """The words of a document: its bytes, those of JSON with long strings taken out."""
    return json_of(leaf.part, leaf.known).bare if leaf.kind == "json" else utf8(leaf.part)


def left_out(leaf: Leaf, mark: str) -> bytes:
    """The long text for which a NUL and a number stand among the values of a document; empty where it is not kept."""
    document = (leaf.part.as_utf8 or leaf.part).document
    known = isinstance(document, JsonDocument) and mark[1:].isascii() and mark[1:].isdigit()
    return document.left_out(int(mark[1:])) if known else b""  # type: ignore[union-attr]


def rest(leaf: Leaf) -> bytes:
    """The bytes of a document that were not understood."""
    document = leaf.part.document
    return document.rest if document is not None and document.unread else b""


class _Element:
    """An element that is not closed yet."""

    __slots__ = ("inner", "name", "order", "pieces")

    def __init__(self, name: str, inner: dict[str, Value]) -> None:
        self.name, self.inner = name, inner
        self.pieces: list[str] = []
        self.order: list[tuple[str, Value]] = []  # elements in it


def _xml(part: Part) -> list[Value]:
    root = _Element("", {})
    stack = [root]
    count = skipped = 0
    for event in xml_of(part).events:
        if skipped:  # within what is too deep
            skipped += 0 if isinstance(event, str) else 1 if event is not None else -1
        elif isinstance(event, str):
            stack[-1].pieces.append(event)
        elif event is None:
            _close(stack)
        else:
            name, attributes = event
            count += 1 + len(attributes)
            if count > MOST_ELEMENTS:
                break
            if len(stack) > DEEPEST:
                skipped = 1
                continue
            stack.append(
                _Element(name, {f"@{key}": value for key, value in attributes.items() if len(value) <= LONGEST})
            )
    while len(stack) > 1:
        _close(stack)
    return [root.inner]


def _close(stack: list[_Element]) -> None:
    """Give the innermost element to the one around it."""
    one = stack.pop()
    content = "".join(one.pieces).strip()
    content = content if len(content) <= LONGEST else "\0"
    value = document_in(content) or content
    by_turns = siblings(one.order) if len(one.order) > 1 else None
    if by_turns is not None:
        value = _beside_attributes(one.inner, by_turns) if isinstance(by_turns, Pairs) else by_turns
    elif one.inner and content:
        one.inner["#text"] = value
    value = value if by_turns is not None else one.inner or value
    _beside(stack[-1].inner, one.name, value)
    stack[-1].order.append((one.name, value))


def _beside_attributes(inner: dict[str, Value], by_turns: Pairs) -> Pairs:
    """Names and values by turns, with the attributes of their element."""
    attributes = [(key, value, f"/{key}") for key, value in inner.items() if key[:1] == "@"]
    return Pairs([*attributes, *((key, value, by_turns.at[key]) for key, value in by_turns.items())])


def _beside(holder: dict[str, Value], name: str, value: Value) -> None:
    known = holder.get(name)
    if isinstance(known, Repeated):
        known.append(value)
    else:
        holder[name] = Repeated((known, value)) if name in holder else value


def _form(data: bytes) -> dict[str, Value]:
    """Pairs by their keys, and what has none; steps in brackets (`visitor[name]`) lead into mappings and lists."""
    out: dict[str, Value] = {}
    for start, value, end in pairs(data):
        end_of_key = value - (data[value - 1 : value] == b"=")
        key = to_text(unquote(data[start : min(end_of_key, start + _LONGEST_KEY)].replace(b"+", b" ")))
        short = end - value <= LONGEST
        _beside(out, key, to_text(unquote(data[value:end].replace(b"+", b" "))) if short else "\0")
        if len(out) >= MOST:
            break
    return _stepped(out) if any(key[-1:] == "]" for key in out) else out


def _stepped(flat: dict[str, Value]) -> dict[str, Value]:
    """A form whose keys have steps in brackets as what these lead to, with the places of its fields."""
    root: dict[str, Any] = {}
    for key, value in flat.items():
        steps = [_STEP.match(key)[0], *_BRACKET.findall(key)] if _BRACKETED.fullmatch(key) else [key]  # type: ignore[index]
        node = root
        for one in steps[:-1]:
            node = node.setdefault(one, {})
            if not isinstance(node, dict):
                break
        if isinstance(node, dict) and steps[-1] not in node:
            node[steps[-1]] = (value, key)
        else:  # a field and what is below it: told by its own name
            root.setdefault(key, (value, key))
    return Keyed((key, *_settled(value)) for key, value in root.items())


def _settled(node: Any) -> tuple[Value, str]:
    """A mapping of steps, or a list where they are numbers; a field with its place."""
    if isinstance(node, tuple):
        return node
    if all(key.isdecimal() for key in node):
        return Placed(_settled(node[key]) for key in sorted(node, key=int)), ""
    return Keyed((key, *_settled(value)) for key, value in node.items()), ""
