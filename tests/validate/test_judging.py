"""An answer is given or not by what records say, whoever made them."""

from __future__ import annotations

import pytest

from netaudit.validate.judging import Answer, judge

WAY = ("tcp", "10.0.0.1", 40000, "192.0.2.1", 80)


def of(kind: str, about: tuple, told: dict) -> Answer:
    return Answer("A00", "a.pcap", kind, about, told)


def record(kind: str, **facts) -> dict:
    return {"kind": kind, "capture": "a.pcap", "way": list(WAY), **facts}


GIVEN = [
    (of("flow", (WAY,), {"packets": [1, 2]}), record("flow", packets=[1, 2])),
    (of("content", (WAY, "ab"), {"whole": True, "up": True}), record("content", sha256="ab", whole=True, up=True)),
    (of("content", (WAY, "ab"), {"not_whole": True}), record("content", sha256="ab", whole=False)),
    (of("content", (WAY, "ab"), {"holds": [4, 5], "inside": [3, 9]}), record("content", sha256="ab", packets=[3, 5])),
    (of("pictures", (WAY,), {"among": ["ab"]}), record("content", sha256="ab", whole=True, picture=True)),
    (of("exchange", (WAY, "/x"), {"status": 200}), record("exchange", target="/x", status=200)),
]
NOT_GIVEN = [
    (of("flow", (WAY,), {"packets": [1, 2]}), record("flow", packets=[2, 1])),
    (of("flow", (WAY,), {"packets": [1, 2]}), record("flow", packets=[1, 2]) | {"capture": "b.pcap"}),
    (of("flow", (WAY,), {}), record("flow") | {"way": ["tcp", WAY[3], 80, WAY[1], 40000]}),
    (of("content", (WAY, "ab"), {"not_whole": True}), record("content", sha256="ab", whole=True)),
    (of("content", (WAY, "ab"), {"holds": [4, 5], "inside": [3, 9]}), record("content", sha256="ab", packets=[2, 5])),
    (of("content", (WAY, "ab"), {"holds": [4, 5], "inside": [3, 9]}), record("content", sha256="ab", packets=[4, 4])),
    (of("content", (WAY, "ab"), {"holds": [4, 5], "inside": [3, 9]}), record("content", sha256="ab")),
    (of("pictures", (WAY,), {"among": ["ab"]}), record("content", sha256="cd", whole=True, picture=True)),
    (of("exchange", (WAY, "/x"), {"status": 200}), record("exchange", target="/y", status=200)),
]


@pytest.mark.parametrize(("answer", "told"), GIVEN)
def test_what_is_told_is_given(answer: Answer, told: dict) -> None:
    assert judge([answer], [told])["A00"].passed


@pytest.mark.parametrize(("answer", "told"), NOT_GIVEN)
def test_what_is_told_otherwise_is_not(answer: Answer, told: dict) -> None:
    outcome = judge([answer], [told])["A00"]
    assert (outcome.asked, outcome.failed, len(outcome.first)) == (1, 1, 1)


def test_who_tells_nothing_gives_nothing() -> None:
    assert not judge([GIVEN[0][0]], [])["A00"].passed
