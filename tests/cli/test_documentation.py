"""`netaudit docs` opens what lies in the installation; exit codes are explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from netaudit.cli import documentation
from netaudit.cli.app import app
from netaudit.cli.documentation import docs_command
from netaudit.cli.exits import Exit
from netaudit.errors import UsageError


@pytest.mark.parametrize(("lang", "page"), [("en", "index.html"), ("zh", "zh/index.html")])
def test_the_first_page_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str, page: str
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(documentation, "SITE", tmp_path)
    monkeypatch.setattr(documentation, "SOURCE", tmp_path)
    with pytest.raises(UsageError, match="make docs"):
        docs_command(show=True, lang=lang)
    (tmp_path / page).parent.mkdir(exist_ok=True)
    (tmp_path / page).write_text("")
    assert docs_command(show=False, lang=lang) == Exit.AUDITED
    assert not opened
    docs_command(show=True, lang=lang)
    assert opened == [(tmp_path / page).as_uri()]
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / page)] * 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_checkout_shows_its_own_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, lang: str) -> None:
    monkeypatch.setattr(documentation, "SITE", tmp_path)
    assert docs_command(show=False, lang=lang) == Exit.AUDITED
    assert Path(capsys.readouterr().out.strip()).read_text("utf-8").startswith("#")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_exit_code_is_explained(lang: str) -> None:
    from netaudit.cli.texts import speak

    speak(lang)
    try:
        said = CliRunner().invoke(app, ["--explain-exit"]).output.splitlines()
    finally:
        speak(None)
    assert [int(line.split()[0]) for line in said] == [int(code) for code in Exit]
    assert all(len(line.split(maxsplit=1)[1]) > 5 for line in said)
    assert ("完成" in said[0]) == (lang == "zh")
