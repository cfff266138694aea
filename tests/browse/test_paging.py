"""The first rows of a sorted table are those of the whole order, whatever is empty, equal or filtered."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.browse import paging
from netaudit.browse.paging import Tables, Wanted
from netaudit.evidence.case.reading import open_case
from netaudit.report.texts import LANGS, Texts
from tests.browse.conftest import filled


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("column", ["path", "host", "first_ts", "body_size", "missing"])
@pytest.mark.parametrize("filters", [(), (("path", "/p1"),)])
def test_the_first_rows_are_those_of_the_whole_order(made, monkeypatch, column, down, filters) -> None:
    wanted = Wanted("messages", filters, column, down)
    whole, total = Tables(open_case(made)).page(wanted, 0, 130, [column])
    monkeypatch.setattr(paging, "LONG", 10)
    monkeypatch.setattr(paging, "TOP", 60)
    tables = Tables(open_case(made))
    found: list[dict] = []
    while len(found) < total:
        rows, same = tables.page(wanted, len(found), 20, [column])
        assert same == total
        assert rows
        found += rows
    assert [one["row"] for one in found] == [one["row"] for one in whole]
    assert len(tables._tops) == 1
    assert np.unique([one["row"] for one in found]).size == total


@pytest.mark.parametrize(
    "text", ["damaged, and the face ONLY possible", "可能", "contested_maker", "摄像机厂商", "相机"]
)
def test_reasons_are_found_by_their_words_in_either_language(text: str) -> None:
    rows = filled("findings", [
        {"reason": "clear?n=3&m=2", "role_reason": ""},
        {"reason": "clear?n=3&m=2; possible?n=1", "role_reason": "contested_maker?agent=x&name=y"},
    ])  # fmt: skip
    by_hand = [
        any(text.casefold() in said.casefold() for value in row for said in (value, *(Texts(lang).phrase(value, str) for lang in LANGS)))
        for row in zip(rows["reason"].to_pylist(), rows["role_reason"].to_pylist(), strict=True)
    ]  # fmt: skip
    assert paging._mentions("findings", rows, text).tolist() == by_hand


def test_reasons_within_lists_are_found_by_their_words() -> None:
    rows = filled("captures", [{"damage": []}, {"damage": ["lost?damage=corrupt_block&n=12&m=34"]}])
    for text in ("corrupt block at offset 12: 34 bytes", "块损坏", "corrupt_block"):
        assert paging._holds("captures", rows, "damage", text).tolist() == [False, True]
    assert not paging._holds("captures", rows, "damage", "=corrupt block").any()


def test_rules_of_findings_are_said_in_words() -> None:
    from netaudit.report.cells import cell
    from netaudit.report.wording import Wording

    rules = "face-image-in-clear/2 identity-in-clear/1 guessed/1"
    (part,) = cell("findings", "rule", rules, Wording("zh")).parts
    assert part.text == "明文可读或已用密钥解开的图像中检出人脸；可读的记录中有身份证件号码；guessed/1"
    assert part.full == rules


@pytest.mark.parametrize(
    ("table", "column", "value", "texts"),
    [
        ("findings", "rule", "face-image-in-clear/2", ("人脸", "face-image")),
        ("findings", "act", "uploaded outside", (Texts("zh").known("act", "uploaded outside"), "Outside")),
        ("findings", "doubts", ["unanswered"], ("未见确认", "not acknowledged")),
        ("ledgers", "reason", "below thresholds", ("低于阈值", "below")),
        ("skipped", "reason", "control_frame", ("控制帧", "management", "control_")),
        ("findings", "role_reason", "its User-Agent is that of a phone or tablet: x", ("手机", "phone")),
    ],
)
def test_what_is_shown_in_words_is_found_by_them(
    table: str, column: str, value: object, texts: tuple[str, ...]
) -> None:
    rows = filled(table, [{column: value}, {}])
    for text in texts:
        assert paging._holds(table, rows, column, text).tolist() == [True, False], text
    assert not paging._holds(table, rows, column, "no such word").any()
