"""Fields of persons as senders spell them: pairs of name and value, lists by index, texts inside texts, queries.

`unwrapping.scalars` gives scalars by key. Here those are read whose key stands elsewhere: in a field beside it
(`{"key": "idNumber", "value": …}`), in a heading (`columns` over `rows`), in the brackets of a form (`p[0][name]`), or
in a text that is a document itself. Nothing is guessed from values but that a list which holds an ID number beside a
Chinese name is about that person.
"""

from __future__ import annotations

import re
from base64 import b64decode
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from netaudit.identity_data.lines import NUMBER, Field, lines_of, page_lines
from netaudit.identity_data.naming import has_family_name, kind_of, names_personal, plain
from netaudit.masking.identity_numbers import right_check_digit
from netaudit.text.base64_alphabet import STANDARD_TEXT
from netaudit.text.patterns import later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    ReadXml = Callable[[str], list[Field]]
    Parsed = Callable[[str], object]

DEEPEST = 4  # texts inside texts
SHORTEST, LONGEST = 4, 4096  # characters of a text that is looked into
MOST = 2000  # fields of a document, of a text or of a query
LONGEST_KEY = 18  # characters of a path that holds no number
_MOST_PAIRS = 200  # of a query
_NAMING = ("key", "name", "field", "attr", "label", "title", "code", "column", "question", "prompt", "caption", "item")
_SAYING = ("value", "val", "answer", "text", "content", "data", "words", "string")
_MARKED = later("[=:：]|姓名")  # without which a short text says nothing by its keys
_HEADINGS = frozenset({"columns", "fields", "header", "headers", "keys", "titles", "names", "cols"})
_ROW = later(r"(?P<list>.+)\[(?P<place>\d+)\]\Z")
_DEEPER = frozenset({"text", "value", "content", "words"})
_LANGUAGE = later(r"2052|1033|zh(?:[-_](?:cn|hans))?|en(?:[-_]us)?|default", re.IGNORECASE)
_ALIASES = frozenset(
    {"data", "dataindex", "field", "fieldname", "prop", "key", "id", "code", "apicode", "name", "alias"}
)
_ALIAS = later(r"[A-Za-z_]\w{0,39}", re.ASCII)
_BASE64_OBJECT = ("eyJ", "W3si", "eyAi")  # base64 of {" [{" { "
_PAIR = later(r"([\w.-]{1,30})\s?[:：=]\s?(.{1,256})")
_FORM = later(r"[\w.\[\]%-]{1,64}=[^=\s]*(?:&[\w.\[\]%-]{1,64}=[^=\s]*)+\Z")
_BEFORE_LAST = 17  # digits of a number before its check digit
_BRACKETS = later(r"\[([^\[\]\d][^\[\]]{0,63})\]")
_LAST = later(r"[./]@?[^./]*\Z")
_CELL_OF_LINE = later(r"\bline\[\d+\]\[\d+\]\Z")
_INDEX = later(r"\[\d+\]\Z")
_TOKENS, _PARTS = "authorization", 3  # the header of tokens, and their parts
Lists = dict[str, dict[int, Field]]  # cells of each list by their places
_DECIDING = frozenset({"id_number", "doubtful", "phone", "name", "birthday", "address"})


def widened(found: list[Field], read_xml: ReadXml, parsed: Parsed) -> list[Field]:
    """The fields, and those that are spelled otherwise. `parsed` says what a text is that is a JSON document."""
    out = [_unbracketed(field) if "[" in field.key else field for field in found]
    for field in found:
        out += _inside(field, read_xml, parsed, DEEPEST)
    out += _keys_that_say(out) + _of_holders(out)
    out += _under_aliases(out)
    lists = _lists(out)
    named = [
        *_named_beside(out),
        *_under_headings(lists),
        *_in_columns(lists),
        *_labelled_lists(lists),
        *_lists_of_pairs(lists),
        *_with_check_digits(out),
    ]
    if named:  # each instead of the value that it names
        gone = {path for path, _ in named}
        out = [field for field in out if field.path not in gone] + [field for _, field in named]
    return out if len(out) <= MOST else out[:MOST]


