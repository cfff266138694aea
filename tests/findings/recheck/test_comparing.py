"""From captures to the page: one office that stopped, one that hides."""

from __future__ import annotations

import shutil

import orjson
import pytest

from netaudit.cli.rechecking import recheck_command
from netaudit.errors import UsageError
from netaudit.evidence.case.reading import open_case
from netaudit.findings.recheck import comparing
from netaudit.findings.recheck.comparing import recheck
from netaudit.findings.recheck.saying import TEXTS
from netaudit.report.recheck_page import rendered
from tests.findings.recheck.measure import one


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stopped")
    return folder, one(10, "stopped", folder)[1]


def test_an_office_that_stopped_is_told_with_the_number_behind_it(stopped) -> None:
    _, compared = stopped
    gone = [one for one in compared.outcomes if one.status == "gone"]
    assert len(gone) == 1
    assert gone[0].power.followed == 13
    said = " ".join(compared.rows("en")[0]["said"])
    assert "at least 99 of 100 such visits would have shown an upload" in said
    assert "Now 13 walk-bys were marked while the device was active" in said


def test_terminal_document_and_page_say_the_same(stopped, capsys) -> None:
    folder, compared = stopped
    html = folder / "recheck.html"
    recheck_command([folder / "before"], [folder / "after"], html, as_json=True, lang="en")
    told = orjson.loads(capsys.readouterr().out)
    assert [row["status"] for row in told["outcomes"]] == [one.status for one in compared.outcomes]
    assert set(told["outcomes"][0]["said"]) == {"zh", "en"}
    page = html.read_text("utf-8")
    for lang in ("zh", "en"):
        shown = rendered(compared, lang)
        for row in compared.rows(lang):
            assert row["status"] in shown
    assert "default-src 'none'" in page
    recheck_command([folder / "before", folder / "after"], [], None, as_json=False, lang="zh")
    assert "不再出现" in capsys.readouterr().out


def test_a_later_visit_comes_later(stopped) -> None:
    folder, _ = stopped
    cases = [open_case(folder / name) for name in ("before", "after")]
    with pytest.raises(UsageError, match="before the visits"):
        recheck([cases[1]], [cases[0]])
    with pytest.raises(UsageError, match="at least one"):
        recheck_command([folder / "after"], [], None, as_json=False, lang="en")


def test_every_sentence_is_there_in_both_languages() -> None:
    import string

    for key, words in TEXTS.items():
        assert set(words) == {"zh", "en"}, key
        names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in words.values()]
        assert names[0] == names[1], key


def test_nothing_is_given_twice(stopped, tmp_path) -> None:
    folder, _ = stopped
    before, after = (open_case(folder / name) for name in ("before", "after"))
    with pytest.raises(UsageError, match="has a capture that another"):
        recheck([before, before], [after])
    copy = shutil.copytree(folder / "before", tmp_path / "copy")
    with pytest.raises(UsageError, match="has a capture that another"):
        recheck([before, open_case(copy)], [after])


def test_a_case_beside_a_capture_is_taken_where_it_is_of_that_very_file(stopped, tmp_path) -> None:
    folder, _ = stopped
    shutil.copy(folder / "after.pcap", tmp_path)
    shutil.copytree(folder / "after", tmp_path / "after-case")
    assert recheck_command([folder / "before", tmp_path / "after.pcap"], [], None, as_json=True, lang="en") == 0
    shutil.copy(folder / "before.pcap", tmp_path / "after.pcap")
    with pytest.raises(UsageError, match="is of another capture"):
        recheck_command([folder / "before", tmp_path / "after.pcap"], [], None, as_json=True, lang="en")


def test_visits_of_a_side_share_what_is_kept_and_what_is_beyond_keeps_from_saying_gone(stopped, monkeypatch) -> None:
    folder, _ = stopped
    before, after = (open_case(folder / name) for name in ("before", "after"))
    whole = sum(2 + len(one.sent) for one in stopped[1].sides[0][1][0].channels.values())
    monkeypatch.setattr(comparing, "MOST", whole)  # as many as before, fewer than its connections with them
    compared = recheck([before], [after])
    assert compared.sides[0][1][0].limits == ["bound"]
    assert "gone" not in {one.status for one in compared.outcomes}
    assert any(("bound", {}) in one.bears for one in compared.outcomes)


def test_texts_of_captures_are_masked_in_data_too() -> None:
    from netaudit.findings.recheck.route import Outcome
    from netaudit.findings.recheck.saying import document
    from tests.findings.recheck.visits import LATER, office

    one = Outcome(
        "moved", "images", "a", "a", "b", bears=[("room", {"device": "13912345678", "endpoint": "x", "bytes": 9})]
    )
    figures = document([one], [], office(LATER))["outcomes"][0]["bears"][0]["figures"]
    assert figures["bytes"] == 9
    assert "13912345678" not in figures["device"]
