"""Every grade, act, rule and kind of finding has all that anybody says of it, and one that is unknown is refused."""

from __future__ import annotations

import ast
import functools
import itertools
import re
import string
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

import netaudit
from netaudit.core.schema import FINDINGS
from netaudit.errors import CaseError
from netaudit.findings import vocabulary
from netaudit.findings.acts import act
from netaudit.findings.finding import Finding
from netaudit.findings.ledgers import BY_NAME as LEDGERS_BY_NAME
from netaudit.findings.summary import summarise
from netaudit.findings.summary.reading import Unfinished
from netaudit.findings.vocabulary import ACTS, COUNTED, GRADE, GRADES, KIND, KINDS, RULES, grade_of, kind_of
from netaudit.pipeline.live.news import AlertNews
from netaudit.pipeline.live.wording import say
from netaudit.protocols.rtp.reader import decodes_video
from netaudit.report.texts import Texts, catalogue
from tests.findings.examples import case, finding
from tests.findings.kinds import CAPTURES, MADE_UP, rule_of
from tests.pipeline.live import samples

ROOT = Path(__file__).parents[2]
CSS = (ROOT / "netaudit" / "report" / "static" / "shared.css").read_text(encoding="utf-8")
CHINESE = re.compile("[\u4e00-\u9fff]")
LEAD = {"who", "to", "when", "what", "fitting", "images", "size"}
CAUTION = {"zh": "内容不可见", "en": ("not visible", "not seen")}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def row_of(kind, letter):
    row = finding(
        kind.act.name, letter, rule=str(kind.rules[0]), distinct_images=3, records=0, persons=0, object_ids=["o"]
    )
    return row | {"images": 0} | ({"images": 3} if kind.counts == "fitting" else figures(kind))


def figures(kind):
    """What a finding of a kind counts, and nothing beside it."""
    return {kind.counts: 2} if kind.counts in COUNTED else {}


EACH = [pytest.param(kind, letter, id=f"{kind.name}-{letter}") for kind in KINDS for letter in kind.grades]
MADE = [one for one in EACH if not one.values[0].past]  # by this version


def unworded(words: object, place: str = "") -> list[str]:
    """Places of a catalogue where something is said in one language only."""
    if not isinstance(words, dict):
        return [place]
    if {"zh", "en"} & words.keys():
        return [] if words.keys() == {"zh", "en"} and all(words.values()) else [place]
    return [one for name, inner in words.items() for one in unworded(inner, f"{place}.{name}")]


@pytest.mark.parametrize("path", ["findings/texts.yaml", "report/summary.yaml"])
def test_everything_is_said_in_both_languages(path: str) -> None:
    words = yaml.safe_load((ROOT / "netaudit" / path).read_text("utf-8"))
    assert unworded(words, path) == [], "these need zh and en"


@pytest.mark.parametrize("rule", [vocabulary.FACE_IN_CLEAR, vocabulary.IDENTITY_IN_CLEAR, vocabulary.TEMPLATE_IN_CLEAR,
                                  vocabulary.PERSON_IN_CLEAR], ids=lambda rule: rule.name)  # fmt: skip
def test_whatever_a_transfer_is_what_it_carried_has_a_kind(rule) -> None:
    """Else an audit ends where somebody sends such a thing that way."""
    scopes = ("inside", "outside", "")
    ways = itertools.product(scopes, scopes, (False, True), (False, True))
    found = {act("", sender, to, collected=before, pushed=pushed) for sender, to, before, pushed in ways} - {None}
    kinds = {kind.act for kind in KINDS if rule in kind.rules}
    assert {one.name for one in found} - {one.name for one in kinds} == set(), f"no entry of KINDS has {rule.name}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_worded_in_both_languages_and_claims_no_more_than_its_grade_bears(kind) -> None:
    words = kind.live
    assert CHINESE.search(words.zh) or words.zh == "{act}: {counts}"
    assert not CHINESE.search(words.en)
    assert places(words.zh) == places(words.en) <= {"act", "counts"}
    assert kind.grades
    assert all(letter in rule.grades for rule in kind.rules for letter in kind.grades), "a rule that may not claim so"


def test_names_are_given_once_and_every_entry_is_used() -> None:
    for entries in (KINDS, ACTS, RULES):
        assert len({one.name for one in entries}) == len(entries)
    assert {kind.act for kind in KINDS} == set(ACTS)
    assert {rule for kind in KINDS for rule in kind.rules} == set(RULES)
    assert {letter for kind in KINDS for letter in kind.grades} == set(GRADE)
    made = {(kind.act, letter, rule) for kind in KINDS for letter in kind.grades for rule in kind.rules}
    assert len(made) == sum(len(kind.grades) * len(kind.rules) for kind in KINDS), "two kinds fit the same finding"


