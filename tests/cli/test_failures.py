"""Whatever goes wrong is one line and an exit code, never a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from netaudit.cli import app as command_line
from netaudit.cli.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of a command in this process."""
    monkeypatch.setattr(sys, "argv", ["netaudit", *arguments])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("command", ["audit", "live"])
@pytest.mark.parametrize("said", ["X", "", "AB"])
def test_a_certainty_that_does_not_exist_is_refused_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, said: str
) -> None:
    case = tmp_path / "case"
    assert run(monkeypatch, command, "none0", "--case", str(case), "--fail-on", said) == Exit.USAGE
    assert "A, B, C or D" in capsys.readouterr().err
    assert not case.exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, Exit.USAGE),
        (errno.ENOTDIR, Exit.USAGE),
        (errno.EACCES, Exit.USAGE),
        (errno.ENOSPC, Exit.INTERNAL),
        (errno.EIO, Exit.INTERNAL),
    ],
)
def test_what_the_system_refuses_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, code: Exit
) -> None:
    def refused(**_: object) -> None:
        raise OSError(number, os.strerror(number), "some/place")

    monkeypatch.delenv("NETAUDIT_TRACEBACK", raising=False)
    monkeypatch.setattr(command_line, "asked_for", lambda _: refused)
    assert run(monkeypatch) == code
    said = capsys.readouterr().err
    assert said.startswith("netaudit: ")
    assert "some/place" in said
    assert said.count("\n") == 1


def test_ctrl_c_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("netaudit.cli.auditing.audit_command", pressed)
    assert run(monkeypatch, "audit", "a.pcap", "--case", str(tmp_path / "case")) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "netaudit: interrupted\n"


def test_an_audit_that_was_cut_short_has_said_so_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("netaudit.cli.auditing.audit_command", lambda *_, **__: Exit.INTERRUPTED)
    assert run(monkeypatch, "audit", "a.pcap", "--case", str(tmp_path / "case")) == Exit.INTERRUPTED
    assert capsys.readouterr().err == ""


def test_a_name_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    capture = tmp_path / "a\x1b]0;owned\x07.pcap"
    capture.write_bytes(b"no capture at all")
    assert run(monkeypatch, "audit", str(capture), "--case", str(tmp_path / "case")) == Exit.UNREADABLE
    said = capsys.readouterr().err
    assert "nothing could be read" in said
    assert "\x1b" not in said
    assert "\x07" not in said


@pytest.mark.parametrize("there", [(), ("case.json",), ("case.json", "private/record")])
def test_what_holds_no_recording_cannot_be_audited_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, there: tuple[str, ...]
) -> None:
    for name in there:
        (tmp_path / name).mkdir(parents=True) if "/" in name else (tmp_path / name).write_text("{}")
    assert run(monkeypatch, "audit", "--resume", str(tmp_path)) == Exit.USAGE
    assert "holds no recording" in capsys.readouterr().err
    assert not (tmp_path / "custody.jsonl").exists()


def test_what_is_not_there_is_said_before_anything_is_compiled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def compiled(*_: object) -> None:
        raise AssertionError("compiles")

    monkeypatch.setattr("netaudit.pipeline.ready.make_ready", compiled)
    absent = str(tmp_path / "office.pcap")
    assert run(monkeypatch, "audit", absent, "--case", str(tmp_path / "case")) == Exit.UNREADABLE
    assert "office.pcap: No such file" in capsys.readouterr().err
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("command", ["show", "verify"])
def test_what_is_no_case_is_told_by_what_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    zipped = tmp_path / "office.zip"
    zipped.write_bytes(b"PK")
    for path, said in (
        (tmp_path / "absent", "no such folder"),
        (zipped, "has to be unpacked first"),
        (tmp_path, "is no case (no case.json in it)"),
    ):
        assert run(monkeypatch, command, str(path)) == Exit.USAGE
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("page", ["cp1252", "cp936"])
def test_what_is_redirected_on_windows_is_utf_8(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """In the code page of a Western Windows Chinese names became question marks."""
    from netaudit.cli import endings, showing

    into = io.TextIOWrapper(io.BytesIO(), page)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    monkeypatch.setattr(sys, "stdout", into)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), page))
    endings.printable()
    showing.write_csv(pa.table({"name": ["销售中心 é"]}))
    into.flush()
    monkeypatch.undo()
    assert into.buffer.getvalue().decode("utf-8") == "\ufeffname\n销售中心 é\n"


def test_elsewhere_it_stays_as_the_system_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from netaudit.cli import endings, showing

    into = io.TextIOWrapper(io.BytesIO(), "utf-8")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "stdout", into)
    endings.printable()
    showing.write_csv(pa.table({"a": [1]}))
    into.flush()
    monkeypatch.undo()
    assert into.buffer.getvalue() == b"a\n1\n"
