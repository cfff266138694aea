"""Identity data in bytes: notations that name their fields, and texts between lengths and marks."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.content.part import Leaf, Part
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.identity.from_unwrapping import personal

if TYPE_CHECKING:
    from pathlib import Path

NUMBER, NAME = "11010519491231002X", "张三"
RAW = NAME.encode()
BOTH = {("id_number", NUMBER), ("name", NAME)}
MSGPACK = b"\x82\xa4name\xa6" + RAW + b"\xa2id\xb2" + NUMBER.encode()


def read(data: bytes, kind: str = "opaque") -> set[tuple[str, str]]:
    return {(one.kind, one.value) for one in personal(Leaf(Part(data, Way.read("request body"), ""), kind))}


@pytest.mark.parametrize(
    "data",
    [
        MSGPACK,
        b"\x0a\x06" + RAW + b"\x12\x12" + NUMBER.encode() + b"\x1a\x02ok",  # protobuf
        b"\x1a\x12" + NUMBER.encode() + b":\x06" + RAW + b"B\x02ok",
        b"\xa5\x5a\x01\x00" + f"{NAME}\0{NUMBER}\0".encode("utf-16-le"),
        b"\x1a\x06" + RAW + b"\x22\x12" + NUMBER.encode(),  # lengths that are letters
        b"\x02name\x00\x07\x00\x00\x00" + RAW + b"\x00\x02idCard\x00\x13\x00\x00\x00" + NUMBER.encode() + b"\x00\x00",
        NUMBER.encode() + b"\x00\x00" + NAME.encode("gbk").ljust(32, b"\x00") + b"\x01",
        b"\x00\x0csr\x00t\x00\x12" + NUMBER.encode() + b"t\x00\x06" + RAW,  # serialized Java
        b"\x04\x06" + RAW + b"\x04\x12" + NUMBER.encode() + b"0\x0c\x02\x01",  # BER, the next tag a digit
        struct.pack("<I", 99) + json.dumps({"xm": NAME, "sfz": NUMBER}, ensure_ascii=False).encode() + b"\x00",
        b"\x01\x01\x00\x00" + f"insert into g([GuestName],[CertNo]) values (N'{NAME}',N'{NUMBER}')".encode("utf-16-le"),
    ],
)
def test_texts_between_lengths_and_marks(data: bytes) -> None:
    assert read(data) == BOTH


def test_a_letter_that_touches_a_number_in_a_data_base_is_of_the_next_column(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as base:
        base.execute("create table visitor(id integer primary key, name text, id_card text, seen integer)")
        base.execute("insert into visitor values(1, ?, ?, ?)", (NAME, NUMBER, int.from_bytes(b"kQVz")))
        base.commit()
    assert read((tmp_path / "a.db").read_bytes()) == BOTH
    assert read(f"order A{NUMBER}B of {NAME}".encode(), "text") == set()


def test_what_stands_behind_a_name_is_its_value_only_where_it_can_be() -> None:
    assert read(b"\x0bverifyScore\x00\x00U@\x00" + RAW + b"\x00" + NUMBER.encode()) == BOTH


def test_records_are_told_apart() -> None:
    other = "李四".encode()
    data = b"\x06" + RAW + b"\x12" + NUMBER.encode() + b"\x00\x06" + other + b"\x12" + b"110105191201010019"
    places = {one.value: one.path.partition("]")[0] for one in personal(Leaf(Part(data, Way(), ""), "opaque"))}
    assert places[NAME] == places[NUMBER] != places["李四"]


@pytest.mark.parametrize("data", [b"\x00\x06" + RAW + b"\x12110105194912310021", b"\x07name\x00" + RAW, b"\x00" * 400])
def test_without_a_number_nothing_is_said(data: bytes) -> None:
    assert not read(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(data: bytes) -> None:
    read(data + b"\x00" + NUMBER.encode() + b"\x00" + data)


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le"])
def test_a_sentence_between_marks_is_read_once(charset: str) -> None:
    data = f"a\x01reader seven\x01card of {NAME} {NUMBER} ok\x00".encode(charset)
    found = personal(Leaf(Part(data, Way.read("request body"), ""), "opaque"))
    assert [(one.kind, one.value) for one in found] == [("id_number", NUMBER), ("name", NAME)]
