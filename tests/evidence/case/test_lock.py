"""One writer of a case at a time, whoever it is, and never in a folder that others may change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import windows_rules

from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case import lock as case_lock
from netaudit.evidence.case.lock import NAME, STAND_IN, holder, undisturbed, writing

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from netaudit.evidence.case.lock import writing
with writing(Path(sys.argv[1]), "audit"):
    print("held", flush=True)
    time.sleep(60)
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="rights and links of POSIX")


def holding(folder: Path) -> subprocess.Popen[bytes]:
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline().strip() == b"held"
    return other


def test_the_second_process_is_told_who_is_at_work(tmp_path: Path) -> None:
    with holding(tmp_path) as other:
        try:
            with (
                pytest.raises(UsageError, match=rf"what audit, pid {other.pid}, host .*since 20"),
                writing(tmp_path, "x"),
            ):
                pass
            said = holder(tmp_path)
            assert said is not None
            assert said["pid"] == other.pid
            with pytest.raises(UsageError, match="at work"), undisturbed(tmp_path, "export"):
                pass
        finally:
            other.terminate()
    with writing(tmp_path, "x"):
        pass


@posix
def test_a_killed_writer_holds_nothing_and_is_seen_to_have_been_there(tmp_path: Path) -> None:
    with holding(tmp_path) as other:
        os.kill(other.pid, signal.SIGKILL)
    assert holder(tmp_path) is None
    assert (tmp_path / NAME).stat().st_size
    with writing(tmp_path, "next"):
        said = holder(tmp_path)
        assert said is not None
        assert said["what"] == "next"
    assert (tmp_path / NAME).read_bytes() == b""


def test_a_thread_may_take_it_again_and_another_thread_may_not(tmp_path: Path) -> None:
    def other() -> None:
        with writing(tmp_path, "other"):
            pass

    with ThreadPoolExecutor(1) as pool:
        with writing(tmp_path, "one"), writing(tmp_path, "within"), pytest.raises(UsageError, match="at work"):
            pool.submit(other).result()
        pool.submit(other).result()


def test_a_disk_without_locks_has_a_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: int) -> bool:
        raise OSError(38, "no locks")

    monkeypatch.setattr(case_lock, "locked", none)
    with writing(tmp_path, "one"):
        assert (tmp_path / STAND_IN).exists()
        monkeypatch.setattr(case_lock, "_held", {})  # as another process sees it
        with pytest.raises(UsageError, match=r"remove \.lock\.held"), writing(tmp_path, "two"):
            pass
        monkeypatch.undo()
    assert not (tmp_path / STAND_IN).exists()


def test_a_folder_that_is_swapped_while_it_is_written_is_noticed(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case.mkdir()

    def swapped() -> None:
        with writing(case, "audit"):
            with windows_rules.waived():  # as somebody does where that is possible
                case.rename(tmp_path / "aside")
            case.mkdir()

    with pytest.raises(CaseError, match="replaced while it was written"):
        swapped()


@posix
def test_folders_of_others_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    with pytest.raises(UsageError, match=f"belongs to another user .uid {me}"), writing(tmp_path, "audit"):
        pass


@posix
def test_a_folder_where_everybody_writes_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(UsageError, match="chmod o-w"), writing(tmp_path, "audit"):
        pass
    tmp_path.chmod(0o1777)  # where nobody can take away what is another's
    with writing(tmp_path, "audit"):
        pass


@posix
@pytest.mark.parametrize("name", [NAME, "tables", "private", "private/objects", "private/record"])
def test_links_planted_in_a_case_are_not_followed(tmp_path: Path, name: str) -> None:
    case, outside = tmp_path / "case", tmp_path / "outside"
    (case / name).parent.mkdir(parents=True)
    outside.mkdir()
    (case / name).symlink_to(outside)
    with pytest.raises(UsageError, match="is a link"), writing(case, "audit"):
        pass
    assert list(outside.iterdir()) == []
