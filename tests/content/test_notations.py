"""Notations of text that begin with a mark of their own: what each says, and that any text is survived."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.lines import text_values
from netaudit.content.notations import unescaped

NUMBER = "11010519491231002X"
VCARD = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN;CHARSET=UTF-8:张\r\n 三\r\nX-IDCARD:{NUMBER}\r\nitem1.TEL:1\r\nEND:VCARD\r\n"
EVENTS = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:到访\\, 张三\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR"
CEF = "<13>Jun 1 10:20:30 gate CEF:0|Example|Gate|1|7|face passed|3|rt=1780280430123 suser=Li Si cs1Label=idcard cs1=9"
LEEF = "LEEF:2.0|Example|Gate|1|7|^|devTime=2026-06-01 10:20:30^usrName=张三"
POINT = 'pass,device=G\\ 1,place=东门 name="张 \\"三\\"",score=98i,live=t 1780280430123000000'
INSERT = "INSERT INTO [dbo].[guest] ([xm],sfzh, age) VALUES (N'张''三', N'1', 30), ('李四', '2', NULL);"
UPDATE = "UPDATE `guest` SET `xm`='张三', sfzh = '1' WHERE id=7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (VCARD, {"VCARD": {"VERSION": "3.0", "FN": "张三", "X-IDCARD": NUMBER, "TEL": "1"}}),
        (EVENTS, {"VCALENDAR": {"VEVENT": [{"SUMMARY": "到访, 张三"}, {"SUMMARY": "x"}]}}),
        (
            CEF,
            {
                "deviceVendor": "Example", "deviceProduct": "Gate", "deviceVersion": "1", "signatureId": "7",
                "event": "face passed", "severity": "3", "rt": "1780280430123", "suser": "Li Si",
                "cs1Label": "idcard", "cs1": "9",
            },
        ),
        (
            LEEF,
            {
                "deviceVendor": "Example", "deviceProduct": "Gate", "deviceVersion": "1", "signatureId": "7",
                "devTime": "2026-06-01 10:20:30", "usrName": "张三",
            },
        ),
        (
            POINT,
            {
                "measurement": "pass", "device": "G 1", "place": "东门", "name": '张 "三"', "score": "98", "live": "t",
                "time": "1780280430123000000",
            },
        ),
        (
            INSERT,
            {"guest": [{"xm": "张'三", "sfzh": "1", "age": "30"}, {"xm": "李四", "sfzh": "2", "age": None}]},
        ),
        (UPDATE, {"guest": {"xm": "张三", "sfzh": "1"}}),
        ("name=\\u5f20\\u4e09\ntime=2026-06-01 10\\:20\\:30\nplace=a", {"name": "张三", "time": "2026-06-01 10:20:30", "place": "a"}),
    ],
)  # fmt: skip
def test_what_is_said(text: str, said: object) -> None:
    assert text_values(text) == said


@pytest.mark.parametrize("text", ["BEGIN", "a,b=c", "insert coin", "CEF", "x|y|z", "update the record", "USER PIN=17"])
def test_other_texts_are_what_they_are(text: str) -> None:
    assert text_values(text) in (text, {"a,b": "c"}, {"USER PIN": "17"})


def test_half_an_escape_is_replaced() -> None:
    assert unescaped("a=\\ud842") == "a=�"


@given(
    st.text(max_size=200), st.sampled_from(["BEGIN:VCARD\n", "CEF:0|", "INSERT INTO t (a) VALUES (", "m,a=b c=", ""])
)
def test_any_text_is_survived(text: str, head: str) -> None:
    text_values(head + text)
