"""The verdict as data: a contract for every kind of statement, and what the verdict may say when."""

from __future__ import annotations

import string

import orjson
import pytest

from netaudit.contracts.judgements import FIELDS_CUT, RECORDS_CUT, VALUES_CUT
from netaudit.findings.ledgers import Run
from netaudit.findings.statement_text import beyond_first_page, first_page, sentence, size_text, verdict_text
from netaudit.findings.statements import BY_NAME, KINDS, LAST, SECOND, statements
from tests.findings.examples import (
    EXAMPLES,
    HIKVISION,
    LINK,
    MARKED,
    MOVED_HERE,
    UPLOADS,
    VANTAGE,
    case,
    filled,
    finding,
    flow,
    image,
    opened,
)

LANGS = ("zh", "en")


def kinds(tables):
    return [one["kind"] for one in statements(tables)]


def fields(wording):
    return {name for _, name, _, _ in string.Formatter().parse(wording) if name is not None}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_keeps_the_contract(kind) -> None:
    said = [one for one in statements(EXAMPLES[kind.name]()) if one["kind"] == kind.name]
    assert said, "its example makes it"
    assert said == orjson.loads(orjson.dumps(said)), "it is plain data"
    assert fields(kind.words.zh) == fields(kind.words.en), "both wordings tell the same"
    assert fields(kind.words.zh) <= {"why", "by", "to", "who"} | set(said[0].get("counts", {})), (
        "nothing is told that is not counted"
    )
    texts = {lang: sentence(said[0], lang) for lang in LANGS}
    assert all(texts.values())
    assert not any(letter in text for text in texts.values() for letter in "{}|。")
    assert not any(text.endswith(".") for text in texts.values())
    assert texts["zh"] != texts["en"]
    assert all(letter < "\u4e00" or letter > "\u9fff" for letter in texts["en"])
    if {"C", "D"} & set(said[0].get("grade", "")):  # of C only of images that were seen in clear before
        assert "face" not in texts["en"].replace("with a face) fit", "")
        assert "人脸" not in texts["zh"].replace("（含人脸", "")


def test_names_and_order() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    assert set(EXAMPLES) == set(names)
    order = ["left", "retrieved", "matched_sharply", "hidden", "moved", "unjudged", "inputs"]
    assert [name for name in names if name in order] == order
    assert [kind.page for kind in KINDS] == sorted(kind.page for kind in KINDS)


def test_a_sealed_case_keeps_what_its_version_said_of_odds() -> None:
    """As tables of version 3 hold them: their tests did not ask whether light or visitor steer both."""
    one = {"counts": {"fitting": 44, "least": 9, "odds": 1000, "endpoints": 1}, "endpoints": ["203.0.113.9"]}
    for kind in ("matched", "matched_untold", "matched_sums"):
        for lang, limit in (("en", "chance below 1 in 1,000, the limit validated"), ("zh", "即验证所能支持的限度")):
            said = sentence(one | {"kind": kind}, lang)
            assert limit in said
            assert "steer" not in said
            assert "左右" not in said
    assert not {"matched", "matched_untold", "matched_sums", "not_matched"} & {kind.name for kind in KINDS}
    assert "delays" not in sentence(
        {"kind": "not_matched", "counts": {"n": 3}}, "en"
    )  # it does not tell which it tried


def test_no_tables_say_nothing_calm() -> None:
    tables = case(captures=[])
    assert kinds(tables) == ["no_packets"]
    assert filled()["ledgers"].num_rows == 0


def test_the_counts_of_what_left() -> None:
    rows = [finding("uploaded outside", "A", images=3), finding("uploaded outside", "B", images=1)]
    said = statements(case(findings=rows))
    assert said[0]["grade"] == "AB"
    assert sentence(said[0], "en") == "4 face images left 1 inside device for 1 outside endpoint (A 3, B 1)"
    assert sentence(said[0], "zh") == "1 台内部设备向 1 个外部端点传出 4 张次人脸图像（A 级 3，B 级 1）"
    assert said[0]["evidence"] == ["Fuploaded outsideA", "Fuploaded outsideB"]


def test_a_template_for_three_is_one() -> None:
    rows = [
        finding("uploaded outside", grade, images=0, templates=len(some), person_hmacs=some, receiver=f"47.96.10.{n}",
                rule="biometric-template-in-clear/1")
        for n, (grade, some) in enumerate([("A", ["t1"]), ("A", ["t1"]), ("B", ["t1", "t2"])])
    ]  # fmt: skip
    (said,) = [one for one in statements(case(findings=rows)) if one["kind"] == "templates_uploaded"]
    assert (said["counts"]["templates"], said["counts"]["a"], said["counts"]["b"]) == (2, 1, 1)
    assert "1 biometric template (A) and 1 in the form of one or not whole (B)" in sentence(said, "en")


