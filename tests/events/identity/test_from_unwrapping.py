"""Identity data in documents: by field name, by check digit, and never more than is said."""

from __future__ import annotations

import datetime
import json
import re
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.part import Leaf, Part
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.identity import from_unwrapping as personal_module
from netaudit.events.identity.from_unwrapping import (
    LARGEST,
    MOST_FIELDS,
    Personal,
    canonical,
    is_overlooked,
    masked,
    personal,
    right_check_digit,
    telling,
)
from netaudit.events.identity.values import e164

RIGHT = "11010519491231002X"  # the example of GB 11643 that every description of it gives
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def read(document: object, kind: str = "json", name: str = "") -> list[Personal]:
    data = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    return personal(Leaf(Part(data, Way.of("request body"), name), kind))


def kinds(found: list[Personal]) -> dict[str, str]:
    return {one.kind: one.value for one in found}


@pytest.mark.parametrize(
    ("number", "right"),
    [
        (RIGHT, True),
        (RIGHT.lower(), True),
        ("990101199001010019", True),
        ("990101198502020029", False),
        ("110105194912310021", False),
        ("110105194913310028", False),
    ],
)
def test_check_digits(number, right):
    assert right_check_digit(number) is right


@given(st.dates(min_value=datetime.date(1900, 1, 1)), st.integers(100000, 999999), st.integers(0, 999))
@settings(max_examples=50, deadline=None)
def test_exactly_one_check_digit_of_eleven_is_right(born, region, serial):
    if not 1900 <= born.year <= 2040:
        born = born.replace(year=2000, day=min(born.day, 28))
    stem = f"{region}{born:%Y%m%d}{serial:03d}"
    right = [digit for digit in "0123456789X" if right_check_digit(stem + digit)]
    assert right == ["10X98765432"[sum(int(d) * w for d, w in zip(stem, WEIGHTS, strict=True)) % 11]]


@pytest.mark.parametrize(
    "key", ["IDNumber", "idNum", "IdCard", "identityNo", "certificateNumber", "CitizenIDNo", "id_card", "身份证号"]
)
def test_id_numbers_by_name(key):
    assert read({key: RIGHT})[0][2:5] == (key, RIGHT, "checked")
    assert read({key: "990101198502020029"})[0].certainty == "named"
    assert read({key: "990101850202002"})[0].kind == "id_number"
    assert not read({key: "none given"})


def test_an_id_number_is_known_by_its_check_digit_under_any_name():
    assert read({"q": RIGHT})[0] == Personal("id_number", "$.q", "q", RIGHT, "checked")
    assert not read({"orderNo": "990101198502020029", "phone": ""})


def test_long_numbers_that_are_no_identity():
    document = {
        "DeviceID": "99010000001320000001", "snowflake": "1790123456789012345", "imei": "490154203237518",
        "ts": 1773452297123, "gender": "1",
    }  # fmt: skip
    assert [one.kind for one in read(document)] == ["device", "gender"]


@pytest.mark.parametrize("key", ["mobile", "phone_number", "手机号", "tel"])
def test_phones_by_name(key):
    assert read({key: "13800138000"})[0].kind == "phone"
    assert canonical(read({key: "+86 138 0013 8000"})[0]) == "+8613800138000"
    assert not read({key: "12345678901"})


def test_a_phone_by_its_shape():
    assert read({"contact": "13800138000"})[0].certainty == "shape"
    assert e164("17900000000") == ""


def test_a_name_needs_more_than_a_field_called_name():
    assert kinds(read({"name": "李四光"})) == {"name": "李四光"}
    assert not read({"name": "f.jpg", "n": "13"})
    assert not read({"name": "hall-cam", "model": "X-1"})
    assert kinds(read({"name": "Jane Doe", "gender": "2"}))["name"] == "Jane Doe"
    assert not read({"face": {"name": "Jane Doe"}, "url": "identity"})
    assert kinds(read({"personName": "Jane Doe"}))["name"] == "Jane Doe"


def test_a_card_record_and_what_stands_around_it():
    found = read(
        {
            "DeviceCode": "D1",
            "Timestamp": 1773452297,
            "FaceInfoList": [{"FaceImage": {"Name": "f.jpg", "Data": "x" * 9000}}],
            "CardInfoList": [
                {"Name": "王五常", "Gender": "1", "Birthday": "19780303", "IdentityNo": RIGHT, "Address": "示例路1号"}
            ],
            "LibMatInfoList": [{"MatchFaceConfidence": 91}],
        }
    )
    assert [(one.kind, one.path) for one in found] == [
        ("device", "$.DeviceCode"),
        ("time", "$.Timestamp"),
        ("name", "$.CardInfoList[0].Name"),
        ("gender", "$.CardInfoList[0].Gender"),
        ("birthday", "$.CardInfoList[0].Birthday"),
        ("id_number", "$.CardInfoList[0].IdentityNo"),
        ("address", "$.CardInfoList[0].Address"),
        ("score", "$.LibMatInfoList[0].MatchFaceConfidence"),
    ]


