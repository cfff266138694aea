"""Fields of persons as senders spell them: pairs of name and value, lists by index, texts inside texts, lines, queries.

`unwrapping.fields` gives scalars by key. Here those are read whose key stands elsewhere: in a field beside it
(`{"key": "idNumber", "value": …}`), in a heading (`columns` over `rows`), in the element before it ("name,ID"), in
front of an equals sign or a colon of a line, or in a text that is a document itself. Nothing is guessed from values but
that a list which holds an ID number beside a Chinese name is about that person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEEPEST = 4  # texts inside texts
LONGEST = 4096  # characters of a text that is looked into
MOST = 2000  # fields of a document, of a text or of a query
MOST_LINES = 2000
_NAMING = frozenset({"key", "name", "field", "fieldname", "attr", "label", "title", "code", "k", "column", "itemname"})
_SAYING = ("value", "val", "fieldvalue", "text", "content", "v", "data", "itemvalue")
_WORDED = ("words", "value", "text", "content")
_HEADINGS = frozenset({"columns", "fields", "header", "headers", "keys", "titles", "names", "cols"})
_ROW = re.compile(r"(?P<list>.+)\[(?P<place>\d+)\]\Z")
# key=value or key: value, up to what ends it in a line
_PAIR = re.compile(
    r"(?:^|[\s,;|&?{(，；])[\"']?(?P<key>[A-Za-z_\u4e00-\u9fff][\w.\-\u4e00-\u9fff]{0,39})[\"']?[ ]?[=:：][ ]?"
    r"(?:\"(?P<quoted>[^\"\r\n]{0,256})\"|(?P<bare>[^\t\r\n,;|&\"'}，；]{1,256}))"
)
_CELLS = re.compile(r"[\t,;|，；]")
_FORM = re.compile(r"[\w.\[\]%-]{1,64}=[^=\s]*(?:&[\w.\[\]%-]{1,64}=[^=\s]*)+\Z")
_LAST = re.compile(r"[./]@?[^./]*\Z")


Parsed = Callable[[str], object]


class Field(NamedTuple):
    """A scalar: where it is, under which key, and its text."""

    path: str
    key: str
    value: str


def widened(found: list[Field], telling: Callable[[str], bool], parsed: Parsed) -> list[Field]:
    """The fields, and those that are spelled otherwise.

    `telling` says whether a key names a field of a person, `parsed` what a text says that is a JSON document.
    """
    out = list(found)
    for field in found:
        out += _inside(field, DEEPEST, parsed)
    named = [*_named_beside(out, telling), *_under_headings(out, telling)]
    if named:  # each instead of the value that it names
        gone = {path for path, _ in named}
        out = [field for field in out if field.path not in gone] + [field for _, field in named]
    return out if len(out) <= MOST else out[:MOST]


def lines_of(text: str, name: str, telling: Callable[[str], bool]) -> list[Field]:
    """Fields of a text without notation: key=value, key: value, columns under a heading, cells of a line."""
    out: list[Field] = []
    heading: list[str] = []
    for number, line in enumerate(map(str.strip, text[: 1 << 20].splitlines()[:MOST_LINES])):
        if not line or len(line) > LONGEST:
            continue
        place = f"line[{number}]"
        pairs = [
            Field(f"{place}.{pair['key']}", pair["key"], (pair["quoted"] or pair["bare"] or "").strip())
            for pair in _PAIR.finditer(line)
        ]
        pairs = [pair for pair in pairs if pair.value]
        if pairs:
            out += pairs
            continue
        cells = [cell.strip().strip('"') for cell in _CELLS.split(line)]
        if len(cells) < 2:
            if cells != [""] and len(line) <= 64:
                out.append(Field(place, name, line))
            continue
        if sum(map(telling, cells)) >= 2:
            heading = cells
        elif heading and len(cells) == len(heading):
            out += [Field(f"{place}.{key}", key, cell) for key, cell in zip(heading, cells, strict=True) if cell]
        else:
            out += [Field(f"{place}[{at}]", "", cell) for at, cell in enumerate(cells) if cell]
        if len(out) >= MOST:
            break
    return out


def query_fields(target: str) -> list[Field]:
    """Fields of the query of a request target."""
    _, mark, query = target.partition("?")
    if not mark or len(query) > LONGEST:
        return []
    return [Field(f"query.{key}", key, value) for key, value in parse_qsl(query, max_num_fields=None)[:200]]


def _inside(field: Field, depth: int, parsed: Parsed) -> Iterator[Field]:
    """Fields of a text that is a document itself: JSON, or a form."""
    text = field.value
    if depth == 0 or not 6 < len(text) <= LONGEST:
        return
    inner: list[Field] = []
    if text[0] in "{[" and text[-1] in "]}":
        inner = list(_scalars(parsed(text), field.path, ""))[:MOST]
    elif "=" in text and "&" in text and _FORM.match(text):
        inner = [Field(f"{field.path}.{key}", key, value) for key, value in parse_qsl(text)[:200]]
    for one in inner:
        yield one
        yield from _inside(one, depth - 1, parsed)


def _scalars(value: object, path: str, key: str) -> Iterator[Field]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _scalars(inner, f"{path}.{name}"[:512], str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _scalars(inner, f"{path}[{place}]"[:512], key)
    elif value is not None:
        yield Field(path, key, str(value).lower() if isinstance(value, bool) else str(value))


def _named_beside(found: list[Field], telling: Callable[[str], bool]) -> list[tuple[str, Field]]:
    """Of siblings that name a field and say its value: the path of the value, and the value under that name."""
    out: list[tuple[str, Field]] = []
    by_holder: dict[str, dict[str, Field]] = {}
    for place, field in enumerate(found):
        if "/@" in field.path:
            if field.key.lower() in _NAMING and telling(field.value):
                out += _of_element(found, place)
        else:
            by_holder.setdefault(_holder(field.path), {}).setdefault(field.key.lower(), field)
    for holder, fields in by_holder.items():
        said = next((fields[key] for key in _WORDED if key in fields), None)
        above = _LAST.search(holder)
        if said is not None and above is not None and telling(key := above[0].lstrip("./@")):
            out.append((said.path, Field(holder, key, said.value)))  # {"姓名": {"words": …}}
            continue
        naming = next((fields[key] for key in fields if key in _NAMING and telling(fields[key].value)), None)
        saying = next((fields[key] for key in _SAYING if key in fields), None)
        if naming is not None and saying is not None and saying is not naming:
            row = _ROW.match(holder)
            around = row["list"] if row else holder
            out.append((saying.path, Field(f"{around}.{naming.value}", naming.value, saying.value)))
    return out


def _of_element(found: list[Field], place: int) -> Iterator[tuple[str, Field]]:
    """`<field name="x" value="y"/>` and `<field name="x">y</field>`: attributes come first, then the text."""
    naming = found[place]
    holder = naming.path.rpartition("/@")[0]
    around = holder.rpartition("/")[0]
    for field in found[place + 1 : place + 9]:
        said = field.path == holder or (field.path.startswith(holder + "/@") and field.key.lower() in _SAYING)
        if said:
            yield field.path, Field(f"{around}/{naming.value}", naming.value, field.value)
        if said or not field.path.startswith(holder):
            return


def _under_headings(found: Iterable[Field], telling: Callable[[str], bool]) -> list[tuple[str, Field]]:
    """Lists of lists under a list of names: each cell under the name at its place."""
    lists: dict[str, dict[int, Field]] = {}
    for field in found:
        if row := _ROW.match(field.path):
            lists.setdefault(row["list"], {})[int(row["place"])] = field
    headings = {
        path: [fields[place].value for place in sorted(fields)]
        for path, fields in lists.items()
        if path.rpartition(".")[2].lower() in _HEADINGS or _ROW.match(path) is not None
    }
    headings = {path: names for path, names in headings.items() if sum(map(telling, names)) >= 2}
    out: list[tuple[str, Field]] = []
    for path, names in headings.items():
        near = _holder(path)
        for other, cells in lists.items():
            if other != path and other.startswith(near) and len(cells) == len(names) and other not in headings:
                out += [
                    (cells[at].path, Field(f"{other}.{names[at]}", names[at], cells[at].value))
                    for at in cells
                    if at < len(names)
                ]
    return out


def _holder(path: str) -> str:
    return path.rpartition("/")[0] if path.startswith("/") else _LAST.sub("", path)
