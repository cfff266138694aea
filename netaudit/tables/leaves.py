"""Rows of `leaves`: what messages with a picture or a person say, leaf by leaf, until routes are told from them.

What a field of an unknown dialect means is learned when all was read (`netaudit/events/inference`). The rows lie under
private/ and go with the audit.
"""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import suppress
from email.header import decode_header, make_header
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

from netaudit.content.lines import document_in
from netaudit.content.tree import notation, values
from netaudit.core.contracts.document_values import TEXT, children
from netaudit.core.contracts.unwrapping_steps import Step, step
from netaudit.core.schema import LEAVES
from netaudit.core.signatures.field_words import describes
from netaudit.core.storage.table_streams import TableWriter
from netaudit.core.text.charset import decoded
from netaudit.events.inference.messages import BESIDE, MORE
from netaudit.events.rules.head import path_of
from netaudit.tables.columns import batch_of, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from netaudit.core.contracts.heads import Fields
    from netaudit.events.rules.from_unwrapping import Taken
    from netaudit.events.rules.nodes import Image
    from netaudit.protocols.message import Message

PLACE = "private"
MOST = 400  # leaves of a message; how many more there are is told
LONGEST, LONGEST_PATH = 256, 320  # characters of a value, and of a path
LARGEST = 1 << 20  # bytes of a document
MOST_HEAD = 24  # segments of a path, fields of a query, headers
LONG = 64  # characters; shorter texts are not unwrapped any further
_WIDE = "utf-16"
_ORDINARY = re.compile(
    r"accept|connection$|cache|content-|date$|etag$|expires$|host$|if-|last-modified$|origin$|referer$|server$|"
    r"user-agent$|cookie|sec-|upgrade|x-forwarded|x-request|authorization|transfer|keep-alive|pragma|te$|vary|via$"
)

_METADATA = re.compile(r"\Ax-(?:(?:[a-z0-9]{2,8}-)?meta-)?", re.IGNORECASE)
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2}){2}")
_STANDARD = str.maketrans("-_", "+/")
_WRITTEN = re.compile(r"(?:data:image/[\w.+-]{2,20};base64,)?[A-Za-z0-9+/_-]{200}")  # a picture, as text

Steps = tuple[Step, ...]


class LeafRows:
    """Rows of `leaves` of one worker."""

    def __init__(self, folder: Path, part: str) -> None:
        self._rows = TableWriter(folder, LEAVES, part, place=PLACE, columns=leaf_batch)
        self.writers = (self._rows,)

    def append(self, message: Message, taken: Taken, *, beside: bool = False) -> None:
        """Take the leaves of a message, of its documents, pictures and head; `beside` one that may explain others."""
        identity = message.message_id.hex()
        if beside:
            self._rows.append((identity, 0, "", BESIDE, "", ""))
        place = more = 0
        for path, key, value, sha256 in _leaves(message, taken):
            if key == MORE and not path:
                more += int(value)
            elif place < MOST:
                self._rows.append((identity, place, path[:LONGEST_PATH], key[:LONGEST_PATH], value[:LONGEST], sha256))
                place += 1
            else:
                more += 1
        if more:
            self._rows.append((identity, place, "", MORE, str(more), ""))


def leaf_batch(drafts: Sequence[tuple[str, int, str, str, str, str]]) -> pa.RecordBatch:
    """Rows of `leaves`, of their values in order."""
    return batch_of(columns_of(drafts, LEAVES), LEAVES.schema())


def _leaves(message: Message, taken: Taken) -> Iterator[tuple[str, str, str, str]]:
    """(path, key, value, SHA-256 of a picture) of every leaf; pictures first, that none falls beyond the bound.

    What is passed over is told by leaves without a path, whose key is `MORE`, and their number.
    """
    documents, images = taken
    placed: dict[Steps, tuple[str, str]] = {}
    cells: dict[Steps, tuple[str, str]] = {}
    scalars: list[tuple[str, str, str, str]] = []
    for leaf, _, _ in sorted(documents, key=lambda one: len(one[0].part.way.steps)):
        if len(leaf.part.data) > LARGEST and leaf.kind != "json":
            yield "", MORE, "1", ""
        else:
            base = _plain(leaf.part.way.steps[:-1])
            holder, key = _place(base, placed)
            texts = values(leaf)
            for number, value in enumerate(texts):
                top = f"{holder}[{number}]" if len(texts) > 1 else holder
                spelled = f"$[{number}]" * (len(texts) > 1)
                grown = list(_grown(value, (top, key), notation(leaf), base, placed, spelled))
                if leaf.kind in {"text", "html"} and len(texts) == 1:
                    cells |= _cells(grown, base, images)
                scalars += grown
                if len(scalars) > 4 * MOST:
                    yield "", MORE, str(len(texts) - number - 1), ""
                    break
    pictured = set()
    for image in images:
        path, key = cells.get(image.way.steps) or _place(_plain(image.way.steps[:-1]), placed)
        key = key or image.field
        pictured.add(path)
        yield path or image.field, key, "", image.sha256
        if image.name and image.name != key:
            yield f"{path}.filename", "filename", image.name, ""
    yield from (one for one in scalars if one[1] == MORE or one[0] not in pictured)  # a picture as text
    yield from _head(message)


def _cells(grown: list[tuple[str, str, str, str]], base: Steps, images: list[Image]) -> dict[Steps, tuple[str, str]]:
    """Path and key of pictures that are written in cells of a text: those whose bytes the cells have, and no others."""
    written: dict[str, list[tuple[str, str]]] = {}
    for path, key, value, _ in grown:
        if _WRITTEN.match(value) and (sha256 := _sha256(value)):
            written.setdefault(sha256, []).append((path, key))
    found: dict[Steps, tuple[str, str]] = {}
    for one in images:
        steps, count = one.way.steps, len(base)
        within = len(steps) > count and steps[:count] == base and steps[count].name in {"text", "html"}
        if within and (cells := written.get(one.sha256)):
            found[steps] = cells.pop(0)
    return found


