"""Fields of persons in bytes: texts between lengths and marks, as databases, queues and card readers send them.

Read only where a number with a right check digit stands in the bytes. A text that names a field is the key of the one
behind it; what stands beside a number without a key is of its record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.masking.number_forms import ID18, MOBILE, right_check_digit
from netaudit.core.text.patterns import later, occurrence
from netaudit.events.identity.lines import Field, lines_of
from netaudit.events.identity.naming import has_family_name, kind_of, names_personal

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 2000  # texts
_AROUND = later(
    r"[\x20-\x7e\t\r\n]{0,2}([\u3400-\u9fff·]{2,})[\x20-\x7e\t\r\n]{0,2}|[\x20-/:-\x7e]?([1-9]\d{16}[\dXx])[\x20-/:-\x7e]?"
)
# what is told to be 18 bytes long ends there, though the tag of the next field may be a digit (BER: 0 and 1)
_NUMBER = later(rb"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])|(?<=\x12)[1-9][0-9]{16}[0-9Xx]")
_WIDE = later(rb"(?<!\x00[0-9]\x00)[1-9]\x00(?:[0-9]\x00){16}[0-9Xx]")  # in either order of bytes
# texts in UTF-8 and in GBK: ASCII and Chinese characters, without what tells lengths (a tab is that of a name)
_UTF8 = later(rb"(?:[\x20-\x7e\r\n]|[\xe2-\xe9\xef][\x80-\xbf]{2}|\xc2\xb7)+")
_GBK = later(rb"(?:[\x20-\x7e\r\n]|[\xa1-\xf7][\xa1-\xfe])+")
_digits = occurrence(rb"[1-9](?:[0-9]{16}[0-9Xx]|\x00(?:[0-9]\x00){16}[0-9Xx])")
_HAN = later("[\u3400-\u9fff]{2}")
_MARKS = later(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")  # between texts
_LONG = 24  # characters of a text that may say several things


def holds_number(data: bytes) -> bool:
    """Whether a number with a right check digit stands in bytes, in UTF-16 too."""
    return may_hold_number(data) and _holds_number(data)


def may_hold_number(data: bytes) -> bool:
    """Whether 18 digits stand in bytes, in UTF-16 too, the last perhaps an X; asked of all bytes, so in one pass."""
    return _digits(data)


def _holds_number(data: bytes) -> bool:
    return any(map(_right, _NUMBER.findall(data))) or any(_right(one[::2]) for one in _WIDE.findall(data))


def numbers_in(data: bytes) -> Iterator[tuple[int, str]]:
    """Numbers with a right check digit and where they begin, in bytes of one each for a character."""
    for found in _NUMBER.finditer(data):
        if _right(found[0]):
            yield found.start(), found[0].decode()


def _right(number: bytes) -> bool:
    return right_check_digit(number.decode())


def binary_fields(data: bytes) -> list[Field]:
    """Fields of bytes in which a number stands; long texts are left to who looks into texts."""
    if numbers := [one.span() for one in _WIDE.finditer(data) if _right(one[0][::2])]:
        return lines_of(_MARKS.sub("\t", "\n".join(_in_wide(data, numbers))))
    return list(_fields(_texts(data)))


def _in_wide(data: bytes, numbers: list[tuple[int, int]]) -> Iterator[str]:
    """Bytes as UTF-16, as far as numbers in them stand alike: each has its own order of bytes, and begins anywhere.

    Before the first digit of one, or behind its last, is a zero.
    """
    orders = [(data[at - 1 : at] == b"\0" and data[end : end + 1] != b"\0", at % 2) for at, end in numbers]
    first = 0
    for place, ((_, end), order) in enumerate(zip(numbers, orders, strict=True)):
        if orders[place + 1 : place + 2] == [order]:
            continue
        last = (end + numbers[place + 1][0]) // 2 if place + 1 < len(numbers) else len(data)
        big, odd = order
        text = data[first + (first + odd + big) % 2 : last + 1]
        yield text[: len(text) // 2 * 2].decode("utf-16-be" if big else "utf-16-le", "replace")
        first = last


def _texts(data: bytes) -> list[str]:
    """Texts of bytes, in their order: in UTF-8, or in GBK where no Chinese is found so."""
    found = [one[0].decode("utf-8", "replace") for one in _UTF8.finditer(data)]
    if not any(map(_HAN.search, found)):
        found = [one[0].decode("gb18030", "replace") for one in _GBK.finditer(data)]
    return [text for one in found[:MOST] if len(text := _without_lengths(one)) > 1]


def _without_lengths(text: str) -> str:
    """A name or number without the letters that are its length, or that of the next."""
    found = _AROUND.fullmatch(text)
    return (found[1] or found[2]) if found else text.strip()


def _fields(texts: list[str]) -> Iterator[Field]:
    records = _records(texts)
    known = dict[str, int]()
    key = ""
    for place, text in enumerate(texts):
        if names_personal(text):
            key = text
            continue
        elif key and fits(key, text):
            known[key] = known.get(key, -1) + 1
            yield Field(f"record[{known[key]}].{key}", key, text)
        elif place in records:
            yield Field(f"texts[{records[place]}][{place}]", "", text)
        elif len(text) >= _LONG:
            yield Field(f"text[{place}]", "", text)
        key = ""


def fits(key: str, text: str) -> bool:
    """Whether a text may be what a field of this name says: all but names, addresses and words have digits."""
    return kind_of(key) in {"", "name", "address", "gender", "place"} or any(map(str.isdigit, text))


def _records(texts: list[str]) -> dict[int, int]:
    """Places of bare numbers, names and phones, and the record of each, which begins with a number or its name."""
    kinds = {place: kind for place, text in enumerate(texts) if (kind := _kind(text))}
    begins = next((kind for kind in kinds.values() if kind != "phone"), "")
    out, record = {}, -1
    for place, kind in kinds.items():
        record += kind == begins
        out[place] = max(record, 0)
    return out


def _kind(text: str) -> str:
    if ID18.fullmatch(text):
        return "number"
    if MOBILE.fullmatch(text):
        return "phone"
    return "name" if has_family_name(text) and not kind_of(text) else ""
