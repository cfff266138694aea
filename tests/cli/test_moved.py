"""Former spellings tell the present one; nothing is done by them, and there are at most 24 commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from netaudit.cli.app import app
from netaudit.cli.exits import Exit
from netaudit.cli.helping import COMMANDS, OPTIONS, language_first
from netaudit.errors import UsageError

ALL = typer.main.get_command(app)
MOST = 24


def leaves(command, name=""):
    below = getattr(command, "commands", {})
    return [one for word, sub in below.items() for one in leaves(sub, f"{name} {word}".strip())] or [name]


def test_there_are_few_commands() -> None:
    assert len(leaves(ALL)) <= MOST


def words_of(spelling: str) -> list[str]:
    """A spelling up to its first value."""
    words = spelling.split()
    return words[: next((place for place, word in enumerate(words) if word.isupper()), len(words))]


@pytest.mark.parametrize("former", COMMANDS)
def test_a_former_command_tells_the_present_one(former: str) -> None:
    now = COMMANDS[former]
    with pytest.raises(UsageError, match="spelt otherwise now: netaudit " + now.replace("[", r"\[")):
        CliRunner().invoke(app, [*former.split(), "x"], catch_exceptions=False)
    present = " ".join(words_of(now)[:2])
    assert any(one == present or one.startswith(present) or present.startswith(one) for one in leaves(ALL))


@pytest.mark.parametrize("former", OPTIONS)
def test_a_former_option_tells_the_present_spelling(former: str) -> None:
    for words in (former.split(), [f"{former}=x".split()[0], f"{former}=x".split()[1]]):
        with pytest.raises(UsageError, match="spelt otherwise now"):
            CliRunner().invoke(app, [words[0], "x", *words[1:]], catch_exceptions=False)
    command, option = former.split()
    assert not any(option in param.opts for param in ALL.commands[command].params)


def test_the_exit_code_is_that_of_usage(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "netaudit", "report", str(tmp_path), "--lang", "zh"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == Exit.USAGE
    assert done.stderr == "netaudit: netaudit report 现在的写法是：netaudit export CASE html\n"
    assert not done.stdout


def test_no_page_and_no_text_has_a_former_spelling() -> None:
    root = Path(__file__).parents[2]
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "netaudit").rglob("*.yaml")]
    former = {name for name in COMMANDS if name.split()[0] not in {"devices", "documents", "signatures"}} | {
        f"{group} {word}" for group, words in (("devices", "list|set"), ("signatures", "check|list|test|explain|new"),
                                               ("documents", "check|explain|new")) for word in words.split("|")
    }  # fmt: skip
    pattern = re.compile("netaudit (" + "|".join(sorted(former, key=len, reverse=True)) + r")\b(?! -|ed)")
    told = {
        path.relative_to(root).as_posix(): found[0]
        for path in pages
        if path.name != "CHANGELOG.md" and "decisions" not in path.parts
        for found in [pattern.search(path.read_text("utf-8"))]
        if found
    }
    assert not told


@pytest.mark.parametrize(
    ("words", "front"),
    [
        (["show", "x", "--lang", "zh"], ["--lang", "zh", "show", "x"]),
        (["show", "--lang=en", "x"], ["--lang=en", "show", "x"]),
        (["show", "x", "--", "--lang", "zh"], ["show", "x", "--", "--lang", "zh"]),
        (["show", "--lang"], ["show", "--lang"]),
    ],
)
def test_the_language_may_stand_anywhere(words: list[str], front: list[str]) -> None:
    assert language_first(words) == front
