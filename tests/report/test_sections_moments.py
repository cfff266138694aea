"""The section on marked moments: what left after each, never more than is known."""

from __future__ import annotations

import re

import pytest

from netaudit.report.from_case import write_report
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.sections_moments import MOST, MOST_ROWS, moments
from netaudit.report.wording import Wording
from tests.report.fakes import CAMERA, CLOUD, SECOND, SERVER, T0, FakeCase


def way(number=0, **more):
    return {
        "moment_id": "M1", "sender": CAMERA, "receiver": CLOUD, "receiver_scope": "outside", "visibility": "clear",
        "name": f"n{number}.example", "images": 2, "faces": 1, "bytes": 96_000, "bursts": [], "flows": 1, "within": True,
        "first_ts": T0 + 3_200_000_000, "bytes_before": None, "bytes_after": None,
    } | more  # fmt: skip


HIDDEN = {"visibility": "encrypted", "images": 0, "faces": 0, "bursts": [9, 0, 3, 0, 0]}


def shown(ways=(), lang="en", marked=None, span=(-60, 600), manifest=None):
    case = FakeCase(
        {
            "moments": marked or [{"moment_id": "M1", "ts": T0, "text": "door <b>camera</b>", "source": "screen"}],
            "after_moments": list(ways),
            "captures": [{"capture_id": "c", "name": "a.pcap", "first_ts": T0 + span[0] * SECOND, "last_ts": T0 + span[1] * SECOND}],
        },
        {"moments": {"lead_s": 5, "window_s": 180}} if manifest is None else manifest,
    )  # fmt: skip
    w = Wording(lang)
    return moments(case, Hosts(case, w), w)


def what(lang="en", **more):
    return shown([way(**more)], lang)["told"][0]["rows"][0]["what"]


def test_images_in_clear_are_counted() -> None:
    (moment,) = shown([way()])["told"]
    (row,) = moment["rows"]
    assert (row["delay"], row["sender"], row["receiver"], row["scope"]) == ("+3.2 s", CAMERA, CLOUD, "outside")
    assert row["what"] == "in clear: images 2, of these with a face 1, 96,000 bytes (96.0 kB)"
    assert "含人脸 1 张" in what("zh")
    assert (moment["text"], moment["source"]) == ("door <b>camera</b>", "on the live screen")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_hidden_is_never_called_a_face(lang) -> None:
    for more in (HIDDEN, HIDDEN | {"within": False}, HIDDEN | {"visibility": "unread"}):
        text = what(lang, **more)
        assert not re.search("face|人脸|image|图像", text, re.IGNORECASE)
        assert "96,000" in text
        if more.get("within", True):
            assert re.search(r"\b3\b|3 次", text)  # bursts of 8 KiB and more, not the nine small ones


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""),
        ({"bytes_after": 12_000_000}, "; they went on after the window with 12,000,000 bytes (12.0 MB)"),
        ({"bytes_before": 7_000}, "; the same connections had sent 7,000 bytes (7.0 kB) before the window"),
    ],
)
def test_of_a_connection_that_lasted_longer_the_window_counts(more, said) -> None:
    text = what(**HIDDEN, within=False, **more)
    assert text.startswith("encrypted: 96,000 bytes (96.0 kB) up within the window in connections: 1")
    assert text.endswith("content not visible" + said)
    assert "before or after" not in what(**HIDDEN)


def test_outward_and_visible_comes_first() -> None:
    ways = [
        way(1, receiver=SERVER, receiver_scope="inside", faces=9), way(2, **HIDDEN, within=False), way(3, **HIDDEN),
        way(4, faces=0), way(5),
    ]  # fmt: skip
    names = [row["name"] for row in shown(ways)["told"][0]["rows"]]
    assert names == ["n5.example", "n4.example", "n3.example", "n2.example", "n1.example"]


@pytest.mark.parametrize(
    ("span", "text"),
    [
        ((-5, 180), "whole window"),
        ((-4, 600), "a part of the window"),
        ((-60, 100), "a part of"),
        ((-90, -6), "outside the captures"),
        ((180, 300), "outside the captures"),
    ],
)
def test_it_says_whether_the_captures_reach_over_the_window(span, text) -> None:
    assert text in shown(span=span)["told"][0]["covered"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_rows_are_no_proof_where_nothing_could_be_seen(lang) -> None:
    def said(side="lan", **more) -> str:
        return shown(lang=lang, manifest={"vantage": {"side": side}}, **more)["told"][0]["nothing"]

    nothing, unplaced = said(), said("unknown")
    assert ("was seen" if lang == "en" else "未见") in nothing
    assert "--inside" in unplaced
    assert said(span=(180, 300)) == "", "what was not captured"


def test_many_moments_and_rows_are_capped_and_counted() -> None:
    marked = [
        {"moment_id": f"M{n}", "ts": T0 + n * SECOND, "text": "x", "source": "notes.csv"} for n in range(MOST + 7)
    ]
    section = shown([way(n) for n in range(MOST_ROWS + 3)], marked=marked)
    assert len(section["told"]) == MOST
    assert section["more"] == 7
    assert (len(section["told"][1]["rows"]), section["told"][1]["more"]) == (MOST_ROWS, 3)
    assert section["told"][0]["source"] == "notes.csv"


@pytest.mark.parametrize("manifest", [{}, {"moments": None}])
def test_a_case_without_moments_says_so(manifest, tmp_path) -> None:
    case = FakeCase({}, manifest)
    text = write_report(case, tmp_path / "report.html", "en").read_text(encoding="utf-8")
    assert "No moments were marked." in text


def test_the_auditors_words_are_escaped_in_the_page(tmp_path) -> None:
    marked = [{"moment_id": "M1", "ts": T0, "text": "<script>door 13800000000\u202e", "source": "<i>"}]
    text = write_report(
        FakeCase({"moments": marked}, {"moments": {"lead_s": 5, "window_s": 60}}), tmp_path / "r.html", "zh"
    ).read_text(encoding="utf-8")
    assert "&lt;script&gt;door 13800000000\\u202e" in text
    assert text.count("<script") == 1  # the one of the page
    assert "前 5 秒至后 60 秒" in text
