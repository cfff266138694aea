"""Fields of persons as senders spell them: texts inside texts, keys that are values, queries, heads.

`unwrapping.scalars` gives scalars by key, those too whose names stand beside them. Here texts are read that are a
document themselves, or lines, and numbers and names that are keys. Nothing is guessed from values but that a list which
holds an ID number beside a Chinese name is about that person.
"""

from __future__ import annotations

import re
from base64 import b64decode
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from netaudit.core.masking.number_forms import right_check_digit
from netaudit.core.text.charset import STANDARD_TEXT
from netaudit.core.text.patterns import later
from netaudit.events.identity.lines import NUMBER, Field, lines_of, page_lines
from netaudit.events.identity.naming import has_family_name, kind_of, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    ReadXml = Callable[[str], list[Field]]
    ReadJson = Callable[[str, str], list[Field]]  # of a text, at a path

DEEPEST = 4  # texts inside texts
SHORTEST, LONGEST = 4, 4096  # characters of a text that is looked into
MOST = 2000  # fields of a document, of a text or of a query
LONGEST_KEY = 18  # characters of a path that holds no number
LONGEST_PATH = 512  # characters of one whose numbers are remembered
_MOST_PAIRS = 200  # of a query
_MARKED = later("[=:：]|姓名")  # without which a short text says nothing by its keys …
_LETTERS = later(r"[^\W\d_][\W\d_]*[^\W\d_]")  # … and so does one without a name of two letters, as a time is
_MAY_HOLD = later(r"[=:：<{\[]|姓名|[1-9][0-9]{16}|eyJ|W3si|eyAi")  # without which it says nothing more than it is
_BASE64_OBJECT = ("eyJ", "W3si", "eyAi")  # base64 of {" [{" { "
_FORM = later(r"[\w.\[\]%-]{1,64}=[^=\s]*(?:&[\w.\[\]%-]{1,64}=[^=\s]*)+\Z")
_BEFORE_LAST = 17  # digits of a number before its check digit
_BRACKETS = later(r"\[([^\[\]\d][^\[\]]{0,63})\]")
_CELL_OF_LINE = later(r"\bline\[\d+\]\[\d+\]\Z")
_TOKENS, _PARTS = "authorization", 3  # the header of tokens, and their parts
_DECIDING = frozenset({"id_number", "doubtful", "phone", "name", "birthday", "address"})


def widened(found: list[Field], read_xml: ReadXml, read_json: ReadJson) -> list[Field]:
    """The fields, and those that are spelled otherwise. `read_json` gives those of a text that is a JSON document."""
    out = list(found)
    for field in found:
        if _MAY_HOLD.search(field.value):
            out += _inside(field, read_xml, read_json, DEEPEST)
    out += _keys_that_say(out)
    if whole := dict(_with_check_digits(out)):  # each instead of the digits before its last
        out = [whole.get(field.path, field) for field in out]
    return out if len(out) <= MOST else out[:MOST]


def _keys_that_say(found: list[Field]) -> list[Field]:
    """Numbers and names that are keys: `{"1101…": "张三"}`, `{"张三": "1101…"}`, `{"1101…": {"name": …}}`."""
    out: dict[str, Field] = {}
    for field in found:
        path = field.path
        numbers = () if len(path) <= LONGEST_KEY else (_remembered if len(path) <= LONGEST_PATH else _numbers_of)(path)
        for number, end in numbers:
            place = field.path[:end]
            out[f"{place}[0]"] = Field(f"{place}[0]", "", number)
            if place == field.path:
                out[f"{place}[1]"] = Field(f"{place}[1]", "", field.value)
        if field.key.isascii():
            continue
        if has_family_name(field.key) and not kind_of(field.key) and NUMBER.fullmatch(field.value.strip()):
            out |= {f"{field.path}[{at}]": Field(f"{field.path}[{at}]", "", one) for at, one in enumerate(field[:0:-1])}
    return list(out.values())


def _numbers_of(path: str) -> tuple[tuple[str, int], ...]:
    """Numbers among the keys of a path, and where they end."""
    return tuple((number[0], number.end()) for number in NUMBER.finditer(path))


_remembered = lru_cache(maxsize=4096)(_numbers_of)


def _with_check_digits(found: list[Field]) -> Iterator[tuple[str, Field]]:
    """Numbers whose last digit is a field of its own, behind that of the others: an integer holds no X."""
    for one, last in pairwise(found):
        if len(one.value) == _BEFORE_LAST and one.value.isdecimal() and len(last.value.strip()) == 1:
            number = one.value + last.value.strip().upper()
            if NUMBER.fullmatch(number) and right_check_digit(number):
                yield one.path, one._replace(value=number)


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
            out.append(_unbracketed(Field(f"{path}.{name}", name, plain)))
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
            word = value.rpartition(" ")[2]
            out.append(Field(f"header.{name}", "", _unpacked(word) if _is_basic(value) else word))
    return out


def tells_in_token(value: str) -> bool:
    """Whether a credential holds an identity number in clear: one that is signed is not hidden."""
    return (_BASE64_OBJECT[0] in value or _is_basic(value)) and _token_holds_number(value)


def _is_basic(value: str) -> bool:
    """Whether a credential is a user's name and password in base64 (RFC 7617)."""
    return value[:6].lower() == "basic "


@lru_cache(maxsize=1024)
def _token_holds_number(value: str) -> bool:
    return any(NUMBER.search(_unpacked(part)) for part in token_parts(value.rpartition(" ")[2]))


def _unbracketed(field: Field) -> Field:
    """`p[0][name]` of a form as `p[0].name`."""
    path = _BRACKETS.sub(r".\1", field.path)
    return field if path == field.path else Field(path, path.rpartition(".")[2], field.value)


def _inside(field: Field, read_xml: ReadXml, read_json: ReadJson, depth: int) -> Iterator[Field]:
    """Fields of a text that is a document itself, or that says of a person what notations say by keys."""
    text = field.value.strip()
    if depth == 0 or not SHORTEST <= len(text) <= LONGEST:
        return
    inner: list[Field] = []
    if text[0] in "{[" and text[-1] in "]}" and (told := read_json(text, field.path)):
        inner = told
    elif text.startswith(_BASE64_OBJECT) and (data := "\n".join(map(_unpacked, token_parts(text)))).strip():
        inner = [one for part in data.split("\n") for one in read_json(part, field.path)][:MOST]
    elif text[0] == "<" and text[-1] == ">":
        inner = [Field(f"/{plain(field.key)}{path}", key, value) for path, key, value in read_xml(text)]
    elif "=" in text and "&" in text and _FORM.match(text):
        inner = _form_fields(text, field.path)
    elif "<" in text and "</" in text and NUMBER.search(text):
        yield from lines_of("\n".join(map(page_lines, text.splitlines())), base=field.path)
        return
    elif _CELL_OF_LINE.search(field.path):
        return  # lines were looked through as such
    elif (NUMBER.search(text) and len(text) > len("11010119900101001X")) or (
        _MARKED.search(text) and _LETTERS.search(text)
    ):
        spoken = lines_of(text, base=field.path)
        keys = {kind_of(one.key) for one in spoken} & _DECIDING
        yield from spoken if len(keys) > 1 or NUMBER.search(text) or text.startswith("姓名") else ()
        return
    for one in inner:
        yield one
        yield from _inside(one, read_xml, read_json, depth - 1)


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
