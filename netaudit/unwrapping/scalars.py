"""Scalar fields of documents, in their order: what `tree.py` read, each with its path, its key and its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from netaudit.text.json_document import LONGEST
from netaudit.unwrapping.codecs.form import pairs
from netaudit.unwrapping.document import xml_of
from netaudit.unwrapping.sniff import is_utf16
from netaudit.unwrapping.text import to_text
from netaudit.unwrapping.tree import Repeated, bare_text, notation, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.unwrapping.part import Leaf, Part

MOST = 10_000
_DOCUMENT = 8 << 20
# the beginning of base64 as documents and forms carry it; no text that people read has such a word
_BASE64 = re.compile(rb"\s{0,64}(?:[A-Za-z0-9+/_-]|%2[BbFf]|\r?\n){256}")


class Field(NamedTuple):
    """A scalar of a document: where it is, under which key, and its text."""

    path: str
    key: str
    value: str


def fields(leaf: Leaf, *, most: int = MOST, worth: Callable[[bytes], bool] | None = None) -> list[Field]:
    """Scalars of a document, or the text of a multipart field: `most` at most, none that is long.

    `worth` is asked, with the bytes that would be parsed (long strings of JSON taken out), whether to go on.
    """
    part = leaf.part
    if len(part.data) > _DOCUMENT:
        return []
    if leaf.kind == "text" and notation(leaf) == "form":
        return [Field("$", part.name, to_text(part.data, part.content_type))] if len(part.data) <= LONGEST else []
    if worth is not None and not worth(_worded(leaf)):
        return []
    if leaf.kind == "xml":
        return _xml(part, most)
    roots = values(leaf)
    out: list[Field] = []
    for number, value in enumerate(roots):
        _flatten(value, f"$[{number}]" if len(roots) > 1 else "$", out, most, form=leaf.kind == "form")
    return out


def _worded(leaf: Leaf) -> bytes:
    if leaf.kind in {"xml", "form"}:
        return _without_pictures(leaf.part.data, leaf.kind)
    return bare_text(leaf)


def _flatten(value: object, path: str, out: list[Field], most: int, *, form: bool = False) -> None:
    """Scalars below `value`, depth first, in order."""
    stack: list[tuple[object, str, str]] = [(value, path, "")]
    while stack and len(out) < most:
        node, place, key = stack.pop()
        if isinstance(node, dict):
            stack += [(v, (str(k) if form else f"{place}.{k}")[:512], str(k)) for k, v in reversed(node.items())]
        elif isinstance(node, Repeated):  # as unwrapping spells it
            stack += [(node[i], f"{place}[{i + 1}]"[:512] if i else place, key) for i in range(len(node) - 1, -1, -1)]
        elif isinstance(node, list):
            stack += [(node[i], f"{place}[{i}]"[:512], key) for i in range(min(len(node), most) - 1, -1, -1)]
        elif isinstance(node, str):
            if not node.startswith("\x00"):
                out.append(Field(place, key, node))
        elif node is not None:
            out.append(Field(place, key, str(node).lower() if isinstance(node, bool) else str(node)))


def _xml(part: Part, most: int) -> list[Field]:
    """In the order of the text, which mappings do not keep where elements of a name come again."""
    out: list[Field] = []
    stack: list[tuple[str, str, list[str], dict[str, int]]] = [("", "", [], {})]
    for event in xml_of(part).events:
        if isinstance(event, str):
            stack[-1][2].append(event)
        elif event is not None:
            if len(out) >= most:
                break
            (name, attributes), above, names = event, stack[-1][0], stack[-1][3]
            names[name] = count = names.get(name, 0) + 1
            path = f"{above}/{name}[{count}]"[:512] if count > 1 else f"{above}/{name}"[:512]  # as unwrapping spells it
            out += [Field(f"{path}/@{key}", key, value) for key, value in attributes.items() if len(value) <= LONGEST]
            stack.append((path, name, [], {}))
        else:
            path, name, pieces, _ = stack.pop()
            value = "".join(pieces).strip()
            if value and len(value) <= LONGEST:
                out.append(Field(path, name, value))
    return out[:most]


def _without_pictures(data: bytes, kind: str) -> bytes:
    """An XML document or a form without what can only be pictures: long base64, which may hold any stem by chance."""
    if len(data) <= LONGEST or is_utf16(data):
        return data
    if kind == "form":
        return b"&".join(
            [data[start : value if _is_base64(data[value:end]) else end] for start, value, end in pairs(data)]
        )
    pieces = data.split(b"<", MOST)
    for place, piece in enumerate(pieces[:MOST]):  # what is left behind the last split stays as it is
        tag, mark, text = piece.rpartition(b">")  # an attribute may hold the same mark
        if mark and _is_base64(text):
            pieces[place] = tag + mark
    return b"<".join(pieces)


def _is_base64(text: bytes) -> bool:
    """Whether a text is too long for a field, begins as base64 does and holds no document."""
    return len(text) > LONGEST and _BASE64.match(text) is not None and b'"' not in text and b"%22" not in text
