"""Numbers that a format cuts or writes in its own way: EBCDIC, packed decimal, fields, RTF, PDF, runs, numerals.

Each gives the text that a reader of that format would see. As in `recoded.py`, only what then holds an identity number
with a right check digit is read.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netaudit.core.masking.number_forms import known_region, right_check_digit
from netaudit.core.text.patterns import later, occurrence
from netaudit.events.identity.pdf import text_of_pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 1 << 20  # bytes of a text
_EBCDIC = rb"[\xf1-\xf9][\xf0-\xf9]{16}[\xf0-\xf9\xe7\xa7]"  # digits, and X (code page 037 and its like)
_PAIR = rb"[\x00-\x09\x10-\x19\x20-\x29\x30-\x39\x40-\x49\x50-\x59\x60-\x69\x70-\x79\x80-\x89\x90-\x99]"
_LAST = _PAIR[:-1] + rb"\x0a\x1a\x2a\x3a\x4a\x5a\x6a\x7a\x8a\x9a]"  # X as the nibble A
# nine bytes of two digits each: region, year, month, day, serial number and check digit (GB 11643)
_PACKED = rb"[\x11-\x15\x21-\x23\x31-\x37\x41-\x46\x50-\x54\x61-\x65\x71\x81-\x83]" + _PAIR * 2 + rb"[\x19\x20]" + _PAIR
_PACKED += rb"[\x01-\x09\x10-\x12][\x01-\x09\x10-\x19\x20-\x29\x30\x31]" + _PAIR + _LAST
# a number by its date of birth, wherever it stands among the digits of a record without marks
_RECORD = later(rb"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]")
_NINE = later(_PACKED, re.DOTALL)
_RECORDS = later(rb"(?=([1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]))")
_ROW, _HEXADECIMAL = rb"[0-9Xx]{36}", rb"(?:^|[^0-9A-Za-z.])(?:0[xX])?[1-9a-cA-C][0-9a-fA-F]{14}(?:[^0-9A-Za-z]|$)"
_ROWS = later(rb"[0-9][0-9Xx]{35,65535}")
_INTEGERS = later(rb"(?<![0-9A-Za-z.])(?:0[xX])?([1-9a-cA-C][0-9a-fA-F]{14})(?![0-9A-Za-z])")  # 18 digits of decimals
_REGION, _DATE, _SERIAL = rb"[1-9][0-9]{5}", rb"(?:19|20)[0-9]{6}", rb"[0-9]{3}[0-9Xx]"
_BETWEEN = rb'"?\s{0,9},\s{0,9}(?:"[^"\\]{1,40}"\s{0,9}:\s{0,9})?"?'  # of two values beside each other in JSON
_FIELDS = rb"(%s)%s(%s)%s(%s)" % (_REGION, _BETWEEN, _DATE, _BETWEEN, _SERIAL)
_FIELDS += rb"|(%s%s)%s(%s)|(%s)%s(%s%s)" % (_REGION, _DATE, _BETWEEN, _SERIAL, _REGION, _BETWEEN, _DATE, _SERIAL)
_NAMES = later(rb"(?i)id|cert|card|sfz|birth|\xe8\xaf\x81|\xe5\x8f\xb7")  # what parts of a number stand beside
_NEAR = 80  # bytes before the first part in which that is looked for
_WORD_OF_RTF = later(
    rb"\\u(-?[0-9]{1,6}) ?\??|\\'([0-9a-fA-F]{2})|\\[a-zA-Z]{1,32}-?[0-9]{0,10} ?|\\(.)|[{}\r\n]", re.DOTALL
)
_NUMERALS = {
    sign: str(digit) for signs in ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖") for digit, sign in enumerate(signs)
}
_DIGITS = [(0xB2, 0xBA), (0x2070, 0x208A), (0x2460, 0x2500), (0x2776, 0x2794), (0x1F100, 0x1F10B)]  # in circles …
_NUMERALS |= {
    chr(code): str(digit)
    for first, end in _DIGITS
    for code in range(first, end)
    if (digit := unicodedata.digit(chr(code), None)) is not None
}
_LIKE_X = "×✕✖ХхⅩⅹＸｘΧχⓍⓧ拾十"  # Cyrillic, Roman, wide and Greek ones among them; ten, as a check digit is
_SIGNS = "".join(_NUMERALS)
_IN_NUMERALS = later(rf"[\d{_SIGNS}]{{17}}[\d{_SIGNS}Xx{_LIKE_X}]")  # digits of any script
_CODES = later(rb"\b(?:(?:4[89]|5[0-7])\s{0,4},\s{0,4}){17}(?:4[89]|5[0-7]|88|120)\b")  # of characters
_CELLS = later(  # a character each; of whole numbers 10 is the X
    rb"[0-9](?:(?:\s{0,64}<[^<>]{1,200}>){1,4}\s{0,64}[0-9]){16}(?:\s{0,64}<[^<>]{1,200}>){1,4}\s{0,64}[0-9Xx]"
    rb"|(?:[\"'][0-9][\"']\s{0,9},\s{0,9}){17}[\"'][0-9Xx][\"']"
    rb"|(?<=\[)\s{0,9}(?:[0-9]\s{0,9},\s{0,9}){17}(?:[0-9]|10)(?=\s{0,9}\])"
)
_BETWEEN_CELLS = later(rb"<[^<>]*>|[\s\"',]")
_STYLED = (  # what begins or ends a run of one style within a paragraph or a cell: Word, PowerPoint, Excel, ODF, HTML
    rb"</?(?:w:(?:t|r|rPr|rFonts|sz|szCs|lang|color|b|bCs|i|iCs|u|proofErr|bookmarkStart|bookmarkEnd|noProof|highlight|"
    rb"spacing|ins|del|hyperlink)|a:(?:t|r|rPr)|text:span|t|r|rPr|rFont|sz|color|span|b|i|u|em|strong|font|mark|small|wbr|"
    rb"code|a|(?:[a-z]{1,4}:)?(?:Font|Span|Sub|Sup|B|I|U|S))(?:\s[^<>]*)?/?>"
)
_NONE = rb"(?i)display\s*:\s*none"
_CUT_BY_STYLE = rb"(?i)[0-9](?:%s)+[0-9Xx]" % _STYLED
_HIDDEN = later(
    rb"(?i)<(span|i|b|em|s|small|font)\s[^<>]{0,200}display\s{0,9}:\s{0,9}none[^<>]{0,200}>[^<>]{0,64}</\1>"
)
_BACK = rb"(?:^|[^0-9A-Za-z])[0-9Xx][0-9]{9}(?:91|02)[0-9]{5}[1-9](?:[^0-9A-Za-z]|$)"
_BACKWARDS = later(rb"(?<![0-9A-Za-z])[0-9Xx][0-9]{16}[1-9](?![0-9A-Za-z])")
_MARKS = rb"[*_~`\s]"  # of Markdown
_IN_GROUPS = rb"[0-9]{6}%s{1,8}(?:19|20)[0-9]{6}%s{1,8}[0-9]{3}[0-9Xx]" % (_MARKS, _MARKS)
_GROUPS = later(rb"(?<![0-9])[1-9][0-9]{5}%s{1,8}(?:19|20)[0-9]{6}%s{1,8}[0-9]{3}[0-9Xx](?![0-9])" % (_MARKS, _MARKS))
_BETWEEN_RUNS = later(rb"(?<=[0-9])(?:%s)++(?=[0-9Xx])" % _STYLED, re.IGNORECASE)


def written(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(what it is written in, the text) of bytes; nothing for what is none of these."""
    if data.startswith(b"{\\rtf"):
        yield "rtf", _of_rtf(data)
    elif data.startswith(b"%PDF-"):
        yield "pdf", text_of_pdf(data)
    elif may_be_decimal(data):
        yield "ebcdic", _RECORD.sub(rb" \g<0> ", data.decode("cp037").encode())
        yield "packed decimal", _NINE.sub(lambda one: b" %s " % one[0].hex().replace("a", "X").encode(), data)
    elif b'"' in data and _fields(data):
        yield "fields", b"\n".join(_joined(data))
    if b"<" in data:
        shown = _HIDDEN.sub(b"", data) if _hides(data) else data
        if _cut_by_style(shown) or shown != data:
            yield "runs", _BETWEEN_RUNS.sub(b"", shown)
    some = _some(data)  # most bytes hold none of these, which one search tells
    if some and _backwards(data) and (forwards := _BACKWARDS.sub(_turned, data)) != data:
        yield "backwards", forwards
    if some and _in_groups(data) and (joined := _GROUPS.sub(_without_marks, data)) != data:
        yield "groups", joined
    if not data.isascii():
        text = data.decode("utf-8", "replace")
        if (plain := _IN_NUMERALS.sub(_in_digits, text)) != text:
            yield "numerals", plain.encode()
    if not some:
        return
    if b"," in data and _codes(data):
        yield "codes of characters", _CODES.sub(lambda one: bytes(map(int, one[0].split(b","))), data)
    if _row(data) and (apart := _ROWS.sub(_numbers_apart, data)) != data:
        yield "digits in a row", apart
    if _hexadecimal(data) and (decimal := _INTEGERS.sub(_as_integer, data)) != data:
        yield "hexadecimal", decimal
    if _cells(data):
        yield "cells", _CELLS.sub(_of_cells, data)


