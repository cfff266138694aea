"""A way is written and read in one place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.core.contracts.unwrapping_steps import LONGEST, NAMES, OTHERS, SEPARATOR, Step, Way, clean, spoken, step
from tests.content.samples import EXAMPLES, Example

STEPS = st.builds(
    step,
    st.sampled_from(["json", "xml", "form", "multipart", "zip", "bson", "protobuf", "data"]),
    st.text(min_size=1, max_size=40),
) | st.builds(Step, st.sampled_from([*NAMES, "base64", "gzip", "jpeg", "utf-16"]), st.none(), st.integers(1, 9))


@given(st.lists(STEPS, min_size=1, max_size=6))
def test_what_was_written_is_read(steps: list[Step]) -> None:
    way = Way()
    for one in steps:
        way = way.then(one)
    again = Way.read(way.text)
    assert again.text == way.text == SEPARATOR.join(one.text for one in steps)
    assert [one.text for one in again.steps] == [one.text for one in steps]
    assert [one.name for one in again.steps] == [one.name for one in steps]


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("json $.face[2]", "json", "$.face[2]"),
        ("json text", "json text", None),
        ("multipart[3]", "multipart", None),
        ("carved@12", "carved", "@12"),
        ("grpc[0-1]", "grpc", "[0-1]"),
        ("request body bytes 0-9/20", "request body", "bytes 0-9/20"),
        ("rtp body", "rtp body", None),
        ("jpeg[2]", "jpeg", None),
        ("something else", "something", "else"),
    ],
)
def test_a_step_has_a_name_and_a_place(text: str, name: str, place: str | None) -> None:
    assert Way.read(text).first[:2] == (name, place)


def test_a_way_that_is_too_long_keeps_both_its_ends() -> None:
    way = Way.of("request body")
    for _ in range(5):
        way = way.then(step("json", "$." + "k" * 319))
    assert len(way.text) <= LONGEST
    assert way.text.startswith("request body › json $.k")
    assert way.then(Step("jpeg")).text.endswith(" › jpeg")


def test_ways_are_spoken_in_chinese() -> None:
    way = "request body bytes 0-9/20 › multipart image[2] › id card portrait › base64 › jpeg"
    assert spoken(way, "en") == way
    assert spoken(way, "zh") == "请求正文 字节 0-9/20 › 多部分表单 image[2] › 身份证照片 › base64 › jpeg"
    assert spoken("rtp body › key frame › jpeg", "zh") == "rtp 正文 › 关键帧 › jpeg"
    assert spoken("carved@12 › jpeg", "zh") == "按图像特征找出@12 › jpeg"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_step_has_a_name(example: Example) -> None:
    assert {one.name for one in Way.read(example.path).steps} <= NAMES.keys() | OTHERS


def test_no_name_as_sent_ends_a_step() -> None:
    assert "›" not in clean("a › json $.b\u202e\x00")
    assert Way.of("request body").then(step("form", "x › base64")).steps[1].place == "x ? base64"
