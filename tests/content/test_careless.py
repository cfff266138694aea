"""However careless a sender writes a record: its person and its picture are found, and what is not understood is told."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netaudit.content.from_messages import leaves
from netaudit.content.part import Leaf, Part
from netaudit.content.sniff import sniff
from netaudit.content.tree import values
from netaudit.content.xml_tolerant import feed
from netaudit.core.text.json_document import JsonDocument
from netaudit.core.text.json_tolerant import DEEPEST, read
from netaudit.events.identity.from_unwrapping import is_part, of_parts, personal
from netaudit.protocols.message import Message
from tests.content.careless import ID, NAME, VARIANTS, Variant, record
from tests.content.samples import JPEG
from tests.processor_time import within

if TYPE_CHECKING:
    from netaudit.events.identity.values import Personal


def taken(body: bytes, content_type: str) -> tuple[Message, list[Leaf], list[Personal]]:
    head = [("content-type", content_type)]
    message = Message("http", 0, 0, len(body), "POST", path="/x", content_type=content_type, headers=head, body=body)
    message.body_size = len(body)
    found = list(leaves(message))
    said = [one for leaf in found for one in personal(leaf)]
    fields = [leaf for leaf in found if is_part(leaf)]
    return message, found, said + [one for some in of_parts(fields) for one in some]


@pytest.mark.parametrize("pictured", [False, True])
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_person_and_the_picture_are_found(variant: Variant, pictured: bool) -> None:
    message, found, said = taken(variant.write(record(pictured=pictured)), variant.content_type)
    assert {("id_number", ID), ("name", NAME)} <= {(one.kind, one.value) for one in said}
    assert not pictured or any(leaf.part.data.startswith(JPEG) for leaf in found)
    assert message.unread <= (20 if "cut" in variant.name else 13)  # a time that was cut


@pytest.mark.parametrize(
    ("body", "least"),
    [
        (b'{"a": 1}' + b"\xa7" * 40, 40),
        (b'{"a": 1} and then words that are in no document', 31),
        (b'{"a": 1,}\x01\x02' + ID.encode(), 20),
        (b'{"a":' * 80 + b'"deep": "what nobody reads any more",' + b"}" * 80, 26),
        (b'{"a": "' + b"b" * 10 + b'", "c": "an end that was cut off here', 20),
        (b"<a><b>1</b></a> and words behind the root", 20),
        (b'{"big": [' + b"1," * 300_000 + b"x],}", 100_000),
    ],
)
def test_what_is_not_understood_is_told(body: bytes, least: int) -> None:
    assert taken(body, "application/json")[0].unread >= least


def test_a_number_in_the_rest_is_counted() -> None:
    said = taken(b'{"a": 1} \x02 seen ' + ID.encode() + b" today", "application/json")[2]
    assert [(one.kind, one.value, one.certainty) for one in said] == [("id_number", ID, "checked")]


@pytest.mark.parametrize(
    "body", [b'{"a":1}', b'{"a":1}\n{"b":[]}\r\n', b'\xef\xbb\xbf{"a":"x"}', b"[2026-06-01 10:20:30] INFO gate: open",
             b"<a/>", b"a=1&b", b"[section]\nkey = 1\n", JPEG, b'{"a":1}' + JPEG])  # fmt: skip
def test_what_is_understood_or_no_document_is_not_told(body: bytes) -> None:
    assert taken(body, "application/octet-stream")[0].unread < 18


def test_two_values_of_a_key_are_both_kept() -> None:
    assert read(b'{"a": 1, "a": 2,}').values == [{"a": [1, 2]}]


def test_long_texts_under_one_key_are_all_put_back() -> None:
    first, second = "一" * 40, "二" * 40
    document = JsonDocument(f'{{"a": "{first}", "a": "{second}",}}'.encode())
    assert document.values == [{"a": [first, second]}]
    assert document.places == {0: ("$.a[0]", "[0]"), 1: ("$.a[1]", "[1]")}


texts = st.binary(max_size=400) | st.lists(
    st.sampled_from([b'"', b"'", b"{", b"}", b"[", b"]", b"(", b")", b":", b",", b"=", b"\\", b"//", b"/*", b"*/", b"#",
                     b"\n", b" ", b"a", b"12", b"null", "张".encode(), b"\x81", b"\x02", b"\0", b"<a>", b"</a>", b"\xd8"]),
    max_size=60,
).map(b"".join)  # fmt: skip


@given(texts)
def test_every_byte_is_under_a_node_or_told(text: bytes) -> None:
    """Bytes that are told, and the texts of the values, have every letter and digit that stands outside of remarks."""
    found = read(text)
    assert all(0 <= start < end <= len(text) for start, end in found.unread)
    assert all(one[1] < two[0] for one, two in zip(found.unread, found.unread[1:], strict=False))
    if b"//" in text or b"/*" in text or b"#" in text or b"\\" in text or b"\x81" in text or b"\xd8" in text:
        return
    kept = str(found.values) + "".join(text[start:end].decode("latin-1") for start, end in found.unread)
    plain = kept.replace("None", "null")
    named = text.count(b"(") + text.count(b"=") + text.count(b"{") + text.count(b"[")  # whatever is given to somebody
    cut = text.count(b'"') + text.count(b"'")
    if not named and not cut:
        assert plain.count("a") >= text.count(b"a")


@settings(deadline=None)
@given(texts)
def test_any_bytes_give_values_and_a_bounded_rest(text: bytes) -> None:
    message, found, _ = taken(text, "application/json")
    assert 0 <= message.unread <= len(text)
    for leaf in found:
        assert depth(values(leaf)) <= 2 * DEEPEST + 8


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


documents = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 10**12) | st.floats(0, 1, width=16) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.dictionaries(st.text(max_size=5), documents, min_size=1, max_size=4))
def test_strict_json_says_the_same_to_both(document: dict[str, object]) -> None:
    text = orjson.dumps(document)
    assume(b"\\u0000" not in text)  # it stands for a long string
    found = read(text)
    assert found.values == [orjson.loads(text)]
    assert found.whole
    assert not found.unread


@pytest.mark.parametrize(
    "text",
    [
        b"[" + b"a," * 500_000, b"{" + b"a:b," * 250_000, b"[" * 4000 + b"}" * 200_000,
        b"[" + (b"a" + b" " * 3000 + b"b") * 350, b"[" * 4000 + b")]" * 100_000,
    ],
)  # fmt: skip
def test_a_text_of_a_megabyte_takes_a_second_at_most(text: bytes) -> None:
    with within(1.5):
        read(text)


def test_spaces_take_no_memory_each() -> None:
    text = b'{"a":1' + b" " * 1_000_000
    tracemalloc.start()
    read(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    "text",
    ["<a>" * 100_000 + "</b>" * 90_000, "<a>" * 90_000 + "<b>x" + "</c>" * 100_000, "<a " + "b" * 1_000_000],
)
def test_xml_of_a_megabyte_takes_a_second_at_most(text: str) -> None:
    with within(2.5):
        values(Leaf(Part(text.encode()), "xml"))
        feed(text, Silent())


class Silent:
    """Takes what is told."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """It ends."""

    def text(self, text: str) -> None:
        """Words in it."""


def test_a_document_takes_time_that_grows_with_its_size() -> None:
    for text in (b'"' * 200_000, b'{"a":' * 60_000, b"/*" * 100_000, b"'\"" * 100_000, b'" ' * 100_000, b"a(" * 90_000):
        read(text)
        values(Leaf(Part(b"<a b='" * 30_000), "xml"))


@pytest.mark.parametrize("before", [b"1f4\r\n", b"7b\r\n", b"00c8\r\n"])
def test_a_length_in_hexadecimals_may_stand_in_the_line_before(before: bytes) -> None:
    assert sniff(before + b'{"name": "a"}') == "json"
    assert sniff(b"cafe\r\n{color: red}") != "json"
