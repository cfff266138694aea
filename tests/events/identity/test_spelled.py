"""Identity data is read however it is spelled, and texts that only look so say nothing."""

from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.part import Leaf, Part
from netaudit.events.identity.from_unwrapping import (
    known_region,
    names_id,
    of_headers,
    of_name,
    of_parts,
    of_target,
    personal,
)
from netaudit.events.identity.lines import lines_of, page_lines
from netaudit.events.identity.records import grouped

NUMBER, OTHER = "11010519491231002X", "990101199001010019"


def read(document: object, kind: str = "json", content_type: str = "") -> set[tuple[str, str]]:
    if isinstance(document, bytes):
        data = document
    else:
        data = document.encode() if isinstance(document, str) else json.dumps(document, ensure_ascii=False).encode()
    part = Part(data, "request body", "")
    part.content_type = content_type
    return {(one.kind, one.value) for one in personal(Leaf(part, kind))}


def test_a_signed_token_is_no_secret() -> None:
    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    token = f"{part({'alg': 'HS256'})}.{part({'name': '张三', 'idcard': NUMBER})}.c2lnbmVk"
    found = of_headers([("authorization", f"Bearer {token}")])
    assert {(one.kind, one.value) for one in found} == BOTH
    assert of_headers([("authorization", f"Bearer {part({'alg': 'HS256'})}.{part({'sub': '17'})}.c2ln")]) == []


