"""Numbers that a format cuts or writes in its own way: each is read, and ordinary documents give none."""

from __future__ import annotations

import json
import random
import zlib

import pytest

from netaudit.content.part import Leaf, Part
from netaudit.content.sniff import sniff
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.identity.from_unwrapping import personal
from netaudit.events.identity.written import written
from tests.processor_time import within

NUMBER, LETTERED = "11010519491231002X", "440308199901010012"


def pdf(*lines: bytes) -> bytes:
    page = zlib.compress(b"BT /F1 12 Tf 72 700 Td " + b" ".join(lines) + b" ET")
    head = b"%PDF-1.4\n4 0 obj\n<< /Length " + str(len(page)).encode() + b" /Filter /FlateDecode >>\nstream\n"
    return head + page + b"\nendstream\nendobj\n%%EOF"


def packed(number: str) -> bytes:
    return bytes.fromhex(number.replace("X", "a"))


ARABIC, DOUBLE = ({48 + digit: first + digit for digit in range(10)} for first in (0x660, 0x1D7D8))
CIRCLED = dict(zip(map(ord, "0123456789X"), "⓪①②③④⑤⑥⑦⑧⑨Ⓧ", strict=True))
CHEQUE = dict(zip(map(ord, "0123456789X"), "零壹贰叁肆伍陆柒捌玖拾", strict=True))
GLYPHS = {48 + digit: 0x13 + digit for digit in range(10)} | {ord("X"): 0x40}
FONT = b"stream\nbegincmap\n1 beginbfrange <0013> <001C> <0030> endbfrange 1 beginbfchar <0040> <0058> endbfchar\nendstream"
HEXED = b"<" + NUMBER.encode().hex().encode() + b"> Tj"
KERNED = b"[(110105)-20(19491231)15(002X)] TJ"
FIELDS = {"guest": "a", "idCard": {"region": "110105", "birthDate": "19491231", "serial": "002X"}}
WRITTEN = {
    "ebcdic": f"{'LIN YUE':<30}{NUMBER}000101".encode("cp037"),
    "packed": b"\xc1\xd6\xd4\xc2      " + packed(NUMBER),
    "packed in base64": json.dumps({"rec": "1tDOxCAgICAgIBEBBRlJEjEAKg=="}).encode(),
    "rtf": rb"{\rtf1\ansi\uc1 \u22995?\u21517?\par {\b 1101051949}{\b0 1231002X}\par}",
    "pdf, hex": pdf(HEXED),
    "pdf, kerned": pdf(b"(x) Tj T*", KERNED),
    "fields": json.dumps(FIELDS).encode(),
    "digits of another script": json.dumps({"id": NUMBER.translate(ARABIC)}, ensure_ascii=False).encode(),
    "mathematical digits": json.dumps({"id": NUMBER.translate(DOUBLE)}, ensure_ascii=False).encode(),
    "a sign like an X": json.dumps({"id": NUMBER.replace("X", "×")}, ensure_ascii=False).encode(),
    "codes of characters": json.dumps({"v": [ord(one) for one in NUMBER]}).encode(),
    "a character a cell": b"<html><table><tr>"
    + b"".join(b"<td> %c </td>\n" % ord(one) for one in NUMBER)
    + b"</tr></table>",
    "a character a text": json.dumps({"boxes": list(NUMBER)}).encode(),
    "digits in circles": json.dumps({"t": f"到访 {NUMBER.translate(CIRCLED)}"}, ensure_ascii=False).encode(),
    "numerals of cheques": json.dumps({"t": NUMBER.translate(CHEQUE)}, ensure_ascii=False).encode(),
    "digits by themselves": json.dumps({"d": [10 if one == "X" else int(one) for one in NUMBER]}).encode(),
    "backwards": json.dumps({"zjh_r": NUMBER[::-1]}).encode(),
    "turned by marks": json.dumps({"zjh": f"\u202e{NUMBER[::-1]}\u202c"}).encode(),
    "in bold groups": json.dumps({"text": "证件 > **110105** **19491231** **002X**"}, ensure_ascii=False).encode(),
    "with spans nobody sees": b'<td>110105<span style="display:none">77</span>19491231002<b style="display: none">3</b>X</td>',
    "with letters in spans nobody sees": b"<p>"
    + b'<SPAN style="DISPLAY:NONE">z</SPAN>'.join(b"%c" % ord(one) for one in NUMBER)
    + b"</p>",
    "runs of a workbook": b"<ss:Data><html:Font>110105</html:Font><Font>19491231</Font><html:B>002X</html:B></ss:Data>",
    "pdf, glyphs": pdf(b"<" + NUMBER.translate(GLYPHS).encode("utf-16-be").hex().encode() + b"> Tj") + FONT,
    "two fields": b'{"cert": {"head": "11010519491231", "tail": "002X"}}',
}


