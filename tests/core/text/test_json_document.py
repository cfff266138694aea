"""A JSON text that was parsed without its long strings says what it says when it is parsed with them."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.text.json_document import LONGEST, JsonDocument, is_word

WORDS = st.text(max_size=90) | st.sampled_from(["张" * 40, 'say "' + "x" * 70, "\\" * 80, "\0" + "9" * 64, "y" * 64])
VALUES = st.recursive(
    WORDS | st.integers(-5, 5) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def plain(value: object) -> object:
    """A value as documents give it: NUL is the mark of long strings, so it is another character in words."""
    return orjson.loads(orjson.dumps(value).replace(b"\\u0000", b"\\u0001"))


@settings(max_examples=200, deadline=None)
@given(VALUES, st.booleans())
def test_strings_are_put_back_where_they_were(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    document = JsonDocument(text)
    assert document.values == [plain(value)]


def test_what_is_too_long_for_a_word_leaves_its_number() -> None:
    long, word = "A" * LONGEST, "b" * (LONGEST - 1)
    document = JsonDocument(json.dumps({"a": word, "b": [long, {"c": long}]}).encode())
    assert document.values == [{"a": word, "b": ["\x000", {"c": "\x001"}]}]
    assert document.places == {0: ("$.a", "a"), 1: ("$.b[0]", "[0]"), 2: ("$.b[1].c", "c")}
    assert document.bare == json.dumps({"a": word, "b": ["*", {"c": "#"}]}).encode().replace(b"*", b"\\u00000").replace(
        b"#", b"\\u00001"
    )
    assert [is_word(one) for one in ("a", "", "\x000", 1, None)] == [True, False, False, False, False]


def test_a_bad_string_takes_no_other_value_with_it() -> None:
    document = JsonDocument(b'{"a":"' + b"x" * 70 + b'\\q","b":"\xd5\xc5' + b"y" * 70 + b'","c":1}')
    (value,) = document.values
    assert isinstance(value, dict)
    assert list(value) == ["a", "b", "c"]
    assert value["b"] == "张" + "y" * 70
    assert value["c"] == 1


@pytest.mark.parametrize(
    ("text", "mapping"), [(b'{"a":1}\x00\n', {"a": 1}), (b'{"a":1}{"b":2}', None), (b'{"a":', None), (b"[1]", None)]
)
def test_a_mapping_is_the_whole_text(text: bytes, mapping: object) -> None:
    assert JsonDocument(text).mapping == mapping


def test_places_are_known_after_values_were_asked_for() -> None:
    document = JsonDocument(b'{"n":"' + b"z" * 64 + b'"}\n{"n":"' + b"w" * 64 + b'"}')
    assert document.value is None
    assert [one["n"][0] for one in document.values] == ["z", "w"]  # type: ignore[index]
    assert document.places == {0: ("$[0].n", "n"), 1: ("$[1].n", "n")}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b'{"name":"A","name":"B"}', {"name": ["A", "B"]}),
        (b'{"a":[{"n":1},{"n":2 , "n" :3}],"n":4}', {"a": [{"n": 1}, {"n": [2, 3]}], "n": 4}),
        (b'{"a\\":":1,"b":"x\\":y"}', {'a":': 1, "b": 'x":y'}),
        (b'{"img":"' + b"A" * 70 + b'","img":"' + b"B" * 70 + b'"}', {"img": ["A" * 70, "B" * 70]}),
    ],
)
def test_a_key_that_comes_again_hides_nothing(text: bytes, wanted: object) -> None:
    document = JsonDocument(text)
    assert document.value == wanted
    assert not document.careless
