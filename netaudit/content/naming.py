"""Names that stand beside their values become keys: the one reading of such shapes, for all who read documents.

Pairs of a name and a value, alone or in lists; kinds of a value that stand around it (`{"stringValue": …}`); names and
values by turns. Tables are in `tables.py`. Whether a text names a field is asked of the vocabulary: what may be a
person's name is a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from netaudit.content import tables
from netaudit.content.lines import labelled
from netaudit.core.contracts.document_values import (
    TEXT,
    Found,
    Keyed,
    Pairs,
    Placed,
    Repeated,
    elements,
    items,
    label_of,
    number_of,
    record,
    records,
    step_of,
)
from netaudit.core.signatures.field_words import fields_among, folded, is_name, names_field

MOST = 20_000  # mappings and lists of a document
DEEPEST = 64
MOST_BESIDE = 8  # fields of a mapping that is a name and a value
MOST_LANGUAGES = 4
MOST_PLAIN = 64  # fields of a mapping whose names are remembered
LONGEST = 64  # characters of a name
ONE_PAIR = 2  # elements
_NAMES = (
    "key", "name", "field", "attr", "attribute", "label", "title", "code", "column", "question", "prompt", "caption",
    "item", "property", "param", "parameter", "term",
)  # fmt: skip
_VALUES = ("value", "val", "answer", "text", "content", "data", "words", "string")
_EXACT = {"k": "name", "n": "name", "dt": "name", "th": "name", "v": "value", "dd": "value", "td": "value"}
_BESIDE = frozenset({"type", "kind", "required", "unit", "order", "sort", "seq", "index", "format", "visible", "id"})
_TURNS = frozenset({"key", "dt", "th", "k", "name", "label", "title", "term", "field", "property"})  # elements
_TEXTS = {"true": "true", "false": "false"}  # elements that are their value
_TYPES = frozenset({
    "string", "str", "i1", "i2", "i4", "i8", "int", "int8", "int16", "int32", "int64", "uint32", "uint64", "integer",
    "long", "short", "float", "double", "decimal", "real", "bool", "boolean", "datetime", "datetime.iso8601", "base64",
    "struct", "array", "dict", "nil", "stringvalue", "intvalue", "integervalue", "longvalue", "doublevalue",
    "floatvalue", "boolvalue", "booleanvalue", "timestampvalue", "datevalue", "bytesvalue", "arrayvalue", "listvalue",
    "mapvalue", "structvalue", "blobvalue", "string_value", "int_value", "double_value", "bool_value", "bytes_value",
    "$date", "$numberlong", "$numberint", "$numberdouble", "$numberdecimal", "$oid", "$uuid", "$binary", "$timestamp",
})  # fmt: skip
_LETTERS = frozenset({"S", "N", "B", "BOOL", "M", "L", "SS", "NS", "BS"})  # kinds of values of DynamoDB
SAYING = ("words", "text", "value", "content", "val")  # what an object of a field says
_LANGUAGE = re.compile(r"2052|1033|zh(?:[-_](?:cn|hans|hant|tw))?|en(?:[-_](?:us|gb))?|default", re.IGNORECASE)
_WITHIN = {"array": ("data", "value"), "$binary": ("base64",), "mapvalue": ("fields",), "arrayvalue": ("values",)}
_PAIR = re.compile(r"([^\s:：=][^:：=]{0,29}?)\s?[:：=]\s?(.{1,4096})", re.DOTALL)
_HOLDERS = frozenset({dict, list, Repeated, Keyed, Pairs, Placed})
_LISTS = frozenset({list, Repeated, Placed})
_FIRST, _ALIAS = "1", "2"  # numbers of fields of protocol buffers
_PREFIX = 4  # elements of a list before names and values by turns: a command, say


@dataclass(slots=True)
class Reading:
    """One document under way."""

    root: object
    written: str  # its notation
    left: int = MOST
    titles: dict[str, str] = field(default_factory=dict)  # keys of records, and what a list of titles calls them
    keys: frozenset[str] | None = None  # of all mappings, once somebody asked


def named(value: object, written: str) -> object:
    """The value with names beside values made keys; the same value where there are none."""
    if type(value) not in _HOLDERS:
        return value
    reading = Reading(value, written)
    out = _of(value, reading, 0)
    return tables.explained(out, reading.titles, written, 0) if reading.titles else out


def _of(node: object, reading: Reading, depth: int) -> object:
    """A value with all that is in it."""
    if type(node) not in _HOLDERS or depth > DEEPEST or reading.left <= 0:
        return node
    reading.left -= 1
    if isinstance(node, dict):
        return _mapping(node, reading, depth)
    return _list(node, reading, depth)  # type: ignore[arg-type]


def _mapping(node: dict[str, object], reading: Reading, depth: int) -> dict[str, object]:
    count = len(node)
    if (
        MOST_LANGUAGES < count <= MOST_PLAIN
        and _is_plain(tuple(node))
        and _HOLDERS.isdisjoint(map(type, node.values()))
        and not any(type(one) is str and "\n" in one for one in node.values())
    ):
        return node
    if 2 <= count <= MOST_BESIDE and (pair := pair_of(node)) and names_field(name_in(node[pair[0]])):
        return Pairs(_one_pair(node, pair, reading, depth))
    if count <= MOST_LANGUAGES and depth and (typed := _typed(node, reading, depth)) is not None:
        return typed
    kinds = {type(value) for value in node.values()}
    if not kinds.isdisjoint(_LISTS):
        node = tables.of_mapping(node, reading.written)
    out: list[Found] | None = None
    marked = False
    for number, (key, value) in enumerate(node.items()):
        marked = marked or key[-1:].isdecimal() or key[-5:] == "Label"
        if (new := _inner(value, reading, depth)) is not value:
            out = out or list(items(node, reading.written))
            out[number] = key, new, out[number][2]
    made = node if out is None else _made(_lifted(out, reading.written), node)
    return tables.labelled(made, reading.written) if marked else made


def _inner(value: object, reading: Reading, depth: int) -> object:
    """A value in a mapping or list; of a text of several lines what its labels say."""
    if type(value) in _HOLDERS:
        return _of(value, reading, depth + 1)
    if isinstance(value, str) and "\n" in value and (said := labelled(value)):
        return Keyed((key, one, "") for key, one in said.items())
    return value


@lru_cache(maxsize=4096)
def _is_plain(keys: tuple[str, ...]) -> bool:
    """Whether a mapping with these keys is what it is, as long as it holds texts and numbers alone."""
    roles = {_role(key)[0] for key in keys}
    paired = len(keys) <= MOST_BESIDE and "name" in roles and ("value" in roles or any(key[:1] == "@" for key in keys))
    return not paired and not any(key[-1:].isdecimal() or key[-5:] == "Label" for key in keys)


def _made(found: list[Found], node: dict[str, object]) -> Keyed:
    return Pairs(found) if isinstance(node, Pairs) else Keyed(found)


def _one_pair(node: dict[str, object], pair: tuple[str, str], reading: Reading, depth: int) -> list[Found]:
    """The value under its name, and what else stands beside them."""
    name, value = pair
    label = label_of(name_in(node[name]))
    out = [(label, *_bare(_of(node[value], reading, depth + 1), _at(node, value, reading.written), reading.written))]
    return out + [
        (key, _of(inner, reading, depth + 1), at)
        for key, inner, at in items(node, reading.written)
        if key not in {name, value, label}
    ]


def _bare(value: object, at: str, written: str) -> tuple[object, str]:
    """The value of a pair, without an element around it that says nothing but of what kind it is."""
    while written == "protobuf" and isinstance(value, dict) and len(value) == 1 and not isinstance(value, Pairs):
        ((_, value, below),) = items(value, written)
        at += below
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner, below),) = items(value, written)
        if (written == "xml" or key in SAYING) and not isinstance(inner, dict | list):
            return inner, at + below
    return value, at


def _at(node: dict[str, object], key: str, written: str) -> str:
    return node.at[key] if isinstance(node, Keyed) else step_of(key, written)


def _typed(node: dict[str, object], reading: Reading, depth: int) -> Keyed | None:
    """What stands under its kind alone, or under the language it is in, as what the holder itself is."""
    key, value = next(iter(node.items()), ("", None))
    if len(node) > 1 or _LANGUAGE.fullmatch(key):
        if not node or not all(map(_LANGUAGE.fullmatch, node)):
            return None
        (_, value, at), *others = items(node, reading.written)
        return Keyed([(TEXT, _of(value, reading, depth + 1), at), *others])
    kind = key.rpartition(":")[2].lower()
    if kind not in _TYPES and key not in _LETTERS:
        return None
    at = _at(node, key, reading.written)
    for inner in _WITHIN.get(kind, ()):
        if isinstance(value, dict) and inner in value:
            at, value = at + _at(value, inner, reading.written), value[inner]
    return Keyed([(TEXT, _of(value, reading, depth + 1), at)])


def _lifted(found: list[Found], written: str) -> list[Found]:
    """Pairs of elements of XML, or of several holders, as fields of what holds them."""
    holders = [value for _, value, _ in found if isinstance(value, Pairs)]
    if not holders or (len(holders) < 2 and written != "xml"):
        return found
    known = {key for key, value, _ in found if not isinstance(value, Pairs)}
    out: list[Found] = []
    for key, value, at in found:
        if not isinstance(value, Pairs) or not known.isdisjoint(_telling(value)):
            out.append((key, value, at))
            continue
        telling = _telling(value)
        known |= set(telling)
        out += [(name, value[name], at + value.at[name]) for name in telling]
        if rest := [(name, value[name], value.at[name]) for name in value if name not in telling]:
            out.append((key, Keyed(rest), at))
    return out


def _telling(pairs: Pairs) -> list[str]:
    """Names of pairs, without what says of what kind their values are."""
    return [name for name in pairs if name[:1] not in {"@", "["} and folded(name) not in _BESIDE]


def _list(node: list[object], reading: Reading, depth: int) -> list[object] | dict[str, object]:
    kinds = {type(one) for one in node[:MOST]}
    if not kinds & _HOLDERS:
        return _of_scalars(node, reading) if str in kinds and len(node) > 1 else node
    if kinds == {dict} and len(node) > 1:
        if titles := _used(tables.titles_of(node), reading):
            reading.titles |= titles
            return node
        if (found := _pairs(node, reading, depth)) is not None:
            return found
    if (made := tables.of_rows(node, reading.written)) is not node:
        return _of(made, reading, depth + 1)  # type: ignore[return-value]
    out: list[tuple[object, str]] | None = None
    for number, value in enumerate(node[:MOST]):
        if (new := _inner(value, reading, depth)) is not value:
            out = out or list(elements(node, reading.written))
            out[number] = new, out[number][1]
    if out is None and Pairs in kinds:
        out = list(elements(node, reading.written))
    return node if out is None else _together(Placed(out))


def _together(node: Placed) -> Placed | Pairs:
    """Elements that are pairs each as one record, where no name comes again: rows of a form."""
    pairs = [(one, at) for one, at in zip(node, node.at, strict=True) if isinstance(one, Pairs)]
    names = [name for one, _ in pairs for name in one]
    if len(node) < 2 or len(pairs) < len(node) or len(set(names)) != len(names):
        return node
    return record([(key, value, at + one.at[key]) for one, at in pairs for key, value in one.items()])


def _used(titles: dict[str, str], reading: Reading) -> dict[str, str]:
    """Titles of keys that the document has."""
    if titles and reading.keys is None:
        reading.keys = frozenset(tables.keys_of(reading.root))
    return {key: title for key, title in titles.items() if key in (reading.keys or ())}


def _pairs(node: list[object], reading: Reading, depth: int) -> Keyed | Placed | None:
    """Mappings of a name and a value each, as the records that they make together; None where they are others."""
    first = node[0]
    pair_in = _entry if reading.written == "protobuf" else pair_of
    if not isinstance(first, dict) or not 2 <= len(first) <= MOST_BESIDE or pair_in(first) is None:
        return None
    pairs = [pair_in(one) if isinstance(one, dict) and len(one) <= MOST_BESIDE else None for one in node]
    if not all(pairs):
        return None
    names = [label_of(name_in(one[pair[0]])) for one, pair in zip(node, pairs, strict=True)]  # type: ignore[index]
    are_fields = fields_among(names)
    sure = 2 * sum(map(names_field, names)) > len(names)
    found: list[Found] = []
    for (one, at), name, pair, is_field in zip(elements(node, reading.written), names, pairs, are_fields, strict=True):
        assert isinstance(one, dict)
        assert pair is not None
        beside = [
            part for part in items(one, reading.written) if part[0] not in pair and folded(part[0]) not in _BESIDE
        ]
        if beside and not sure:
            return None
        number = number_of(len(found), named=False)
        if is_field:
            value, place = _bare(
                _of(one[pair[1]], reading, depth + 1), _at(one, pair[1], reading.written), reading.written
            )
            found.append((name, value, at + place))
            found += [(number, Keyed(beside), at)] if beside else []
        else:
            found.append((number, _of(one, reading, depth + 1), at))
    return records(found) if any(are_fields) else None


def _entry(node: dict[str, object]) -> tuple[str, str] | None:
    """Of a message of protocol buffers its first field, a name, and its last: as maps have them, and metrics.

    One with a number besides may be called by that from then on: it stays as it is
    (`events/inference/dictionaries.py`).
    """
    last = max(node, key=int)
    aliased = len(node) > ONE_PAIR and isinstance(node.get(_ALIAS), int)
    return (_FIRST, last) if last != _FIRST and not aliased and name_in(node.get(_FIRST)) else None


def _of_scalars(node: list[object], reading: Reading) -> list[object] | Keyed:
    """Names and values by turns, or in each text both."""
    placed = list(elements(node, reading.written))
    if (turns := _turns(placed)) is not None:
        return turns
    pairs = [
        (match, at) for value, at in placed if isinstance(value, str) and (match := _PAIR.fullmatch(value.strip()))
    ]
    named_so = [(match, at) for match, at in pairs if names_field(match[1])] if len(pairs) == len(placed) else []
    if 2 * len(named_so) <= len(placed):
        return node
    return records([(label_of(match[1]), match[2].strip(), at) for match, at in pairs])


def _turns(placed: list[tuple[object, str]]) -> list[object] | Keyed | None:
    """A list of names and values by turns, behind a few other texts at most."""
    count = len(placed)
    for start in range(count % 2, min(_PREFIX + 1, count - 3), 2):
        first = placed[start][0]
        if not isinstance(first, str) or not names_field(first):
            continue
        names = [one for one, _ in placed[start::2]]
        if not all(isinstance(one, str) and 0 < len(one) <= LONGEST for one in names):
            continue
        known = sum(map(names_field, map(str, names)))
        values = sum(isinstance(one, str) and is_name(one) for one, _ in placed[start + 1 :: 2])
        if 2 * known > len(names) and not values:
            before = [(number_of(at, named=False), *one) for at, one in enumerate(placed[:start])]
            found = [(label_of(str(name)), *one) for name, one in zip(names, placed[start + 1 :: 2], strict=True)]
            keyed = records(found)
            return Keyed([*before, *items(keyed, "json")]) if before and isinstance(keyed, Keyed) else keyed
    return None


def by_turns(text: str) -> Keyed | None:
    """Lines that are names and values by turns, as commands of Redis have them; None for any others."""
    lines: list[object] = list(text.split("\r\n")) if text.count("\r\n") < MOST_BESIDE**3 else []
    found = _turns(list(elements(lines, "form"))) if len(lines) > ONE_PAIR else None
    return found if isinstance(found, Keyed) else None


def siblings(order: list[tuple[str, object]]) -> Pairs | Placed | None:
    """Elements that are a name and a value by turns, as `<key>a</key><string>b</string>`; None for any others."""
    head = order[0][0]
    if len(order) < 2 or len(order) % 2 or head.rpartition(":")[2].lower() not in _TURNS:
        return None
    if len(order) == ONE_PAIR and _role(order[1][0])[0] == "value":
        return None  # one pair, of a list perhaps, whose other names say whether this one names a field
    names = [
        value for name, value in order[::2] if name == head and isinstance(value, str) and 0 < len(value) <= LONGEST
    ]
    if 2 * len(names) != len(order) or any(name == head for name, _ in order[1::2]):
        return None
    if not any(fields_among(names)):
        return None
    counts: dict[str, int] = {}
    found: list[Found] = []
    for label, (name, value) in zip(names, order[1::2], strict=True):
        counts[name] = counts.get(name, 0) + 1
        text = _TEXTS.get(name, value) if value == "" else value
        place = f"/{name}{number_of(counts[name] - 1, named=True)}"
        found.append((label_of(label), *_bare(text, place, "xml")))
    return records(found)


@lru_cache(maxsize=4096)
def _role(key: str) -> tuple[str, int]:
    """Whether a key is that of a name or of a value, and how surely."""
    bare = folded(key)
    if key == TEXT:
        return "value", 1
    if bare in _EXACT:
        return _EXACT[bare], 1
    for role, words in (("value", _VALUES), ("name", _NAMES)):
        if bare in words:
            return role, 2 + words.index(bare)
        if bare.endswith(words):
            return role, 2 + len(words)
    if key in {"@id", "path"}:
        return "name", 2 + len(_NAMES)
    return "", 0


def name_in(value: object) -> str:
    """The text of a name, alone or in a small object or list; empty where it is none."""
    for _ in range(2):
        if isinstance(value, list | dict) and len(value) == 1:
            ((key, value),) = value.items() if isinstance(value, dict) else enumerate(value)
            if isinstance(key, str) and key not in SAYING:
                return ""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and value[0] != "\0" else ""


def pair_of(node: dict[str, object]) -> tuple[str, str] | None:
    """The keys of a name and of its value, where a mapping has one of each."""
    best: dict[str, tuple[int, str]] = {}
    for key, value in node.items():
        role, rank = _role(key)
        if role == "name" and not name_in(value):
            continue
        if role and (role not in best or rank < best[role][0]):
            best[role] = rank, key
    if "name" not in best:
        return None
    name = best["name"][1]
    if "value" in best:
        return name, best["value"][1]
    inner = [key for key in node if key[:1] != "@" and key != name] if name[:1] == "@" else []
    return (name, inner[0]) if len(inner) == 1 else None
