"""Scalar fields of documents, in their order: what `tree.py` read, each with its path, its key and its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from netaudit.content.codecs.form import pairs
from netaudit.content.naming import SAYING, named
from netaudit.content.slices import outside
from netaudit.content.sniff import is_utf16
from netaudit.content.text import to_text
from netaudit.content.tree import bare_text, notation, values
from netaudit.core.contracts.document_values import TEXT, Keyed, Repeated, items, joined, number_of, step_of
from netaudit.core.signatures.field_words import names_field
from netaudit.core.text.json_document import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.content.part import Leaf

MOST = 10_000
_DOCUMENT = 8 << 20
# the beginning of base64 as documents and forms carry it; no text that people read has such a word
_BASE64 = re.compile(rb"\s{0,64}(?:[A-Za-z0-9+/_-]|%2[BbFf]|\r?\n){256}")


_HELD = frozenset((TEXT, *SAYING))  # names of what their holder is, or says


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
    if worth is not None and not worth(worded(leaf)):
        return []
    roots, written = values(leaf), notation(leaf)
    out: list[Field] = []
    for number, value in enumerate(roots):
        top = "" if written in {"xml", "form"} else f"$[{number}]" if len(roots) > 1 else "$"
        _flatten(value, top, out, most, written)
    return out


def worded(leaf: Leaf) -> bytes:
    """A document without what can only be pictures."""
    if leaf.kind not in {"xml", "form"}:
        return bare_text(leaf)
    if leaf.worded is None:
        leaf.worded = _without_pictures(beside_pictures(leaf), leaf.kind)
    return leaf.worded


def beside_pictures(leaf: Leaf) -> bytes:
    """The bytes of a leaf without base64 of which pictures were made: these are leaves of their own."""
    return outside(leaf.part.data, leaf.spelled)


def fields_of(value: object, path: str, most: int = MOST) -> list[Field]:
    """Scalars of a decoded JSON text that stands at a path."""
    out: list[Field] = []
    _flatten(named(value, "json"), path, out, most, "json")
    return out


def _flatten(value: object, path: str, out: list[Field], most: int, written: str) -> None:
    """Scalars below `value`, depth first, in order; paths are places, and below names beside values these names."""
    stack: list[tuple[object, str, str]] = [(value, path, "")]
    while stack and len(out) < most:
        node, place, key = stack.pop()
        if isinstance(node, dict):
            keyed = isinstance(node, Keyed)
            below = [
                (inner, (place + at)[:512], name)
                if place and not keyed and name not in _HELD and name[:1] not in ("[", "@")  # as nearly all fields
                else (inner, place, key)
                if _is_of_holder(name, key) and not isinstance(inner, dict | list)
                else (inner, _path(place, name, written) if keyed else joined(place, at)[:512], _key(name, key))
                for name, inner, at in items(node, written)
            ]
            stack += below[::-1]
        elif isinstance(node, list):
            named = isinstance(node, Repeated) or written in {"xml", "protobuf"}
            count = min(len(node), most)
            stack += [(node[i], (place + number_of(i, named=named))[:512], key) for i in range(count - 1, -1, -1)]
        elif isinstance(node, str):
            if node and not node.startswith("\x00"):
                out.append(Field(place or "$", key, node))
        elif node is not None:
            out.append(Field(place or "$", key, str(node).lower() if isinstance(node, bool) else str(node)))


def _path(holder: str, name: str, written: str) -> str:
    """Path of a field below a mapping whose names stood elsewhere."""
    if name[:1] == "[":
        return (holder + name)[:512]
    return joined(holder, f".{name}" if written == "form" and holder else step_of(name, written))[:512]


def _key(name: str, holder: str) -> str:
    """The key of a field; of what its holder is or says, or of a cell without a name, that of the holder."""
    return holder if name[:1] == "[" or _is_of_holder(name, holder) else str(name).removeprefix("@")


def _is_of_holder(name: str, holder: str) -> bool:
    """Whether what stands under a name is what its holder is, or says: `{"姓名": {"words": …}}`."""
    return name == TEXT or (name in SAYING and names_field(holder))


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
