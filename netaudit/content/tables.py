"""Tables in documents as records: rows under a heading, columns beside each other, names that another list explains.

The heading may be a list beside the rows, or in an object beside theirs, or the first row.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from netaudit.core.contracts.document_values import (
    Keyed,
    Pairs,
    Placed,
    Repeated,
    elements,
    items,
    label_of,
    number_of,
    records,
)
from netaudit.core.signatures.field_words import fields_among, folded, names_field

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST, WIDEST, LONGEST = 10_000, 400, 64  # rows, columns, characters of a name
DEEPEST_TABLE = 2  # mappings around a list
MOST_BESIDE = 12  # fields of an object that holds a table
LEAST_COLUMNS, LEAST_KNOWN = 4, 2  # lists beside each other that are columns, and of such with known names
_ALIASES = frozenset(
    {"data", "dataindex", "field", "fieldname", "prop", "key", "id", "code", "apicode", "alias", "bind", "slot"}
)
_ALIAS = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)
_TITLES = ("title", "label", "name", "text", "caption", "header", "headername", "displayname", "columnname", "field")
_COUNTED = re.compile(
    r"(?P<stem>.*?)(?P<role>name|key|label|field|title|k|n|value|val|v|text|data)[_-]?(?P<at>\d{1,4})"
)
_LABEL = "Label"  # what the Common Event Format puts behind the key of a field that it has no name for
_NAME_ROLES = frozenset({"name", "key", "label", "field", "title", "k", "n"})
_LISTS = frozenset({list, Repeated, Placed})


def of_mapping(node: dict[str, object], written: str) -> dict[str, object]:
    """A mapping whose lists are a table, with records instead."""
    if len(node) <= MOST_BESIDE and (found := _under_heading(node, written)) is not None:
        return found
    return node if written in {"xml", "form", "protobuf"} else _columns(node, written)


def _under_heading(node: dict[str, object], written: str) -> Keyed | None:
    """Lists of lists under a list of as many names beside them."""
    lists = _lists(node)
    tabled = [(path, rows) for path, one in lists if (rows := _rows(one, written))]
    if len(tabled) != 1:
        return None
    ((path, rows),) = tabled
    heads = [(at, names) for at, one in lists if at != path and len(names := _names(one)) == len(rows[0][0])]
    if len(heads) != 1 or not any(fields := fields_among(heads[0][1])):
        return None
    ((above, names),) = heads
    return _without(_with(node, path, _records(rows, names, fields), written), above, written)


def _lists(node: dict[str, object], depth: int = 0) -> list[tuple[tuple[str, ...], object]]:
    """Lists in a mapping and in mappings in it, by their keys; a row of a table that is alone likewise."""
    out: list[tuple[tuple[str, ...], object]] = []
    for key, value in node.items():
        if type(value) in _LISTS and value:
            out.append(((key,), value))
        elif isinstance(value, dict) and len(value) <= MOST_BESIDE and depth < DEEPEST_TABLE:
            out += [((key, *path), one) for path, one in _lists(value, depth + 1)]
    return out


def _rows(one: object, written: str) -> list[tuple[list[tuple[object, str]], str]]:
    """Cells with their places of all rows of a list, and the places of the rows; empty where they are no rows."""
    if not isinstance(one, list) or not one or not isinstance(one[0], dict | list):
        return []
    out: list[tuple[list[tuple[object, str]], str]] = []
    for row, at in list(elements(one, written))[:MOST]:
        cells = _cells(row, written)
        if not 1 < len(cells) <= WIDEST or (out and len(cells) != len(out[0][0])):
            return []
        out.append((cells, at))
    return out


def _cells(row: object, written: str) -> list[tuple[object, str]]:
    """Cells of a row: of a list, or of an element that holds elements of one name."""
    if isinstance(row, list):
        return list(elements(row, written))
    if written != "xml" or not isinstance(row, dict):
        return []
    held = [(value, at) for key, value, at in items(row, written) if key[:1] != "@"]
    cells, above = held[0] if len(held) == 1 else (None, "")
    if not isinstance(cells, list):
        return []
    return [_bare(value, above + at, written) for value, at in elements(cells, written)]


def _bare(value: object, at: str, written: str) -> tuple[object, str]:
    """A cell without the elements around its text, and their attributes."""
    for _ in range(DEEPEST_TABLE):
        inner = [one for one in items(value, written) if one[0][:1] != "@"] if isinstance(value, dict) else []
        if len(inner) != 1:
            break
        value, at = inner[0][1], at + inner[0][2]
    return value, at


def _names(one: object) -> list[str]:
    """A list of names, or of objects that say one each; empty where it is none."""
    if not isinstance(one, list):
        return []
    if all(isinstance(value, dict) for value in one):
        one = [next((value for key, value in each.items() if folded(key) in _TITLES), None) for each in one]
    names = [value.strip() for value in one if isinstance(value, str) and 0 < len(value) <= LONGEST and _begins(value)]
    return names if len(names) == len(one) > 1 and len(set(names)) == len(names) else []


def _begins(text: str) -> bool:
    return text.lstrip(" *_")[:1].isalpha()


def _records(rows: list[tuple[list[tuple[object, str]], str]], names: list[str], fields: list[bool]) -> Placed:
    """Rows as mappings of their names; a cell whose column has none by its number."""
    called = [
        name if field else number_of(n, named=False) for n, (name, field) in enumerate(zip(names, fields, strict=True))
    ]
    return Placed((Keyed((name, *cell) for name, cell in zip(called, cells, strict=True)), at) for cells, at in rows)


def _with(node: dict[str, object], path: tuple[str, ...], new: object, written: str) -> Keyed:
    """The mapping with another value at the end of the keys."""
    return Keyed(
        (key, (new if len(path) == 1 else _with(value, path[1:], new, written)) if key == path[0] else value, at)  # type: ignore[arg-type]
        for key, value, at in items(node, written)
    )


def _without(node: Keyed, path: tuple[str, ...], written: str) -> Keyed:
    if len(path) > 1:
        inner = node[path[0]]
        return _with(node, path[:1], Keyed(one for one in items(inner, written) if one[0] != path[1]), written)  # type: ignore[arg-type]
    return Keyed(one for one in items(node, written) if one[0] != path[0])


def of_rows(node: list[object], written: str) -> list[object] | Pairs | Placed:
    """Lists in a list as records: of a name and a value each, or rows under the first of them, where it is of names."""
    rows = _rows(node, written) if len(node) >= LEAST_KNOWN else []
    if not rows:
        return node
    labels = [label_of(one) for ((one, _), *_), _ in rows if isinstance(one, str) and 0 < len(one) <= LONGEST]
    names = _names([one for one, _ in rows[0][0]])
    across = sum(map(names_field, names)) / len(names) if names else 0.0
    down = sum(map(names_field, labels)) / len(rows) if len(labels) == len(rows) else 0.0
    if len(rows[0][0]) == LEAST_KNOWN and down > max(across, 0.5):
        return records(
            [(name, value, at + place) for name, ((_, (value, place)), at) in zip(labels, rows, strict=True)]
        )
    return _records(rows[1:], names, fields_among(names)) if across > 0.5 else node


def _columns(node: dict[str, object], written: str) -> dict[str, object]:
    """Lists of scalars of one length beside each other: of each record a place in every one."""
    lists = {
        key: value
        for key, value in node.items()
        if type(value) in _LISTS and value and not any(isinstance(one, dict | list) for one in value[:MOST])  # type: ignore[index]
    }
    if len(lists) < LEAST_KNOWN:
        return node
    counts = Counter(len(one) for one in lists.values())  # type: ignore[arg-type]
    known = sum(map(names_field, lists))
    if len(counts) > 1 or len(lists) > WIDEST or (len(lists) < LEAST_COLUMNS and known < len(lists)):
        return node
    rest = [one for one in items(node, written) if one[0] not in lists]
    cells = {
        key: [(value, at + inner) for value, inner in elements(value, written)]  # type: ignore[arg-type]
        for key, value, at in items(node, written)
        if key in lists
    }
    return Keyed(
        [
            *rest,
            *(
                (number_of(n, named=False), Keyed((key, *one[n]) for key, one in cells.items()), "")
                for n in range(min(MOST, next(iter(counts))))
            ),
        ]
    )


def labelled(node: dict[str, object], written: str) -> dict[str, object]:
    """A mapping whose keys are explained beside them: `cs1Label=name cs1=…`, `key_1=name value_1=…`."""
    names: dict[str, str] = {}
    numbered: dict[tuple[str, str], dict[bool, str]] = {}
    for key, value in node.items():
        if key.endswith(_LABEL) and key.removesuffix(_LABEL) in node and isinstance(value, str):
            names[key.removesuffix(_LABEL)] = value
        elif match := _COUNTED.fullmatch(key):
            role = match["role"] in _NAME_ROLES
            numbered.setdefault((match["stem"], match["at"]), {}).setdefault(role, key)
    gone = {key + _LABEL for key in names}
    pairs = [one for one in numbered.values() if len(one) == LEAST_KNOWN]
    labels = [str(node[one[True]]) for one in pairs if isinstance(node[one[True]], str)]
    if len(labels) == len(pairs) and 2 * sum(map(names_field, labels)) > len(labels):
        names |= {one[False]: labels[n] for n, one in enumerate(pairs)}
        gone |= {one[True] for one in pairs}
    return _renamed(node, names, gone, written) if names else node


def _renamed(node: dict[str, object], names: dict[str, str], gone: set[str], written: str) -> Keyed:
    known = node.keys() - names.keys()
    return Keyed(
        (names[key] if key in names and names[key] not in known else key, value, at)
        for key, value, at in items(node, written)
        if key not in gone
    )


def titles_of(node: list[object]) -> dict[str, str]:
    """What a list of titles calls keys of records, `{"title": "name", "dataIndex": "c1"}`; empty for any other."""
    out: dict[str, str] = {}
    for one in node[:WIDEST]:
        if not isinstance(one, dict):
            return {}
        called = {folded(key): value for key, value in one.items() if isinstance(value, str)}
        title = next((called[key] for key in _TITLES if key in called), "")
        alias = next((value for key, value in called.items() if key in _ALIASES and value != title), "")
        if not title or not _ALIAS.fullmatch(alias) or names_field(alias):
            return {}
        out[alias] = title
    return out if len(out) == len(node) else {}


def keys_of(root: object) -> Iterator[str]:
    """All keys of a document."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield from node
        stack += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def explained(node: object, names: dict[str, str], written: str, depth: int) -> object:
    """A document with keys that a list of titles explains under these."""
    if depth > LONGEST:
        return node
    if isinstance(node, dict):
        inner = Keyed((key, explained(value, names, written, depth + 1), at) for key, value, at in items(node, written))
        held = names.keys() & inner.keys()
        return (
            _renamed(inner, {key: names[key] for key in held}, set(), written) if 2 * len(held) > len(inner) else inner
        )
    if isinstance(node, list):
        return Placed([(explained(one, names, written, depth + 1), at) for one, at in elements(node, written)])
    return node