def _sha256(value: str) -> str:
    """SHA-256 of what is written in base64; empty where it is cut or none."""
    text = value.partition(",")[2] if value.startswith("data:") else value
    try:
        return hashlib.sha256(_bytes_of(text)).hexdigest()
    except ValueError:
        return ""


def _bytes_of(text: str) -> bytes:
    """What is written in base64, of either alphabet, padded or not. Raises ValueError where it is none."""
    bare = text.rstrip("=").translate(_STANDARD)
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)


def _plain(steps: Steps) -> Steps:
    return tuple(one for one in steps if one.name != _WIDE)


def _place(steps: Steps, placed: dict[Steps, tuple[str, str]]) -> tuple[str, str]:
    """Path and key of what the steps of unwrapping lead to."""
    path = key = ""
    for count in range(1, len(steps)):
        known = placed.get(steps[: count + 1])
        if known is not None:
            path, key = known
        elif steps[count].name.startswith("multipart"):
            key = steps[count].field
            path = f"{path}.{key}" if path else key
        elif steps[count].place is not None and steps[count].name in {"json", "xml", "form"}:
            key = steps[count].field.rpartition(".")[2].rpartition("/")[2]
            path = f"{path}.{key}" if path else key
    return path, key


def _grown(
    value: object, at: tuple[str, str], written: str, base: Steps, placed: dict[Steps, tuple[str, str]], root: str
) -> Iterator[tuple[str, str, str, str]]:
    """Scalars below a value, in order; the places of long texts are noted as unwrapping spells them.

    Paths are cut as they grow: long keys in each other, around many values, would fill the memory.
    """
    top = "" if written in {"xml", "form", "protobuf"} else root or "$"
    stack: list[tuple[object, str, str, str]] = [(value, at[0], at[1], top)]
    while stack:
        node, path, key, spelled = stack.pop()
        if isinstance(node, dict | list):
            if len(node) > MOST:
                yield "", MORE, str(len(node) - MOST), ""
            held = enumerate(islice(children(node, spelled, written), MOST))
            stack += [(inner, *_below(path, key, name, n), place) for n, (name, inner, place) in held][::-1]
        elif node is not None and not key.startswith("@xmlns"):
            text = str(node).lower() if isinstance(node, bool) else str(node)
            long = text.startswith("\0")
            if long or len(text) >= LONG:
                placed[(*base, step(written, spelled))] = path, key
            if not long and text:
                yield path, _bare(key), _spoken(text), ""


def _below(path: str, key: str, name: str | None, number: int) -> tuple[str, str]:
    """Path and key of a field, or of an element, of what has these."""
    if name == TEXT:
        return path, key
    if name is None:
        return f"{path}[{number}]"[:LONGEST_PATH], key
    if name[:1] == "[":  # a cell whose column has no name
        return f"{path}{name}"[:LONGEST_PATH], key
    return (f"{path}.{name}" if path else name)[:LONGEST_PATH], name.rpartition(".")[2]


def _head(message: Message) -> Iterator[tuple[str, str, str, str]]:
    """What stands in the path, or topic, the query and the headers that are no ordinary ones."""
    asked = message.request or message
    for number, segment in enumerate(path_of(asked.path).split("/")[:MOST_HEAD]):
        if segment:
            yield f"path[{number}]", "", unquote(segment, errors="replace"), ""
    query = asked.path.partition("?")[2][: 16 * LONGEST]
    for pair in query.split("&")[:MOST_HEAD] if query else ():
        key, _, value = pair.partition("=")
        name, text = unquote(key[:64]), unquote(value, errors="replace")
        if len(text) >= LONG and message.request is None and (document := _document_in(text)) is not None:
            yield from _grown(document, (name, name), "json", (), {}, "")
        else:
            yield f"query.{key[:64]}", name, text.replace("+", " "), ""
    yield from message.form.read(_told)


def _told(fields: Fields) -> list[tuple[str, str, str, str]]:
    """Headers that are no ordinary ones."""
    return [
        (f"header.{name}", _bare(name), _spoken(value), "")
        for name, value in fields[: 2 * MOST_HEAD]
        if value and len(value) <= LONGEST and not _ORDINARY.match(name)
    ]


def _document_in(text: str) -> object:
    """The document that a value is, as it stands or in base64; None where it is none."""
    if text[:1] not in {"{", "["}:
        try:
            text = decoded(_bytes_of(text))
        except ValueError:
            return None
    return document_in(text)


def describes_in_query(message: Message) -> bool:
    """Whether the query of a request holds a document that may be of somebody."""
    return message.request is None and query_describes(message.path)


def query_describes(target: str) -> bool:
    """The same by the target of a request."""
    if "?" not in target or len(target) < LONG:
        return False
    values = [pair.partition("=")[2] for pair in target.partition("?")[2][: 16 * LONGEST].split("&")[:MOST_HEAD]]
    texts = [unquote(one, errors="replace") for one in values if len(one) >= LONG]
    return any(document and describes(str(document).encode()) for document in map(_document_in, texts))


def _bare(key: str) -> str:
    """A key without what object stores and programs put before those of their users (`x-oss-meta-name`)."""
    return _METADATA.sub("", key)


def _spoken(text: str) -> str:
    """A value as it was before it was made fit for a head: percent escapes, encoded words of RFC 2047."""
    if "=?" in text and "?=" in text:
        with suppress(LookupError, ValueError):
            return str(make_header(decode_header(text)))
    return unquote(text, errors="replace") if _ESCAPED.search(text) else text
