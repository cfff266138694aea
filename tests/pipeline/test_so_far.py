"""The verdict so far: of the first image of each way, never calm, and nothing of the end depends on it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import netaudit
from netaudit.cli.auditing import exit_reasons, outcome, so_far_facts, so_far_text
from netaudit.cli.exits import Exit
from netaudit.evidence.case.integrity import integrity
from netaudit.findings.summary import summarise
from netaudit.findings.summary.model import NOT_SEEN
from netaudit.findings.summary.reading import Unfinished
from netaudit.images import judging_ahead
from netaudit.images.judge_pool import Judges
from netaudit.pipeline import so_far
from netaudit.pipeline.options import Options, Standing
from netaudit.pipeline.resuming import resume_audit
from netaudit.pipeline.so_far import SoFar
from netaudit.pipeline.task import run

LAN = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
KEY = b"k" * 32


def nothing(*_: object) -> None:
    """Nobody looks on."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run([LAN], tmp_path_factory.mktemp("whole") / "case", Options(project_key=KEY), nothing)


def same(case, other) -> bool:
    tables = sorted((case.folder / "tables").iterdir())
    return all(path.read_bytes() == (other.folder / "tables" / path.name).read_bytes() for path in tables)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_judged_first_is_told_and_the_end_is_the_same(whole, tmp_path, monkeypatch, workers) -> None:
    monkeypatch.setattr(so_far, "FIRST", 0.0)
    monkeypatch.setattr(so_far, "SHORTEST", 0.0)
    told: list[Standing] = []
    case = run([LAN], tmp_path / "case", Options(project_key=KEY, workers=workers, so_far=told.append), nothing)
    assert same(case, whole)
    assert told
    last = told[-1]
    assert last.judged <= last.found <= 86
    assert last.summary is not None
    assert 0 < last.summary.images <= case.summary.images
    assert "192.168" not in so_far_text(last, "en")  # whose an address is, is not known yet
    assert "exit_code" not in so_far_facts(last)


def test_it_never_says_that_there_is_nothing() -> None:
    for standing in (Standing(3, 90, 0, None), Standing(3, 90, 2, summarise(Unfinished({}), (3, 90)))):
        for lang in ("zh", "en"):
            text = so_far_text(standing, lang)
            assert "3" in text
            assert "90" in text
    assert "no result yet" in so_far_text(Standing(3, 90, 0, None), "en")


def test_the_first_of_each_way_go_before_the_others(tmp_path, monkeypatch) -> None:
    asked: list[bool] = []
    submit = Judges.submit
    monkeypatch.setattr(
        Judges, "submit", lambda self, *one, **how: asked.append(how["first"]) or submit(self, *one, **how)
    )
    run([LAN], tmp_path / "case", Options(so_far=nothing), nothing)
    assert 3 < sum(asked) < len(asked) / 2


def test_it_waits_for_the_first_ones_and_tells_once(monkeypatch) -> None:
    monkeypatch.setattr(so_far, "FIRST", 0.0)
    told: list[Standing] = []
    follower = SoFar((), None, told.append)
    follower.stands(0, 5, 0)
    assert not told  # nothing was judged
    facts, verdict = object(), type("Verdict", (), {"face": "no"})()
    find = type("Find", (), {"sha256": "aa", "up": True})()
    follower.judged(find, (facts, verdict))
    follower.stands(1, 5, 2)
    assert not told  # others of the first ones wait
    follower.stands(1, 5, 0)
    follower.stands(2, 5, 0)
    assert told == [Standing(1, 5, 0, None)]


@pytest.mark.parametrize("ahead", [20_000, 0])
def test_ctrl_c_while_images_are_judged_keeps_what_was_judged_and_goes_on(whole, tmp_path, monkeypatch, ahead) -> None:
    monkeypatch.setattr(judging_ahead, "MOST_WAITING", ahead)
    folder, pressed = tmp_path / "case", []

    def press(stage: str, done: int, _total: int) -> None:
        if stage == "images" and done >= 3 and not pressed:
            pressed.append(done)
            os.kill(os.getpid(), signal.SIGINT)

    case = run([LAN], folder, Options(project_key=KEY), press)
    faces = case.table("images")["face"].to_pylist()
    if "not judged" not in faces:
        pytest.skip("all were judged before it was pressed")
    assert case.partial
    assert integrity(case.folder).sound
    assert "unjudged" in {one.kind for one in case.summary.limits}
    assert case.summary.state != NOT_SEEN
    summary = outcome(case)
    assert summary["resumable"]
    assert exit_reasons(summary)[:1] == [Exit.INTERRUPTED]
    asked: list[str] = []
    submit = Judges.submit
    monkeypatch.setattr(
        Judges, "submit", lambda self, sha256, *one, **how: asked.append(sha256) or submit(self, sha256, *one, **how)
    )
    case = resume_audit(folder, Options(), nothing)
    assert not case.partial
    assert same(case, whole)
    assert not ahead or len(asked) <= faces.count("not judged")  # none of those that waited is judged twice


def test_netaudit_from_python_tells_nothing_unasked(tmp_path, capsys) -> None:
    netaudit.audit(LAN, tmp_path / "case")
    assert "So far" not in capsys.readouterr().err
