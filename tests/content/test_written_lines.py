"""Texts of lines: as settings and simple devices write them, whatever the language of their keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.codecs.multipart import is_multipart
from netaudit.content.lines import text_values
from netaudit.content.part import Part
from netaudit.core.contracts.unwrapping_steps import Way


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[设备]\r\n编码=A1\r\n区域=东门\r\n[人员]\r\n姓名=张三\r\n", {"设备": {"编码": "A1", "区域": "东门"}, "人员": {"姓名": "张三"}}),
        (
            "---\nid: 7\nwho:\n  name: 张三\n  phone: '1'\nat: 10:20:30\n---\nid: 8\nwho:\n  name: 李四\n",
            {"row": [
                {"id": "7", "who": {"name": "张三", "phone": "1"}, "at": "10:20:30"},
                {"id": "8", "who": {"name": "李四"}},
            ]},
        ),
        ("name: A\nname: B\nx: 1\n", {"name": ["A", "B"], "x": "1"}),
        ("@TID=A1;LANE=东门;AT=20250601;URL=http://a/b?c=1;#\r\n", {"TID": "A1", "LANE": "东门", "AT": "20250601", "URL": "http://a/b?c=1"}),
        (f"gate=A1;name=张三;pic={'QUJD' * 900}==", {"gate": "A1", "name": "张三", "pic": "QUJD" * 900 + "=="}),  # a picture
        ("gate=A1&spot=Main hall&at=30/11/2026 13:00", {"gate": "A1", "spot": "Main hall", "at": "30/11/2026 13:00"}),
        ("FWVersion=V1\n~SerialNumber=A1\nUserCount=3\n", {"FWVersion": "V1", "~SerialNumber": "A1", "UserCount": "3"}),
        ("no=a-1,id=7,name=张三,score=88.5", {"no": "a-1", "id": "7", "name": "张三", "score": "88.5"}),
        ("Gerät;Ort;Zeit;Name\r\nA1;Halle;1;B C\r\n", {"row": [{"Gerät": "A1", "Ort": "Halle", "Zeit": "1", "Name": "B C"}]}),
        ('Code=Face;index=0;data={\n "Sex": "Man;x=1",\n "Age": [1]\n}\n', {
            "Code": "Face", "index": "0", "data": {"Sex": "Man;x=1", "Age": [1]},
        }),
        ("Events[0].Code=Face\nEvents[0].Person.Name=A\n", {"Events": [{"Code": "Face", "Person": {"Name": "A"}}]}),
        ("Dear all,\nsee you at: ten\n\nBye", "Dear all,\nsee you at: ten\n\nBye"),
        ("data={no document", {"data": "{no document"}),
    ],
)  # fmt: skip
def test_what_lines_say(text: str, wanted: object) -> None:
    assert text_values(text) == wanted


@given(st.text("ab:= \n\t-[]{};,'\"张", max_size=200))
def test_no_text_raises(text: str) -> None:
    text_values(text)


@pytest.mark.parametrize(
    ("data", "multipart"),
    [
        (b"---\ntime: 1\nname: x\n---\ntime: 2\n", False),
        (b"--\nname: x\n", False),
        (b"--x\r\nContent-Type: a/b\r\n\r\n", True),
        (b"----\r\nContent-Type: a/b\r\n\r\nx\r\n------", True),
        (b"------WebKit1\r\nname: a\r\n\r\n", True),
    ],
)
def test_documents_between_dashes_are_no_parts(data: bytes, multipart: bool) -> None:
    """Their lines were taken for headers of parts, and lost."""
    assert is_multipart(Part(data, way=Way.of("x"))) == multipart


def test_rows_of_other_lengths_and_columns_of_one_name_are_kept() -> None:
    said = text_values("time,name,name,score\n1,a,b,2\n3,c\n4,d,e,5,6")
    assert said == {
        "row": [
            {"time": "1", "name": ["a", "b"], "score": "2"}, {"time": "3", "name": "c"},
            {"time": "4", "name": ["d", "e"], "score": "5", "c5": "6"},
        ]
    }  # fmt: skip
    assert text_values("time,name,place,score") == "time,name,place,score"
