"""Private data that went by the rule of the seal is no damage; whatever else is gone is."""

from __future__ import annotations

import datetime
from pathlib import Path

import orjson
import pytest

from netaudit.evidence.case.custody import Custody, entries
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.removal import remove_private
from netaudit.evidence.case.removal_rule import AGE, REMOVED, ROOM, Rule, rule_of
from netaudit.evidence.case.seal import seal
from netaudit.report.texts import Texts
from tests.wording import english

TODAY = datetime.datetime.now(datetime.UTC).date()


def case(folder: Path, rule: Rule | None) -> Path:
    """A sealed case with three private files."""
    for name in ("objects/ab/picture.jpg", "record/record-1.pcapng", "unmasked.jsonl"):
        path = folder / "private" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (folder / "case.json").write_bytes(orjson.dumps({"totals": {}, "partial": False, "seal": "manifest.json"}))
    with Custody(folder) as custody:
        custody.note("begun", **({"removal": rule.facts()} if rule is not None else {}))
        custody.note("concluded")
        seal(folder, custody)
    return folder


def old(days: int, private_days: int | None = 30, *, room: bool = False) -> Rule:
    return Rule(str(TODAY - datetime.timedelta(days=days)), private_days, room)


def test_private_data_that_went_by_rule_is_told_and_no_damage(tmp_path: Path) -> None:
    folder = case(tmp_path / "case", old(40))
    assert integrity(folder).sound
    assert remove_private(folder, AGE) == len("objects/ab/picture.jpg") + len("record/record-1.pcapng")
    told = integrity(folder)
    assert told.sound
    assert (told.removed, told.removed_why, told.removed_on[:10]) == (2, "age", str(TODAY))
    assert not (folder / "private" / "objects").exists()
    assert (folder / "private" / "unmasked.jsonl").exists()  # who saw what in clear is no private data of the audited


def test_what_is_gone_without_a_line_is_missing(tmp_path: Path) -> None:
    folder = case(tmp_path / "case", old(40))
    (folder / "private" / "record" / "record-1.pcapng").unlink()
    assert integrity(folder).missing == ["private/record/record-1.pcapng"]
    remove_private(folder, AGE)  # says how many there were
    line = next(line for line in entries(folder) if line["what"] == REMOVED)
    assert line["files"] == 1
    assert "private/record/record-1.pcapng" in integrity(folder).missing  # it was gone before the rule had it go


def test_a_file_that_no_rule_covers_stays_missed(tmp_path: Path) -> None:
    folder = case(tmp_path / "case", old(40))
    remove_private(folder, AGE)
    (folder / "private" / "unmasked.jsonl").unlink()
    (folder / "case.json").unlink()
    told = integrity(folder)
    assert {"private/unmasked.jsonl", "case.json"} <= set(told.missing)
    assert not told.sound


@pytest.mark.parametrize(
    ("rule", "why", "problem"),
    [
        (None, AGE, "by a rule that the seal has not"),
        (old(10), AGE, "earlier than the rule"),
        (old(40, None), AGE, "earlier than the rule"),
        (old(40), ROOM, "earlier than the rule"),
        (old(40, room=True), "whim", "earlier than the rule"),
    ],
)
def test_a_removal_that_the_seal_does_not_foresee_is_damage(
    tmp_path: Path, rule: Rule | None, why: str, problem: str
) -> None:
    folder = case(tmp_path / "case", rule)
    remove_private(folder, why)
    told = integrity(folder)
    assert not told.sound
    assert len(told.missing) == 2
    assert problem in english(told.problems[0])
    assert Texts("zh").phrase(told.problems[0], str) != told.problems[0]


def test_room_may_be_needed_at_any_time(tmp_path: Path) -> None:
    folder = case(tmp_path / "case", old(0, room=True))
    remove_private(folder, ROOM)
    assert integrity(folder).sound


def test_a_removal_that_was_cut_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = case(tmp_path / "case", old(40))
    unlink = Path.unlink

    def fails(self: Path, *, missing_ok: bool = False) -> None:
        if self.suffix == ".pcapng":
            raise OSError("power lost")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", fails)
    with pytest.raises(OSError, match="power lost"):
        remove_private(folder, AGE)
    monkeypatch.undo()
    assert integrity(folder).sound  # one went by rule, the other is as it was sealed
    assert remove_private(folder, AGE) > 0
    assert integrity(folder).removed == 2
    assert [line["what"] for line in entries(folder)].count(REMOVED) == 1


@pytest.mark.parametrize("said", [None, [], {}, {"day": "x"}, {"day": "2026-01-01", "private_days": "3"}, {"day": 3}])
def test_what_is_no_rule(said: object) -> None:
    assert rule_of(said) is None


def test_when_a_rule_is_due() -> None:
    rule = Rule("2026-11-01", 30)
    assert not rule.due(datetime.date(2026, 12, 1))
    assert rule.due(datetime.date(2026, 12, 2))
    assert not Rule("2026-11-01", None).due(datetime.date(2030, 1, 1))


@pytest.mark.parametrize("act", ["changed", "added"])
def test_a_removal_heals_nothing(tmp_path: Path, act: str) -> None:
    """A file of the same size as sealed, or one that nobody sealed, was damage before; it is when all are gone."""
    folder = case(tmp_path / "case", old(40))
    path = folder / "private" / "objects" / "ab" / ("picture.jpg" if act == "changed" else "other.jpg")
    path.write_bytes(b"x" * len("objects/ab/picture.jpg"))
    assert not integrity(folder).sound
    remove_private(folder, AGE)
    told = integrity(folder)
    assert list(map(english, told.problems)) == ["private data was not as it was sealed before it was removed by rule"]
    assert not told.sound
    assert Texts("zh").phrase(told.problems[0], str) != told.problems[0]


def test_of_many_wrong_files_all_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netaudit.evidence.case.removal.MOST_NAMED", 1)
    folder = case(tmp_path / "case", old(40))
    for name in ("objects/ab/picture.jpg", "record/record-1.pcapng"):
        (folder / "private" / name).unlink()
    remove_private(folder, AGE)
    line = next(line for line in entries(folder) if line["what"] == REMOVED)
    assert (line["wrong"], len(line["before"]), len(line["before_sha256"])) == (2, 1, 64)
    assert not integrity(folder).sound
