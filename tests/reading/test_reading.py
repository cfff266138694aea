"""Ten offices are read as a stranger reads them: page 1 and the terminal answer twenty questions, and no wrong way."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

import netaudit
from netaudit.cli.summary_lines import summary_lines
from netaudit.findings.summary import Sentences
from netaudit.findings.summary.sentences import WORDS, percent, size, too_long
from netaudit.findings.summary.summarise import each_transfer
from netaudit.report.from_case import write_report
from tests.plain_words import banned
from tests.reading.scenes import SCENES

HERE = Path(__file__).parent
QUESTIONS = yaml.safe_load((HERE / "questions.yaml").read_text("utf-8"))
LEAST = 17  # answered, of twenty
MOST_FIGURES = 8  # on the first screen: the state and what was found


class Office(NamedTuple):
    """A case of the reading test, and its page 1 in both languages."""

    name: str
    case: netaudit.Case
    pages: dict[str, str]


@pytest.fixture(scope="module", params=SCENES)
def office(request, tmp_path_factory):
    return made(request.param, tmp_path_factory.mktemp(request.param))


def made(name: str, folder: Path) -> Office:
    """Audit a scene and write its reports."""
    scene = SCENES[name]
    if isinstance(scene, Path):
        path = scene
    else:
        scene(path := folder / "capture.pcap")
    case = netaudit.audit(path, folder / "case", workers=1, zone="Asia/Shanghai" if name == "days" else None)
    reports = {lang: write_report(case, folder / f"{lang}.html", lang) for lang in ("en", "zh")}
    return Office(name, case, {lang: page_1(report.read_text("utf-8")) for lang, report in reports.items()})


def page_1(report: str) -> str:
    """Return the text of page 1: the head and the summary, down to the list of transfers."""
    start, end = report.index("<header>"), re.search(r'<table class="list transfers|<p class="empty"', report).start()
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", report[start:end])).split())


def terminal(case: netaudit.Case, lang: str) -> str:
    return " ".join(" ".join(summary_lines(case.summary, lang)).split())


def marks(name: str, text: str, lang: str) -> dict[str, str]:
    """Return for each question: answered, wrong, or open."""
    case = yaml.safe_load((HERE / "cases" / f"{name}.yaml").read_text("utf-8"))
    assert set(case) <= set(QUESTIONS), set(case) - set(QUESTIONS)
    found = {}
    for key, question in QUESTIONS.items():
        rule = question | case.get(key, {})
        wrong = "wrong" in rule and re.search(rule["wrong"], text)
        found[key] = "wrong" if wrong else "answered" if re.search(rule[lang], text) else "open"
    return found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_reader_finds_the_answers(office, lang):
    for text in (office.pages[lang], terminal(office.case, lang)):
        found = marks(office.name, text, lang)
        assert [key for key, mark in found.items() if mark == "wrong"] == []
        open_ones = [key for key, mark in found.items() if mark == "open"]
        assert len(found) == 20
        assert len(found) - len(open_ones) >= LEAST, open_ones


def sentences(words: Sentences) -> list[str]:
    found = [words.explanation, words.meaning, *words.limits(), *(text for _, text in words.grades())]
    return found + [text for _, texts in words.blocks() for text in texts]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_are_short_and_plain(office, lang):
    words = Sentences(office.case.summary, lang)
    texts = sentences(words)
    assert [text for text in texts if too_long(text, lang)] == []
    assert [text for text in texts if not text.endswith("。" if lang == "zh" else ".")] == []
    assert banned(" ".join([*texts, office.pages[lang]])) == []
    assert len(words.numbers) <= 3


def test_the_first_screen_has_at_most_eight_figures(office):
    words = Sentences(office.case.summary, "en")
    screen = " ".join([*words.numbers, words.explanation, words.meaning, *words.found()])
    named = r"“[^”]*”|\([^)]*\)|\d+ \w{3} \d\d:\d\d|\d\d:\d\d|\S*[a-z]\.[a-z]\S*|\d+(?:\.\d+){3}|in 1,000"
    assert len(set(re.findall(r"\d[\d,]*", re.sub(named, "", screen)))) <= MOST_FIGURES


def test_sentences_imply_rows_of_findings_only(office):
    case = office.case
    rows = case.table("findings").to_pylist()
    triples = {(row["finding_id"], content, row["sender"], row["receiver"]) for row in rows for content in held(row)}
    for one in (*case.summary.transfers, *each_transfer(case)):
        mine = {(content, *pair) for finding, content, *pair in triples if finding in one.findings}
        assert {(one.content, *pair) for pair in one.pairs} <= mine


def held(row: dict[str, Any]) -> set[str]:
    """Return the contents of a finding, by its columns."""
    counted = {
        "video" if row["act"] == "video" else "images": row["images"],
        "identity": (row["records"] or 0) + (row["contacts"] or 0),
        "templates": row["templates"],
    }
    return {content for content, n in counted.items() if n} if row["certainty"] in "AB" else {"encrypted"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_grade_stands_alone(office, lang):
    words = Sentences(office.case.summary, lang)
    reasons = [words.row(one)["grade"] for one in each_transfer(office.case)]
    assert [one for one in reasons if re.fullmatch(r"[(（]?[ABCD]级?[)）]?", one)] == []
    for text in sentences(words)[: -len(words.grades())]:
        for at in re.finditer(r"[(（]([ABCD])[)）]|\b([ABCD])级", text):
            before = re.split(r"[;,:；，：]", text[: at.start()])[-1]
            assert len(before.strip()) >= 2 or text[at.end() : at.end() + 1] in ":：", text


def test_makers_are_not_named_and_what_left_comes_first(office):
    words = Sentences(office.case.summary, "en")
    makers = {row["vendor"] for row in office.case.table("devices").to_pylist() if row["vendor"]}
    texts = [re.sub("“[^”]*”", "", text) for text in sentences(words)]
    assert [(maker, text) for maker in makers for text in texts if re.search(rf"\b{re.escape(maker)}\b", text)] == []
    assert office.pages["en"].index(words.state) < office.pages["en"].index(words.explanation[:20])
    inside = [
        at for at, text in enumerate(words.found()) if " inside to " in text or "between office devices; see" in text
    ]
    left = [at for at, text in enumerate(words.found()) if re.search(r" (?:sent|made|returned|tried) .* to ", text)]
    outward = [at for at in left if at not in inside and "personal" not in words.found()[at]]
    assert max(outward, default=-1) < min(inside, default=99)


def test_every_output_has_one_headline(office):
    state = WORDS["state"][office.case.summary.state]
    assert all(state[lang] in page for lang, page in office.pages.items())
    assert state["en"] in repr(office.case)
    assert office.case.summary.document()["state"] == office.case.summary.state


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
        figures = [set(re.findall(r"\{(\w+)", words[lang])) - {"devices"} for lang in ("zh", "en")]
        assert figures[0] == figures[1], place


if __name__ == "__main__":
    import sys
    import tempfile

    for name in sys.argv[1:] or SCENES:
        office_ = made(name, Path(tempfile.mkdtemp()))
        for lang in ("en", "zh"):
            for kind, text in (("page", office_.pages[lang]), ("terminal", terminal(office_.case, lang))):
                found = marks(name, text, lang)
                bad = {key: mark for key, mark in found.items() if mark != "answered"}
                print(name, lang, kind, len(found) - len(bad), sum(m == "wrong" for m in bad.values()), bad)
