"""What is asked of a text before it is looked into rules nothing out, and what is remembered is what would be found."""

from __future__ import annotations

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.part import Leaf, Part
from netaudit.events.identity import from_unwrapping, spellings
from netaudit.events.identity.from_unwrapping import asks_in_headers, of_headers, personal
from netaudit.events.identity.lines import Field
from netaudit.events.identity.recoded import may_be_coded
from tests.content.samples import JPEG

NUMBER = "11010519491231002X"
PIECES = [
    NUMBER, "110105194912310021", "31000000001320000006", "张三", "姓名", "x_m", "n", "T", "Z", "=", ":", "：", "&", " ",
    "\n", ",", "{", "}", "[", "]", '"', "<", ">", "</", "a", "name", "idcard", "phone", "13812345678", "10:20", "eyJ",
    "W3si", base64.b64encode(b'{"name":"x"}').decode(), "2026-01-02", "*", "0", "-", "(", ")", "\u00a0", "1", "甲",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


def _looked_into(text: str, path: str = "$.a") -> list[Field]:
    xml, parser = from_unwrapping._xml_fields, from_unwrapping._parser()
    return list(spellings._inside(Field(path, "a", text), xml, parser, spellings.DEEPEST))


@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_texts_that_are_not_looked_into_hold_nothing(text: str) -> None:
    if not spellings._MAY_HOLD.search(text):
        assert not _looked_into(text)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from([*"T:=：0 19,;|-/\n\"'()", "姓", "甲", "10", "2026"]), max_size=12).map("".join))
def test_texts_without_two_letters_name_nothing(text: str) -> None:
    """`lines_of` would be asked, and say nothing of anybody."""
    if spellings._LETTERS.search(text) is None and spellings.NUMBER.search(text) is None:
        keys = {spellings.kind_of(one.key) for one in spellings.lines_of(text, base="$.a")} & spellings._DECIDING
        assert len(keys) < 2


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["content-length", "date", "cookie", "x-id", "authorization", "user-identify"]),
            st.one_of(
                TEXTS,
                st.sampled_from(["5", "X", NUMBER[:17], "123456", "Mon, 30 Nov 2026 10:23:24 GMT", "%31%31" + NUMBER]),
            ),
        ),
        max_size=5,
    )
)
def test_heads_that_differ_in_length_and_date_say_the_same(headers: list[tuple[str, str]]) -> None:
    found = from_unwrapping._classified_headers(headers) if asks_in_headers(headers) else []
    right = any(one.kind == "id_number" and one.certainty in from_unwrapping.RIGHT for one in found)
    assert of_headers(headers) == (found if right else [])


def test_a_picture_is_no_coding_of_its_document() -> None:
    """What stands for it in the text was taken for an escape, and every document with one was unescaped and read."""
    text = json.dumps({"sn": "A1", "image": base64.b64encode(JPEG * 4 + bytes(9000)).decode()}).encode()
    leaf = Leaf(Part(text), "json")
    assert not may_be_coded(from_unwrapping._searched(leaf))
    hidden = text.replace(b'"A1"', b'"' + "".join(f"\\u00{ord(one):02x}" for one in NUMBER).encode() + b'"')
    assert any(one.value == NUMBER for one in personal(Leaf(Part(hidden), "json")))


def test_numbers_with_marks_between_their_digits_are_read() -> None:
    """Variation selectors and marks of direction, in texts that hold no other coding."""
    for mark in ("\ufe00", "\u202a", "\u034f"):
        assert any(one.value == NUMBER for one in personal(Leaf(Part(mark.join(NUMBER).encode()), "text"))), mark