def _of_cells(found: re.Match[bytes]) -> bytes:
    """A character of each; of whole numbers only one of a person: of chance, one list of some million is."""
    number = _BETWEEN_CELLS.sub(b"", found[0])
    if found[0][:1] in b"<\"'" or b"<" in found[0] or b'"' in found[0] or b"'" in found[0]:
        return b" %s " % number
    number = number[:-2] + b"X" if len(number) == 19 else number
    return b'"%s"' % number if len(number) == 18 and _is_somebodys(number) else found[0]


def _turned(found: re.Match[bytes]) -> bytes:
    """A number from its last digit to its first, where that is one of a person: of chance, one of four million is."""
    number = found[0][::-1]
    return number if _RECORD.fullmatch(number) and _is_somebodys(number.upper()) else found[0]


def _without_marks(found: re.Match[bytes]) -> bytes:
    number = found[0].translate(None, b"*_~` \t\r\n\x0b\x0c")
    return number if _is_somebodys(number) else found[0]


def _numbers_apart(found: re.Match[bytes]) -> bytes:
    """Digits without marks with the numbers in them apart, where there are two: of chance, one in 60 million has."""
    digits, out, at = found[0], b"", 0
    numbers = set[bytes]()
    for record in _RECORDS.finditer(digits):
        if (start := record.start()) >= at and _is_somebodys(number := record[1]):
            numbers.add(number)
            out += digits[at:start] + b" " + number + b" "
            at = start + len(number)
    return out + digits[at:] if len(numbers) > 1 else digits


