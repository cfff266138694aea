"""What a command loads: rooms and packages that a capture does not ask for stay away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
import typer.testing

from netaudit.cli.app import app, asked_for

CAPTURE = Path(__file__).parents[2] / "pcaps/carriers/ranges.pcapng"  # images over HTTP/1
ROOMS = {
    "browse",
    "evidence.crosscheck",
    "evidence.rule_drafting",
    "pipeline.campaign",
    "pipeline.live",
    "report.exports",
}
PACKAGES = {
    "PIL", "dask", "duckdb", "llvmlite", "numba", "onnxruntime", "openpyxl", "phonenumbers", "pydantic", "rich",
    "stdnum",
}  # fmt: skip
HEAVY = {"jinja2", "numpy", "pyarrow"}
LOOK = """
import atexit, sys
atexit.register(lambda: print("LOADED", *sys.modules))
sys.argv = ["netaudit", *{words!r}]
from netaudit.cli import main
main()
"""


def _loaded(*words: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", LOOK.format(words=words)], capture_output=True, text=True, check=False)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    return set(line.split())


def test_an_audit_loads_what_its_capture_asks_for(tmp_path: Path) -> None:
    first = _loaded(
        "audit", str(CAPTURE), "--case", str(tmp_path / "first"), "--no-faces"
    )  # kernels and texts are kept
    assert "netaudit.protocols.http1.side" in first
    loaded = _loaded("audit", str(CAPTURE), "--case", str(tmp_path / "case"), "--no-faces")
    assert not loaded & (PACKAGES | {f"netaudit.{room}" for room in ROOMS})


@pytest.mark.parametrize("words", [["show"], ["show", "findings"], ["verify"], ["duties"], ["explain", "10.0.0.1"]])
def test_a_command_that_reads_a_case_loads_what_it_shows(words: list[str], tmp_path: Path) -> None:
    case = str(tmp_path / "case")
    _loaded("audit", str(CAPTURE), "--case", case, "--no-faces")
    loaded = _loaded(words[0], case, *words[1:])
    assert "pyarrow" in loaded
    assert not loaded & {"numba", "llvmlite"}


def test_help_loads_nothing_heavy() -> None:
    for words in (["--help"], ["audit", "--help"], ["--version"]):
        assert not _loaded(*words) & (HEAVY | PACKAGES)


ALL = typer.main.get_command(app)


@pytest.mark.parametrize("name", ALL.commands)
def test_of_all_commands_the_one_that_is_asked_for_is_made(name: str) -> None:
    part = typer.main.get_command(asked_for([name, "--help"]))
    assert list(part.commands) == [name]
    assert [param.opts for param in part.params] == [param.opts for param in ALL.params]
    whole, alone = (
        typer.testing.CliRunner().invoke(one, [name, "--help"], prog_name="netaudit")
        for one in (app, asked_for([name]))
    )
    assert alone.output == whole.output != ""


@pytest.mark.parametrize("words", [[], ["--help"], ["adit"], ["--lang", "zh", "audit"], [""]])
def test_where_none_is_named_all_are_made(words: list[str]) -> None:
    assert asked_for(words) is app


def test_completion_needs_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_NETAUDIT_COMPLETE", "complete_bash")
    assert asked_for(["audit"]) is app


def test_the_list_of_commands_has_one_paragraph_for_each() -> None:
    listed = typer.testing.CliRunner().invoke(app, ["--help"]).output
    assert "sign " in listed
    assert "NETAUDIT_KEY_PASSWORD" not in listed