BOTH = {("id_number", NUMBER), ("name", "张三")}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ([{"key": "idNumber", "value": NUMBER}, {"key": "姓名", "value": "张三"}], "json"),
        ({"fields": [{"name": "id_card", "val": NUMBER}, {"name": "realName", "val": "张三"}]}, "json"),
        ({"data": json.dumps({"idNum": NUMBER, "name": "张三"})}, "json"),
        ({"data": json.dumps({"person": json.dumps({"idNum": NUMBER, "name": "张三"})})}, "json"),
        ({"query": f"idcard={NUMBER}&realName=%E5%BC%A0%E4%B8%89"}, "json"),
        ({"columns": ["realName", "id_card"], "rows": [["张三", NUMBER]]}, "json"),
        ([["姓名", "身份证号"], ["张三", NUMBER]], "json"),
        ({"list": ["张三", NUMBER]}, "json"),
        ({"name": "张三", "idcard": f"{NUMBER[:6]}.{NUMBER[6:14]}.{NUMBER[14:]}"}, "json"),
        ({"name": "张三", "idcard": f"{NUMBER[:6]}–{NUMBER[6:10]}–{NUMBER[10:14]}–{NUMBER[14:]}"}, "json"),
        ({"name": "张三", "idcard": int(NUMBER[:17]), "check": NUMBER[17]}, "json"),
        (f'<r><f name="idNumber">{NUMBER}</f><f name="realName" value="张三"/></r>', "xml"),
        (f'<r><p idCard="{NUMBER}" personName="张三"/></r>', "xml"),
        (f"data=%7B%22idNum%22%3A%22{NUMBER}%22%2C%22name%22%3A%22%E5%BC%A0%E4%B8%89%22%7D", "form"),
        (f"姓名：张三，身份证号：{NUMBER}", "text"),
        (f"name=张三\r\nidcard={NUMBER}\r\n", "text"),
        (f"USER PIN=17\tName=张三\tIDCard={NUMBER}", "text"),
        (f"张三,{NUMBER}", "text"),
        (f"{NUMBER}\t张三\n", "text"),
        (f"name,id_number\n张三,{NUMBER}\n", "text"),
        (f'[{{"name":"张三"}}] id_number: "{NUMBER}", name: "张三"', "text"),
        (f"姓名: 张三  身份证号: {NUMBER}", "text"),
        (f"name='张三' id_card='{NUMBER}'", "text"),
        (f'姓名,证件号码\r\n张三,="{NUMBER}"\r\n', "text"),
        (f"姓名,证件号码\r\n张三,'{NUMBER}\r\n", "text"),
        ({"who": f"张三,{NUMBER}"}, "json"),
        ({"list": [f"张三|{NUMBER}"]}, "json"),
        ({"remark": f"张三-{NUMBER}"}, "json"),
        ({"remark": f"{NUMBER} 张三"}, "json"),
        ({"content": f"客户张三，身份证号{NUMBER}，今日到访"}, "json"),
        (f"【案场】访客张三（身份证{NUMBER}）已到访", "text"),
        ({"msg": f"name=张三;idcard={NUMBER}"}, "json"),
        ({"msg": f"姓名:张三\n身份证:{NUMBER}"}, "json"),
        ({"attrs": [{"attrName": "name", "attrValue": "张三"}, {"attrName": "idNo", "attrValue": NUMBER}]}, "json"),
        ([{"question": "您的姓名：", "answer": "张三"}, {"question": "身份证号码（必填）", "answer": NUMBER}], "json"),
        ({"name": ["张三"], "idcard": [NUMBER]}, "json"),
        ({"xml": f"<p><name>张三</name><idcard>{NUMBER}</idcard></p>"}, "json"),
        ({"buyerName": "张三", "buyerIdNumber": NUMBER}, "json"),
        ({"holder": "张三", "licenseNo": NUMBER}, "json"),
        ({"name": "张三", "idcard": NUMBER[:6] + " " + NUMBER[6:14] + " " + NUMBER[14:]}, "json"),
        ({"name": "张三", "idcard": "".join(chr(ord(one) + 0xFEE0) for one in NUMBER)}, "json"),
        (f"<r><m><name>name</name><v><s>张三</s></v></m><m><name>idcard</name><v><s>{NUMBER}</s></v></m></r>", "xml"),
        (
            f"<r><param name='cert_name'><value>张三</value></param><p name='cert_no'><value>{NUMBER}</value></p></r>",
            "xml",
        ),
        ({"title": [{"text": "姓名"}], "value": {"text": "张三"}, "idCard": NUMBER}, "json"),
        ({"FName": {"2052": "张三"}, "FIDCardNumber": NUMBER}, "json"),
        (
            [{"op": "replace", "path": "/name", "value": "张三"}, {"op": "add", "path": "/idCard", "value": NUMBER}],
            "json",
        ),
        (
            {
                "columns": [{"title": "姓名", "data": "c1"}, {"title": "证件号", "data": "c2"}],
                "r": {"c1": "张三", "c2": NUMBER},
            },
            "json",
        ),
        ({"entry": {"field_1": "张三", "field_2": NUMBER}}, "json"),
        ({"visitor": "张三", "documents": [{"docType": "ID", "docNo": NUMBER}]}, "json"),
        ({"data": base64.b64encode(json.dumps({"n": "张三", "sfz": NUMBER}).encode()).decode()}, "json"),
        ({"t": f"<font>姓名：</font>张三\n<b>身份证</b>：{NUMBER}"}, "json"),
        ({"memo": f"【姓名】张三【身份证号】{NUMBER}"}, "json"),
        ({"memo": f"张三，男，汉族，住某地，公民身份号码{NUMBER}。"}, "json"),
        ({"memo": f"买受人：张三（身份证号码：{NUMBER}）"}, "json"),
        ({"log": f"Visitor(name=张三, idCard={NUMBER})"}, "json"),
        ({"log": f"Person[name=张三, idCard={NUMBER}]"}, "json"),
        (f"1$张三}}2${NUMBER}", "text"),
        ({"m": f"[张三][{NUMBER}]"}, "json"),
        ({"m": f"张三，身份证号{NUMBER}，于今日到访"}, "json"),
        ({"m": f"尊敬的张三({NUMBER})您好"}, "json"),
        ({"ext": ["name=张三", f"idcard={NUMBER}"]}, "json"),
        (f'"姓名","证件号码"\r\n"张三","\t{NUMBER}"\r\n', "text"),
        (f"list.push(['张三','{NUMBER}']);", "text"),
        ({"m": f"{{name=张三, idCard={NUMBER}}}"}, "json"),
        ({"m": f"客户张三的身份证号是{NUMBER}"}, "json"),
        (f"call add_visitor('张三','{NUMBER}')", "text"),
        ({"applyName": "张三", "applyIdcard": NUMBER}, "json"),
        (f"*{NUMBER}*张三#", "text"),
        (f'AT+IDC="张三","{NUMBER}"', "text"),
        (f"姓名\n张三\n身份证号码\n{NUMBER}\n", "text"),
        (f"*6\r\n$4\r\nHSET\r\n$1\r\nv\r\n$4\r\nname\r\n$6\r\n张三\r\n$2\r\nid\r\n$18\r\n{NUMBER}\r\n", "text"),
        (f"姓名      身份证号\n张三      {NUMBER}\n", "text"),
        (f'\ufeff"姓名";"证件号码"\r\n"张三";"{NUMBER}"\r\n', "text"),
        (f"BEGIN:VCARD\r\nFN;CHARSET=UTF-8:张三\r\nX-IDCARD:{NUMBER}\r\nEND:VCARD", "text"),
        (f"name=\\u5f20\\u4e09\nidcard={NUMBER}", "text"),
        (f"oINSERT INTO [dbo].[g]([GuestName],[CertNo]) VALUES (N'张三',N'{NUMBER}')", "text"),
        (f"Events[0].Name=张三\r\nEvents[0].CitizenID={NUMBER}\r\n", "text"),
        (f'data: {{"userName": "张三", "idcard": "{NUMBER}"}}\n\n', "text"),
        (f"<html><script>var a = {{guest: {{name: '张三', idcard: '{NUMBER}'}}}};</script></html>", "html"),
        (f'<html><div data-name="张三" data-idcard="{NUMBER}">x</div></html>', "html"),
        (f"<r><f><key>realName</key><value>张三</value></f><f><key>idNo</key><value>{NUMBER}</value></f></r>", "xml"),
        (f"<d><key>name</key><string>张三</string><key>idcard</key><string>{NUMBER}</string></d>", "xml"),
        (f"<e><q><![CDATA[<p><xm>张三</xm><sfzh>{NUMBER}</sfzh></p>]]></q></e>", "xml"),
        (f"p%5B0%5D%5Bname%5D=%E5%BC%A0%E4%B8%89&p%5B0%5D%5Bidcard%5D={NUMBER}", "form"),
        (f"<html><table><tr><th>姓名</th><th>证件号</th></tr><tr><td>张三</td><td>{NUMBER}</td></tr></table>", "html"),
        (f'<html><form><input name="custName" value="张三"><input value="{NUMBER}" name="idCard"></form>', "html"),
        ({"applicant": "张三", "applicant_idcode": NUMBER}, "json"),
        ({"guests": [{"cn": "张三", "papers": {"kind": "ID", "serial": NUMBER}}]}, "json"),
        ({"访客": "张三", "身份证": NUMBER}, "json"),
        ({"data": [["姓名", "张三"], ["身份证", NUMBER]]}, "json"),
        (f'<row><col id="xm">张三</col><col id="zjhm">{NUMBER}</col></row>', "xml"),
        ({"words_result": [{"words": "姓名张三"}, {"words": f"公民身份号码{NUMBER}"}]}, "json"),
        (f"('张三', '{NUMBER}')", "text"),
        ({"realName": {"stringValue": "张三"}, "idCard": {"stringValue": NUMBER}}, "json"),
        ({NUMBER: "张三"}, "json"),
        ({"张三": NUMBER}, "json"),
        ({"list": {NUMBER: {"name": "张三"}}}, "json"),
        ({"content": f"> **姓名**：张三\n> **身份证**：{NUMBER}"}, "json"),
        ({"names": f"张三:{NUMBER}"}, "json"),
        (f"INSERT INTO kh (xm, sfzh) VALUES ('张三', '{NUMBER}');", "text"),
        (f"<html><dl><dt>姓名</dt><dd>张三</dd><dt>身份证号</dt><dd>{NUMBER}</dd></dl></html>", "html"),
        (f"<html><script>var a;</script>姓名：张三<br>证件号：{NUMBER}<!-- 姓名：李四 -->", "html"),
        (f"<div><p>姓名：<b>张三</b></p><p>身份证号：<b>{NUMBER}</b></p></div>", "html"),
    ],
)
def test_name_and_number_however_they_are_spelled(document: object, kind: str) -> None:
    assert read(document, kind) == BOTH


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("name=viewer;version=1.2;phone=none", ""),
        ("Host: example, Name: index", ""),
        (f"var idNumber = '{NUMBER}'; name: '张三'", "application/javascript"),
        ("2026-05-01 12:00:00,20260501120000123,ok", ""),
        ("name: Example", ""),
    ],
)
def test_texts_that_say_nothing_of_anybody(text: str, content_type: str) -> None:
    assert read(text, "text", content_type) == set()


