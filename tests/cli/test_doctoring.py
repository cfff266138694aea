"""What `netaudit doctor` says: every check and remedy in both languages, and the truth about a broken helper."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from netaudit.cli import doctoring
from netaudit.cli.exits import Exit
from netaudit.pipeline import doctor, trying
from netaudit.pipeline.doctor import BAD, GOOD, SCARCE, Check

if TYPE_CHECKING:
    import pytest


def test_every_remedy_and_name_is_worded() -> None:
    words = {node.value for node in ast.walk(ast.parse(inspect.getsource(doctor))) if isinstance(node, ast.Constant)}
    plain = {"told", "python", "warm", "cache", "detector", "helper", "npcap", "disk", "extras", "release"}
    assert plain <= words
    tried = {"private", "antivirus", "slow_disk", "long", "audit"}
    by_system = {
        f"{name}_{system}"
        for name in ("dumpcap", "tshark", "rights", "fonts")
        for system in ("linux", "macos", "windows")
    }
    assert plain | by_system | tried | {"settings"} == set(doctoring.REMEDIES)
    assert {*doctor.CHECKS, *trying.TRIALS} <= set(doctoring.NAMES)
    for texts in (doctoring.REMEDIES, doctoring.NAMES, doctoring.STATES, doctoring.ENDINGS):
        assert all(set(text) == {"en", "zh"} for text in texts.values())


def test_this_computer_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    """The tests run here, so audits do; the rest may be scarce."""
    ended = doctoring.doctor_command(as_json=True, lang="zh")
    told = orjson.loads(capsys.readouterr().out)
    states = {check["name"]: check["state"] for check in told["checks"]}
    assert ended == Exit.AUDITED
    assert told["ready"]
    assert {states["python"], states["helper"], states["detector"]} == {GOOD}
    assert all(bool(check["remedy"]) == (check["state"] != GOOD) for check in told["checks"])


def test_a_helper_that_cannot_be_started_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.programs, "helper", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    found = {check.name: check for check in doctor.CHECKS["helper"]()}
    assert (found["helper"].state, found["helper"].remedy) == (BAD, "helper")
    assert (found["detector"].state, found["detector"].remedy) == (BAD, "detector")


def test_a_check_that_fails_is_bad_and_the_others_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def ill() -> list[Check]:
        raise ValueError("out of order")

    monkeypatch.setattr(doctor, "CHECKS", {"disk": ill, "python": doctor.CHECKS["python"]})
    assert [(check.name, check.state) for check in doctor.examine()] == [("disk", BAD), ("python", GOOD)]


def test_lines_show_what_was_said_as_text() -> None:
    check = Check("rights", SCARCE, "rights_linux", {"interfaces": [], "said": "eth0: \x1b[2Jno"})
    first, second = doctoring.lines(check, "en")
    assert "\x1b" not in first
    assert "netaudit live" in second


def test_what_is_tried_is_a_page_without_names(tmp_path, monkeypatch, capsys) -> None:
    """It is sent to somebody else: no name of a place, and a small audit whose answer is known."""
    place = tmp_path / "张三 的文件夹"
    place.mkdir()
    monkeypatch.chdir(place)
    assert doctoring.doctor_command(as_json=False, lang="zh", trying=True) == Exit.AUDITED
    capsys.readouterr()
    page = (place / doctoring.PAGE).read_bytes().decode("utf-8-sig")
    assert "张三" not in page
    assert str(Path.home()) + "/" not in page
    assert [path.name for path in place.iterdir()] == [doctoring.PAGE]
    zones = next(line for line in page.splitlines() if doctoring.NAMES["zones"]["zh"] in line)
    assert re.search(r"UTC[+-]\d\d:\d\d", zones)
    for name in trying.TRIALS:
        line = next(line for line in page.splitlines() if doctoring.NAMES[name]["zh"] in line)
        assert not line.startswith(doctoring.STATES["bad"]["zh"]), line


def test_a_wrong_answer_is_told(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(trying, "TRIALS", {"audit": trying.TRIALS["audit"]})
    monkeypatch.setattr(trying, "_upload", lambda _: trying.pcap([]))
    (check,) = trying.try_out(tmp_path)
    assert (check.state, check.remedy) in {(BAD, "audit"), (BAD, "told")}