def _keys_that_say(found: list[Field]) -> list[Field]:
    """Numbers and names that are keys: `{"1101…": "张三"}`, `{"张三": "1101…"}`, `{"1101…": {"name": …}}`."""
    out: dict[str, Field] = {}
    for field in found:
        for number in NUMBER.finditer(field.path) if len(field.path) > LONGEST_KEY else ():
            place = field.path[: number.end()]
            out[f"{place}[0]"] = Field(f"{place}[0]", "", number[0])
            if place == field.path:
                out[f"{place}[1]"] = Field(f"{place}[1]", "", field.value)
        if has_family_name(field.key) and not kind_of(field.key) and NUMBER.fullmatch(field.value.strip()):
            out |= {f"{field.path}[{at}]": Field(f"{field.path}[{at}]", "", one) for at, one in enumerate(field[:0:-1])}
    return list(out.values())


def _with_check_digits(found: list[Field]) -> Iterator[tuple[str, Field]]:
    """Numbers whose last digit is a field of its own, behind that of the others: an integer holds no X."""
    for one, last in pairwise(found):
        if len(one.value) == _BEFORE_LAST and one.value.isdecimal() and len(last.value.strip()) == 1:
            number = one.value + last.value.strip().upper()
            if NUMBER.fullmatch(number) and right_check_digit(number):
                yield one.path, one._replace(value=number)


def _of_holders(found: list[Field]) -> list[Field]:
    """What stands one deeper than its name: `{"title": [{"text": "姓名"}]}`, `{"FName": {"2052": …}}`."""
    out = []
    for field in found:
        deeper = field.key.lower() in _DEEPER or _LANGUAGE.fullmatch(field.key) is not None
        if deeper and not field.path.startswith("/"):
            holder = _INDEX.sub("", _holder(field.path))
            key = holder.rpartition(".")[2]
            if key and (field.key.lower() not in _DEEPER or plain(key).endswith((*_NAMING, *_SAYING))):
                out.append(Field(holder, key, field.value))
    return out


def _under_aliases(found: list[Field]) -> list[Field]:
    """Values under names that a list beside explains: `{"title": "姓名", "dataIndex": "c1"}` of `{"c1": …}`."""
    labels = {_holder(field.path): field.value for field in found if _is_naming(field)}
    explained = {
        field.value: labels[holder]
        for field in found
        if (holder := _holder(field.path)) in labels and plain(field.key) in _ALIASES and _ALIAS.fullmatch(field.value)
    }
    return [field._replace(key=explained[field.key]) for field in found if field.key in explained] if explained else []


def query_fields(target: str) -> list[Field]:
    """Fields of the query of a request target."""
    _, mark, query = target.partition("?")
    return _form_fields(query, "query") if mark and len(query) <= LONGEST else []


def _form_fields(text: str, path: str) -> list[Field]:
    """Pairs of a form in whatever charset they are."""
    out = []
    for pair in re.split("[&;]", text)[:_MOST_PAIRS]:
        key, mark, value = pair.partition("=")
        if mark and value:
            name, plain = _unescaped(key), _unescaped(value)
            out.append(Field(f"{path}.{name}", name, plain))
    return out


def _unescaped(text: str) -> str:
    data = unquote_to_bytes(text.replace("+", " "))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def header_fields(headers: Iterable[tuple[str, str]]) -> list[Field]:
    """Fields of the headers of a message, and of its cookies."""
    out: list[Field] = []
    for name, value in headers:
        out += _form_fields(value, "cookie") if name == "cookie" else [Field(f"header.{name}", name, _unescaped(value))]
        if name == _TOKENS:
            out.append(Field(f"header.{name}", "", value.rpartition(" ")[2]))
    return out


def tells_in_token(value: str) -> bool:
    """Whether a credential holds an identity number in clear: one that is signed is not hidden."""
    return _BASE64_OBJECT[0] in value and _token_holds_number(value)


@lru_cache(maxsize=1024)
def _token_holds_number(value: str) -> bool:
    return any(NUMBER.search(_unpacked(part)) for part in token_parts(value.rpartition(" ")[2]))


def _unbracketed(field: Field) -> Field:
    """`p[0][name]` of a form as `p[0].name`."""
    path = _BRACKETS.sub(r".\1", field.path)
    return field if path == field.path else Field(path, path.rpartition(".")[2], field.value)


