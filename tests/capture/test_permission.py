"""How a user comes to be allowed to record, on each system; and nothing of that where another thing is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netaudit.capture import permission
from netaudit.capture.permission import briefly, forbidden, how_to_allow
from netaudit.cli.texts import TEXTS, say

REFUSED = (
    'dumpcap: You do not have permission to capture on device "eth1". (socket: Operation not permitted) '
    "Please check to make sure you have sufficient permissions. On Debian …"
)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A system by its platform, with dumpcap of that mode (None: without) on a Debian or not."""

    def set_up(platform: str = "linux", mode: int | None = 0o755, *, debian: bool = True) -> str:
        program = tmp_path / "a dumpcap"
        program.write_bytes(b"")
        program.chmod(mode or 0)
        monkeypatch.setattr(permission.sys, "platform", platform)
        monkeypatch.setattr(permission, "find_dumpcap", lambda: None if mode is None else str(program))
        monkeypatch.setattr(permission, "DEBIAN", tmp_path if debian else tmp_path / "none")
        return str(program)

    return set_up


@pytest.mark.parametrize(
    ("problem", "helps"),
    [
        ("socket: Operation not permitted", True),
        ("You don't have permission to capture", True),
        ("Permission denied", True),
        ("dumpcap was not found", True),
        ("That device is not up", False),
        ("eth7: interface not found", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_steps_only_where_they_help(system, platform: str, problem: str, helps: bool) -> None:
    system(platform)
    steps = how_to_allow(problem)
    assert bool(steps) == helps
    for step in steps:
        for lang in ("zh", "en"):
            assert step.command in say(f"allow_{step.what}", lang, command=step.command)


@pytest.mark.parametrize(
    ("platform", "mode", "debian", "problem", "expected"),
    [
        ("linux", 0o755, True, REFUSED, ["debian", "setcap"]),
        ("linux", 0o755, False, REFUSED, ["setcap"]),
        ("linux", None, True, "socket: Operation not permitted", ["install", "root"]),
        ("win32", 0o755, False, "dumpcap was not found: …", ["wireshark"]),
        ("win32", 0o755, False, "You don't have permission", ["npcap"]),
        ("darwin", 0o755, False, "(socket: Operation not permitted)", ["brew", "chmodbpf"]),
    ],
)
def test_what_each_system_needs(system, platform, mode, debian, problem, expected) -> None:
    system(platform, mode, debian=debian)
    assert [step.what for step in how_to_allow(problem)] == expected


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.name != "posix", reason="needs modes of files")
def test_a_group_may_run_it(system, monkeypatch) -> None:
    path = system(mode=0o750)
    monkeypatch.setattr(permission.os, "access", lambda *_: False)
    (step,) = how_to_allow("Permission denied")
    assert (step.what, step.command) == ("join", f"sudo usermod -aG {Path(path).group()} $USER")


def test_names_are_quoted_for_the_shell(system) -> None:
    path = system(debian=False)
    assert how_to_allow(REFUSED)[0].command.endswith(f"'{path}'")


def test_the_paragraph_of_dumpcap_becomes_what_the_system_said() -> None:
    assert briefly(REFUSED) == "socket: Operation not permitted"
    assert briefly("That device is not up. Try something.") == "That device is not up"
    assert len(briefly("x" * 5000)) < 200
    assert forbidden(REFUSED)


def test_every_step_has_a_text_and_every_text_a_step() -> None:
    source = Path(permission.__file__).read_text(encoding="utf-8")
    for key in TEXTS:
        if key.startswith("allow_"):
            assert f'Step("{key.removeprefix("allow_")}"' in source
