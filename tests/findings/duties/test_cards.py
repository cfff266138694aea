"""Duty cards: whole, sourced, in both languages, and judging nothing."""

from __future__ import annotations

import copy

import pytest

from netaudit.findings.duties.cards import (
    JUDGING,
    TEXTS,
    article,
    card,
    cards_of,
    duties,
    edition,
    problems,
)
from netaudit.findings.vocabulary import KIND


def test_the_cards_that_come_with_netaudit_are_sound() -> None:
    assert problems(duties()) == []
    assert not any(JUDGING.search(text) for words in TEXTS.values() for text in words.values())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["cards"].pop("uploaded"), "no card for uploaded"),
        (lambda d: d["cards"].update(other=d["cards"]["moved"]), "no such kind"),
        (lambda d: d["articles"]["fr-8"].update(grade="sure"), "grade sure"),
        (lambda d: d["articles"]["fr-8"].pop("source"), "no official source"),
        (
            lambda d: d["articles"]["fr-8"].update(source={"zh": "https://blog.example/1", "en": "a blog"}),
            "no official source",
        ),
        (lambda d: d["cards"]["moved"]["articles"].append("pipl-99"), "no article pipl-99"),
        (lambda d: d["cards"]["moved"]["ask"].append("x"), "no paper x"),
        (lambda d: d["cards"]["moved"]["shows"].pop("zh"), "not in both languages"),
        (lambda d: d["cards"]["moved"]["shows"].update(en="This is illegal"), "judges"),
        (lambda d: d["papers"]["signs"].update(zh="违法证据"), "judges"),
        (lambda d: d["cards"]["hidden"].pop("about"), "does not say what it is about"),
    ],
)
def test_what_is_wrong_is_found(change, told: str) -> None:
    given = copy.deepcopy(duties())
    change(given)
    assert any(told in one for one in problems(given)), problems(given)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(KIND))
def test_every_kind_of_finding_has_its_card(kind: str, lang: str) -> None:
    told = card(kind, lang, abroad=True)
    assert told.shows
    assert told.not_shown
    assert told.papers
    assert all(one["name"] for one in told.articles)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_two_cards_have_the_same_heading(lang: str) -> None:
    headings = [card(kind, lang).heading for kind in KIND]
    assert len(set(headings)) == len(headings)


def test_an_article_says_whether_its_wording_was_checked_and_keeps_the_norm_word() -> None:
    checked, unchecked = article("fr-15", "zh"), article("fr-8", "zh")
    assert checked["name"] == "《人脸识别技术应用安全管理办法》第 15 条"
    assert "已与官方公告核对" in checked["source"]
    assert "措辞未与官方文本核对" in unchecked["source"]
    assert "应当存储于人脸识别设备内，不得通过互联网对外传输" in unchecked["says"]
    assert "must not be transmitted outward" in article("fr-8", "en")["says"]


def test_rules_of_export_are_asked_where_the_far_side_is_abroad() -> None:
    row = {"act": "uploaded outside", "certainty": "A", "rule": "face-image-in-clear/2", "endpoint_id": "1.2.3.4"}
    home, abroad = (cards_of([row], {"1.2.3.4": country}, "en")[0] for country in ("CN", "US"))
    assert len(abroad.articles) == len(home.articles) + 4
    assert len(abroad.papers) == len(home.papers) + 1


def test_the_version_is_told() -> None:
    assert f"version {duties()['version']}" in edition("en")
