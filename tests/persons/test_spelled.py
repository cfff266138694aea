"""Identity data is read however it is spelled, and texts that only look so say nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.ground.ways import Way
from netaudit.persons.from_unwrapping import known_region, names_id, of_query, personal
from netaudit.persons.records import grouped
from netaudit.persons.spelled import lines_of
from netaudit.unwrapping.part import Leaf, Part

NUMBER, OTHER = "11010519491231002X", "990101199001010019"


def read(document: object, kind: str = "json", content_type: str = "") -> set[tuple[str, str]]:
    data = document.encode() if isinstance(document, str) else json.dumps(document, ensure_ascii=False).encode()
    part = Part(data, Way.of("request body"), "")
    part.content_type = content_type
    return {(one.kind, one.value) for one in personal(Leaf(part, kind))}


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


def test_each_row_of_a_table_is_a_record() -> None:
    document = {"rows": [["张三", NUMBER], ["李四", OTHER]]}
    rows = [
        {"kind": one.kind, "field": one.path}
        for one in personal(
            Leaf(Part(json.dumps(document, ensure_ascii=False).encode(), Way.of("request body"), ""), "json")
        )
    ]
    assert [place for place, _ in grouped(rows)] == ["$.rows[0]", "$.rows[1]"]


def test_queries() -> None:
    found = of_query(f"/check?name=%E5%BC%A0%E4%B8%89&idcard={NUMBER}&t=1748746800000")
    assert {(one.kind, one.path, one.value) for one in found} == {
        ("name", "query.name", "张三"),
        ("id_number", "query.idcard", NUMBER),
    }
    assert of_query("/list?page=1&size=20") == []


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
    lines_of(text, "", lambda key: key == "name")
    of_query("/?" + text)
    read({"data": text, "x": [text, [text]]})
