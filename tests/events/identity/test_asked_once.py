"""What is asked of a text before it is looked into rules nothing out, and what is remembered is what would be found."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.events.identity import from_unwrapping, spellings
from netaudit.events.identity.from_unwrapping import asks_in_headers, of_headers
from netaudit.events.identity.lines import Field

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
