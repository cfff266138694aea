"""Chunks that are known by the names of what stands beside them, in query, head, form or document.

Libraries of browsers, and what is written by hand, name the upload by an id and the chunk by a number or an offset
(plupload, webuploader, Dropzone, resumable.js, flow.js, Fine Uploader …): told by what such names are made of.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from netaudit.content.budget import Budget
from netaudit.content.codecs.multipart import is_multipart, open_multipart
from netaudit.content.from_images import extent, sniff
from netaudit.content.from_messages import content_range, root
from netaudit.content.part import Part
from netaudit.core.contracts.unwrapping_steps import step
from netaudit.core.text.charset import STANDARD
from netaudit.core.text.json_document import JsonDocument
from netaudit.tables.pieces import CHUNK, MOST_PARTS, TEXT, Piece, last_of, number_in, sent_to
from netaudit.tables.stores import parameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.core.contracts.heads import Fields
    from netaudit.protocols.message import Message

_OWNER = r"(?:dz|qq|resumable|flow|goog|multi|file|upload|x)*"
_PIECE = r"(?:chunk|part|piece|block|slice|segment|shard|fragment)"
_NUMBER, _BARE, _TOTAL, _OFFSET, _PLACED = "number", "bare number", "total", "offset", "offset in a head"
_PLACES = {_NUMBER, _BARE, _OFFSET}
IDS = ("id", "name", "hash")  # the surest first; values of the first kind that is there name the upload
_NAMES = {  # patterns of plain names
    _NUMBER: rf"{_OWNER}{_PIECE}(?:index|idx|number|num|no|id|seq|nr|order|n)?|{_OWNER}(?:current)?{_PIECE}",
    _BARE: r"index|idx|seq|number|no|num|n|i",  # names a number where a total stands beside it
    _TOTAL: (
        rf"{_OWNER}total{_PIECE}s?(?:count|num|number)?|{_OWNER}{_PIECE}s?(?:count|total|totals)|{_OWNER}{_PIECE}s"
        "|total(?:count|num|number)?|count|of"
    ),
    _OFFSET: rf"{_OWNER}{_PIECE}?(?:byte)?(?:offset|startbyte|start|position|pos)",
    _PLACED: r"(?:file|chunk|upload|part|block)(?:byte)?offset",  # in a head, beside which no id is needed
    "id": (
        rf"{_OWNER}(?:uuid|guid|identifier)"
        rf"|{_OWNER}(?:upload|file|task|session|transfer|object|media)(?:id|key|token|no)"
    ),
    "name": rf"{_OWNER}(?:id|token|key|session)|{_OWNER}(?:file)?name|{_OWNER}relativepath|{_OWNER}filename",
    "hash": rf"{_OWNER}(?:md5|sha1|sha256|hash|etag)",
}
_MEANINGS = {meaning: re.compile(pattern) for meaning, pattern in _NAMES.items()}
_PLAIN = re.compile(r"[^a-z0-9]+")
MOST_FIELD, MOST_FIELDS = 512, 64  # bytes of a value, values of one message
LONGEST_NAME = 64  # characters of one that is remembered
MOST_LONG = 8  # long texts of a document
LARGEST_OPENED = 4 << 20  # bytes of a form whose parts are kept until it is taken apart
MOST_DEPTH = 3  # of objects in a document whose names are looked at
SURE_ID = 4  # characters of an id that names an upload whatever the path is
_LONG = re.compile(rb'"(?:data:[^",]{0,100},)?[A-Za-z0-9+/_=\\-]{1024}')
_DATA_URI = re.compile(rb"data:[^,]{0,100},")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_OPENING = 64  # bytes of a body in which the first line of a form begins
_HEAD = 64  # characters of base64 by which a picture is known
_SPEAKS = re.compile(  # of chunks: other documents are parsed where what they say is read
    rf'"\w*(?:{_PIECE}|offset|index|seq|total|upload|start|range)\w*"', re.IGNORECASE
)


def by_names(message: Message, client: str, path: str, query: str) -> Piece | None:
    """A chunk by the names of what stands in query, head and form."""
    headed, within, in_head = message.form.read(of_head)
    names = {_plain(name): value for name, value in parameters(query).items()} if query else {}
    names = headed | names | within
    form, long = _may_be_form(message), _has_long_text(message.body)
    if len(names) < 2 and not in_head and not (form or long):
        return None
    part, file, role = root(message) if form else None, "", CHUNK
    if part is not None and is_multipart(part):
        fields, files = _form(message, part)
        if not files:
            return None
        names = fields | names
        part = max(files, key=lambda one: len(one.data))
        file = part.name
        if (ranged := _ranged(message, client, path, part)) is not None:
            return ranged
    else:
        part = None
        if long and (found := _in_document(message, names)) is not None:
            names, part, role = found[0] | names, found[1], TEXT
    if len(names) < 2 and not in_head:
        return None
    number, offset, total = _value(names, _NUMBER), _value(names, _OFFSET), _value(names, _TOTAL)
    if number is None and total is not None:
        number = _value(names, _BARE)
    if number is None and offset is None:
        return None
    upload = next((identity for known in IDS if (identity := ids(names, known))), file or ("\0" if in_head else ""))
    named = in_head or bool(ids(names, IDS[0]) or ids(names, IDS[2]))
    if not upload or total == 1 or not (total is not None or named):
        return None
    alone = part is None  # nothing stands beside it in the body
    if part is None:
        part = root(message)
    if is_picture(part.data if role == CHUNK else _decoded(part.data)):
        return None  # one of several pictures
    sure = ids(names, IDS[0])
    name = unquote(names.get("filename", "") or names.get("name", "") or file, errors="replace")
    known = len(sure) >= SURE_ID  # whatever the path is
    to = ("named", message, client, sure) if known else ("names", message, client, path, upload)
    piece = sent_to(*to)._replace(name=last_of(name), role=role, part=part, alone=alone)
    if number is not None and number <= MOST_PARTS:
        return piece._replace(number=number)
    return piece._replace(offset=offset) if offset is not None else None


def of_head(fields: Fields) -> tuple[dict[str, str], dict[str, str], bool]:
    """Names and values of fields, those of JSON in fields, and whether the first name a place."""
    headed, within = dict[str, str](), dict[str, str]()
    for name, value in fields[:MOST_FIELDS]:
        if value.startswith("{") and len(value) <= MOST_FIELD:
            within |= scalars(JsonDocument(value.encode("utf-8", "replace")).mapping or {})
        elif name.startswith(("x-", "upload-", "chunk-", "file-", "file_")):
            bare = name.removeprefix("x-")
            headed[_plain(bare)] = value.strip()
            if not _means(tail := _plain(bare.partition("-")[2])).isdisjoint((_NUMBER, IDS[0])):
                headed.setdefault(tail, value.strip())  # behind the name of a product
    return headed, within, any(not _means(name).isdisjoint((_PLACED, _NUMBER)) for name in headed)


def may_name(message: Message) -> bool:
    """Whether fields may be named in a body: a form, or a document with a long text."""
    return _may_be_form(message) or _has_long_text(message.body)


def _may_be_form(message: Message) -> bool:
    declared = message.content_type or message.header("content-type")
    return declared[:10].lower() == "multipart/" or message.body[:_OPENING].lstrip().startswith(b"--")


def _has_long_text(body: bytes) -> bool:
    return body[:1] == b"{" and _LONG.search(body) is not None


def is_picture(data: bytes) -> bool:
    """Whether bytes are a whole picture."""
    kind = sniff(data)
    return kind is not None and extent(data, kind).whole


def _decoded(text: bytes) -> bytes:
    """The bytes of base64, if they begin as a picture; nothing of any other."""
    text = text.rstrip(b"=").translate(STANDARD)
    if len(text) < _HEAD or not sniff(base64.b64decode(text[:_HEAD])):
        return b""
    return base64.b64decode(text + b"=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""


def _ranged(message: Message, client: str, path: str, part: Part) -> Piece | None:
    """A file of a form of which `Content-Range` says where it belongs (jQuery File Upload and its like)."""
    span = content_range(message)
    if span is None or span[1] + 1 - span[0] != len(part.data) or span[1] + 1 - span[0] == span[2]:
        return None
    if message.complete:
        part = replace(part, unknown_from=None)  # as a piece it is whole, of which the whole is not known
    piece = sent_to("ranged", message, client, path, part.name, str(span[2]))
    return piece._replace(name=last_of(part.name), offset=span[0], part=part)


def _in_document(message: Message, beside: dict[str, str]) -> tuple[dict[str, str], Part] | None:
    """What a document says in short, and its longest text where that is base64, or a piece of one.

    Nothing of a document that, with what is said `beside` it, names no place of a piece: its texts are long.
    """
    document = message.json
    if document.mapping is None or message.missing:
        return None
    short = scalars(document.mapping)
    if not any(_PLACES & _means(name) for name in short | beside):
        return None
    texts = [document.left_out(number).replace(b"\\/", b"/") for number in range(MOST_LONG)]
    text = max([*texts, *_long_texts(document.mapping)], key=len)
    text = text[match.end() :] if (match := _DATA_URI.match(text)) else text
    if not _BASE64.fullmatch(text):
        return None
    base = root(message)
    return short, Part(text, base.way.then(step("part", "text")), name=base.name)


def scalars(mapping: dict[str, Any], depth: int = 1) -> dict[str, str]:
    """Short values of an object and of those within it, by their plain names; the outer ones count."""
    found: dict[str, str] = {}
    for name, value in list(mapping.items())[:MOST_FIELDS]:
        if isinstance(value, dict) and depth < MOST_DEPTH:
            found = scalars(value, depth + 1) | found
        elif isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) <= MOST_FIELD:
            found[_plain(name)] = str(value).strip()
    return found


def _long_texts(mapping: dict[str, Any], depth: int = 1) -> Iterator[bytes]:
    """Values of an object and of those within it that are longer than what they say in short; of pieces, say."""
    for value in list(mapping.values())[:MOST_FIELDS]:
        if isinstance(value, dict) and depth < MOST_DEPTH:
            yield from _long_texts(value, depth + 1)
        elif isinstance(value, str) and len(value) > MOST_FIELD:
            yield value.encode("utf-8", "replace")


def _form(message: Message, part: Part) -> tuple[dict[str, str], list[Part]]:
    """Fields of a form, by their plain names, and its files. Who takes the message apart finds it opened."""
    fields: dict[str, str] = {}
    files: list[Part] = []
    budget = Budget()
    parts = list(open_multipart(part, budget))
    if not budget.notes and len(part.data) <= LARGEST_OPENED:
        message.parts = parts
    for child in parts:
        if child.field and not _is_file(child) and len(fields) < MOST_FIELDS:
            text = child.data.decode("utf-8", "replace").strip()
            inner = JsonDocument(child.data).mapping if text.startswith("{") and _SPEAKS.search(text) else None
            fields |= scalars(inner) if inner else {_plain(child.field): text}
        else:
            files.append(child)
    return fields, files


def _is_file(child: Part) -> bool:
    """Whether a part of a form is a file, as short as the last chunk may be: typed, named apart, or no text."""
    if len(child.data) > MOST_FIELD or child.content_type or child.name != child.field:
        return True
    try:
        child.data.decode()
    except UnicodeDecodeError:
        return True
    return False


def ids(names: dict[str, str], kind: str) -> str:
    """Values that name an upload, all of a kind."""
    return "\0".join(names[name] for name in sorted(names) if names[name] and kind in _means(name))


def _value(names: dict[str, str], kind: str) -> int | None:
    found = (number_in(value) for name, value in names.items() if kind in _means(name))
    return next((number for number in found if number >= 0), None)


def _means(name: str) -> frozenset[str]:
    """What a plain name may say."""
    return _remembered(name) if len(name) <= LONGEST_NAME else _meanings(name)


def _meanings(name: str) -> frozenset[str]:
    return frozenset(meaning for meaning, pattern in _MEANINGS.items() if pattern.fullmatch(name))


_remembered = lru_cache(maxsize=4096)(_meanings)


def _plain(name: str) -> str:
    return _bare(name) if len(name) <= LONGEST_NAME else _PLAIN.sub("", name.lower())


@lru_cache(maxsize=4096)
def _bare(name: str) -> str:
    return _PLAIN.sub("", name.lower())
