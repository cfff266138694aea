"""What an appliance removes, and what it never touches."""

from __future__ import annotations

import datetime
import shutil
from typing import TYPE_CHECKING

import pytest

from netaudit.evidence.case.custody import Custody, entries
from netaudit.evidence.case.removal_rule import Rule
from netaudit.evidence.case.seal import seal
from netaudit.pipeline.live.daily import room as rooms
from netaudit.pipeline.live.daily.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = datetime.datetime.now(datetime.UTC).date()
SIZE = 50_000


def ago(days: int) -> str:
    return str(TODAY - datetime.timedelta(days=days))


def a_case(root: Path, name: str, days: int | None, *, sealed: bool = True) -> Path:
    """A case with a table and an image."""
    folder = root / name
    for part in ("tables/files.parquet", "private/objects/ab/picture.jpg"):
        path = folder / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(SIZE))
    with Custody(folder) as custody:
        custody.note("begun", removal=Rule(name[:10], days, room=True).facts())
        if sealed:
            seal(folder, custody)
    return folder


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    with Custody(tmp_path) as one:
        yield one


def filled(
    custody: Custody, root: Path, told: list[str], names: list[str], most: int | None = None, days: int = 2
) -> Room:
    """A room whose cases were begun and sealed in that order."""
    room = Room(root, custody, most, 0, lambda _, code, **__: told.append(code))
    for name in names:
        room.begin(name)
        a_case(root, name, days)
        room.seal(name, "", "")
    return room


def test_a_folder_of_others_is_never_touched_nor_counted(custody: Custody, tmp_path: Path, told: list[str]) -> None:
    room = filled(custody, tmp_path, told, [ago(1)], most=1 << 20)
    other = tmp_path / "2020-01-01"
    other.mkdir()
    (other / "thesis.docx").write_bytes(bytes(2 << 20))
    foreign = a_case(tmp_path, "2020-01-02", 2)  # of another appliance
    assert room.used() < 1 << 20
    room.mind(TODAY, set())
    room.most = 1000
    room.mind(TODAY, set())
    assert (other / "thesis.docx").exists()
    assert (foreign / "private").exists()


def test_no_case_goes_where_all_would_not_do(custody: Custody, tmp_path: Path, told: list[str]) -> None:
    room = filled(custody, tmp_path, told, [ago(2), ago(1)], most=None)
    room.keep_free = 1 << 60  # others fill the disk
    room.mind(TODAY, set())
    assert "case_removed" not in told
    assert len(room.own()) == 2


def test_a_case_that_was_never_audited_stays(custody: Custody, tmp_path: Path, told: list[str]) -> None:
    room = filled(custody, tmp_path, told, [ago(1)], most=100_000)
    room.begin(ago(9))
    never = a_case(tmp_path, ago(9), 2, sealed=False)
    room.mind(TODAY, set())
    assert (never / "private" / "objects" / "ab" / "picture.jpg").exists()


def test_what_cannot_be_removed_is_told_once_and_carried_on(
    custody: Custody, tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [ago(3), ago(2), ago(1)]
    room = filled(custody, tmp_path, told, names, most=150_000)

    def fails(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", fails)
        room.mind(TODAY, set())
        room.mind(TODAY, set())
    assert told.count("not_removed") == 1
    again = Room(tmp_path, custody, 150_000, 0, lambda _, code, **__: told.append(code))
    again.mind(TODAY, set())
    assert not list(tmp_path.glob(f"{rooms.GOING}*"))
    assert next(line["case"] for line in entries(tmp_path) if line["what"] == "case removed") == names[0]


def test_days_of_a_clock_that_was_behind_are_no_age(custody: Custody, tmp_path: Path, told: list[str]) -> None:
    """Recorded in 1970 by a board without a battery, sealed when it knew the time; and wholly in 1970."""
    names = ["1970-01-01", ago(1), ago(0)]
    room = filled(custody, tmp_path, told, names)
    room.mind(TODAY, set())
    assert "removed_age" not in told


@pytest.mark.parametrize(("later", "goes"), [(2, False), (3, True)])
def test_as_many_days_are_sealed_as_private_data_is_kept(
    custody: Custody, tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch, later: int, goes: bool
) -> None:
    room = filled(custody, tmp_path, told, ["1970-01-01"], days=3)
    for days in range(later, 0, -1):
        room.begin(ago(days))
        a_case(tmp_path, ago(days), 3)
        room.seal(ago(days), "", "")
    asked = rooms._sealed_rule

    def by_its_name(path: Path) -> tuple[Rule, datetime.date] | None:  # its chain, too, was written in 1970
        said = asked(path)
        return (said[0], datetime.date.fromisoformat(said[0].day)) if said is not None else None

    monkeypatch.setattr(rooms, "_sealed_rule", by_its_name)
    room.mind(TODAY, set())
    assert ("removed_age" in told) == goes