def test_the_on_site_record_of_a_card_reader():
    found = read(
        {
            "name": "张三丰", "sex": "男", "birthday": "1990-01-01", "address": "示例路1号", "idNumber": RIGHT,
            "verifyTime": "2026-03-14", "verifyScore": 0.93, "deviceId": "st-1",
        }
    )  # fmt: skip
    assert {one.kind for one in found} == {
        "name", "gender", "birthday", "address", "id_number", "time", "score", "device",
    }  # fmt: skip


def test_a_declared_person_id():
    assert kinds(read({"Candidates": [{"Person": {"ID": "15", "Name": ""}}]})) == {"person_id": "15"}
    assert not read({"Candidates": [{"Person": {"ID": "0"}}]})
    assert not read({"Channel": {"ID": "15"}, "person": 1})


def test_ids_of_persons_are_one_word_or_have_a_digit():
    assert kinds(read({"employeeId": "EMP 0015"})) == {"person_id": "EMP 0015"}
    assert kinds(read({"employeeId": "zhangsan"})) == {"person_id": "zhangsan"}
    assert not read({"rows": [{"Employee ID": "Gross pay", "Date": "100"}]})  # a pay slip under its heading


def test_forms_xml_and_multipart_fields():
    assert kinds(read(urlencode({"realName": "李四光", "idCard": RIGHT}).encode(), "form")) == {
        "name": "李四光",
        "id_number": RIGHT,
    }
    xml = f'<?xml version="1.0" encoding="GB2312"?><R><Name>李四光</Name><IDNumber>{RIGHT}</IDNumber></R>'
    assert kinds(read(xml.encode("gbk"), "xml")) == {"name": "李四光", "id_number": RIGHT}
    assert kinds(read(RIGHT.encode(), "text", "idNumber")) == {"id_number": RIGHT}
    assert kinds(read("李四光".encode("gbk"), "text", "personName")) == {"name": "李四光"}


def test_escaped_and_gbk_json():
    assert kinds(read(b'{"\\u59d3\\u540d":"\\u674e\\u56db\\u5149"}')) == {"name": "李四光"}
    assert kinds(read('{"姓名":"李四光"}'.encode("gbk"))) == {"name": "李四光"}


def test_what_the_sender_masked_identifies_nobody():
    assert not read({"idNumber": "110105********002X", "phone": "138****8000", "name": "李**"})


def test_circumstances_alone_tell_of_nobody():
    assert not telling(read({"deviceId": "d", "time": "2026", "place": "hall", "name": ""}))
    assert telling(read({"deviceId": "d", "score": "0.9"}))


def test_budgets():
    assert not read(json.dumps([{"phone": "13800138000"}] * 60_000).encode())  # larger than LARGEST
    assert len(json.dumps([{"phone": "13800138000"}] * 60_000)) > LARGEST
    assert len(read([{"phone": "13800138000"}] * 5000)) == MOST_FIELDS
    assert not read({"name": "李" * 300, "phone": "1" * 4000})


@given(st.binary(max_size=300), st.sampled_from(["json", "xml", "form", "text", "opaque"]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_survived(data, kind):
    for one in read(b'{"name":"' + data, kind) + read(data, kind, "phone"):
        assert one.value


@given(st.sampled_from(["id_number", "phone", "name", "birthday", "address"]), st.text(min_size=2, max_size=30))
@settings(max_examples=100, deadline=None)
def test_a_masked_value_does_not_hold_the_clear_one(kind, value):
    assert value not in masked(Personal(kind, "$", "k", value, "named")) or set(value) <= {"*"} | set(value[:4])


def test_masks():
    assert masked(Personal("id_number", "", "", RIGHT, "")) == "110*************2X"
    assert masked(Personal("name", "", "", "李四光", "")) == "李**"
    assert masked(Personal("person_id", "", "", "15", "")) == "15"
    assert masked(Personal("birthday", "", "", "19900101", "")) == "1990****"


PIECES = [
    b"na",
    b"me",
    b"ID",
    b"n",
    b"\\u4E",
    b"2d",
    b"%",
    b"E4",
    b"\xa0",
    b"\xa1",
    b"\xf7",
    b"\xf8",
    b"1234567890",
    b"1",
    b"xm",
    b'"',
    b"SEX",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=2)), max_size=12).map(b"".join))
