"""Identity data in documents: ID numbers, phones, names and what stands beside them, by field name and by value.

A number is `checked` when its check digit is right (GB 11643), `named` when its field says what it
is, and `shape` when only its form does (phone numbers by the numbering plan).
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.persons.lines import NUMBER, Field, lines_of, page_lines, said_in
from netaudit.persons.naming import (
    HAN_NAME,
    KINDS,
    LOOSE_NAME,
    TELLING,
    could_be_name,
    has_family_name,
    kind_of,
    may_be_of_somebody,
    names_id,
    plain,
)
from netaudit.persons.spellings import header_fields, json_fields, query_fields, widened
from netaudit.persons.values import (
    ID18,
    LEAST_TAIL,
    MOBILE,
    Personal,
    address_tail,
    canonical,
    e164,
    is_device_id,
    known_region,
    masked,
    right_check_digit,
)
from netaudit.unwrapping.fields import fields
from netaudit.unwrapping.part import Leaf, Part
from netaudit.unwrapping.text import to_text, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 1 << 20  # bytes; longer documents are not read for identity data
MOST_FIELDS = 2000  # of a document
MOST_ROWS = 2000  # of a message
LONGEST_VALUE = 256  # characters
LONGEST_TEXT = 1 << 16  # bytes of a text without notation that is looked through
DOCUMENTS = frozenset({"json", "xml", "form", "text", "html"})
_PROGRAM = ("javascript", "css", "ecmascript")  # content types of texts that say nothing of anybody …
_CALL = re.compile(r"\s*(?:/\*\*/)?\s*[\w$.]{1,64}\s*\(\s*([\[{].*[\]}])\s*\)\s*;?\s*\Z", re.DOTALL)  # … but JSONP

_PLACES = tuple("省市区县镇乡村路街厅楼室店部局院校站馆城")  # how names of places end
_PEOPLE = frozenset({"person", "personinfo", "persons", "candidate", "customer", "visitor"})  # whose `id` is a person's

# Stems of the telling names as bytes: none of them, and no long number, means no need to parse.
_STEMS = (
    rb"(?i:name|idn|id_n|idc|id_c|iden|cert|citizen|card|sfz|xm\"|phone|mobile|tel|birth|born|addr|gender|sex|score|simil|confid"
    rb"|person|customer|visitor|member|employee|\\u[0-9a-f]{4}|%[ef])|[\xa1-\xf7]|[0-9]{11}"
)
_CELL = re.compile(r"(.+)\[\d+\]\Z")
LONGEST_DATE = 17  # digits that are no number
SHORTEST_ADDRESS, LONGEST_ADDRESS = 8, 2048  # characters
_PICTURED = re.compile(r"image|photo|pic|img|face|avatar|snap|portrait|capture|objectkey|osskey|coskey|filekey|fileid")
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|webp|bmp|heic|avif|gif)\Z", re.IGNORECASE)
_BASE64 = ("data:", "/9j/", "iVBOR", "R0lG", "UklG", "Qk")
_UNSET = frozenset({"0", "-1", "null", "none"})
_LONG = re.compile(r"[1-9]\d{16}", re.ASCII)
_ID15 = re.compile(r"[1-9]\d{14}", re.ASCII)
_ID_LIKE = re.compile(r"(?=.*\d)[0-9A-Za-z()（）-]{6,30}", re.ASCII)
_SPACES = re.compile(r"[\s-]+")
_PHONE_LIKE = re.compile(r"\+?[\d ()-]{7,20}", re.ASCII)


def personal(leaf: Leaf) -> list[Personal]:
    """What `leaf` says of people and of the circumstances, in the order of the document."""
    if leaf.kind not in DOCUMENTS or not 0 < len(leaf.part.data) <= LARGEST:
        return []
    if leaf.kind in {"text", "html"}:
        return _of_text(leaf)
    found = [Field(*one) for one in fields(leaf, most=MOST_FIELDS, worth=may_tell)]
    return _classified(widened(found, _xml_fields)) if found else []


def of_target(target: str) -> list[Personal]:
    """What a request target says of people: its query, and numbers in its path or the name of a file."""
    path, mark, _ = target.partition("?")
    found = query_fields(target) if mark and asks_query(target) else []
    return _classified([*widened(found, _xml_fields), *_of_path(path, "target")])


def of_name(name: str) -> list[Personal]:
    """What the name of a file or part says of people: a number, and a name beside it."""
    return _classified(_of_path(name, "file name")) if _LONG.search(name) else []


def of_headers(headers: Iterable[tuple[str, str]]) -> list[Personal]:
    """What the headers of a message say of people: a number, and what stands beside it."""
    if not any(len(value) > LONGEST_DATE and _LONG.search(value) for _, value in headers):
        return []
    found = _classified(header_fields(headers))
    return found if any(one.kind == "id_number" and one.certainty == "checked" for one in found) else []


def of_parts(leaves: list[Leaf]) -> list[list[Personal]]:
    """What texts that are fields of one form say together: of each, where the name alone says little."""
    fields_of = [
        Field(leaf.part.name, leaf.part.name, to_text(leaf.part.data, leaf.part.content_type)) for leaf in leaves
    ]
    said = _classified(fields_of)
    return [[one for one in said if one.path == field.path] for field in fields_of]


def is_part(leaf: Leaf) -> bool:
    """Whether a leaf is a short field of a multipart form."""
    return leaf.kind == "text" and bool(leaf.part.name) and len(leaf.part.data) <= LONGEST_VALUE


def asks_about(target: str) -> bool:
    """Whether a request target may name a person."""
    return _LONG.search(target) is not None or ("?" in target and asks_query(target))


def asks_query(target: str) -> bool:
    """Whether the query of a request target may name a person."""
    return may_tell(target.encode("utf-8", "replace"))


def _of_path(path: str, place: str) -> list[Field]:
    return said_in(to_text(unquote(path.encode("utf-8", "replace"))), place) if _LONG.search(path) else []


def _of_text(leaf: Leaf) -> list[Personal]:
    """A field of a multipart body, or lines of fields: there two must be about a person, or one be a number."""
    part = leaf.part
    if (
        leaf.kind == "text"
        and part.name
        and len(part.data) <= LONGEST_VALUE * 4
        and (found := _classified(widened([Field(*one) for one in fields(leaf)], _xml_fields)))
    ):
        return found
    page = leaf.kind == "html" or "html" in part.content_type
    if len(part.data) > (LARGEST if page else LONGEST_TEXT) or not may_tell(part.data):
        return []
    text = to_text(part.data, part.content_type)
    if any(word in part.content_type for word in _PROGRAM):
        return _classified(widened(_of_call(text), _xml_fields))
    if page and not any(right_check_digit(one[0]) for one in NUMBER.finditer(text)):
        return []  # portals show agents with names and phones
    found = _classified(lines_of(page_lines(text) if page else text, part.name))
    told = {one.kind for one in found} & {"id_number", "phone", "name", "birthday", "address"}
    sure = any(one.kind == "id_number" and one.certainty == "checked" for one in found)
    return found if sure or len(told) > 1 else []


def _xml_fields(text: str) -> list[Field]:
    leaf = Leaf(Part(text.encode("utf-8", "replace"), "", ""), "xml")
    return [Field(*one) for one in fields(leaf, most=MOST_FIELDS)]


def _of_call(text: str) -> list[Field]:
    """Fields of JSON in the call of a function (JSONP)."""
    if found := _CALL.match(text):
        with suppress(orjson.JSONDecodeError):
            return json_fields(orjson.loads(found[1]))
    return []


def telling(found: list[Personal]) -> bool:
    """Whether there is a person in it, not circumstances alone."""
    return any(one.kind in TELLING for one in found)


def may_tell(text: bytes) -> bool:
    """Whether a name of a field of identity data may stand in a text."""
    return bool(_stems().Match(text))


@lru_cache(maxsize=1)
def _stems() -> Any:
    """The stems as one automaton: alternatives without case take `re` fifty times as long, on base64 above all."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    stems = re2.Set.SearchSet(
        options
    )  # of one: its answer is a yes or no, where a search gives places, at twice the cost
    stems.Add(_STEMS)
    stems.Compile()
    return stems