@pytest.mark.parametrize(
    ("tables", "calm"),
    [
        (case(images=[image("no")]), "nothing_seen"),
        (case(images=[image("no"), image("not judged", why="image_small?n=32")]), "nothing_seen"),
        (case(images=[image("no"), image("undecodable")]), "nothing_seen_so_far"),
        (case(images=[image("no")], upload_counts=UPLOADS), "nothing_seen_but_uploads"),
        (opened("faces", "face not sure"), ""),  # faint faces left, and are no finding
        (opened("faces", "possible face"), "nothing_seen_so_far"),
        (case(images=[image("no")], after_moments=[{"visibility": "encrypted"}]), "nothing_seen_so_far"),
        (case(images=[image("no")], after_moments=[{"visibility": "clear"}]), "nothing_seen"),
        (case(Run(side="lan", interrupted=True)), "nothing_seen_so_far"),
        (case(Run(side="lan", rejected=[{"name": "b", "problem": "x"}])), "nothing_seen_so_far"),
        (case(Run(side="lan", faces=False), images=[image("not judged")]), ""),  # none was looked at
        (case(Run(side="lan", cut={RECORDS_CUT: 1}), images=[image("no")]), "nothing_seen_so_far"),
        (case(Run(side="lan", cut={VALUES_CUT: 1, FIELDS_CUT: 1}), images=[image("no")]), "nothing_seen"),
        (case(images=[image("no")], vantages=[{"devices": 40, "heard": 2}]), "nothing_seen_so_far"),
        (case(images=[image("no")], vantages=[{"devices": 4, "heard": 4}, {"devices": 3, "heard": 1}]), "nothing_seen"),
        (case(Run(side="unknown")), ""),
        (case(captures=[]), ""),
        (case(findings=[finding("moved inside", "A")]), ""),
    ],
)
def test_calm_sentences_need_their_right(tables, calm) -> None:
    assert [name for name in kinds(tables) if name.startswith("nothing_seen")] == [calm] * bool(calm)


@pytest.mark.parametrize("lang", LANGS)
def test_a_first_page_has_three_sentences_at_most(lang) -> None:
    said = [
        one for name in (kind.name for kind in KINDS) for one in statements(EXAMPLES[name]()) if one["kind"] == name
    ]
    page = first_page(said, lang)
    assert len(page) == 3
    assert all(text.endswith("。" if lang == "zh" else ".") for text in page)
    left_out = beyond_first_page(said, lang)
    assert len(left_out) + 9 == len(said), "three clauses each, and all others are told elsewhere"
    assert verdict_text(said, lang) == ("" if lang == "zh" else " ").join(page)


@pytest.mark.parametrize(
    ("after", "passes", "told"),
    [
        ([], 4, {"n": 4, "all": 4, "percent": 53}),
        ([], 2, None),
        ([("m1", 125, "inside")], 4, {"n": 4, "all": 4, "percent": 53}),
        ([("m1", 125, "outside")], 4, None),
        ([("m1", 160, "outside")], 4, {"n": 4, "all": 4, "percent": 53}),
    ],
)
def test_an_absence_after_marks_has_its_number(after, passes, told) -> None:
    left = [{"moment_id": name, "first_ts": at * 10**9, "receiver_scope": scope} for name, at, scope in after]
    given = case(**MARKED | {"moments": MARKED["moments"][:passes]}, after_moments=left)
    (one,) = [one for one in statements(given) if one["kind"] == "unfollowed"] or [None]
    assert (told is None) == (one is None)
    if one is not None:
        assert {name: one["counts"][name] for name in told} == told


def test_absence_of_what_a_maker_does_is_told_by_its_entries() -> None:
    """Makers of capture devices that are there only, and the number of the entries behind it."""
    run = Run(side="lan", pushes={"Hikvision": 6, "Dahua": 1})
    (one,) = [one for one in statements(case(run, **MARKED | {"devices": HIKVISION})) if one["kind"] == "as_made"]
    assert (one["why"], one["subjects"]) == ({"Hikvision": 6}, [LINK])
    assert {name: one["counts"][name] for name in ("n", "devices", "known", "entries", "percent")} == {
        "n": 4, "devices": 1, "known": 1, "entries": 6, "percent": 53,
    }  # fmt: skip
    assert "as_made" not in kinds(case(run, **MARKED))  # its maker is not known
    assert "as_made" not in kinds(case(Run(side="lan", pushes={"Dahua": 1}), **MARKED | {"devices": HIKVISION}))