def _as_integer(found: re.Match[bytes]) -> bytes:
    """A number of 15 hexadecimal digits in decimal ones, where it is one of a person: of chance, one of 50,000 is."""
    number = b"%d" % int(found[1], 16)
    return number if len(number) == 18 and _is_somebodys(number) else found[0]


def _is_somebodys(number: bytes) -> bool:
    text = number.decode()
    return known_region(text) and right_check_digit(text)


def _in_digits(found: re.Match[str]) -> str:
    """A number in digits of ASCII, by what each sign is worth (Unicode, property Nd)."""
    number = found[0]
    signs = [*number[:-1], "X" if number[-1] in _LIKE_X else number[-1]]
    return "".join(_NUMERALS.get(one) or (str(unicodedata.decimal(one, one))) for one in signs)


_CODES_MAY = rb"(?:(?:4[89]|5[0-7])\s*,\s*){17}(?:4[89]|5[0-7]|88|120)"
_CELLS_MAY = rb"[0-9](?:\s*<[^<>]+>){1,4}\s*[0-9](?:\s*<[^<>]+>){1,4}\s*[0-9]|[\"'][0-9][\"']\s*,\s*[\"'][0-9][\"']\s*,"
_CELLS_MAY += rb"|\[\s*[0-9]\s*,\s*[0-9]\s*,\s*[0-9]\s*,\s*[0-9]\s*,\s*[0-9]\s*,\s*[0-9]\s*,"
_ANY = (_BACK, _IN_GROUPS, _ROW, _HEXADECIMAL, _CODES_MAY, _CELLS_MAY)
_backwards, _in_groups, _row, _hexadecimal, _codes, _cells = map(occurrence, _ANY)
_some = occurrence(b"|".join(_ANY))
_fields, _hides, _cut_by_style = map(occurrence, (_FIELDS, _NONE, _CUT_BY_STYLE))
_decimal = occurrence(_EBCDIC + rb"|" + _PACKED)


def may_be_decimal(data: bytes) -> bool:
    """Whether bytes that are no text hold as many digits as a number has, in EBCDIC or two in each byte."""
    return not data.isascii() and _decimal(data)


@lru_cache(maxsize=1)
def _in_fields() -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(_FIELDS, options)


def _joined(data: bytes) -> Iterator[bytes]:
    """Numbers whose parts stand beside each other in fields, each behind what stands before it."""
    for found in _in_fields().finditer(data):
        near = data[max(0, found.start() - _NEAR) : found.end()]
        if _NAMES.search(near) is not None:
            number = b"".join(one for one in found.groups() if one)
            yield near[: min(_NEAR, found.start())] + number + b'"'


def _of_rtf(data: bytes) -> bytes:
    def text(found: re.Match[bytes]) -> bytes:
        number, byte, sign = found.groups()
        if number:
            return chr(int(number) & 0xFFFF).encode("utf-8", "replace")
        return bytes([int(byte, 16)]) if byte else sign if sign in {b"\\", b"{", b"}"} else b""

    return _WORD_OF_RTF.sub(text, data[:LARGEST])