def _inside(field: Field, read_xml: ReadXml, parsed: Parsed, depth: int) -> Iterator[Field]:
    """Fields of a text that is a document itself, or that says of a person what notations say by keys."""
    text = field.value.strip()
    if depth == 0 or not SHORTEST <= len(text) <= LONGEST:
        return
    inner: list[Field] = []
    if text[0] in "{[" and text[-1] in "]}" and (value := parsed(text)) is not None:
        inner = list(_scalars(value, field.path, ""))[:MOST]
    elif text.startswith(_BASE64_OBJECT) and (data := "\n".join(map(_unpacked, token_parts(text)))).strip():
        inner = [one for part in data.split("\n") for one in _scalars(parsed(part), field.path, "")][:MOST]
    elif text[0] == "<" and text[-1] == ">":
        inner = [Field(f"/{plain(field.key)}{path}", key, value) for path, key, value in read_xml(text)]
    elif "=" in text and "&" in text and _FORM.match(text):
        inner = _form_fields(text, field.path)
    elif "<" in text and "</" in text and NUMBER.search(text):
        yield from lines_of("\n".join(map(page_lines, text.splitlines())), base=field.path)
        return
    elif _CELL_OF_LINE.search(field.path):
        return  # lines were looked through as such
    elif (NUMBER.search(text) and len(text) > len("11010119900101001X")) or _MARKED.search(text):
        spoken = lines_of(text, base=field.path)
        keys = {kind_of(one.key) for one in spoken} & _DECIDING
        yield from spoken if len(keys) > 1 or NUMBER.search(text) or text.startswith("姓名") else ()
        return
    for one in inner:
        yield one
        yield from _inside(one, read_xml, parsed, depth - 1)


def token_parts(text: str) -> list[str]:
    """Base64 of a text; of a signed token its head and what it claims (RFC 7519)."""
    parts = text.split(".")
    return parts[:2] if len(parts) == _PARTS else [text]


def _unpacked(text: str) -> str:
    """The JSON text of which this is base64."""
    try:
        return b64decode(text.translate(STANDARD_TEXT) + "=" * (-len(text) % 4), validate=True).decode()
    except ValueError:
        return ""


def json_fields(value: object) -> list[Field]:
    """Scalars of a decoded JSON text."""
    return list(_scalars(value, "$", ""))[:MOST]


