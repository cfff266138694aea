"""Lines, a NUL, a picture: opened where they are that, left alone where they are not; and rows with tabs as a table."""

from __future__ import annotations

import pytest

from netaudit.content.budget import Budget
from netaudit.content.lines import labelled, text_values
from netaudit.content.part import Leaf, Part
from netaudit.content.tree import values
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.evidence.rule_drafting.document_examples import picture

LINES = b"PIN=20250601101500-17.jpg\nSN=EXAMPLE0001\nsize=20\nCMD=realupload"


def opened(data, **more):
    return list(unwrap(Part(data, way=Way.of("request body"), **more), Budget()))


def test_lines_and_picture_come_out():
    head, image, _ = opened(LINES + b"\0" + picture())
    assert (head.kind, head.part.data) == ("text", LINES)
    assert (image.kind, image.part.data) == ("jpeg", picture())
    assert image.part.complete
    assert values(head)[0]["SN"] == "EXAMPLE0001"


def test_a_hole_in_the_picture_stays_a_hole():
    data = LINES + b"\0" + picture()
    _, image, _ = opened(data, missing=[(len(data) - 20, len(data) - 10)])
    assert not image.part.complete


@pytest.mark.parametrize(
    "data",
    [b"PIN=1\0" + picture(), b"\0" + picture(), b"GIF=" + b"x" * 3000 + b"\0", b"a=b\nc=d", b"=\n=\n\0" + picture()],
)
def test_other_bytes_are_left_alone(data):
    assert not any("› lines" in leaf.part.path for leaf in opened(data))


def test_a_hole_in_the_lines_opens_nothing():
    data = LINES + b"\0" + picture()
    assert not any("› lines" in leaf.part.path for leaf in opened(data, missing=[(4, 6)]))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            b"17\t2025-06-01 10:15:00\t0\t15\r\n18\tx\t0\t1\n",
            [["17", "2025-06-01 10:15:00", "0", "15"], ["18", "x", "0", "1"]],
        ),
        (b"a\tb\tc", [["a", "b", "c"]]),
        (b"a\tb\tc\nno tabs\n\t\t\t", [["a", "b", "c"], ["", "", "", ""]]),
    ],
)
def test_rows_with_tabs(text, rows):
    (document,) = values(Leaf(Part(text), "text"))
    assert [list(row.values()) for row in document["row"]] == rows
    assert all(list(row) == [f"c{n}" for n in range(1, len(row) + 1)] for row in document["row"])


def test_key_value_lines_with_tabs_are_rows_of_their_keys():
    (document,) = values(Leaf(Part(b"USER PIN=17\tName=x\tPri=0"), "text"))
    assert document == {"row": [{"PIN": "17", "Name": "x", "Pri": "0"}]}


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("$name=张三;sex=1;id=110101199003074514#", "110101199003074514"),
        ("(name=张三;sex=1;id=110101199003074514)", "110101199003074514"),
        ("<name=张三|sex=1|id=110101199003074514>\r\n", "110101199003074514"),
        ("name=张三;sex=1;id=f(x)", "f(x)"),
    ],
)
def test_marks_about_a_line_are_no_part_of_a_value(text: str, last: str) -> None:
    assert text_values(text) == {"name": "张三", "sex": "1", "id": last}


BLOCK = """---
sted: Hovedindgang
person:
  navn: ~
  alder: 38
foto: !!binary |
  /9j/4AAQ
  SkZJRgAB
retning: ind
"""
CARD = """### 到访提醒
![抓拍图](http://192.0.2.1/a/1.jpg)
> **姓名**：<font color="info">阚**</font>
- 证件号: 430***********9071
- **设备**: `AB-0001`
"""


def test_blocks_of_yaml_are_values_whole_and_nothing_is_nobody():
    assert text_values(BLOCK) == {
        "sted": "Hovedindgang", "person": {"navn": None, "alder": "38"}, "foto": "/9j/4AAQSkZJRgAB", "retning": "ind",
    }  # fmt: skip


def test_labels_of_a_card_are_keys_without_its_marks_and_what_is_masked_stays():
    assert text_values(CARD) == {
        "抓拍图": "http://192.0.2.1/a/1.jpg", "姓名": "阚**", "证件号": "430***********9071", "设备": "AB-0001",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Dear all,\nnote: this is a letter of many lines\nwith nothing else\nin it\nat all\n", "a: b\nc: d"],
    ids=["a letter", "two pairs"],
)
def test_letters_are_no_cards(text):
    assert labelled(text) is None


def test_cells_of_spreadsheets_are_what_they_say():
    text = '姓名,到访时间,身份证号,备注\r\n农琬,2026/11/14 10:22,="530112196708039798","一, 二"\r\n'
    assert text_values(text)["row"][0] == {
        "姓名": "农琬", "到访时间": "2026/11/14 10:22", "身份证号": "530112196708039798", "备注": "一, 二",
    }  # fmt: skip


def test_a_row_without_a_heading_has_cells_where_it_says_a_time():
    assert text_values("7,2026-11-15 14:21:03,东门,A-1,1.jpg\r\n")["row"][0]["c2"] == "2026-11-15 14:21:03"
    assert isinstance(text_values("one, two, three, four, five\n"), str)
