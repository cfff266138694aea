"""What README, classifiers and docs/windows.md say of Windows is what its release check (`make windows`) found.

`packaging/windows/passed.json` is written by the check where all of it passed in one go; without it they say so.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PASSED = ROOT / "packaging" / "windows" / "passed.json"
ASKED = (  # what the check has to have carried out, by words in the names of its steps
    "installed by install.cmd", "installed below a Chinese name", "a changed wheel is refused", "doctor --try", "demo",
    "office", "two workers", "keys", "no C++ runtime", "time zones", "private", "killed and resumed", "Ctrl-Break",
    "the window is closed", "the session ends", "390 characters", "a share", "exFAT", "read only", "verify", "repeat",
    "report", "spreadsheet", "Word", "passed on", "sign", "stamp", "browse", "dropped", "double click", "campaign",
    "recording", "cp936", "cp1252", "removed",
)  # fmt: skip
ROOMS = 10
SAID = {
    "README.md": "{n} steps", "docs/windows.md": "{n} steps", "README.zh.md": "{n} 个步骤", "docs/zh/windows.md": "{n} 个步骤",
}  # fmt: skip
NOT_YET = {"README.md": "has not passed yet", "README.zh.md": "尚未通过"}
CLASSIFIER = "Operating System :: Microsoft :: Windows"


@pytest.fixture(scope="module")
def passed() -> dict[str, Any]:
    if not PASSED.is_file():
        pytest.skip("NOT PASSED YET")
    said: dict[str, Any] = json.loads(PASSED.read_text("utf-8"))
    return said


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_nothing_was_left_out_or_failed(passed: dict[str, Any]) -> None:
    names = [name for name, *_ in passed["steps"]]
    assert {name: state for name, state, *_ in passed["steps"] if state != "ok"} == {}
    assert [word for word in ASKED if not any(word in name for name in names)] == []
    assert sum(name.startswith("tests of ") for name in names) >= ROOMS


def test_it_was_this_version(passed: dict[str, Any]) -> None:
    assert passed["version"] == tomllib.loads(text("pyproject.toml"))["project"]["version"]


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_what_passed(name: str, passed: dict[str, Any]) -> None:
    assert SAID[name].format(n=len(passed["steps"])) in text(name)
    assert "wine" in text(name)


def test_what_cannot_be_shown_is_listed(passed: dict[str, Any]) -> None:
    assert passed["not_shown"], "wine as Windows? then docs/windows.md lists too much"
    for name in ("docs/windows.md", "docs/zh/windows.md"):
        assert "packaging/windows/probes" in text(name)


def test_until_it_has_passed_nobody_says_that_it_has() -> None:
    classifiers = tomllib.loads(text("pyproject.toml"))["project"]["classifiers"]
    assert (CLASSIFIER in classifiers) == PASSED.is_file()
    for name, words in NOT_YET.items():
        assert (words in text(name)) != PASSED.is_file()