@pytest.mark.parametrize(
    "beside",
    [
        {"result": "成功"},
        {"mz": "白族"},
        {"agentName2": "王强"},
        {"city": "于洪"},
        {"x": "张三", "y": "李四"},
        {"type": "黑名单"},
        {"intent": "高意向"},
        {"goods": "黄瓜"},
        {"constellation": "金牛座"},
        {"memo": "江山"},
    ],
)
def test_what_stands_beside_a_number_is_no_name_by_that_alone(beside: dict[str, str]) -> None:
    assert read({"idCard": NUMBER} | beside) == {("id_number", NUMBER)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"张三，男，汉族，{NUMBER}；其配偶身份证号{OTHER}", {"line[0]": {"张三"}}),
        (f"甲方张三的身份证为{NUMBER}，其父亲的身份证为{OTHER}", {"line[0].said[0]": {"张三"}}),
        (f"原告：李四，女，北京市。被告：张三，男，持身份证{NUMBER}", {"line[0].said[0]": {"张三"}}),
        (
            f"张三，女，持证件{NUMBER}到访，李四的身份证是{OTHER}",
            {"line[0].said[0]": {"张三"}, "line[0].said[1]": {"李四"}},
        ),
        (f"顾客 {NUMBER} 由 王经理 接待", {}),
        (f"水表号 {NUMBER} 高温", {}),
    ],
)
def test_a_name_is_that_of_the_number_behind_it_and_of_no_other(text: str, named: dict[str, set[str]]) -> None:
    found: dict[str, set[str]] = {}
    for one in personal(Leaf(Part(text.encode(), "request body", ""), "text")):
        if one.kind == "name":
            found.setdefault(re.split(r"\.\w+\Z|\[\d\]\Z", one.path)[0], set()).add(one.value)
    assert found == named