def numbers(data: bytes) -> set[str]:
    return {
        one.value
        for one in personal(Leaf(Part(data, Way.of("request body"), ""), sniff(data)))
        if one.kind == "id_number"
    }


@pytest.mark.parametrize("name", WRITTEN)
def test_a_number_is_read(name: str) -> None:
    assert numbers(WRITTEN[name]) == {NUMBER}


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"area": "110105", "day": "19491231", "no": "002X"}).encode(),  # nothing says of whom
        json.dumps({"idCard": {"region": "110105", "birthDate": "19491231", "serial": "0021"}}).encode(),  # check digit
        pdf(b"(110105) Tj T* (19491231002X) Tj"),
        b"\xf1" * 40,
        b"%PDF-1.4 no stream",
        b"{\\rtf1}",
    ],
)
def test_what_is_none_is_not(data: bytes) -> None:
    assert numbers(data) == set()


def test_numbers_among_digits_without_marks_are_read_where_two_of_them_stand() -> None:
    """One of chance stands in every 2,000th row of 45 digits, two in none."""
    assert numbers(f"7{NUMBER}13800138000{LETTERED}4".encode()) == {NUMBER, LETTERED}
    assert numbers(f"{'7' * 500}{NUMBER}{'7' * 300}{LETTERED}".encode()) == {NUMBER, LETTERED}
    assert numbers(f"713800138000{LETTERED}4{LETTERED}".encode()) == set()
    chance = random.Random(6)
    rows = "\n".join("".join(chance.choices("0123456789", k=chance.randrange(36, 90))) for _ in range(20_000))
    assert [name for name, _ in written(rows.encode())] == []


@pytest.mark.parametrize(
    "data", [json.dumps({"idcard": f"{int(LETTERED):x}", "name": "李月"}).encode(), f"v=0x{int(LETTERED):X};".encode()]
)
def test_a_number_as_a_hexadecimal_integer_is_read(data: bytes) -> None:
    assert LETTERED in numbers(data)
    chance = random.Random(7)
    words = " ".join(f"{chance.getrandbits(60):015x}" for _ in range(20_000))
    assert len(numbers(words.encode())) <= 1


def test_random_bytes_hold_none() -> None:
    chance = random.Random(5)
    for size in (40, 4000, 60_000) * 20:
        assert numbers(chance.randbytes(size)) == set()
    for head in (b"%PDF-1", b"{\\rtf1"):
        for _ in range(50):
            list(written(head + chance.randbytes(900)))


@pytest.mark.parametrize(
    "page",
    [
        b"stream\n" * 40_000,
        b"stream\n" + zlib.compress(b"begincmap " + b"beginbfchar" * 90_000) + b"\nendstream",
        b"".join(
            b"stream\nbegincmap " + b"beginbfrange" + b"<0000><00FF><0030>" * 2000 + b"endbf %d\nendstream" % number
            for number in range(20)
        ),
    ],
    ids=["streams without an end", "fonts without an end", "ranges"],
)
def test_work_on_a_hostile_document_is_bounded(page: bytes) -> None:
    with within(5):
        list(written(b"%PDF-1.4\n" + page))
