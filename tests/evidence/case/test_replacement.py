"""A case is replaced whole or not at all, at whatever step the replacing is cut off."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from netaudit.core.storage.files import fresh, write_whole
from netaudit.errors import CaseError
from netaudit.evidence.case import replacement
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.replacement import COMING, GOING, JOURNAL, coming, swap_in, taken_up

NAMES = ("case.json", "report.html", "tables", "private", "decisions.jsonl")


def make(folder: Path, text: str, extra: str) -> None:
    (folder / "tables").mkdir(parents=True)
    for name in ("case.json", "tables/flows.parquet", extra):
        (folder / name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


OLD = {"case.json": "old", "tables/flows.parquet": "old", "report.html": "old"}
NEW = {"case.json": "new", "tables/flows.parquet": "new", "decisions.jsonl": "new"}


class Killed(BaseException):
    """As a process that is no more."""


@pytest.mark.parametrize("step", range(40))
def test_cut_off_at_any_step_it_is_the_old_case_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Each change of the disk is a step; the process ends before the step-th."""
    case = tmp_path / "case"
    make(case, "old", "report.html")
    left = step

    def counted(real):
        def call(*args, **kwargs):
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return real(*args, **kwargs)

        return call

    ended = True
    with monkeypatch.context() as patched:
        for owner, name in ((Path, "rename"), (Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (shutil, "rmtree")):
            patched.setattr(owner, name, counted(getattr(owner, name)))
        try:
            with writing(case, "audit"):
                make(coming(case), "new", "decisions.jsonl")
                swap_in(case, NAMES)
        except Killed:
            ended = False
    journal = (case / JOURNAL).exists()
    taken_up(case)
    found = contents(case)
    here = {name: text for name, text in found.items() if not name.startswith((COMING, JOURNAL))}
    assert here == (NEW if journal or ended or here == NEW else OLD)
    if here == NEW:
        assert not (case / COMING).exists()
    assert not (case / GOING).exists()
    assert ended or step < 39


def test_a_journal_of_somebody_else_moves_nothing(tmp_path: Path) -> None:
    make(tmp_path, "old", "report.html")
    (tmp_path / JOURNAL).write_text('{"comes": ["../../etc"], "goes": []}')
    with pytest.raises(CaseError, match="no part of a case"):
        taken_up(tmp_path)
    assert contents(tmp_path).items() >= OLD.items()


@pytest.mark.links
def test_a_file_is_written_whole_and_never_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    (tmp_path / "report.html.new").symlink_to(outside)
    write_whole(tmp_path / "report.html", b"new")
    assert (outside.read_text(), (tmp_path / "report.html").read_text()) == ("kept", "new")

    def half() -> None:
        with fresh(tmp_path / "report.html") as temporary:
            temporary.write_text("half")
            raise Killed

    with pytest.raises(Killed):
        half()
    assert (tmp_path / "report.html").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "report.html"]


@pytest.mark.links
def test_what_a_link_in_the_old_case_leads_to_stays(tmp_path: Path) -> None:
    case, elsewhere = tmp_path / "case", tmp_path / "elsewhere"
    make(case, "old", "report.html")
    (elsewhere / "ab").mkdir(parents=True)
    (elsewhere / "ab" / "kept").write_text("theirs")
    (case / "tables" / "objects").symlink_to(elsewhere)
    with writing(case, "audit"):
        make(coming(case), "new", "decisions.jsonl")
        (case / "private").symlink_to(elsewhere)  # made meanwhile
        swap_in(case, NAMES)
    assert contents(case) == NEW
    assert (elsewhere / "ab" / "kept").read_text() == "theirs"


@pytest.mark.skipif(sys.platform != "linux", reason="syncfs is of Linux")
@pytest.mark.parametrize("whole", [True, False], ids=["together", "where that fails"])
def test_many_files_are_written_to_the_disk_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    written: list[Path] = []
    monkeypatch.setattr(replacement, "MANY", 2)
    monkeypatch.setattr(replacement, "_on_disk", written.append)
    if not whole:
        monkeypatch.setattr(replacement, "_file_system_on_disk", lambda place: False)
    make(tmp_path, "new", "report.html")
    replacement._flush(tmp_path)
    assert len(written) == (0 if whole else 3)


def test_few_files_are_written_to_the_disk_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacement, "_file_system_on_disk", lambda place: pytest.fail("others' files were waited for"))
    make(tmp_path, "new", "report.html")
    replacement._flush(tmp_path)
