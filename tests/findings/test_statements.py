"""The verdict as data: a contract for every kind of statement, and what the verdict may say when."""

from __future__ import annotations

import string

import orjson
import pyarrow as pa
import pytest

from netaudit.core.contracts.judgements import FIELDS_CUT, RECORDS_CUT, VALUES_CUT
from netaudit.core.contracts.unwrapping_steps import STILL
from netaudit.findings.accounts import LEAST_HIDING, SENT_HIDDEN, SMALL
from netaudit.findings.ledgers import Run
from netaudit.findings.moments import LEAST_BYTES as MARKED_LEAST
from netaudit.findings.statement_text import beyond_first_page, first_page, sentence, size_text, verdict_text
from netaudit.findings.statements import BY_NAME, KINDS, LAST, SECOND, statements
from netaudit.findings.statements.calm import CALM_NEEDS
from netaudit.findings.statements.kind import MOST_NAMED
from tests.findings.examples import (
    CAM,
    CLOUD,
    EXAMPLES,
    HIKVISION,
    LINK,
    MARKED,
    MOVED_HERE,
    UPLOADS,
    VANTAGE,
    capture,
    case,
    filled,
    finding,
    flow,
    image,
    opened,
    record,
    relay_test,
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


def said(tables, kind: str) -> dict[str, object]:
    """The only statement of a kind."""
    (one,) = [one for one in statements(tables) if one["kind"] == kind]
    return one


MARKED_SHORT = MARKED | {"moments": MARKED["moments"][:2]}
CAM_2, CLOUD_2 = "192.168.1.21", "47.96.10.21"
SECOND_ONE = {"sender": CAM_2, "sender_device": CAM_2}  # an address that may stand for several devices


def test_findings_of_a_kind_are_added_up_by_grade_ends_and_bytes() -> None:
    rows = [
        finding("uploaded outside", "A", images=3, bytes=100), finding("uploaded outside", "B", images=2, bytes=7, **SECOND_ONE),
        finding("uploaded outside", "A", images=5, bytes=30, receiver=CLOUD_2),
        finding("uploaded outside", "A", images=0, bytes=9, rule="identity-in-clear/1"),  # no image
        finding("moved inside", "A", images=9),
    ]  # fmt: skip
    left = said(case(findings=[row | {"finding_id": f"F{n}"} for n, row in enumerate(rows)]), "left")
    assert left["counts"] == {
        "images": 10, "a": 8, "b": 2, "c": 0, "bytes": 137, "devices": 1, "addresses": 1, "endpoints": 2, "findings": 3,
    }  # fmt: skip
    assert (left["grade"], left["subjects"], left["evidence"]) == ("AB", [CAM, CAM_2], ["F0", "F1", "F2"])
    assert "endpoints" not in left  # none is named of what was seen
    hidden = [finding("uploaded outside", "D", images=0, bytes=n, receiver=to) for n, to in ((5, CLOUD_2), (6, CLOUD))]
    assert said(case(findings=hidden), "hidden")["endpoints"] == [CLOUD, CLOUD_2]


def test_records_are_added_up_and_persons_once() -> None:
    rows = [
        record("uploaded outside", "A", records=4, person_hmacs=["p", "q"], with_identity=2, images=3),
        record("uploaded outside", "B", records=3, person_hmacs=["q", "r"], **SECOND_ONE),
        record("uploaded outside", "B", records=0, person_hmacs=[], with_identity=5, images=6, receiver=CLOUD_2),
    ]  # fmt: skip
    left = said(case(findings=[row | {"finding_id": f"F{n}"} for n, row in enumerate(rows)]), "identity_left")
    assert left["counts"] == {
        "records": 7, "a": 4, "b": 3, "persons": 3, "images": 7, "devices": 1, "addresses": 1, "endpoints": 1, "findings": 2,
    }  # fmt: skip
    assert (left["grade"], left["subjects"], left["evidence"]) == ("AB", [CAM, CAM_2], ["F0", "F1"])


@pytest.mark.parametrize(
    ("hmacs", "counted"),
    [
        ([("A", ["s"], 1), ("B", ["s", "t"], 2)], (1, 1)),
        ([("B", ["s", "t"], 2), ("A", ["s"], 1)], (1, 1)),
        ([("B", ["s"], 1), ("B", ["s"], 1)], (0, 1)),
        ([("A", None, 3), ("B", [], 2), ("B", ["s"], 1)], (3, 3)),  # of cases that name none
    ],
)
def test_templates_are_counted_once_by_the_better_grade(hmacs, counted: tuple[int, int]) -> None:
    rows = [
        finding("uploaded outside", grade, images=0, templates=n, person_hmacs=some, rule="biometric-template-in-clear/1",
                finding_id=f"F{place}")
        for place, (grade, some, n) in enumerate(hmacs)
    ]  # fmt: skip
    counts = said(case(findings=rows), "templates_uploaded")["counts"]
    assert (counts["a"], counts["b"], counts["templates"]) == (*counted, sum(counted))
    assert counts["findings"] == len(rows)


def test_names_with_phone_numbers_are_added_up() -> None:
    rows = [
        finding("uploaded outside", "B", images=0, contacts=n, rule="person-in-clear/1", finding_id=f"F{n}", **more)
        for n, more in ((2, {}), (3, SECOND_ONE), (4, {"receiver": CLOUD_2}))
    ]
    assert said(case(findings=rows), "contacts_uploaded")["counts"] == {
        "contacts": 9, "a": 0, "b": 9, "devices": 1, "addresses": 1, "endpoints": 2, "findings": 3,
    }  # fmt: skip


def test_key_frames_looked_at_are_those_of_streams_and_of_files_of_video_that_left() -> None:
    ends = [{"ip": CLOUD, "scope": "outside"}, {"ip": CLOUD_2, "scope": "outside"}, {"ip": CAM_2, "scope": "inside"}]
    rows = [finding("video", "B", flow_ids=["f", "g"]), finding("video", "B", flow_ids=["h"], receiver=CAM_2, images=4)]
    frames = [("f", "rtp", 9), ("f", "rtp", 0), ("g", "http", 9), ("h", "rtp", 9), ("x", "rtp", 9)]
    messages = [
        {"message_id": f"m{n}", "flow_id": flow_id, "protocol": protocol, "body_size": size}
        for n, (flow_id, protocol, size) in enumerate(frames)
    ]
    ways = [("m2", f"a › {STILL} 1"), ("m2", f"a › {STILL} 2"), ("m2", "a › mp4"), ("m4", f"a › {STILL} 1")]
    objects = [
        {"object_id": f"o{n}", "message_id": message, "unwrap_path": way} for n, (message, way) in enumerate(ways)
    ]
    given = {"findings": rows, "endpoints": ends, "messages": messages, "objects": objects}
    assert said(case(**given), "video_left")["counts"]["frames"] == 3
    assert said(case(**given), "video_left")["counts"]["images"] == 3
    assert said(case(**given), "video")["counts"]["images"] == 4
    assert said(case(**given | {"messages": messages[:2]}), "video_left")["counts"]["frames"] == 1
    bare = case(**given)
    del bare["messages"]
    assert said(bare, "video_left")["counts"]["frames"] == 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_case_that_lacks_what_earlier_versions_did_not_write_says_the_rest(name: str) -> None:
    given = EXAMPLES[name]()
    optional = (
        "upload_counts", "after_moments", "bindings", "devices", "relayed_images", "relay_tests", "moment_tests", "endpoints",
        "messages", "vantages",
    )  # fmt: skip
    rest = {title: table for title, table in given.items() if title not in optional}
    calm = {"nothing_seen", "nothing_seen_but_uploads", "nothing_seen_so_far"}
    whole = {*kinds(given), "hidden" if "counted" in kinds(given) else "", "video" if name == "video_left" else ""}
    assert set(kinds(rest)) - calm <= whole


@pytest.mark.parametrize("ledger", CALM_NEEDS)
def test_nothing_is_said_to_have_stayed_while_a_ledger_is_open(ledger: str) -> None:
    reason = "face images" if ledger == "apart" else "x"
    calm = [one for one in kinds(opened(ledger, reason)) if one.startswith("nothing_seen")]
    assert calm == [] if ledger in {"apart", "images"} else calm == ["nothing_seen_so_far"]


@pytest.mark.parametrize(
    ("ledger", "reason", "more", "calm"),
    [
        ("packets", "outside_period", {}, "nothing_seen"),  # the auditor chose it
        ("apart", "numbers as chance gives", {"count": 4}, "nothing_seen_so_far"),
        ("apart", "numbers as chance gives", {"count": 5}, None),
        ("payload", "encrypted", {}, "nothing_seen"),
        ("understanding", "values beyond the bound", {}, "nothing_seen"),
        ("egress", SENT_HIDDEN, {"bytes": LEAST_HIDING, "understood": True}, "nothing_seen_so_far"),
        ("egress", SENT_HIDDEN, {"bytes": LEAST_HIDING - 1, "understood": True}, "nothing_seen"),
        ("egress", SMALL, {"bytes": LEAST_HIDING, "understood": True}, "nothing_seen_so_far"),
        ("egress", "read", {"bytes": LEAST_HIDING, "understood": True}, "nothing_seen"),
        ("egress", SMALL, {"bytes": None, "understood": True}, "nothing_seen"),
    ],
)
def test_what_takes_the_right_to_be_calm(ledger: str, reason: str, more, calm: str | None) -> None:
    found = [one for one in kinds(opened(ledger, reason, **more)) if one.startswith("nothing_seen")]
    assert found == [calm] * (calm is not None)


@pytest.mark.parametrize(
    ("sent", "calm"),
    [
        ([(CAM, LEAST_HIDING)], "nothing_seen_so_far"),
        ([(CAM, LEAST_HIDING - 1)], "nothing_seen"),
        ([(CAM, LEAST_HIDING // 2), (CAM, LEAST_HIDING // 2)], "nothing_seen_so_far"),
        ([(CAM, LEAST_HIDING // 2), (CAM_2, LEAST_HIDING // 2)], "nothing_seen"),
        ([("", LEAST_HIDING)], "nothing_seen"),  # people's own machines
        ([(CAM, None)], "nothing_seen"),
    ],
)
def test_what_was_too_small_to_be_counted_may_hide_something_in_sum(sent, calm: str) -> None:
    rows = [{"sender": sender, "receiver": f"47.96.1.{n}", "name": "", "uploads": 0, "sent_bytes": size, "devices": 1}
            for n, (sender, size) in enumerate(sent)]  # fmt: skip
    assert [one for one in kinds(case(upload_counts=rows)) if one.startswith("nothing_seen")] == [calm]


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        ([(CAM, 3, 0), (CAM, 4, 0)], {"n": 7, "senders": 1}),
        ([(CAM, 3, 0), (CAM_2, 4, 0), (CAM_2, 0, 0)], {"n": 7, "senders": 2}),
        ([(CAM, 3, 0), ("", 4, 5)], {"n": 7, "senders": 5}),
        ([(CAM, 3, 0), (CAM_2, 1, 0), ("", 4, 1)], {"n": 8, "senders": 2}),
    ],
)
def test_encrypted_uploads_are_counted_with_who_sent_them(rows, counts: dict[str, int]) -> None:
    given = [
        {"sender": sender, "receiver": CLOUD, "name": f"n{n}", "uploads": uploads, "devices": devices}
        for n, (sender, uploads, devices) in enumerate(rows)
    ]
    assert said(case(upload_counts=given), "nothing_seen_but_uploads")["counts"] == counts


@pytest.mark.parametrize(("heard", "calm"), [(9, "nothing_seen"), (8, "nothing_seen_so_far")])
def test_of_whom_hardly_any_was_heard_nothing_calm_is_said(heard: int, calm: str) -> None:
    assert calm in kinds(case(vantages=[VANTAGE | {"devices": 10, "heard": heard}]))


def test_rows_that_are_left_open_are_added_up_and_named_where_a_kind_names_them() -> None:
    row = {"ledger": "names", "reason": "names nobody would read", "understood": False}
    rows = [row | {"subject": name, "count": n, "bytes": 10 * n} for n, name in ((3, "b"), (4, "a"), (5, "a"))]
    rows += [row | {"subject": "c", "reason": "other", "count": None, "bytes": None}]
    rows += [row | {"subject": "d", "understood": True, "count": 7, "bytes": 1}]
    tables = case()
    extra = pa.Table.from_pylist(rows, schema=tables["ledgers"].schema)
    names = said(tables | {"ledgers": pa.concat_tables([tables["ledgers"], extra])}, "names")
    assert names["counts"] == {"n": 12, "all": 19, "bytes": 120, "all_bytes": 121}
    assert names["why"] == {"names nobody would read": 12, "other": 0}
    assert names["subjects"] == ["a", "b", "c"]
    apart = said(opened("faces", "possible face"), "faces_apart")
    assert "subjects" not in apart
    assert said(opened("egress", "opaque", bytes=7), "left_unread")["why"] == {"opaque": 7}


def test_how_far_an_interrupted_audit_had_got() -> None:
    captures = [
        capture(capture_id="c", name="a", size=100, sha256="x", last_ts=9 * 10**9),
        capture(capture_id="d", name="b", size=50, last_ts=7 * 10**9),
        capture(capture_id="e", name="f", size=20, packets_read=0),
    ]
    given = case(Run(side="lan", interrupted=True, read=[100, 30, 0], stopped=True), captures=captures)
    assert said(given, "interrupted")["counts"] == {
        "packets": 10, "until": 9 * 10**9, "bytes": 130, "all_bytes": 170, "files": 3, "part": 1, "unread": 1, "whole": 1,
    }  # fmt: skip
    assert said(given, "judging_interrupted")["counts"] == {"n": 0, "all": 0}
    empty = case(Run(side="lan", interrupted=True, read=[0]), captures=[capture(size=0, packets_read=0)])
    assert said(empty, "interrupted")["counts"]["all_bytes"] == 0


@pytest.mark.parametrize(
    ("offs", "told"),
    [([4.9], None), ([5.0], (1, 5)), ([-5.0], (1, 5)), ([None], None), ([3.0, -7.4, 6.0], (2, 7))],
)
def test_a_clock_is_off_from_five_seconds_on(offs, told: tuple[int, int] | None) -> None:
    rows = [VANTAGE | {"capture_id": f"c{n}", "clock_off_s": off} for n, off in enumerate(offs)]
    found = [one for one in statements(case(vantages=rows)) if one["kind"] == "clock_off"]
    assert [(one["counts"]["captures"], one["counts"]["seconds"]) for one in found] == [told] * (told is not None)


def test_what_captures_heard() -> None:
    rows = [("c", 8, 2, ""), ("d", 5, 1, ""), ("e", 4, 4, ""), ("f", 6, 2, "m"), ("g", 3, 1, "m")]
    names = ("capture_id", "devices", "heard", "port_of")
    given = case(vantages=[VANTAGE | dict(zip(names, row, strict=True)) for row in rows])
    assert said(given, "heard")["counts"] == {"heard": 2, "devices": 8, "captures": 2}
    assert said(given, "heard")["subjects"] == ["c", "d"]
    assert said(given, "one_port")["counts"] == {"captures": 2, "others": 7}
    assert said(given, "one_port")["subjects"] == ["m"]


def test_packets_that_were_not_decoded_and_images_that_are_not_whole() -> None:
    skipped = [("outside_period", 3), ("malformed_ip", 2), ("too short", 4)]
    given = case(
        captures=[capture(packets_read=14)], images=[image("no", complete=whole) for whole in (True, False, False)],
        skipped=[{"capture_id": "c", "reason": reason, "packets": n} for reason, n in skipped],
    )  # fmt: skip
    assert said(given, "outside_period")["counts"] == {"n": 3, "all": 14}
    assert said(given, "undecoded")["counts"] == {"n": 6, "all": 14}
    assert said(given, "incomplete")["counts"] == {"images": 2, "all": 3}
    assert "incomplete" not in kinds(case(images=[image("no")]))


def test_connections_that_were_opened_and_tests_that_say_most() -> None:
    keys = ["opened", "partly", "not asked for", "keys do not fit"]
    rows = [finding("uploaded outside", "A", images=n, opened=some) for n, some in ((3, ["k"]), (4, []), (2, ["k"]))]
    given = case(flows=[flow(flow_id=key, keys=key) for key in keys], findings=rows)
    assert said(given, "opened")["counts"] == {"n": 2, "images": 5}
    assert "opened" not in kinds(case(flows=[flow(keys="keys do not fit")]))
    test = {"sender": CAM, "receiver": CLOUD, "name": "", "moments": 7, "standing": "claimed"}
    tests = [
        test | {"window_s": s, "followed": n, "p_model": p} for s, n, p in ((3, 5, 1e-4), (9, 6, 1e-6), (30, 7, 1e-5))
    ]
    tests += [test | {"standing": "by chance", "window_s": 60, "followed": 1, "p_model": 1e-9}]
    tied = said(case(moment_tests=tests), "tied")
    assert tied["counts"] == {
        "n": 6,
        "all": 7,
        "seconds": 9,
        "odds": 1000,
        "devices": 1,
        "addresses": 0,
        "endpoints": 1,
    }
    assert (tied["subjects"], tied["endpoints"], tied["grade"]) == ([CAM], [CLOUD], "D")


def test_what_was_tested_without_a_match_and_what_follows() -> None:
    tests = [
        relay_test(standing="by chance", longest_s=30), relay_test(standing="by chance", longest_s=60, receiver=CLOUD_2),
        relay_test(standing="claimed", receiver="47.96.1.1"), relay_test(standing="by chance", receiver="47.96.1.1", longest_s=5),
    ]  # fmt: skip
    assert said(case(relay_tests=tests), "unmatched")["counts"] == {"n": 2, "seconds": 30}
    assert said(case(relay_tests=tests), "unmatched")["subjects"] == [CLOUD, CLOUD_2]
    assert "unmatched" not in kinds(case(relay_tests=tests[2:]))
    both = {"standing": "go together", "fitting": 4, "images": 9, "units": 7}
    rows = [
        relay_test(mode="batch", **both), relay_test(mode="exact", receiver=CLOUD_2, **both),
        relay_test(mode="following", window_s=3, receiver="47.96.1.1", **both),
    ]  # fmt: skip
    found = [finding("uploaded outside", "D", images=0, rule=rule) for rule in ("go-together/1", "follow-pictures/1")]
    given = case(relay_tests=rows, findings=found)
    figures = {kind: {name: said(given, kind)["counts"][name] for name in ("n", "all", "seconds")} for kind in ("together", "following")}  # fmt: skip
    assert figures == {
        "together": {"n": 8, "all": 16, "seconds": 0}, "following": {"n": 4, "all": 9, "seconds": 3},
    }  # fmt: skip


def test_pictures_that_were_moved_here_show_encrypted_from_a_size_on() -> None:
    sizes = [MARKED_LEAST, MARKED_LEAST - 1, 2 * MARKED_LEAST]
    objects = [{"object_id": f"o{k}", "size": size} for k, size in enumerate(sizes)] + [{"object_id": "x", "size": 9}]
    moved = [MOVED_HERE["findings"][0] | {"object_ids": ["o0", "o1", "o2"]}]
    other = finding("uploaded outside", "B", sender_device=LINK, object_ids=["x"])
    counts = said(case(**MARKED | {"objects": objects, "findings": [*moved, other]}), "as_seen")["counts"]
    assert (counts["pictures"], counts["large"], counts["devices"], counts["known"]) == (3, 2, 1, 1)
    assert counts["hidden"] == 44  # 1 - (1 - 0.1353...) ** 4, rounded down
    assert "as_seen" not in kinds(case(**MARKED_SHORT | {"objects": objects, "findings": moved}))


@pytest.mark.parametrize(("at", "reason"), [(30, "followed"), (30 + 1e-9, "not followed")])
def test_what_left_within_half_a_minute_follows(at: float, reason: str) -> None:
    left = [{"moment_id": "m0", "first_ts": 60 * 10**9 + round(at * 10**9), "receiver_scope": "outside"}]
    given = case(**MARKED | {"moments": MARKED["moments"][:1]}, after_moments=left)
    assert {row["reason"] for row in given["ledgers"].to_pylist() if row["ledger"] == "marks"} == {reason}


@pytest.mark.parametrize(
    ("second", "reasons"),
    [(91 * 10**9, ["not followed", "overlapping"]), (91 * 10**9 + 1, ["not followed"])],
)
def test_moments_overlap_within_their_windows(second: int, reasons: list[str]) -> None:
    moments = [{"moment_id": "m0", "ts": 60 * 10**9}, {"moment_id": "m1", "ts": second}]
    given = case(captures=MARKED["captures"], moments=moments)
    assert sorted({row["reason"] for row in given["ledgers"].to_pylist() if row["ledger"] == "marks"}) == reasons


@pytest.mark.parametrize(
    ("captured", "gap", "reason"),
    [
        ((59 * 10**9, 90 * 10**9), None, "not followed"),
        ((59 * 10**9 + 1, 90 * 10**9), None, "not captured whole"),
        ((59 * 10**9, 90 * 10**9 - 1), None, "not captured whole"),
        ((1, 99 * 10**9), (90 * 10**9, 95 * 10**9), "not captured whole"),
        ((1, 99 * 10**9), (90 * 10**9 + 1, 95 * 10**9), "not followed"),
        ((1, 99 * 10**9), (1, 59 * 10**9), "not captured whole"),
        ((1, 99 * 10**9), (1, 59 * 10**9 - 1), "not followed"),
    ],
)
def test_a_moment_is_whole_with_all_its_window(captured, gap, reason: str) -> None:
    gaps = [flow(missing_down=1, first_ts=gap[0], last_ts=gap[1])] if gap else []
    given = case(
        captures=[capture(first_ts=captured[0], last_ts=captured[1])], moments=[{"moment_id": "m", "ts": 60 * 10**9}],
        flows=gaps,
    )  # fmt: skip
    assert [row["reason"] for row in given["ledgers"].to_pylist() if row["ledger"] == "marks"] == [reason]


def test_what_is_told_apart_is_counted_by_what_it_is() -> None:
    tables = opened("apart", "face images", count=3)
    row = {"ledger": "apart", "understood": False}
    more = [
        ("y", "identity records", 4),
        ("x", "identity records", 5),
        ("z", "face images", None),
        ("w", "numbers alone", 9),
    ]
    extra = [row | {"subject": subject, "reason": reason, "count": n} for subject, reason, n in more]
    ledgers = pa.concat_tables([tables["ledgers"], pa.Table.from_pylist(extra, schema=tables["ledgers"].schema)])
    apart = said(tables | {"ledgers": ledgers}, "told_apart")
    assert apart["counts"] == {"images": 3, "records": 9, "devices": 3}
    assert apart["subjects"] == ["x", "y", "z"]


def test_posters_are_counted_by_sender() -> None:
    tables = opened("posters", "alike for hours", understood=True, count=None)
    row = {"ledger": "posters", "subject": "y", "reason": "alike for hours", "count": 5, "understood": True}
    ledgers = pa.concat_tables([tables["ledgers"], pa.Table.from_pylist([row], schema=tables["ledgers"].schema)])
    told = said(tables | {"ledgers": ledgers}, "posters")
    assert (told["counts"], told["subjects"]) == ({"n": 5, "subjects": 2}, ["x", "y"])


@pytest.mark.parametrize(("subjects", "named"), [(MOST_NAMED, MOST_NAMED), (MOST_NAMED + 1, MOST_NAMED)])
def test_of_a_flood_as_many_are_named_as_fit_and_all_are_counted(subjects: int, named: int) -> None:
    rows = [finding("uploaded outside", "A", sender=f"10.0.{n >> 8}.{n & 255}", finding_id=f"F{n}", sender_device="")
            for n in range(subjects)]  # fmt: skip
    left = said(case(findings=rows), "left")
    assert (len(left["subjects"]), len(left["evidence"])) == (named, named)
    assert (left["counts"]["addresses"], left["counts"]["findings"]) == (subjects, subjects)


@pytest.mark.parametrize(("kind", "packets"), [("no_packets", 0), ("none_decoded", 5), ("no_vantage", 0)])
def test_how_many_packets_nothing_can_be_said_of(kind: str, packets: int) -> None:
    assert said(EXAMPLES[kind](), kind)["counts"] == {"packets": packets}
