"""The rule for files that the tests keep refuses what Windows refuses, and nothing else."""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import windows_rules

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Windows keeps its rules itself")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.write_bytes(b"some bytes")
    return path


def test_open_files_are_neither_removed_nor_renamed_nor_replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"")
    with file.open("rb"):
        for act in (file.unlink, lambda: file.rename(other), lambda: other.replace(file)):
            with pytest.raises(PermissionError, match="Windows would refuse: open"):
                act()
        with pytest.raises(PermissionError):
            shutil.rmtree(file.parent)
        os.truncate(file, 4)
    file.rename(other)
    other.unlink()


def test_mapped_files_are_not_cut_either(file: Path) -> None:
    with file.open("rb") as opened:
        view = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    for act in (file.unlink, lambda: os.truncate(file, 4), lambda: file.write_bytes(b"other bytes")):
        with pytest.raises(PermissionError, match="Windows would refuse: mapped"):
            act()
    view.close()
    file.unlink()


def test_a_folder_is_not_renamed_in_which_a_file_is_open(file: Path, tmp_path: Path) -> None:
    with file.open("rb"):
        with pytest.raises(PermissionError, match="Windows would refuse"):
            file.parent.rename(tmp_path / "other")
        with windows_rules.waived():
            file.parent.rename(tmp_path / "other")
    (tmp_path / "other").rename(file.parent)


def test_one_test_of_all_rooms_waives_it(pytestconfig: pytest.Config) -> None:
    """The conftest of all rooms keeps it; a stranger on another system moves a case away in which something is open."""
    tests = Path(__file__).parent
    said = {path.relative_to(tests).as_posix(): path.read_text("utf-8") for path in tests.rglob("test_*.py")}
    waiving = {name for name, text in said.items() if "waived()" in text}
    assert waiving == {"evidence/case/test_lock.py", Path(__file__).name}
    assert pytestconfig.pluginmanager.has_plugin(str(tests / "conftest.py"))


def test_the_rule_is_kept_in_processes_of_ours_and_for_what_they_hold(file: Path) -> None:
    words = "import sys, pathlib\nopened = open(sys.argv[1])\nprint(flush=True)\nsys.stdin.read()\n"
    words += "pathlib.Path(sys.argv[1]).unlink()"
    with subprocess.Popen(
        [sys.executable, "-c", words, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(PermissionError, match="open in process"):
            file.unlink()
        _, said = child.communicate()
    assert b"Windows would refuse" in said
    with file.open("rb"), windows_rules.waived():
        file.unlink()
