"""Numbers in one more coding, and beyond the bounds of their document's reader, are read; nothing is found by chance."""

from __future__ import annotations

import base64
import gzip
import json
import random
import zlib
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.part import Leaf, Part
from netaudit.content.sniff import sniff
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.identity import recoded, strings
from netaudit.events.identity.from_unwrapping import personal
from netaudit.events.identity.recoded import readings, unescaped
from tests.processor_time import within

NUMBER = "510107199003074517"
RECORD = json.dumps({"name": "张三丰", "idNumber": NUMBER}, ensure_ascii=False)


def _raw(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _field(value: str) -> bytes:
    return json.dumps({"device": "QT-3", "r": value}, ensure_ascii=False).encode()


def _number(form: str) -> bytes:
    return _field("".join(form % ord(digit) for digit in NUMBER))


SPELLED = {
    "base32": _field(base64.b32encode(RECORD.encode()).decode()),
    "short base64": _field(base64.b64encode(NUMBER.encode()).decode()),
    "hexadecimal": _field(NUMBER.encode().hex()),
    "token": _field(".".join(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in (b'{"alg":"HS256"}', RECORD.encode(), b"\x93" * 32))),
    "zlib in base64": _field(base64.b64encode(zlib.compress(RECORD.encode())).decode()),
    "bare deflate": _raw(RECORD.encode() + b" " * 60),
    "gzip in base64 in hexadecimal": _field(base64.b64encode(gzip.compress(RECORD.encode())).hex()),
    "references": _number("&#x%x;"),
    "octal": b"name=x&id=" + "".join(f"\\{ord(digit):03o}" for digit in NUMBER).encode(),
    "hexadecimal escapes": b"push({v:'" + "".join(f"\\x{ord(digit):02x}" for digit in NUMBER).encode() + b"'})",
    "escaped twice": _number("\\u%04x"),
    "folded": f"BEGIN:VCARD\r\nFN:张三丰\r\nX-ID;SOURCE=desk:{NUMBER[:9]}\r\n {NUMBER[9:]}\r\nEND:VCARD\r\n".encode(),
    "soft line break": f"name: 张三丰\r\nnumber: {NUMBER[:11]}=\r\n{NUMBER[11:]}\r\n".encode(),
    "references of a page": f"<html><table><tr><td>{''.join(f'&#{ord(one)};' for one in '张三丰 ' + NUMBER)}</td></tr></table></html>".encode(),
    "continued in YAML": f'guests:\n  - name: 张三丰\n    id: "{NUMBER[:9]}\\\n      {NUMBER[9:]}"\n'.encode(),
    "folded in YAML": f"guests:\n  - name: 张三丰\n    id: {NUMBER[:6]}\n      {NUMBER[6:]}\n".encode(),
    "runs of Word": f"<w:p><w:r><w:t>张三丰 {NUMBER[:7]}</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>{NUMBER[7:]}</w:t></w:r></w:p>".encode(),
    "spans": "".join(f'<span style="c{at}">{one}</span>' for at, one in enumerate(NUMBER)).encode(),
    "numerals": _field("".join("零一二三四五六七八九"[int(one)] for one in NUMBER)),
    "numerals of banks": _field("".join("〇壹贰叁肆伍陆柒捌玖"[int(one)] for one in NUMBER)),
    "zero width": _field("\u200b".join((NUMBER[:6], NUMBER[6:14], NUMBER[14:]))),
    "joiner": _field("\u034f".join((NUMBER[:6], NUMBER[6:14], NUMBER[14:]))),
    "direction": _field("\u202d" + "\u2060".join(NUMBER)),
    "statement": _field(f"INSERT INTO visitor(name,id_number,ts) VALUES('x','{NUMBER}',NOW())"),
    "nested": b"[" * 20_000 + RECORD.encode() + b"]" * 20_000,
    "last of many": b"[" + b"{}," * 29_000 + RECORD.encode() + b"]",
    "element": b"<a>" * 5000 + f"<p><name>刘某</name><idNumber>{NUMBER}</idNumber></p>".encode() + b"</a>" * 5000,
    "behind digits": b"1" * 100_000 + b"\n" + RECORD.encode(),
}  # fmt: skip


def _read(data: bytes) -> list[str]:
    leaf = Leaf(Part(data, Way.of("request body"), ""), sniff(data))
    return [one.value for one in personal(leaf) if one.kind == "id_number" and one.certainty == "checked"]


@pytest.mark.parametrize("spelling", SPELLED)
def test_a_number_is_read_however_it_is_spelled(spelling: str) -> None:
    assert set(_read(SPELLED[spelling])) == {NUMBER}


def test_a_number_is_given_once_where_its_reader_gave_it() -> None:
    assert _read(RECORD.encode()) == [NUMBER]


def test_tokens_pictures_and_noise_hold_no_number() -> None:
    chance = random.Random(27)
    for _ in range(300):
        noise = chance.randbytes(chance.randrange(20, 3000))
        assert not list(readings(noise))
        assert not list(readings(base64.b64encode(noise)))
        assert not list(readings(_field(noise.hex()[:200])))


def test_what_unfolds_without_end_is_bounded() -> None:
    bomb = _raw(b" " * 50_000_000 + RECORD.encode())
    assert not list(readings(bomb))


def test_digits_of_other_cells_are_no_part_of_a_number() -> None:
    cells = f"<tr><td>{NUMBER[:7]}</td><td>{NUMBER[7:]}</td></tr><w:tc><w:p>{NUMBER[:7]}</w:p></w:tc><w:tc><w:p>{NUMBER[7:]}</w:p></w:tc>"
    assert _read(f"<x>{cells}</x>".encode()) == []
    assert _read(f"total: {NUMBER[:7]}\ncount: {NUMBER[7:]}\n".encode()) == []


around = st.sampled_from([b"", b"1", b"a", b"\0", b"\xff", b"0", b"X", b"19"])
sent = st.sampled_from([NUMBER.encode(), NUMBER.encode("utf-16-le"), NUMBER[:-1].encode(), b"510107199003074518"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(around, sent | around), max_size=4))
def test_the_quick_question_misses_no_number(parts) -> None:
    data = b"".join(map(b"".join, parts))
    assert strings.holds_number(data) == strings._holds_number(data)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"%", b"%4", b"1", b"a", b"%2F", b"%e6", b"+", b"%%", b"g", b"\xff"]), max_size=8))
