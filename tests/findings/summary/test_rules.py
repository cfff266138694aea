"""Rules for the sentences of the summary, over captures of the project, in both languages."""

from __future__ import annotations

import re

import pytest

import netaudit
from netaudit.findings.summary import Sentences
from netaudit.findings.summary.sentences import WORDS, percent, size, too_long
from netaudit.findings.summary.summarise import each_transfer
from tests.conftest import ROOT

CAPTURES = (
    "sales_office/lan.pcapng",
    "benign_office/benign.pcap",
    "documents/careless.pcapng",
    "documents/hikvision.pcapng",
    "carriers/smtp.pcapng",
)
MOST_FIGURES = 8  # on the first screen: the state and what was found
PRIVATE = re.compile(
    r"\b(?:verdict|told|heard|vantage|far side|endpoint|beside|steer|go together|told apart|sealed|nobody)\b"
    r"|端点|张次|一同变化|取证位置|结论",
    re.IGNORECASE,
)


@pytest.fixture(scope="module", params=CAPTURES)
def case(request, tmp_path_factory):
    return netaudit.audit(ROOT / "pcaps" / request.param, tmp_path_factory.mktemp("case") / "case", workers=1)


def texts(words: Sentences) -> list[str]:
    found = [words.explanation, words.meaning, *words.limits()]
    return found + [one for _, some in words.blocks() for one in some]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_are_short_and_plain(case, lang):
    words = Sentences(case.summary, lang)
    said = texts(words) + [words.sentence(one) for one in case.summary.transfers]
    assert [one for one in texts(words) if too_long(one, lang)] == []
    assert [one for one in said if PRIVATE.search(one)] == []
    assert all(one.endswith("。" if lang == "zh" else ".") for one in texts(words))
    assert len(words.numbers) <= 3


def test_the_first_screen_has_at_most_eight_figures(case):
    words = Sentences(case.summary, "en")
    screen = " ".join([*words.numbers, words.explanation, words.meaning, *words.found()])
    screen = re.sub(r"“[^”]*”|\([^)]*\)|\d\d:\d\d|\S*[a-z]\.[a-z]\S*|\d+(?:\.\d+){3}|in 1,000", "", screen)
    assert len(set(re.findall(r"\d[\d,]*", screen))) <= MOST_FIGURES


def test_sentences_imply_rows_of_findings_only(case):
    rows = case.table("findings", ["finding_id", "act", "sender", "receiver"]).to_pylist()
    known = {(row["finding_id"], row["sender"], row["receiver"]) for row in rows}
    pairs = {(sender, receiver) for _, sender, receiver in known}
    for one in (*case.summary.transfers, *each_transfer(case)):
        of_these = {(sender, receiver) for found, sender, receiver in known if found in one.findings}
        assert one.pairs <= of_these <= pairs


def test_every_output_has_one_headline(case):
    page = (case.folder / "report.html").read_text(encoding="utf-8")
    state = WORDS["state"][case.summary.state]
    assert state["zh"] in page or state["en"] in page
    assert state["en"] in repr(case)
    assert case.summary.document()["state"] == case.summary.state


def test_figures():
    assert (percent(0.0001), percent(0.9999), percent(0.5)) == ("<1 %", ">99 %", "50 %")
    assert (size(999), size(1_500_000)) == ("999 B", "1.5 MB")


def test_every_text_has_both_languages():
    def places(tree, place=""):
        if set(tree) <= {"zh", "en"}:
            yield place, tree
        else:
            for name, inner in tree.items():
                yield from places(inner, f"{place}.{name}")

    for place, words in places(WORDS):
        assert set(words) == {"zh", "en"}, place
        figures = [set(re.findall(r"\{(\w+)", words[lang])) for lang in ("zh", "en")]
        assert figures[0] == figures[1], place