def test_escapes_of_half_a_character_are_none() -> None:
    text = rf"idcard={NUMBER}, realName=\u5f20\u4e09, address=\u5317\u4eac\u5e02\ud842\udfb7\u533a\ud800\u8857"
    found = read(text, "text")
    assert found == BOTH | {("address", "北京市\U00020bb7区\ufffd街")}  # tables take no surrogate: one ended the audit


def test_an_address_and_a_birthday_are_known_beside_a_number() -> None:
    beside = {"certAddress": "某省某市某路1号", "bornDay": "19491231", "ipAddr": "192.0.2.1"}
    assert read({"certNumber": NUMBER} | beside) == {
        ("id_number", NUMBER), ("address", beside["certAddress"]), ("birthday", "19491231"),
    }  # fmt: skip
    assert not read(beside)


def test_lines_of_one_record_belong_together_until_a_key_comes_again() -> None:
    said = lines_of(f"name=张三\nidcard={NUMBER}\n\nname=李四\nidcard={OTHER}")
    rows = [{"kind": "id_number" if one.key == "idcard" else "name", "field": one.path} for one in said]
    assert [(place, len(own)) for place, own in grouped(rows)] == [("block[0]", 2), ("block[1]", 2)]


def test_fields_of_a_multipart_form_are_read_together() -> None:
    leaves = []
    for name, text in (("sName", "张三"), ("sIdCard", NUMBER), ("remark", "张三丰")):
        part = Part(text.encode(), "request body", "")
        part.name = name
        leaves.append(Leaf(part, "text"))
    assert [{(one.kind, one.value) for one in some} for some in of_parts(leaves)] == [
        {("name", "张三")},
        {("id_number", NUMBER)},
        set(),
    ]


