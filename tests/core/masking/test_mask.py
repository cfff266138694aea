"""Masking: what identifies a person goes, what tells traffic apart stays, and twice is the same as once."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.masking.mask import mask, mask_name, mask_path, mask_words, shortened, visible
from tests.processor_time import within

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("110101199001010019", "110*************19"),
        ("11010119900101001X", "110*************1X"),
        ("110101900101001", "110**********01"),
        ("110101 19900101 001X", "110*** ******** **1X"),
        ("110101-19900101-0019", "110***-********-**19"),
        ("13800138000", "138******00"),
        ("138-0013-8000", "138-****-**00"),
        ("+86 138 0013 8000", "+86 1** **** **00"),
        ("6222020200011122233", "622**************33"),
        ("li.lei@example.com", "***@example.com"),
        ("to=li.lei%40example.com", "to=***%40example.com"),
        ("rtsp://admin:secret@192.168.1.2/x", "rtsp://admin:***@192.168.1.2/x"),
        ("/push?name=%E5%BC%A0%E4%B8%89&idcard=110101199001010019&x=1", "/push?name=***&idcard=***&x=1"),
        ("realName=张三;IdCard=1", "realName=***;IdCard=***"),
        ('{"name":"Li Lei","score":9}', '{"name":"***","score":9}'),
        ('{\\"personName\\":\\"Li Lei\\"}', '{\\"personName\\":\\"***\\"}'),
        ("%7B%22name%22%3A%22Li%22%7D", "%7B%22name%22%3A%22***%22%7D"),
        ("/faces/张三_1.jpg", "/faces/张*_1.jpg"),
        ("/faces/%E5%BC%A0%E4%B8%89.jpg", "/faces/%E5%BC%A0*.jpg"),
        ("a\x1b[31m\u202eb\n", "a\\x1b[31m\\u202eb\\n"),
        ("１３８００１３８０００", "１３８******００"),
    ],
)
def test_masked(clear: str, masked: str) -> None:
    assert mask(clear) == masked


@pytest.mark.parametrize(
    "text",
    ["", "/api/v1/face/upload", "192.168.1.101", "face.example.com:8080", "filename=a.jpg", "hostname=cam-1", "2026-06-01 12:00:00",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "multipart/form-data; boundary=1234567890", "00:1b:44:11:3a:b7", "2026:06:01 12:00:00",
     "request body › json $.a[0].b › base64 › jpeg", "人脸抓拍", "%E4%BA%BA%E8%84%B8", "Thu, 04 Jun 2026 10:11:12 GMT", "fe80::1ff:fe23:4567:890a"],
)  # fmt: skip
def test_left_alone(text: str) -> None:
    assert mask(text) == text


PIECES = st.one_of(
    st.sampled_from(["1380013800", "0", "1", "110101", "19900101", "001", "X", " ", "-", "*", "name=", "name%3D", '"', "\\", "&", "@", "a.b", "%40",
                     "%22", "张", "三", "人", "%E5%BC%A0", "%E4%B8%89", "\x00", "\u202e", "86", "idcard=", ":", "=", "%", ".com", "９"]),
    st.text(max_size=3),
)  # fmt: skip


ID, PHONE = "110101199001010019", "13800138000"


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


SPELLINGS = {
    "percent": _percent,
    "percent, small": lambda text: _percent(text).lower(),
    "percent, every second": lambda text: "".join(_percent(char) if at % 2 else char for at, char in enumerate(text)),
    "percent, twice": lambda text: _percent(text).replace("%", "%25"),
    "percent, three times": lambda text: _percent(text).replace("%", "%2525"),
    "percent of percent": lambda text: _percent(_percent(text)),
    "percent, grouped": lambda text: _percent("-".join((text[:6], text[6:14], text[14:]))) if len(text) == 18 else _percent(text),
    "escapes of JSON": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "escapes of JSON, twice": lambda text: "".join(f"\\\\u{ord(char):04X}" for char in text),
    "escapes of bytes": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "entities in hexadecimal": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "entities, twice": lambda text: "".join(f"&amp;#{ord(char)};" for char in text),
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) for char in text),
    "full width, percent": lambda text: _percent("".join(chr(ord(char) + 0xFEE0) for char in text)),
    "full width, percent of GBK": lambda text: "".join(
        f"%{byte:02X}" for byte in "".join(chr(ord(char) + 0xFEE0) for char in text).encode("gbk")
    ),
    "full width, escapes of JSON": lambda text: "".join(f"\\u{ord(char) + 0xFEE0:04x}" for char in text),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 of JSON": lambda text: b64encode(f'{{"idNo":"{text}","n":1}}'.encode()).decode(),
    "base64 in a query": lambda text: quote(b64encode(f'{{"id":"{text}"}}'.encode()).decode()),
    "base64 of URLs": lambda text: urlsafe_b64encode(f"人?>{text}~~".encode()).decode().rstrip("="),
    "base64, twice": lambda text: b64encode(b64encode(text.encode())).decode(),
    "base64 within bytes": lambda text: b64encode(b"\x0a\x12" + text.encode() + b"\xff\xfe\x80").decode(),
    "hexadecimal": lambda text: f"<{text}>".encode().hex(),
    "plus for spaces": lambda text: "+".join((text[:6], text[6:14], text[14:])) if len(text) == 18 else text,
}  # fmt: skip


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("number", [ID, PHONE])
@pytest.mark.parametrize("around", ["/push/{}", "/push?x=1&v={}&y=2", "/a/b_{}.jpg", "v: {}", "/visitors/{}/photo"])
@pytest.mark.parametrize("masked", [mask, mask_path, mask_words, mask_name])
def test_a_number_is_masked_however_it_is_spelt(
    masked: Callable[[str], str], around: str, number: str, spelt: Callable[[str], str]
) -> None:
    sent = around.format(spelt(number))
    once = masked(sent)
    assert spelt(number) not in once
    left = re.sub(r"[^0-9]", "", unquote(unquote(unquote(unquote(once)))))
    assert number[3:-2] not in left
    assert masked(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "/a%2Fb%20c?x=%3D%26", "/%7Euser/%41bc", "\\u4eba", "&amp;&lt;", "/api/ZmFjZS1saWJyYXJ5LXVwbG9hZA==",
        "/d41d8cd98f00b204e9800998ecf8427e/e3b0c44298fc1c149afbf4c8996fb924", "/image/iVBORw0KGgoAAAANSUhEUg",
    ],
)  # fmt: skip
def test_escapes_that_hide_nothing_stay(text: str) -> None:
    assert mask(text) == text


def test_escapes_in_escapes_end() -> None:
    text = "1" + "380013800"
    for _ in range(200):
        text = text.replace("%", "%2%35", 1) if "%" in text else text + "%30"
    assert "138001380" not in mask(text)
    assert "138001380" not in mask("".join("%2%3" * 100 + char for char in "13800138000"))


@pytest.mark.parametrize("lead", range(2020, 2050))
def test_a_number_at_a_cut_is_masked(lead: int) -> None:
    for spelt in (str, _percent, SPELLINGS["percent, twice"], SPELLINGS["escapes of JSON"]):
        shown = shortened(mask_path, "/" * lead + spelt(ID), 2048)
        assert len(re.findall("[0-9]", unquote(unquote(shown)))) <= 5


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=16).map("".join))
def test_twice_is_once_and_no_long_number_survives(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
    assert re.search(r"\d{11}", once) is None
    assert re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", once) is None


@settings(max_examples=50, deadline=None)
@given(st.text(), st.integers(1, 50))
def test_visible_keeps_its_limit(text: str, limit: int) -> None:
    shown = visible(text, limit)
    assert len(shown) <= limit
    assert visible(shown, limit) == shown
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", shown)


def test_visible_cuts_and_shows() -> None:
    assert visible("abcdef", 4) == "abc…"
    assert visible("a\tb", 10) == "a\\tb"


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 200_000,
        "name=" * 100_000,
        "a" * 500_000 + "%40",
        "张三" * 100_000,
        "%E5" * 100_000,
        "\\" * 300_000 + "name=",
        "-1" * 200_000,
        "name" * 100_000 + "=",
    ],
)
def test_long_hostile_texts_cost_linear_time(text: str) -> None:
    with within(3):
        mask(text)


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("/face/v3/search?access_token=24.example", "/face/v3/search?access_token=***"),
        ("/token?client_id=a&client_secret=xyz&n=1", "/token?client_id=a&client_secret=***&n=1"),
        ('{"accessToken":"q"}', '{"accessToken":"***"}'),
        ("/oauth/2.0/access_token/x", "/oauth/2.0/access_token/x"),
    ],
)
def test_what_lets_somebody_act_as_another_is_masked(clear, masked):
    assert mask(clear) == masked
