"""Documents as values: mappings, lists and texts, whatever notation they were written in.

Every notation keeps the places that unwrapping uses, so that an image is found at the field it was in. What is cut off
is closed where it ends; what cannot be read at all gives nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

from netaudit.text.json_document import LONGEST
from netaudit.unwrapping.bson_values import bson_values
from netaudit.unwrapping.codecs.bson import is_bson
from netaudit.unwrapping.codecs.form import pairs
from netaudit.unwrapping.document import json_of, xml_of
from netaudit.unwrapping.fields import bare_text
from netaudit.unwrapping.text import to_text, unquote

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Leaf, Part

MOST = 10_000  # values of a document
DEEPEST = 64
LARGEST = 8 << 20  # bytes
_MENDED = 256 << 10  # bytes of a cut JSON text that are looked through for where it can be closed
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],]|[^\s{}\[\],"]+', re.DOTALL)
_ROW = 1024  # characters of a row of a table
_LINES = re.compile(r"(?m)^[ \t]*([A-Za-z_][^=\r\n]{0,200}?)[ \t]*=[ \t]*([^\r\n\x00]{0,4096})")
_STEPS = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")

Value = object  # dict[str, Value], list[Value], Repeated, str, int, float, bool or None


class Repeated(list[object]):
    """Elements of the same name beside each other in XML; their places are name, name[2] and so on."""


def values(leaf: Leaf) -> list[Value]:
    """What the document says: one value, or several where it holds several texts in a row."""
    part = leaf.part
    if len(part.data) > LARGEST:
        return []
    if leaf.kind == "json":
        return json_of(leaf.part, leaf.known).values or _mended(leaf)
    if leaf.kind == "xml":
        return _xml(part)
    if leaf.kind == "form":
        return [_form(part.data)]
    if is_bson(part):
        return list(bson_values(part.data))
    if leaf.kind == "text" and len(part.data) <= 16 * LONGEST:
        return [_text(part)]
    return []


def _mended(leaf: Leaf) -> list[Value]:
    """A JSON text that was cut, closed behind its last whole value; commas in front of a closing bracket are let go."""
    text = to_text(bare_text(leaf)[:_MENDED], leaf.part.content_type)
    opened: list[str] = []
    tokens: list[str] = []
    keep, closing, at = 0, "", 0
    for token in _TOKENS.finditer(text):
        if token.start() > at and text[at : token.start()].strip():
            break  # an unfinished string
        at = token.end()
        char = token[0]
        if char in "}]":
            if not opened or opened.pop() != char:
                break
            if tokens[-1] == ",":
                tokens.pop()
        tokens.append(char)
        if char in "{[":
            opened.append("}" if char == "{" else "]")
            if len(opened) > DEEPEST:
                break
        if char in "{}[],":
            keep, closing = len(tokens) - (char == ","), "".join(reversed(opened))
            if not opened:
                break
    closed = "".join(reversed(opened))
    if tokens[-2:-1] == [":"] and tokens[-1][0] == '"':
        keep, closing = len(tokens), closed
    elif tokens[-1:] == [":"] and text[at:].lstrip()[:1] == '"':  # a value that is there, and was not read whole
        keep, closing = len(tokens), '"\\u0000"' + closed
    with suppress(orjson.JSONDecodeError):
        return [orjson.loads("".join(tokens[:keep]).encode("utf-8", "replace") + closing.encode())] if keep else []
    return []


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
    out: dict[str, Value] = {}
    for start, value, end in pairs(data):
        key = to_text(unquote(data[start : value - 1].replace(b"+", b" ")))
        short = end - value <= LONGEST
        out.setdefault(key, to_text(unquote(data[value:end].replace(b"+", b" "))) if short else "\0")
        if len(out) >= MOST:
            break
    return out


def _text(part: Part) -> Value:
    """Lines of key=value, keys like `Events[0].Person.Name` taken apart; rows of a table; else the text itself."""
    text = to_text(part.data, part.content_type)
    if text[:_ROW].partition("\n")[0].count("\t") >= 2 and "=" not in text[:_ROW].partition("\t")[0]:
        return _table(text)
    out: dict[str, Value] = {}
    for count, match in enumerate(_LINES.finditer(text)):
        if count >= MOST:
            break
        _plant(out, match[1], match[2].strip())
    return {key: _listed(value) for key, value in out.items()} if out else text[:LONGEST]


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