def test_stems_are_found_as_a_plain_expression_finds_them(text: bytes) -> None:
    assert personal_module.may_tell(text) is (re.search(personal_module.STEMS, text) is not None)


def test_stems_are_found_in_long_texts() -> None:
    assert not personal_module.may_tell(b"na" * (LARGEST // 2))
    assert personal_module.may_tell(bytes(range(32, 126)) * 4000 + b"born")
    assert personal_module.may_tell(b"1234567890 " * 90_000 + b"01234567890")


LONG_VALUE = "name" * 2000  # a picture in base64 may well hold a stem


@pytest.mark.parametrize(
    "text",
    [
        "<a><img>{long}</img><realName>Li Lei</realName></a>",
        "<a><realName>Li Lei</realName><img>{long}</img></a>",
        '<a><img>{long}</img><b realName="Li Lei"/></a>',
        "<a><img><![CDATA[{long}]]></img><realName><![CDATA[Li Lei]]></realName></a>",
        "<a><img>{long}</img>" + "<b/>" * 10_100 + "<realName>Li Lei</realName></a>",
        "<a><img>{long}</img><realName>" + " " * 5000 + "Li Lei</realName></a>",
    ],
)
def test_names_around_long_texts_of_xml_are_found(text):
    found = read(text.format(long=LONG_VALUE).encode(), "xml")
    assert [(one.key, one.value) for one in found] == [("realName", "Li Lei")]


@pytest.mark.parametrize(
    "text", ["img={long}&realName=Li+Lei", "realName=Li+Lei&img={long}", "a=1&img={long}&realName=Li+Lei&b"]
)
def test_names_around_long_values_of_forms_are_found(text):
    found = read(text.format(long=LONG_VALUE).encode(), "form")
    assert [(one.key, one.value) for one in found] == [("realName", "Li Lei")]


@pytest.mark.parametrize(
    "text",
    [
        '<r><p t="x>y" img="{long}" realName="Li Lei"/></r>',
        "<r><realName><!-- a->b {long} -->Li Lei</realName></r>",
        "<r><realName>" + "&#32;" * 1000 + "Li Lei</realName><img>{long}</img></r>",
    ],
)
def test_names_beside_long_attributes_comments_and_references_are_found(text):
    found = read(text.format(long=LONG_VALUE).encode(), "xml")
    assert [(one.key, one.value) for one in found] == [("realName", "Li Lei")]


def test_circumstances_beside_a_long_document_that_names_somebody():
    """Its own leaf names the person; whether device and time are kept is decided then."""
    form = "deviceId=CAM1&snapTime=2024-01-01 10:00:00&data={data}"
    inner = json.dumps({"idNumber": RIGHT, "faceImage": LONG_VALUE})
    for data in (inner, urlencode({"": inner})[1:]):
        found = read(form.format(data=data).encode(), "form")
        assert {one.kind for one in found if not is_overlooked(one)} == {"device", "time"}


@pytest.mark.parametrize(("kind", "text"), [("xml", "<a><img>{long}</img><t>1</t></a>"), ("form", "img={long}&t=1")])
def test_what_is_too_long_for_a_field_is_not_searched(kind, text, monkeypatch):
    asked = []
    monkeypatch.setattr(personal_module, "may_tell", lambda data: bool(asked.append(len(data))))
    assert read(text.format(long=LONG_VALUE).encode(), kind) == []
    assert asked[0] < 5000


def test_a_number_of_no_province_is_an_id_number_only_where_something_says_so():
    order = "990101199001010019"  # the right check digit, as one order number in eleven has
    assert [one.certainty for one in read({"orderNo": order, "name": "王小明"}) if one.kind == "id_number"] == ["shape"]
    assert [one.certainty for one in read({"no": {"x": order}}) if one.kind == "id_number"] == ["shape"]
    assert [one.certainty for one in read({"id": order, "name": "王小明"}) if one.kind == "id_number"] == ["checked"]
    assert [one.certainty for one in read({"idCard": order}) if one.kind == "id_number"] == ["checked"]
    assert [one.certainty for one in read({"orderNo": RIGHT}) if one.kind == "id_number"] == ["checked"]


def test_a_person_far_down_in_a_long_text_is_read():
    """Without an identity number, which is looked for in all bytes anyway."""
    line = "2026-01-01 12:00:00 INFO request served in 12 ms, name of node: alpha\n"
    text = line * 9000 + "姓名：张伟\n手机：13800138000\n地址：上海市浦东新区世纪大道100号\n" + line * 1000
    found = kinds(read(text.encode(), "text"))
    assert (found["name"], found["phone"]) == ("张伟", "13800138000")