def test_every_wording_is_of_an_entry_that_is_there() -> None:
    texts = vocabulary.TEXTS
    assert set(texts["act"]) == {act.name for act in ACTS}
    assert set(texts["finding_rule"]) == {rule.name for rule in RULES}
    assert set(texts["ledger"]) <= set(LEDGERS_BY_NAME)


@pytest.mark.parametrize("grade", GRADES, ids=lambda grade: grade.letter)
def test_every_grade_has_its_colour_where_it_is_shown(grade) -> None:
    assert f"--{grade.letter}: {grade.colour}" in CSS
    assert f".badge.{grade.letter} " in CSS
    assert grade.style
    assert CHINESE.search(grade.meaning.zh)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_every_act_has_a_word_and_a_colour(act) -> None:
    assert CHINESE.search(act.words.zh)
    assert act.words.en
    assert re.fullmatch(r"C\d", act.colour)
    assert len({one.colour for one in ACTS}) == len(ACTS)
    (column,) = (one for one in FINDINGS.columns if one.name == "act")
    assert act.name in column.meaning
    for lang in ("zh", "en"):
        assert Texts(lang).known("act", act.name) == getattr(act.words, lang)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_what_it_asks_in_the_pages(rule) -> None:
    assert CHINESE.search(rule.words.zh)
    assert not CHINESE.search(rule.words.en)
    for lang in ("en", "zh"):
        assert Texts(lang).known("finding_rule", rule.name) == getattr(rule.words, lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("kind", "letter"), EACH)
def test_every_kind_has_a_line_on_the_live_screen(kind, letter, lang) -> None:
    from netaudit.pipeline.live.board import Board
    from netaudit.pipeline.live.from_report import Terms
    from netaudit.pipeline.live.views import Words, rows_of

    board = Board()
    counted = {"images": 3} if kind.counts == "fitting" else figures(kind)
    board.show(samples.alert(kind=kind.name, act=kind.act.name, certainty=letter, **{"images": 0} | counted))
    [line] = rows_of("alerts", board, 200, Words(lang, Terms(lang)))
    assert getattr(kind.act.words, lang) in line.text
    assert line.style == GRADE[letter].style
    assert ": " in line.text
    assert not re.search(r":\s{2}", line.text), "it says nothing of what was found"


@pytest.mark.parametrize("name", COUNTED)
def test_what_findings_count_is_a_column_and_is_said_wherever_findings_are(name) -> None:
    """A figure of findings that some place does not know is left out there: a page that says less than was found."""
    assert name in FINDINGS.names
    for made in (Finding, AlertNews):
        assert name in {one.name for one in fields(made)}, made.__name__
    keys = [] if name == "images" else [f"matrix_seen.{name}"]
    keys += [] if name in {"images", "records"} else [f"finding_counted.{name}"]
    for key in keys:
        assert key in catalogue(), key
    for lang in ("zh", "en"):
        assert say(name, lang, n="7").strip() != name
        assert "7" in say(name, lang, n="7")


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Kinds of the findings of a capture, audited once."""

    @functools.cache
    def audit(capture: str, faces: bool) -> set[str]:
        inside = ["10.99.0.0/24"] if "sales_office" not in capture else []
        case = netaudit.audit(ROOT / capture, tmp_path_factory.mktemp("kinds") / "case", faces=faces, inside=inside)
        return {kind_of(row).name for row in case.table("findings", ["act", "certainty", "rule"]).to_pylist()}

    return audit


MADE_BY = {
    name
    for path in (ROOT / "netaudit" / "findings").glob("*.py")
    if path.name != "vocabulary.py"
    for name in re.findall(r"\b[A-Z][A-Z_]+\b", path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("name", [name for name, one in vars(vocabulary).items() if one in (*RULES, *ACTS)])
def test_every_rule_and_act_is_named_by_a_module_that_makes_findings(name) -> None:
    """What nobody produces is a word of the report that nothing stands behind."""
    kinds = [kind for kind in KINDS if getattr(vocabulary, name) in (kind.act, *kind.rules)]
    assert name in MADE_BY or all(kind.past for kind in kinds)


def test_every_kind_has_a_capture_in_which_it_is_found() -> None:
    assert set(CAPTURES) | set(MADE_UP) == {kind.name for kind in KINDS if not kind.past}
    for name, test in MADE_UP.items():
        assert name in asserted(ROOT / test), f"{test} asserts of no finding that its kind is {name}"


@functools.cache
def asserted(path: Path) -> set[str]:
    """Texts that stand in what a test asserts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = (part for node in ast.walk(tree) if isinstance(node, ast.Assert) for part in ast.walk(node.test))
    return {part.value for part in found if isinstance(part, ast.Constant) and isinstance(part.value, str)}


