"""What a field of identity data is: by its name, by its value, by what stands beside it.

A number is `checked` when its check digit is right (GB 11643), `named` when its field says what it is, `shape` when
only its form does (phone numbers by the numbering plan), and `chance` when its check digit is right, as that of one
number in eleven, among others beside it that are wrong in nothing else, and nothing names any of them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from netaudit.core.masking.number_forms import ID18, MOBILE, check_digit, known_region, right_check_digit
from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import (
    HAN_NAME,
    LOOSE_NAME,
    could_be_name,
    has_family_name,
    is_word,
    kind_of,
    may_be_beside,
    may_be_of_somebody,
    plain,
)
from netaudit.events.identity.values import LEAST_TAIL, Personal, address_tail, e164

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.events.identity.lines import Field

_BARE_IDS = frozenset({"id", "idno", "idnum", "number", "num", "value", "code", ""})
LATELY = "2015"  # a year; numbers of trade have a date of lately where those of persons have one of birth
LEAST_WRONG = 3  # numbers beside a right one that make a series
ONE_SIDED = 1.645  # standard deviations: five of a hundred lie beyond
LONGEST_VALUE = 256  # characters
_PLACES = tuple("省市区县镇乡村路街厅楼室店部局院校站馆城")  # how names of places end
_PEOPLE = frozenset({"person", "personinfo", "persons", "candidate", "customer", "visitor"})  # whose `id` is a person's
_ADDRESS = later(r"[\u3400-\u9fff]{2,12}?[省市区县旗州][\u3400-\u9fff\w-]{3,80}\Z")
_CELL = later(r"(.+)\[\d+\]\Z")
SHORTEST_ADDRESS, LONGEST_ADDRESS = 8, 2048  # characters
_PICTURED = later(r"image|photo|pic|img|face|avatar|snap|portrait|capture|objectkey|osskey|coskey|filekey|fileid")
_PICTURE_FILE = later(r"\.(?:jpe?g|png|webp|bmp|heic|avif|gif)\Z", re.IGNORECASE)
_BASE64 = ("data:", "/9j/", "iVBOR", "R0lG", "UklG", "Qk")
_UNSET = frozenset({"0", "-1", "null", "none"})
_BARE = later(
    r"[a-z]|(?:[a-z]{1,2}|field|col|column|item|input|answer|question|text|param|arg|value)?\d{1,6}", re.ASCII
)
_ID15 = later(r"[1-9]\d{14}", re.ASCII)
_ID_LIKE = later(r"(?=.*\d)[0-9A-Za-z()（）-]{6,30}", re.ASCII)
_PAPERS = later(r"(?:doc|cert|cred|card|ident|paper|extend)[a-z]*\Z", re.IGNORECASE)  # lists of papers of one person
_BETWEEN = later(r"[\s.·•_/\u2010-\u2015\u2212-]+")  # groups of digits
_PHONE_LIKE = later(r"\+?[\d ()-]{7,20}", re.ASCII)
LEAST_ADDRESS, LEAST_DATE = 4, 6  # characters, digits
DEEPEST = 16  # records within each other


def classified(found: list[Field]) -> list[Personal]:
    """What the fields of a document say of people, in their order."""
    out: list[Personal] = []
    loose: list[tuple[int, Field]] = []
    for field in found:
        value = field.value.strip()
        if not value or len(value) > LONGEST_VALUE or "*" in value:  # what the sender masked identifies nobody
            continue
        if not value.isascii():
            value = unicodedata.normalize("NFKC", value)  # digits of full width
        if may_be_of_somebody(field.key) or may_be_beside(field.key) or plain(field.key) == "id":
            loose.append((len(out), field))
        if one := _judge(field, value):
            out.append(one)
    out = _with_loose(out, loose) if loose else out
    out = _but_by_chance([_of_somebody(one, out) for one in out], found)
    if not any(one.kind == "id_number" for one in out):
        return out
    return _with_bare_names(_with_cells(out, found), found) + [one for field in found if (one := picture(field))]


def _of_somebody(one: Personal, out: list[Personal]) -> Personal:
    """A number of no known region as one that was checked, where its field is a mere `id` beside somebody's name.

    Numbers of orders stand beside names, too, in fields that say what they are.
    """
    if one.kind != "id_number" or one.certainty != "shape" or plain(one.key) not in _BARE_IDS:
        return one
    beside = any(other.kind == "name" and _record(other.path) == _record(one.path) for other in out)
    return one._replace(certainty="checked") if beside else one


def _but_by_chance(out: list[Personal], found: list[Field]) -> list[Personal]:
    """Of a series of numbers, those that are right as if by chance: no more than one series of nobody's in twenty has.

    Counted are the numbers that might be somebody's but for their check digit.
    """
    right = {one.value for one in out if _is_bare(one)}
    if not right or any(one.kind == "name" for one in out):
        return out
    wrong = {one for field in found if not kind_of(field.key) and _is_right_but(one := field.value.strip().upper())}
    count = len(right) + len(wrong)
    most = count / 11 + ONE_SIDED * math.sqrt(10 * count) / 11 + 0.5  # the normal approximation of the binomial
    if len(wrong) < LEAST_WRONG or len(right) > most:
        return out
    return [one._replace(certainty="chance") if _is_bare(one) else one for one in out]


def _is_bare(one: Personal) -> bool:
    return one.kind == "id_number" and one.certainty == "checked" and not kind_of(one.key)


def _is_right_but(number: str) -> bool:
    """Whether a number has all of a person's but the check digit."""
    if not ID18.fullmatch(number) or not known_region(number) or number[6:10] >= LATELY:
        return False
    return check_digit(number) not in {"", number[-1]}


