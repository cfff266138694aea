"""What a double click starts: a question, an audit, the pages of its case."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from netaudit.cli import starting
from netaudit.cli.exits import Exit
from netaudit.cli.starting import by_double_click, start_command
from netaudit.system import windows_processes


class Runs:
    """Commands that were carried out, and how audits end."""

    def __init__(self, ends: Exit = Exit.AUDITED) -> None:
        self.ends, self.words = ends, []

    def __call__(self, words: list[str]) -> Exit:
        self.words.append(words)
        return self.ends if words[0] == "audit" else Exit.AUDITED


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "外网 抓包.pcapng"
    path.write_bytes(b"")
    return path


def test_a_capture_is_audited_beside_it_and_its_case_looked_through(capture: Path) -> None:
    run, case = Runs(Exit.UNJUDGED), str(capture.with_name("外网 抓包-case"))
    assert start_command([capture], "zh", run) == Exit.AUDITED
    assert run.words == [["audit", str(capture), "--case", case], ["browse", case]]


@pytest.mark.parametrize("ended", sorted(starting.ENDED_WITHOUT_CASE))
def test_nothing_is_looked_through_where_no_case_came(capture: Path, ended: Exit) -> None:
    run = Runs(ended)
    assert start_command([capture], "en", run) == ended
    assert [words[0] for words in run.words] == ["audit"]


def test_a_case_is_looked_through_and_what_was_audited_is_not_audited_again(capture: Path) -> None:
    run, case = Runs(), capture.with_name("外网 抓包-case")
    case.mkdir()
    for name in ("case.json", "manifest.json"):
        (case / name).write_text("{}")
    start_command([case], "en", run)
    start_command([capture], "en", run)
    assert run.words == [["browse", str(case)]] * 2


@pytest.mark.parametrize(("said", "count"), [('"{}"', 2), ("{}", 2), ("", 0)])
def test_it_asks_and_takes_what_is_drawn_into_the_window(
    capture: Path, monkeypatch: pytest.MonkeyPatch, said: str, count: int
) -> None:
    run = Runs()
    monkeypatch.setattr("builtins.input", lambda _: said.format(capture))
    assert start_command([], "en", run) == Exit.AUDITED
    assert len(run.words) == count


def test_only_a_console_of_its_own_makes_it_so(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_double_click([]) == []
    own = True
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(windows_processes, "has_own_console", lambda _: own, raising=False)
    assert by_double_click([]) == ["start"]
    assert by_double_click([str(capture)]) == ["start", str(capture)]
    assert by_double_click(["audit", str(capture)]) == ["audit", str(capture)]
    own = False
    assert by_double_click([]) == []


def test_the_case_of_a_capture_on_a_disc_lies_at_home(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs()

    def refused(**_: object) -> None:
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(starting.tempfile, "TemporaryFile", refused)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    start_command([capture], "en", run)
    assert run.words[0][-1] == str(Path("/home/me/netaudit/外网 抓包-case"))
