"""Documents as values, whatever the notation; what is cut off is closed, what is no document gives nothing."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.bson_values import bson_values
from netaudit.content.part import Leaf, Part
from netaudit.content.tree import DEEPEST, Repeated, values


def read(kind: str, data: bytes, content_type: str = "") -> list[object]:
    return values(Leaf(Part(data, content_type=content_type), kind))


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        ("json", b'{"a":[1,{"b":"x"}]}', [{"a": [1, {"b": "x"}]}]),
        ("json", b'{"a":1}\n{"a":2}', [{"a": 1}, {"a": 2}]),
        ("json", b'{"a":1,"b":[{"c":"x"},{"c":"y', [{"a": 1, "b": [{"c": "x"}, {"c": "\0"}]}]),  # half a value is none
        ("json", b'{"a":1,"b":', [{"a": 1}]),
        ("json", b'{"a":{"b":[', [{"a": {"b": []}}]),
        ("json", b'{"a":"\\"}","b":2', [{"a": '"}'}]),
        ("json", b'{"a" 1', [{}]),
        ("json", b"", []),
        ("xml", b"<a><b>1</b><c d='2'>3</c></a>", [{"a": {"b": "1", "c": {"@d": "2", "#text": "3"}}}]),
        ("xml", b"<a><b>1</b><b>2</b><b>3</b></a>", [{"a": {"b": Repeated(["1", "2", "3"])}}]),
        ("xml", b"<a><b>1</b><c>cut", [{"a": {"b": "1", "c": ""}}]),
        ("xml", "<?xml version='1.0' encoding='GB2312'?><a>案场</a>".encode("gb2312"), [{"a": "案场"}]),
        ("xml", "<?xml version='1.0' encoding='GB2312'?><a>女</a>".encode("gb2312"), [{"a": "女"}]),  # UTF-8, too: Ů
        ("xml", "<?xml version='1.0' encoding='GB2312'?><a>大厅</a>".encode(), [{"a": "大厅"}]),  # declared wrongly
        ("xml", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", [{}]),
        ("form", b"a=1&b=%E5%BC%A0+3&a=2", [{"a": Repeated(["1", "2"]), "b": "张 3"}]),
        ("text", b"Events[0].Code=F\r\nEvents[0].P[1].Name=Z\r\nEvents[1].Code=G\r\nSN = 7", [{"Events": [{"Code": "F", "P": [{"Name": "Z"}]}, {"Code": "G"}], "SN": "7"}]),
        ("text", b"hello", ["hello"]),
        ("text", b"PIN=1.jpg\nSN=E\nCMD=uploadphoto\0\xff\xd8\xff", [{"PIN": "1.jpg", "SN": "E", "CMD": "uploadphoto"}]),
        ("jpeg", b"\xff\xd8\xff", []),
    ],
)  # fmt: skip
def test_every_notation(kind: str, data: bytes, wanted: list[object]) -> None:
    assert read(kind, data) == wanted


def test_long_values_are_marked_and_not_kept() -> None:
    long = b"x" * 5000
    assert read("form", b"a=" + long + b"&b=1") == [{"a": "\0", "b": "1"}]
    assert read("xml", b"<a><b>" + long + b"</b></a>") == [{"a": {"b": "\0"}}]
    ((value),) = read("json", b'{"a":"' + long + b'","b":1}')
    assert value["b"] == 1
    assert value["a"].startswith("\0")


def test_depth_ends_xml_and_not_the_audit() -> None:
    (value,) = read("xml", b"<a>" * 5000)
    depth = 0
    while isinstance(value, dict) and value:
        value, depth = value.get("a"), depth + 1
    assert depth <= DEEPEST + 1


def bson(**fields: int | str) -> bytes:
    body = b"".join(
        (b"\x10" + key.encode() + b"\0" + struct.pack("<i", value)) if isinstance(value, int)
        else (b"\x02" + key.encode() + b"\0" + struct.pack("<i", len(value.encode()) + 1) + value.encode() + b"\0")
        for key, value in fields.items()
    )  # fmt: skip
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def test_bson_with_documents_arrays_and_several_in_a_row() -> None:
    inner = bson(snapDate="2025")
    array = b"\x04list\0" + struct.pack("<i", len(inner) + 8) + b"\x030\0" + inner + b"\0"
    picture = b"\x05pic\0" + struct.pack("<i", 20) + b"\0" + bytes(20)
    body = array + picture + b"\x08ok\0\x01" + b"\x09at\0" + struct.pack("<q", 1_748_744_100_000)
    whole = struct.pack("<i", len(body) + 5) + body + b"\0"
    wanted = {"list": [{"snapDate": "2025"}], "pic": "\0", "ok": True, "at": 1_748_744_100_000}
    assert list(bson_values(whole)) == [wanted]
    assert list(bson_values(whole + bson(a=1, b="x"))) == [wanted, {"a": 1, "b": "x"}]
    for cut in range(len(whole)):
        list(bson_values(whole[:cut]))


@given(st.binary(max_size=200), st.sampled_from(["json", "xml", "form", "text", "opaque"]))
def test_no_bytes_raise(data: bytes, kind: str) -> None:
    assert isinstance(read(kind, data), list)
    list(bson_values(data))