def picture(field: Field) -> Personal | None:
    """The address or key under which a picture was stored, beside a person's number."""
    value = field.value.strip()
    if not SHORTEST_ADDRESS <= len(value) <= LONGEST_ADDRESS or len(value.split()) > 1:
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
    numbers = {one.value for one in out if one.kind == "id_number"}
    for field in found if lists else ():
        row = _CELL.match(field.path)
        value = field.value.strip()
        new = row is not None and row[1] in lists and (field.path, "name") not in known
        if new and HAN_NAME.fullmatch(value) and not kind_of(value) and not is_word(value):  # a label is no name
            out.append(Personal("name", field.path, field.key, value, "named"))
        elif new and _ADDRESS.match(value):
            out.append(Personal("address", field.path, field.key, value, "shape"))
        elif new and value.isdigit() and len(value) == len("19491231") and any(value == one[6:14] for one in numbers):
            out.append(Personal("birthday", field.path, field.key, value, "shape"))
    return out


def _with_bare_names(out: list[Personal], found: list[Field]) -> list[Personal]:
    """Add the one name whose field says nothing (`field_1`, `n`) beside a checked number, where none is named."""
    numbered = {_record(one.path) for one in out if one.kind == "id_number" and one.certainty == "checked"}
    named = {_record(one.path) for one in out if one.kind == "name"}
    bare = [
        Personal("name", field.path, field.key, field.value.strip(), "shape")
        for field in found
        if field.key
        and not kind_of(field.key)
        and _BARE.fullmatch(plain(field.key))
        and has_family_name(field.value.strip())
        and (record := _record(field.path)) in numbered
        and record not in named
    ]
    count = Counter(_record(one.path) for one in bare)
    return out + [one for one in bare if count[_record(one.path)] == 1]


def _judge(field: Field, value: str) -> Personal | None:
    kind = kind_of(field.key)
    number = _BETWEEN.sub("", value) if kind in {"id_number", "doubtful"} else value
    if ID18.fullmatch(number) and right_check_digit(number):
        # of orders and goods one in eleven has the right check digit, too, and most of them no province
        named = kind in {"id_number", "doubtful"}
        checked = named or (known_region(number) and number[6:10] < LATELY)
        return Personal("id_number", field.path, field.key, number.upper(), "checked" if checked else "shape")
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
    if kind == "person_id" and not _is_id(value):
        return None
    return Personal(kind, field.path, field.key, value, "named")


def _is_id(value: str) -> bool:
    """Whether a value may be an id: one that is set, and no words, as other cells of a form under a heading are."""
    return value not in _UNSET and (len(value.split()) < 2 or any(map(str.isdigit, value)))


def _with_loose(out: list[Personal], loose: list[tuple[int, Field]]) -> list[Personal]:
    """Add fields whose name alone says little: by their value, or by what stands in the same record."""
    sure = {"id_number", "phone", "birthday", "gender", "person_id"}
    records = {place for one in out if one.kind in sure for place in _around(_record(one.path))}
    for place, field in reversed(loose):
        value, name = field.value.strip(), plain(field.key)
        beside = _record(field.path) in records
        kind = ""
        if name == "id":
            holder = re.split(r"[./]", _record(field.path))[-1].partition("[")[0]
            kind = "person_id" if _is_id(value) and plain(holder) in _PEOPLE else ""
        elif other := may_be_beside(field.key):
            fits = len(value) >= LEAST_ADDRESS if other == "address" else sum(map(str.isdigit, value)) >= LEAST_DATE
            kind = other if beside and fits and kind_of(field.key) != other else ""
        elif kind_of(field.key) == "name":
            kind = ""  # judged already
        elif name not in LOOSE_NAME:
            kind = "name" if beside and has_family_name(value) else ""
        elif (beside and could_be_name(value)) or (has_family_name(value) and not value.endswith(_PLACES)):
            kind = "name"
        if kind:
            out.insert(place, Personal(kind, field.path, field.key, value, "named"))
    return out


def _around(record: str) -> Iterator[str]:
    """A record and those around it, up to the element of a list that holds them."""
    for _ in range(DEEPEST):
        yield record
        above = _record(record)
        if (record.endswith("]") and _PAPERS.search(record.rpartition("[")[0]) is None) or above == record:
            return
        record = above


def _record(path: str) -> str:
    """Path of the object that holds a field."""
    return path.rpartition("/")[0] if path.startswith("/") else path.rpartition(".")[0]