@pytest.mark.parametrize(("size", "hidden"), [(20_000, 99), (8 * 1024 - 1, 0)])
def test_absence_of_pictures_like_those_moved_here_has_its_number(size: int, hidden: int) -> None:
    objects = [{"object_id": f"o{k}", "size": size} for k in range(12)]
    (one,) = [one for one in statements(case(**MARKED | MOVED_HERE | {"objects": objects})) if one["kind"] == "as_seen"]
    assert (one["counts"]["pictures"], one["counts"]["hidden"]) == (12, hidden)
    assert one["evidence"]
    other = MOVED_HERE["findings"][0] | {"sender_device": "aa:bb:cc:00:00:01"}
    assert "as_seen" not in kinds(case(**MARKED | MOVED_HERE | {"findings": [other]}))


def test_marks_that_overlap_are_one_and_a_cut_one_is_none() -> None:
    moments = [{"moment_id": f"m{at}", "ts": at * 10**9} for at in (60, 70, 95, 200, 595)]
    given = case(captures=MARKED["captures"], moments=moments)
    sums = {row["reason"]: row["count"] for row in given["ledgers"].to_pylist() if row["ledger"] == "marks"}
    assert sums == {"not followed": 3, "overlapping": 1, "not captured whole": 1}
    assert not [row for row in case(Run(side="lan", moment_window_s=10), **MARKED)["ledgers"].to_pylist()
                if row["ledger"] == "marks"]  # fmt: skip


@pytest.mark.parametrize(
    "lost",
    [
        {"captures": [MARKED["captures"][0] | {"drops": 5000}]},
        {"captures": [MARKED["captures"][0] | {"damage": ["no record at offset 9000: 800 bytes lost"]}]},
        {"flows": [flow(missing_up=1460, first_ts=70 * 10**9, last_ts=240 * 10**9)]},
    ],
)
def test_no_absence_is_told_of_moments_around_which_something_was_lost(lost) -> None:
    assert "unfollowed" not in kinds(case(**MARKED | lost))


@pytest.mark.parametrize(("heard", "port", "told"), [(8, "", True), (2, "", False), (8, "aa:bb:cc:00:00:01", False)])
def test_an_absence_after_marks_is_told_where_nearly_all_devices_were_heard(heard: int, port: str, told: bool) -> None:
    vantage = VANTAGE | {"devices": 8, "heard": heard, "port_of": port}
    assert ("unfollowed" in kinds(case(**MARKED, vantages=[vantage]))) is told


def test_an_absence_after_marks_says_nothing_of_other_findings() -> None:
    """A record without a picture, or little that cannot be read, is a finding, and no row of after_moments."""
    record = finding("uploaded outside", "A", first_ts=62 * 10**9, last_ts=62 * 10**9)
    (said,) = [one for one in statements(case(**MARKED, findings=[record])) if "marked" in sentence(one, "en")]
    assert not said.get("evidence")
    assert "at other moments here" not in sentence(said, "en")


def test_what_was_not_judged_is_on_the_first_page() -> None:
    rows = [finding("uploaded outside", grade) for grade in "ABCD"]
    given = case(findings=rows, images=[image("yes"), image("not judged", why="image_no_helper?inner=helper_ended")])
    page = first_page(statements(given), "en")
    assert page[-1] == "Not judged for faces: 1 of 2 distinct images (the image helper does not work)."
    assert BY_NAME["unjudged"].page == LAST
    assert BY_NAME["hidden"].page == SECOND


def test_no_finding_is_no_clean_bill() -> None:
    assert "not a clean bill" in verdict_text(statements(case(images=[image("no")])), "en")


def test_a_statement_of_a_later_version_is_shown_by_its_name() -> None:
    assert first_page([{"kind": "identities_left", "counts": {"n": 3}}], "en") == ["Identities_left."]


@pytest.mark.parametrize(
    ("size", "text"), [(999, "999 B"), (2_100_000_000, "2.1 GB"), (1500, "1.5 kB"), (3 * 10**12, "3.0 TB")]
)
def test_size_text(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize("reason", ["face not sure", "handed out inside", "possible face", "multicast"])
def test_a_face_that_is_in_no_finding_is_told(reason: str) -> None:
    assert "faces_apart" in kinds(opened("faces", reason))