def test_headers_and_cookies() -> None:
    headers = [("x-id-card", NUMBER), ("x-visitor-name", "%E5%BC%A0%E4%B8%89"), ("user-agent", "Mozilla")]
    assert {(one.kind, one.value) for one in of_headers(headers)} == BOTH
    assert {
        (one.kind, one.value) for one in of_headers([("cookie", f"name=%E5%BC%A0%E4%B8%89; idcard={NUMBER}")])
    } == BOTH
    assert of_headers([("etag", "202506011020304050123"), ("x-request-id", "990101199001010018")]) == []


@pytest.mark.parametrize("every", [1, 2, 9])
def test_escaped_digits_in_heads(every: int) -> None:
    """As no writer needs to escape them."""
    said = "".join(f"%{ord(one):02X}" if at % every == 0 else one for at, one in enumerate(NUMBER))
    assert {one.value for one in of_headers([("cookie", f"u={said}")])} == {NUMBER}
    assert {one.value for one in of_headers([("x-who", said)])} == {NUMBER}
    assert {one.value for one in of_target(f"/a?u={said}")} == {NUMBER}
    assert {one.value for one in of_target(f"/u/{said}.jpg")} == {NUMBER}


@pytest.mark.parametrize(
    "header",
    [
        ("user-agent", f"cam/{NUMBER}"), ("referer", f"http://a/?id={NUMBER}"), ("if-none-match", f'"{NUMBER}"'), ("date", NUMBER),
        ("authorization", f'Digest username="{NUMBER}"'), ("host", f"{NUMBER}.example.com"), (f"x-{NUMBER.lower()}", "1"),
        ("content-type", f"text/plain; id={NUMBER}"), ("trailer", f"3;x={NUMBER}"),
    ],
)  # fmt: skip
def test_every_header_may_hold_a_number(header: tuple[str, str]) -> None:
    assert {one.value.upper() for one in of_headers([("accept", "*/*"), header])} == {NUMBER}


def test_a_document_in_a_cookie() -> None:
    said = f"%7B%22name%22%3A%22%E5%BC%A0%E4%B8%89%22%2C%22idcard%22%3A%22{NUMBER}%22%7D"
    assert {(one.kind, one.value) for one in of_headers([("cookie", f"sid=1; u={said}")])} == BOTH


def test_json_in_the_call_of_a_function() -> None:
    said = json.dumps({"name": "张三", "idcard": NUMBER}, ensure_ascii=False)
    assert read(f"/**/cb_1({said});", "text", "application/javascript") == BOTH


def test_persons_of_one_element_name_are_told_apart() -> None:
    one = "<p><name>{}</name><idcard>{}</idcard></p>"
    document = f"<r>{one.format('张三', NUMBER)}{one.format('李四', OTHER)}</r>"
    rows = [
        {"kind": said.kind, "field": said.path} for said in personal(Leaf(Part(document.encode(), "body", ""), "xml"))
    ]
    assert [(place, len(own)) for place, own in grouped(rows)] == [("/r/p", 2), ("/r/p[2]", 2)]