def _classified(found: list[Field]) -> list[Personal]:
    out: list[Personal] = []
    loose: list[tuple[int, Field]] = []
    for field in found:
        value = field.value.strip()
        if not value or len(value) > LONGEST_VALUE or "*" in value:  # what the sender masked identifies nobody
            continue
        if not value.isascii():
            value = unicodedata.normalize("NFKC", value)  # digits of full width
        if may_be_of_somebody(field.key) or plain(field.key) in {"address", "id"}:
            loose.append((len(out), field))
        if one := _judge(field, value):
            out.append(one)
    out = _with_loose(out, loose) if loose else out
    if not any(one.kind == "id_number" for one in out):
        return out
    return _with_cells(out, found) + [one for field in found if (one := _picture(field))]


def picture_addresses(answer: bytes) -> set[str]:
    """Addresses of pictures in the answer to an upload: in JSON, or as the whole of a text."""
    found = [Field("$", "url", answer.decode("utf-8", "replace").strip())]
    if answer.lstrip()[:1] in {b"{", b"["}:
        try:
            found = json_fields(orjson.loads(answer))
        except orjson.JSONDecodeError:
            return set()
    named = [Field(one.path, f"image{one.key}", one.value) for one in found if "/" in one.value or "." in one.value]
    return {one.value for field in named if (one := _picture(field))}