def test_escapes_of_urls_alone_are_those_of_all_kinds(parts) -> None:
    data = b"".join(parts)
    plain = recoded._ESCAPE.sub(recoded._as_bytes, data)
    assert recoded.unescaped(data) == (plain if plain.isascii() else recoded._UNSEEN.sub(b"", plain))


@pytest.mark.parametrize("piece", [b"\\", b"\\u", b"%", b"&#", b"\\x4", b"\\\\u{"])
def test_escapes_without_end_take_no_time(piece: bytes) -> None:
    with within(3):
        recoded.unescaped(piece * (recoded.LARGEST // len(piece)))


def test_words_within_words_are_bounded_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of a few words may hold as many again, so that a small document would be read for minutes."""
    texts = (" ".join(f"{place}-{word} of others".encode().hex() for word in range(60)) for place in range(60))
    bomb = zlib.compress(" ".join(text.encode().hex() for text in texts).encode())
    told: list[int] = []
    tried: list[bytes] = []
    reader = recoded._hexadecimal
    monkeypatch.setattr(recoded, "_READERS", (("hex", lambda word: tried.append(word) or reader(word)),))
    assert not list(readings(bomb, lambda: told.append(1)))
    assert told == [1]
    assert len(tried) <= recoded.MOST_WORDS + recoded.MOST


def test_of_many_words_those_with_the_fewest_codings_are_read_first() -> None:
    many = " ".join(base64.b64encode(b"%d " % place + b"x" * 24).decode() for place in range(recoded.MOST - 1))
    inner = base64.b64encode(
        " ".join(base64.b64encode(b"%d " % place + b"y" * 24).decode() for place in range(60)).encode()
    ).decode()
    last = base64.b64encode(RECORD.encode()).decode()
    assert [coding for coding, _ in readings(_field(f"{inner} {many[: len(many) // 2]} {last}"))] == ["base64"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"1=\n2", b"12"), (b"1=\r\n2", b"12"), (b"1\n 2", b"12"), (b"1\r\n\tX", b"1X"), (b"1\n 2\n\t3", b"123"),
        (b"a=\n2", None), (b"=\n2", None), (b"1=\r2", None), (b"1\n2", None), (b"1\n  2", b"12"), (b"1\\\n 2", b"12"), (b"a\\\n 2", None), (b"1=\n b", None),
        (b"1=\r\n 2", None), (b"1\n\n 2", None), (b"1\r\r\n 2", None),
    ],
)  # fmt: skip
def test_folds_are_those_between_two_digits(text: bytes, said: bytes | None) -> None:
    assert unescaped(text) == (text if said is None else said)


@pytest.mark.parametrize("slash", [b"/", b"%2F", b"\\/"])
@pytest.mark.parametrize("said", ["%s", "=%s", "x%%22%s"])
def test_beside_a_long_word_codings_are_taken_off(slash: bytes, said: str) -> None:
    """A word of base64 that is too long to be tried is out of the way, however its slashes are written."""
    picture = base64.b64encode(random.Random(5).randbytes(30_000)).rstrip(b"=").replace(b"/", slash)
    word = said % base64.urlsafe_b64encode(b"x " + NUMBER.encode() + b" y").decode().rstrip("=")
    for text in (b"a=" + picture + b"&b=" + word.encode(), b"b=" + word.encode() + b"&a=" + picture):
        assert [one for _, one in readings(text)] == [b"x " + NUMBER.encode() + b" y"]
    with mock.patch.object(recoded, "_of_word", side_effect=AssertionError):
        assert list(readings(b"<a>" + picture + b"</a>")) == []