def test_columns_are_records() -> None:
    document = {"name": ["张三", "李四"], "idcard": [NUMBER, OTHER]}
    part = Part(json.dumps(document, ensure_ascii=False).encode(), "request body", "")
    rows = [{"kind": one.kind, "field": one.path} for one in personal(Leaf(part, "json"))]
    assert [(place, len(own)) for place, own in grouped(rows)] == [("$[0]", 2), ("$[1]", 2)]


@pytest.mark.parametrize(
    "document",
    [
        {"list": [{"name": "广东省"}, {"name": "江苏省"}, {"name": "浦东新区"}]},
        {"deviceName": "张江展厅", "idcard": NUMBER},
        {"projectName": "王家湾府", "idcard": NUMBER},
        {"remark": "客户张三说下次再来"},
        {"idcard": NUMBER, "education": "高中", "nation": "汉族", "room": "江景房", "application": "安检通道"},
        {"idcard": NUMBER, "guestRoom": "万象城", "customerLevel": "金卡", "visitorType": "贵宾"},
        {"url": "/a?name=logo&id=3"},
    ],
)
def test_names_of_things_are_no_names_of_persons(document: object) -> None:
    assert not [one for one in read(document) if one[0] == "name"]


def test_a_page_without_a_number_says_nothing_of_its_people() -> None:
    assert read("<html><p>姓名：张三</p><p>手机：19900000001</p></html>", "html") == set()


@pytest.mark.parametrize(
    "name",
    [f"张三_{NUMBER}.jpg", f"{NUMBER}-张三.jpg", f"faces/张三/{NUMBER}/1.jpg", f"%E5%BC%A0%E4%B8%89_{NUMBER}.jpg"],
)
def test_names_of_files(name: str) -> None:
    assert {(one.kind, one.value) for one in of_name(name)} == BOTH


def test_paths_and_what_names_their_numbers() -> None:
    assert [(one.kind, one.path) for one in of_target(f"/person/idcard/{NUMBER}/check")] == [
        ("id_number", "target.said[0].idcard")
    ]
    (alone,) = of_target(f"/faces/{NUMBER}.jpg")
    assert (alone.path, names_id(alone.path)) == ("target.said[0][0]", False)
    assert of_name("202506011020304050.jpg") == []
    assert of_target("/pay/202506011020304050123") == []


def test_each_row_of_a_table_is_a_record() -> None:
    document = {"rows": [["张三", NUMBER], ["李四", OTHER]]}
    rows = [
        {"kind": one.kind, "field": one.path}
        for one in personal(Leaf(Part(json.dumps(document, ensure_ascii=False).encode(), "request body", ""), "json"))
    ]
    assert [place for place, _ in grouped(rows)] == ["$.rows[0]", "$.rows[1]"]


def test_queries() -> None:
    found = of_target(f"/check?name=%E5%BC%A0%E4%B8%89&idcard={NUMBER}&t=1748746800000")
    assert {(one.kind, one.path, one.value) for one in found} == {
        ("name", "query.name", "张三"),
        ("id_number", "query.idcard", NUMBER),
    }
    assert of_target("/list?page=1&size=20") == []


@pytest.mark.parametrize(
    ("path", "named"),
    [("$.a.idNumber", True), ("/r/@IdCard", True), ("line[0].身份证号", True), ("$.rows[0][1]", False), ("$.q", False)],
)
def test_fields_that_are_called_an_identity_number(path: str, named: bool) -> None:
    assert names_id(path) is named


def test_regions() -> None:
    assert known_region("110***")
    assert not known_region("990***")


@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    lines_of(text)
    of_target("/?" + text)
    of_name(f"{text}{NUMBER}{text}")
    page_lines(text)
    read({"data": text, "x": [text, [text]]})


def test_a_number_is_the_user_of_basic_authorization() -> None:
    word = base64.b64encode(f"{NUMBER}:1".encode()).decode()
    assert [(one.kind, one.value) for one in of_headers([("authorization", f"Basic {word}")])] == [
        ("id_number", NUMBER)
    ]
    assert of_headers([("authorization", "Basic " + base64.b64encode(b"admin:12345").decode())]) == []