def _picture(field: Field) -> Personal | None:
    """The address or key under which a picture was stored, beside a person's number."""
    value = field.value.strip()
    if not SHORTEST_ADDRESS <= len(value) <= LONGEST_ADDRESS or " " in value:
        return None
    named = _PICTURED.search(plain(field.key)) is not None
    if not _PICTURE_FILE.search(value.partition("?")[0]) and not (named and ("/" in value or len(value) >= LEAST_TAIL)):
        return None
    if value.startswith(_BASE64) or not address_tail(value):
        return None
    return Personal("picture", field.path, field.key, value, "named")


def _with_cells(out: list[Personal], found: list[Field]) -> list[Personal]:
    """Add Chinese names that stand in one list, or line, with an ID number."""
    lists = {row[1] for one in out if one.kind == "id_number" and (row := _CELL.match(one.path))}
    known = {(one.path, one.kind) for one in out}
    for field in found if lists else ():
        row = _CELL.match(field.path)
        value = field.value.strip()
        new = row is not None and row[1] in lists and (field.path, "name") not in known
        if new and HAN_NAME.fullmatch(value) and not kind_of(value):  # a label is no name
            out.append(Personal("name", field.path, field.key, value, "named"))
    return out


def _judge(field: Field, value: str) -> Personal | None:
    kind = kind_of(field.key)
    number = _SPACES.sub("", value) if kind in {"id_number", "doubtful"} else value
    if ID18.fullmatch(number) and right_check_digit(number):
        return Personal("id_number", field.path, field.key, number.upper(), "checked")
    if kind in {"id_number", "doubtful"}:
        fits = ID18.fullmatch(value) or _ID15.fullmatch(value) or _ID_LIKE.fullmatch(value)
        sure = fits and (kind == "id_number" or _ID15.fullmatch(value))
        return Personal("id_number", field.path, field.key, value, "named") if sure else None
    if kind == "phone":
        fits = _PHONE_LIKE.fullmatch(value)
        return Personal(kind, field.path, field.key, value, "named") if fits and e164(value) else None
    if not kind and MOBILE.fullmatch(value) and e164(value):
        return Personal("phone", field.path, field.key, value, "shape")
    if not kind or (kind == "name" and not could_be_name(value)):
        return None
    if kind == "birthday" and sum(map(str.isdigit, value)) < 6:
        return None
    if kind == "person_id" and value in _UNSET:
        return None
    return Personal(kind, field.path, field.key, value, "named")


def _with_loose(out: list[Personal], loose: list[tuple[int, Field]]) -> list[Personal]:
    """Add fields whose name alone says little: by their value, or by what stands in the same record."""
    sure = {"id_number", "phone", "birthday", "gender", "person_id"}
    records = {_record(one.path) for one in out if one.kind in sure}
    for place, field in reversed(loose):
        value, name = field.value.strip(), plain(field.key)
        beside = _record(field.path) in records
        kind = ""
        if name == "id":
            holder = re.split(r"[./]", _record(field.path))[-1].partition("[")[0]
            kind = "person_id" if value not in _UNSET and plain(holder) in _PEOPLE else ""
        elif name == "address":
            kind = "address" if beside else ""
        elif kind_of(field.key) == "name":
            kind = ""  # judged already
        elif name not in LOOSE_NAME:
            kind = "name" if beside and has_family_name(value) else ""
        elif (beside and could_be_name(value)) or (has_family_name(value) and not value.endswith(_PLACES)):
            kind = "name"
        if kind:
            out.insert(place, Personal(kind, field.path, field.key, value, "named"))
    return out


def _record(path: str) -> str:
    """Path of the object that holds a field."""
    return path.rpartition("/")[0] if path.startswith("/") else path.rpartition(".")[0]


__all__ = [
    "KINDS",
    "MOST_ROWS",
    "Personal",
    "address_tail",
    "asks_about",
    "canonical",
    "is_device_id",
    "is_part",
    "known_region",
    "masked",
    "may_tell",
    "names_id",
    "of_headers",
    "of_name",
    "of_parts",
    "of_target",
    "personal",
    "picture_addresses",
    "right_check_digit",
    "telling",
]