@pytest.mark.parametrize("name", CAPTURES)
def test_every_kind_is_found_in_its_capture(name, audited) -> None:
    if name == "video" and not decodes_video():
        pytest.skip("needs PyAV")
    assert name in audited(*CAPTURES[name])


@pytest.mark.parametrize(
    "changed", [{"act": "queried"}, {"certainty": "E"}, {"rule": "guessed/1"}, {"rule": None}, {"certainty": "C"}]
)
def test_what_is_of_no_known_kind_is_refused(changed) -> None:
    row = finding("moved inside", "A") | changed
    with pytest.raises(CaseError, match="of no kind that this version knows"):
        kind_of(row)
    with pytest.raises(CaseError):
        summarise(Unfinished(case() | {"findings": pa.Table.from_pylist([row], FINDINGS.schema())}))


def test_a_grade_that_is_not_known_is_refused() -> None:
    with pytest.raises(CaseError, match="of a grade"):
        grade_of({"certainty": "E"})


def test_other_versions_of_a_rule_are_read() -> None:
    assert kind_of(finding("moved inside", "A", rule="face-image-in-clear/1 identity-in-clear/9")) == KIND["moved"]


def test_a_finding_is_made_by_rules_of_its_kind_only() -> None:
    given = {
        "sender": "a", "receiver": "b", "key": ("k",), "role": ("unknown", ""), "reasons": [], "first_ts": 0, "last_ts": 0,
        "capture_ids": [], "flow_ids": [], "display_filter": "",
    }  # fmt: skip
    made = Finding(kind=KIND["retrieved"], certainty="A", rules=[vocabulary.FACE_IN_CLEAR], **given).row()
    assert set(made) == set(FINDINGS.names)
    assert (made["endpoint_id"], made["rule"]) == ("a", rule_of("retrieved from outside", "A"))
    for wrong in (
        {"certainty": "C", "rules": [vocabulary.FACE_IN_CLEAR]},
        {"certainty": "A", "rules": [vocabulary.RELAYED]},
        {"certainty": "A", "rules": []},
    ):
        with pytest.raises(ValueError, match="retrieved is never"):
            Finding(kind=KIND["retrieved"], **wrong, **given)


def test_what_a_grade_a_rule_and_a_kind_are_changes_on_purpose_only() -> None:
    """Cases and reports hold these: whoever changes one changes what sealed evidence is read as."""
    assert [(one.letter, one.seen, one.images) for one in GRADES] == [
        ("A", True, True), ("B", True, True), ("C", False, True), ("D", False, False),
    ]  # fmt: skip
    assert {f"{one} {one.grades}" for one in RULES} == {
        "face-image-in-clear/2 AB", "identity-in-clear/1 AB", "biometric-template-in-clear/1 AB", "person-in-clear/1 B",
        "relayed-by-size-and-time/2 C", "relayed-count/1 C", "go-together/1 D", "follow-pictures/1 D",
        "upload-shaped-encrypted/6 D", "known-service-encrypted/5 D", "answers-encrypted/1 D", "upload-shaped-opaque/1 D",
        "upload-scattered/1 D", "locked-files/1 D",
    }  # fmt: skip
    assert [(one.name, one.device, one.live) for one in ACTS] == [
        ("uploaded outside", "sender", False), ("retrieved from outside", "receiver", True),
        ("delivered from outside", "receiver", True), ("moved inside", "sender", True), ("video", "sender", True),
    ]  # fmt: skip
    assert {one.name for one in KINDS if one.past} == {"counted"}
    assert {one.name for one in KINDS if not one.seen} == {"matched", "counted", "together", "following", "hidden"}
    assert "".join(one.colour for one in KINDS) == "AAAABABABCCDDDBBBB"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_live_line_of_what_was_not_seen_says_no_figures_of_images(kind) -> None:
    assert ("{counts}" in kind.live.en) is (kind.counts not in {"together", "bytes"})
    assert (kind.live == vocabulary.words_of("live", "hidden")) is (kind.counts in {"together", "bytes"})


@pytest.mark.parametrize(("rule", "kind"), [("identity-in-clear/1", "uploaded"), ("identity-in-clear/9 face-image-in-clear/2", "uploaded"), ("person-in-clear/1", None), ("person-in-clear", "contacts_uploaded"), ("go-together/1", None), ("", None), (None, None)])  # fmt: skip
def test_the_first_rule_of_a_finding_tells_its_kind(rule: str | None, kind: str | None) -> None:
    row = {"act": "uploaded outside", "certainty": "B" if "person" in (rule or "") and kind else "A", "rule": rule}
    if kind is None:
        with pytest.raises(CaseError):
            kind_of(row)
    else:
        assert kind_of(row).name == kind
