"""JSON that was cut, or has commas too many: what is whole is read, nothing is invented."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.budget import Budget
from netaudit.content.part import Leaf, Part
from netaudit.content.tree import values
from netaudit.content.unwrap import unwrap

LONG = "A" * 5000


def read(text):
    found = values(Leaf(Part(text if isinstance(text, bytes) else text.encode(), unknown_from=len(text)), "json"))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,"b":{"c":"x","Data":"/9j/aaa', {"a": 1, "b": {"c": "x", "Data": "\0"}}),
        ('{"a":1,"b":{"c":"x","Da', {"a": 1, "b": {"c": "x"}}),
        ('{"a":["x", "y', {"a": ["x"]}),
        ('{"a":1,"b":{"c":12', {"a": 1, "b": {}}),
        ('{"a"   :   "zz', {"a": "\0"}),
        ('{"a":', {}),
        ('{"a":1,}', {"a": 1}),
        ('{"a":[1,2,],"b":{"c":"d",},}', {"a": [1, 2], "b": {"c": "d"}}),
        ('{"a":1}}', {"a": 1}),
        ('{"a":tru', {}),
        ('{,"a":1}', {"a": 1}),
    ],
)
def test_what_is_whole_is_read(text, value):
    assert read(text) == value


def test_depth_is_bounded():
    assert str(read("[" * 100_000)).count("[") < 100


def test_a_long_value_that_was_cut_keeps_its_place():
    assert read('{"a":1,"b":[{"Data":"' + LONG) == {"a": 1, "b": [{"Data": "\x000"}]}


leaves = st.none() | st.booleans() | st.integers(-999, 999) | st.text('ab{}[],:"\\ \u4e00', max_size=6)
documents = st.dictionaries(
    st.text("abc", max_size=3),
    st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=2), inner)
    ),
    min_size=1,
    max_size=4,
)


def within(part, whole):
    """Whether all that `part` says is said by `whole`; NUL stands for a text that was not read whole."""
    if part == "\0":
        return isinstance(whole, str)
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and within(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and all(map(within, part, whole))
    return part == whole and type(part) is type(whole)


@settings(max_examples=200, deadline=None)
@given(documents, st.integers(1, 200))
def test_a_cut_anywhere_says_nothing_that_the_whole_does_not(document, cut):
    text = json.dumps(document, ensure_ascii=False)
    found = read(text[:cut].encode())
    assert found is None or within(found, document)


@pytest.mark.parametrize("text", ['{"face": "x"}', '[{"face": 1}]', '{"deep": "say \\"so\\""}'])
def test_json_written_twice_is_opened(text):
    (leaf,) = unwrap(Part(json.dumps(text).encode()), Budget())
    assert (leaf.kind, leaf.part.data) == ("json", text.encode())


@pytest.mark.parametrize("text", ['"plain"', '"{', '"{\\"a\\":1}" and more', '{"a": "b"}', '"[not json'])
def test_other_texts_stay_as_they_are(text):
    assert not any("json text" in leaf.part.path for leaf in unwrap(Part(text.encode()), Budget()))


def test_json_written_twice_with_a_gap_is_left_alone():
    part = Part(json.dumps('{"face": "x"}').encode(), missing=[(3, 5)])
    assert not any("json text" in leaf.part.path for leaf in unwrap(part, Budget()))
