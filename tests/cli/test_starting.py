"""What a double click starts: a question, an audit, the pages of its case."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import netaudit
from netaudit.cli import browsing
from netaudit.cli.app import asked_for
from netaudit.cli.exits import Exit
from netaudit.errors import UsageError

PCAPS = Path(__file__).parents[2] / "pcaps"
SMALL = PCAPS / "carriers" / "s3.pcapng"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return Path(shutil.copy(SMALL, tmp_path / "外网 抓包.pcapng"))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that were looked through."""
    found: list[Path] = []

    def serve(folders: list[Path], *_: object, **__: object) -> Exit:
        found.extend(folders)
        return Exit.AUDITED

    monkeypatch.setattr(browsing, "_serve", serve)
    return found


def browse(*places: Path) -> Exit:
    return browsing.browse_command(places, [], None, asked_for, show=False, lang="en")


def test_a_capture_is_audited_beside_it_and_its_case_looked_through(capture: Path, served: list[Path]) -> None:
    case = capture.with_name("外网 抓包-case")
    assert browse(capture) == Exit.AUDITED
    assert [path.resolve() for path in served] == [case]
    written = (case / "manifest.json").stat().st_mtime_ns
    browse(case)
    browse(capture)  # which was audited, and is not again
    assert len(served) == 3
    assert (case / "manifest.json").stat().st_mtime_ns == written


def test_a_case_of_another_capture_is_not_taken_for_it(capture: Path, served: list[Path]) -> None:
    netaudit.audit(PCAPS / "carriers" / "ranges.pcapng", capture.with_name("外网 抓包-case"), faces=False)
    with pytest.raises(UsageError, match="of another capture"):
        browse(capture)
    assert not served


def test_nothing_is_looked_through_where_no_case_came(tmp_path: Path, served: list[Path]) -> None:
    with pytest.raises(netaudit.UnreadableError):
        browse(tmp_path / "absent.pcap")
    assert not served


@pytest.mark.parametrize(("said", "count"), [('"{}"', 1), ("{}", 1), ("", 0)])
def test_it_asks_and_takes_what_is_drawn_into_the_window(
    tmp_path: Path, served: list[Path], monkeypatch: pytest.MonkeyPatch, said: str, count: int
) -> None:
    case = netaudit.audit(SMALL, tmp_path / "case", faces=False).folder
    monkeypatch.setattr("builtins.input", lambda _: said.format(case))
    assert browse() == Exit.AUDITED
    assert served == [case] * count


def test_a_folder_of_captures_is_one_audit_and_a_folder_of_cases_none(capture: Path, tmp_path: Path) -> None:
    assert browsing._is_capture(capture.parent)
    (tmp_path / "cases" / "one").mkdir(parents=True)
    (tmp_path / "cases" / "one" / "case.json").write_text("{}")
    shutil.copy(capture, tmp_path / "cases")
    assert not browsing._is_capture(tmp_path / "cases")
    assert not browsing._is_capture(tmp_path / "cases" / "one")


def test_the_case_of_a_capture_on_a_disc_lies_at_home(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(browsing.tempfile, "TemporaryFile", refused)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    assert browsing._place([capture]) == Path("/home/me/netaudit/外网 抓包-case")