def _scalars(value: object, path: str, key: str) -> Iterator[Field]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _scalars(inner, f"{path}.{name}"[:512], str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _scalars(inner, f"{path}[{place}]"[:512], key)
    elif value is not None:
        yield Field(path, key, str(value).lower() if isinstance(value, bool) else str(value))


def _named_beside(found: list[Field]) -> list[tuple[str, Field]]:
    """Of siblings that name a field and say its value: the path of the value, and the value under that name."""
    if not any(field.path.startswith("/") or _says(field) for field in found):
        return []
    out: list[tuple[str, Field]] = []
    by_holder: dict[str, dict[str, Field]] = {}
    for place, field in enumerate(found):
        if field.path.startswith("/"):
            if _is_naming(field):
                out += _of_element(found, place)
        else:
            by_holder.setdefault(_holder(field.path), {}).setdefault(field.key.lower(), field)
    for holder, beside in by_holder.items():
        worded = next((field for field in beside.values() if _says(field)), None)
        above = _LAST.search(holder) if worded is not None else None
        if worded is not None and above is not None and names_personal(key := above[0].lstrip("./@")):
            out.append((worded.path, Field(holder, key, worded.value)))  # {"姓名": {"words": …}}
            continue
        naming = next((field for field in beside.values() if _is_naming(field)), None)
        saying = next((field for field in beside.values() if field is not naming and _says(field)), None)
        if naming is not None and saying is not None:
            row = _ROW.match(holder)
            around = row["list"] if row else holder
            label = naming.value.lstrip("/")
            out.append((saying.path, Field(f"{around}.{label}", label, saying.value)))
    return out


def _is_naming(field: Field) -> bool:
    key = plain(field.key)
    wide = (*_NAMING, "id") if field.path.startswith("/") else _NAMING
    named = key == "k" or key.endswith(wide) or (key == "path" and field.value.startswith("/"))  # RFC 6902
    return named and len(field.value) <= 40 and names_personal(field.value.lstrip("/"))


def _says(field: Field) -> bool:
    key = plain(field.key)
    return key == "v" or key.endswith(_SAYING)


def _of_element(found: list[Field], place: int) -> Iterator[tuple[str, Field]]:
    """`<f name="x" value="y"/>`, `<f name="x">y</f>`, `<f><name>x</name><value>y</value></f>`, `<key>x</key><s>y</s>`.

    Attributes come first, then the text.
    """
    naming = found[place]
    holder, _, last = naming.path.rpartition("/")
    around = holder.rpartition("/")[0] if last.startswith("@") else holder
    for field in found[place + 1 : place + 9]:
        if not field.path.startswith(holder):
            return
        if last.startswith("@"):
            said = field.path == holder or (field.path.startswith(holder + "/") and _says(field))
        else:
            said = field.path.startswith(holder + "/") and "/@" not in field.path
        if said:
            yield field.path, Field(f"{_record_of(around)}/{naming.value}", naming.value, field.value)
            return


def _record_of(holder: str) -> str:
    """What holds a list of pairs: `<member>` and `<member[2]>` are of one record."""
    above, _, last = holder.rpartition("/")
    return above if plain(_INDEX.sub("", last)) in {"member", "entry", "item", "field", "pair", "property"} else holder


def _lists(found: Iterable[Field]) -> Lists:
    lists: Lists = {}
    for field in found:
        if not field.path.startswith("/") and (row := _ROW.match(field.path)):
            lists.setdefault(row["list"], {})[int(row["place"])] = field
    return lists


def _under_headings(lists: Lists) -> list[tuple[str, Field]]:
    """Lists of lists under a list of names: each cell under the name at its place."""
    headings = {
        path: [cells[place].value for place in sorted(cells)]
        for path, cells in lists.items()
        if path.rpartition(".")[2].lower() in _HEADINGS or _ROW.match(path) is not None
    }
    headings = {path: names for path, names in headings.items() if sum(map(names_personal, names)) >= 2}
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


def _in_columns(lists: Lists) -> list[tuple[str, Field]]:
    """Lists beside each other, one of each field: `{"name": [a, b], "idNo": [x, y]}`."""
    beside: dict[tuple[str, int], list[tuple[str, dict[int, Field]]]] = {}
    for path, cells in lists.items():
        key = path.rpartition(".")[2]
        if names_personal(key):
            beside.setdefault((_holder(path), len(cells)), []).append((key, cells))
    return [
        (field.path, Field(f"{holder}[{at}].{key}", key, field.value))
        for (holder, _), columns in beside.items()
        if len(columns) > 1
        for key, cells in columns
        for at, field in cells.items()
    ]


def _labelled_lists(lists: Lists) -> list[tuple[str, Field]]:
    """Lists of a label and what it says: `[["姓名", "张三"], ["身份证号", "1101…"]]`."""
    out = []
    for path, cells in lists.items():
        if len(cells) == 2 and {0, 1} == set(cells) and (row := _ROW.match(path)):
            label, value = cells[0].value, cells[1].value
            if names_personal(label) and not names_personal(value):
                out.append((cells[1].path, Field(f"{row['list']}.{label}", label, value)))
    return out


def _lists_of_pairs(lists: Lists) -> list[tuple[str, Field]]:
    """Lists of a label and what it says in each text: `["姓名:张三", "身份证号:1101…"]`."""
    out = []
    for path, cells in lists.items():
        pairs = [(cell.path, pair) for cell in cells.values() if (pair := _PAIR.fullmatch(cell.value.strip()))]
        pairs = [(place, pair) for place, pair in pairs if names_personal(pair[1])]
        if len(pairs) > 1:
            out += [(place, Field(f"{path}.{pair[1]}", pair[1], pair[2])) for place, pair in pairs]
    return out


def _holder(path: str) -> str:
    if path.startswith("/"):
        return path.rpartition("/")[0]
    last = max(path.rfind("."), path.rfind("/"))
    return path[:last] if last >= 0 else path
