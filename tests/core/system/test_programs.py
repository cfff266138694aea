"""Programs of our own are started by the interpreter that runs this, and remedies name it."""

from __future__ import annotations

import sys


def test_a_remedy_names_the_interpreter_that_runs_this(monkeypatch, tmp_path) -> None:
    """`python` may be another one, or none: what it installs would not be found here."""
    from netaudit.core.system import programs

    remedy = "a spreadsheet needs XlsxWriter: python -m pip install XlsxWriter"
    monkeypatch.setattr("shutil.which", lambda _: sys.executable)
    assert programs.with_interpreter(remedy) == remedy
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert programs.with_interpreter(remedy).endswith(f": {programs.quoted(sys.executable)} -m pip install XlsxWriter")
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert ": .venv/bin/python -m pip" in programs.with_interpreter(remedy).replace("\\", "/")


def test_a_remedy_is_told_from_a_folder_that_is_gone(monkeypatch) -> None:
    """It was removed meanwhile: an audit ended with a traceback where it only wanted to tell a remedy."""
    from netaudit.core.system import programs

    def gone() -> None:
        raise FileNotFoundError

    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(programs.Path, "cwd", staticmethod(gone))
    assert programs.quoted(sys.executable) in programs.with_interpreter("python -m pip install XlsxWriter")
