"""Rows of `leaves`: what messages with a picture or a person say, leaf by leaf, until routes are told from them.

What a field of an unknown dialect means is learned when all was read (`netaudit/routes`). The rows lie under private/
and go with the audit.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import unquote

from netaudit.contracts.unwrapping_steps import Step, step
from netaudit.documents.head import path_of
from netaudit.masking.words import ASCII_WORDS
from netaudit.storage.files import remove
from netaudit.storage.table_streams import TableWriter, stream_parts
from netaudit.tables import LEAVES
from netaudit.unwrapping.tree import Repeated, notation, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.documents.from_unwrapping import Taken
    from netaudit.documents.nodes import Image
    from netaudit.messages.message import Message

_LEAF = LEAVES.row
PLACE = "private"
MOST = 400  # leaves of a message; how many more there are is told
LONGEST, LONGEST_PATH = 256, 320  # characters of a value, and of a path
LARGEST = 1 << 20  # bytes of a document
MOST_HEAD = 24  # segments of a path, fields of a query, headers
LONG = 64  # characters; shorter texts are not unwrapped any further
MORE = "…"  # the key of a row that tells how many leaves there are beyond
_WIDE = "utf-16"
_NAMED = (
    ("name", "value"), ("key", "value"), ("k", "v"), ("Name", "Value"), ("Key", "Value"), ("n", "v"),
    ("label", "value"), ("field", "value"), ("title", "value"), ("Label", "Value"), ("code", "value"), ("id", "value"),
)  # fmt: skip
_BESIDE = frozenset({"type", "kind", "required", "unit", "order", "sort", "seq", "index", "format", "visible", "id"})
_ORDINARY = re.compile(
    r"accept|connection$|cache|content-|date$|etag$|expires$|host$|if-|last-modified$|origin$|referer$|server$|"
    r"user-agent$|cookie|sec-|upgrade|x-forwarded|x-request|authorization|transfer|keep-alive|pragma|te$|vary|via$"
)

_WRITTEN = re.compile(r"(?:data:image/[\w.+-]{2,20};base64,)?[A-Za-z0-9+/_-]{200}")  # a picture, as text
_BRACKETED = re.compile(r"[^\[\].]{1,64}(?:\[[^\[\]]{1,64}\]){1,8}")
_BRACKET = re.compile(r"\[([^\[\]]{1,64})\]")
_LABEL = re.compile(r"[^\W\d][\w.-]*")
_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LEAST_COLUMNS = 4  # of records that are written by columns
_VOWELS = re.compile(r"[aeiouy]", re.IGNORECASE)

Steps = tuple[Step, ...]
Known = Callable[[str], bool]


class LeafRows:
    """Rows of `leaves` of one worker; `known` says whether a text is known to name a field."""

    def __init__(self, folder: Path, part: str, known: Known = lambda _: False) -> None:
        self._known = known
        self._rows = TableWriter(folder, LEAVES, part, place=PLACE)

    def take(self, message: Message, taken: Taken) -> None:
        """Take the leaves of a message, of its documents, pictures and head."""
        identity = message.message_id.hex()
        place = more = 0
        for path, key, value, sha256 in _leaves(message, taken, self._known):
            if key == MORE and not path:
                more += int(value)
            elif place < MOST:
                self._rows.append(
                    _LEAF(
                        message_id=identity, place=place, path=path[:LONGEST_PATH], key=key[:LONGEST_PATH],
                        value=value[:LONGEST], sha256=sha256,
                    )
                )  # fmt: skip
                place += 1
            else:
                more += 1
        if more:
            self._rows.append(_LEAF(message_id=identity, place=place, path="", key=MORE, value=str(more), sha256=""))

    def flush(self, *, least: int) -> None:
        """Write rows when at least `least` were collected."""
        self._rows.flush(least=least)

    def close(self) -> None:
        """Write what is left."""
        self._rows.close()


def _leaves(message: Message, taken: Taken, known: Known) -> Iterator[tuple[str, str, str, str]]:
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
            said = values(leaf)
            for number, value in enumerate(said):
                top = f"{holder}[{number}]" if len(said) > 1 else holder
                spelled = f"$[{number}]" * (len(said) > 1)
                grown = list(_grown(value, (top, key), notation(leaf), base, placed, spelled, known))
                if leaf.kind == "text" and len(said) == 1:
                    cells |= _cells(grown, base, images)
                scalars += grown
                if len(scalars) > 4 * MOST:
                    yield "", MORE, str(len(said) - number - 1), ""
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
        within = len(steps) > count and steps[:count] == base and steps[count].name == "text"
        if within and (cells := written.get(one.sha256)):
            found[steps] = cells.pop(0)
    return found


def _sha256(value: str) -> str:
    """SHA-256 of what is written in base64; empty where it is cut or none."""
    text = value.partition(",")[2] if value.startswith("data:") else value
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return hashlib.sha256(base64.b64decode(text + "=" * (-len(text) % 4), validate=True)).hexdigest()
    except ValueError:
        return ""


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
    value: object,
    at: tuple[str, str],
    written: str,
    base: Steps,
    placed: dict[Steps, tuple[str, str]],
    root: str,
    known: Known,
) -> Iterator[tuple[str, str, str, str]]:
    """Scalars below a value, in order; the places of long texts are noted as unwrapping spells them.

    Paths are cut as they grow: long keys in each other, around many values, would fill the memory.
    """
    top = "" if written in {"xml", "form", "protobuf"} else root or "$"
    stack: list[tuple[object, str, str, str]] = [(value, at[0], at[1], top)]
    while stack:
        node, path, key, spelled = stack.pop()
        if isinstance(node, dict | list) and len(node) > MOST:
            yield "", MORE, str(len(node) - MOST), ""
        if (called := _called(node, written, known)) is not None:
            stack += [(inner, _below(path, label), name, spelled + at) for label, inner, name, at in called][::-1]
        elif isinstance(node, dict):
            stack += [
                (inner, _below(path, f".{label}"), label.rpartition(".")[2], _spelled(spelled, str(name), written))
                for name, inner in islice(node.items(), MOST)
                if not (label := _label(str(name), written)).startswith("@xmlns")
            ][::-1]
        elif isinstance(node, list):
            repeated = isinstance(node, Repeated) or written == "protobuf"
            stack += [
                (
                    node[n],
                    _below(path, f"[{n}]"),
                    key,
                    (f"{spelled}[{n + 1}]" if n else spelled) if repeated else f"{spelled}[{n}]",
                )
                for n in range(min(len(node), MOST) - 1, -1, -1)
            ]
        elif node is not None:
            text = str(node).lower() if isinstance(node, bool) else str(node)
            long = text.startswith("\0")
            if long or len(text) >= LONG:
                placed[(*base, step(written, spelled))] = path, key
            if not long and text:
                yield path, key, text, ""


def _called(node: object, written: str, known: Known) -> list[tuple[str, object, str, str]] | None:
    """(label, value, key, place) of what pairs of a name and a value, or rows under their names, stand for.

    What may be the name of a person is a value, and names no field, unless most names beside it do.
    """
    if isinstance(node, list) and 1 < len(node) <= MOST and all(isinstance(one, dict) for one in node):
        for name, value in _NAMED:
            if all(_is_pair(one, name, value) for one in node):
                at = f".{value}" if written != "form" else value
                told = _are_fields([one[name] for one in node], known)
                return (
                    [
                        (f".{one[name]}", one[value], one[name], f"[{n}]{at}")
                        if field
                        else (f"[{n}]", one, "", f"[{n}]")
                        for n, (one, field) in enumerate(zip(node, told, strict=True))
                    ]
                    if any(told)
                    else None
                )
    plain = written not in {"xml", "form", "protobuf"}
    if plain and isinstance(node, dict) and len(lists := _columns(node)) >= _LEAST_COLUMNS:
        outside = [(f".{name}", one, name, f".{name}") for name, one in node.items() if name not in lists]
        return outside + [
            (f"[{n}].{name}", one[n], name, f".{name}[{n}]")
            for n in range(min(MOST, *map(len, lists.values())))
            for name, one in lists.items()
        ]
    if isinstance(node, dict) and 2 <= len(node) <= 8:
        heads = [one for one in node.values() if isinstance(one, list) and 2 < len(one) <= MOST and _are_names(one)]
        held = [(key, one) for key, one in node.items() if len(heads) == 1 and _are_rows(one, heads[0])]
        if len(held) == 1 and any(fields := _are_fields(heads[0], known)):
            (head,), ((key, rows),) = heads, held
            columns = [(f".{name}", name) if field else ("", key) for name, field in zip(head, fields, strict=True)]
            rest = [
                (f".{name}", one, name, f".{name}") for name, one in node.items() if one is not head and one is not rows
            ]
            return rest + [
                (f".{key}[{n}]{label or f'[{place}]'}", value, name, f".{key}[{n}][{place}]")
                for n, row in enumerate(rows[:MOST])
                for place, ((label, name), value) in enumerate(zip(columns, row, strict=True))
            ]
    return None


def _columns(node: dict[str, Any]) -> dict[str, list[Any]]:
    """Lists of scalars of the same length beside each other, by their names: of each record a place in every one."""
    lists = {
        str(name): one
        for name, one in islice(node.items(), MOST)
        if isinstance(one, list) and one and not any(isinstance(value, dict | list) for value in one[:MOST])
    }
    counts = Counter(map(len, lists.values()))
    most = max(counts, key=lambda count: (counts[count], count), default=0)
    return {name: one for name, one in lists.items() if len(one) == most} if len(counts) == 1 else {}


def _is_pair(one: dict[str, Any], name: str, value: str) -> bool:
    """Whether an object is a name and a value, and beside them at most of what kind these are."""
    return isinstance(one.get(name), str) and value in one and one.keys() - {name, value} <= _BESIDE


def _are_fields(names: list[str], known: Known) -> list[bool]:
    """Which of the names beside each other name fields: all that could, where most do surely."""
    told = [_is_field(name, known) for name in names]
    if 2 * sum(map(known, names)) > len(names):
        return [
            one or (len(name) <= LONG and _LABEL.fullmatch(name) is not None)
            for name, one in zip(names, told, strict=True)
        ]
    return told


def _is_field(name: str, known: Known) -> bool:
    """Whether a text names a field: known as one, or made of words and abbreviations as no person is called."""
    if len(name) > LONG or not _LABEL.fullmatch(name):
        return False
    return known(name) or (name.isascii() and all(_is_word(one) for one in _LETTERS.findall(name)))


def _is_word(letters: str) -> bool:
    return letters.lower() in ASCII_WORDS or not _VOWELS.search(letters)


def _are_names(values: list[object]) -> TypeGuard[list[str]]:
    said = [one for one in values if isinstance(one, str) and len(one) <= LONG and one[:1].isalpha()]
    return len(said) == len(values) and len(set(said)) == len(said)


def _are_rows(rows: object, head: list[str]) -> bool:
    if not isinstance(rows, list) or rows is head or not rows:
        return False
    return all(isinstance(row, list) and len(row) == len(head) for row in rows)


def _label(name: str, written: str) -> str:
    """The name of a field; of a form with steps in brackets: visitor[name] as visitor.name, row[0][id] as row[0].id."""
    if written != "form" or not name.endswith("]") or not _BRACKETED.fullmatch(name):
        return name
    return _BRACKET.sub(lambda found: f"[{found[1]}]" if found[1].isdecimal() else f".{found[1]}", name)


def _below(path: str, label: str) -> str:
    return (path + label if path else label.removeprefix("."))[:LONGEST_PATH]


def _spelled(holder: str, key: str, written: str) -> str:
    """Place of a key as unwrapping spells it."""
    if written == "form":
        return key
    if written == "xml":
        return f"{holder}/{key}"
    if written == "protobuf":
        return f"{holder}.{key}" if holder else key
    return f"{holder}.{key if len(key) < 100 else key[:99] + '…'}"


def _head(message: Message) -> Iterator[tuple[str, str, str, str]]:
    """What stands in the path, or topic, the query and the headers that are no ordinary ones."""
    asked = message.request or message
    for number, segment in enumerate(path_of(asked.path).split("/")[:MOST_HEAD]):
        if segment:
            yield f"path[{number}]", "", unquote(segment, errors="replace"), ""
    query = asked.path.partition("?")[2][: 16 * LONGEST]
    for pair in query.split("&")[:MOST_HEAD] if query else ():
        key, _, said = pair.partition("=")
        yield f"query.{key[:64]}", unquote(key[:64]), unquote(said.replace("+", " "), errors="replace"), ""
    for name, said in message.headers[: 2 * MOST_HEAD]:
        if said and len(said) <= LONGEST and not _ORDINARY.match(name):
            yield f"header.{name}", name.removeprefix("x-"), unquote(said, errors="replace"), ""


def parts(folder: Path) -> list[Path]:
    """The streams of a case whose audit has ended."""
    return stream_parts(folder, LEAVES.name, PLACE)


def drop(folder: Path) -> None:
    """Let them go: routes were told."""
    for path in parts(folder):
        remove(path)
