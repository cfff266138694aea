"""Files of a case without a manifest held against its chain of custody: whole, changed, gone, and with the end of the chain cut off."""

from __future__ import annotations

import hashlib
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from netaudit.core.contracts.reasons import parsed
from netaudit.evidence.case import sealed
from netaudit.evidence.case.custody import RECORD, Custody, broken, entries
from netaudit.evidence.case.moments import Moment, MomentBook, Notes, keep
from netaudit.evidence.case.sealed import NOTED
from netaudit.pipeline.live.sealing import RECORDING_ENDED, note_moments, recording_facts
from netaudit.report.texts import Texts, catalogue
from tests.wording import english

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "record-0001_00001_20260501090000.pcapng"


def differing(case: Any) -> list[str]:
    """What of a case is not as its chain says, in words."""
    return list(map(english, sealed.differing(case)))


def made(folder: Path, *, concluded: bool = True) -> SimpleNamespace:
    """A case with a recorded file, a table and a moment, as a live run leaves it."""
    (folder / RECORD).mkdir(parents=True)
    (folder / "tables").mkdir()
    (folder / RECORD / FIRST).write_bytes(b"packets")
    (folder / "case.json").write_bytes(b"{}")
    (folder / "tables" / "flows.parquet").write_bytes(b"rows")
    custody = Custody(folder)
    custody.note("begun", interface="eth1")
    custody.note("recorder started", recorder="dumpcap")
    _, moment = MomentBook(folder).mark(1_000, "door camera", "screen")
    custody.note("moment", moment=moment.moment_id, ts=moment.ts, text=moment.text)
    custody.note("recorded", file=FIRST, sha256=hashlib.sha256(b"packets").hexdigest(), drops=3)
    if concluded:
        custody.note(RECORDING_ENDED, interface="eth1", received=9, untold_runs=0)
        conclude(custody, folder)
    custody.close()
    return SimpleNamespace(folder=folder, run={"live": {}} if concluded else {}, manifest={"partial": not concluded})


def conclude(custody: Custody, folder: Path) -> None:
    """The last line, as versions before the manifest wrote it."""
    names = ("case.json", "tables/flows.parquet")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    custody.note("concluded", sha256=hashes)


def cut(folder: Path, lines: int) -> None:
    path = folder / "custody.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-lines]))
    assert broken(folder) == []


def test_a_case_as_it_was_left(tmp_path: Path) -> None:
    assert differing(made(tmp_path)) == []  # type: ignore[arg-type]


def test_a_case_from_files_has_no_chain(tmp_path: Path) -> None:
    assert differing(SimpleNamespace(folder=tmp_path, run={}, manifest={})) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("case.json", "case.json: its SHA-256"),
        ("tables/flows.parquet", "tables/flows.parquet: its SHA-256"),
        (f"{RECORD}/{FIRST}", f"{FIRST}: its SHA-256"),
    ],
)
def test_what_was_changed_or_taken_away_is_named(tmp_path: Path, name: str, said: str) -> None:
    case: Any = made(tmp_path)
    (tmp_path / name).write_bytes(b"other")
    assert [one[: len(said)] for one in differing(case)] == [said]
    (tmp_path / name).unlink()
    assert len(differing(case)) == 1


def test_an_end_that_was_cut_off_shows(tmp_path: Path) -> None:
    case: Any = made(tmp_path)
    cut(tmp_path, 1)
    assert "the end of the chain is missing" in differing(case)[0]
    cut(tmp_path, 2)
    assert f"{FIRST}: no line has its hash" in differing(case)
    cut(tmp_path, 1)
    assert any("no line says that it was marked" in one for one in differing(case))
    (tmp_path / "custody.jsonl").unlink()
    assert differing(case) == ["custody.jsonl is missing or empty"]


def test_an_export_has_no_recordings(tmp_path: Path) -> None:
    case: Any = made(tmp_path)
    shutil.rmtree(tmp_path / "private")
    assert differing(case) == []


def test_a_moment_moved_in_time_shows(tmp_path: Path) -> None:
    case: Any = made(tmp_path)
    path = tmp_path / "moments.jsonl"
    path.write_bytes(path.read_bytes().replace(b"1000", b"2000"))
    assert len(differing(case)) == 2


def test_names_in_a_chain_lead_nowhere_else(tmp_path: Path) -> None:
    case: Any = made(tmp_path / "case")
    (tmp_path / "other").write_bytes(b"")
    custody = Custody(tmp_path / "case")
    custody.note("recorded", file="../../../other", sha256="0")
    custody.note("concluded", sha256={"../other": "0", "tables/../../other": "0"})
    custody.close()
    assert differing(case) == []


def test_facts_of_a_recording_that_nobody_ended(tmp_path: Path) -> None:
    """What a killed run lost is unknown, never nothing."""
    made(tmp_path, concluded=False)
    facts = recording_facts(tmp_path)
    assert (facts["interface"], facts["dropped_kernel"], facts["untold_runs"]) == ("eth1", 3, 1)


def test_facts_of_a_recording_are_its_last_word(tmp_path: Path) -> None:
    made(tmp_path)
    assert recording_facts(tmp_path) == {"interface": "eth1", "received": 9, "untold_runs": 0}


def noted(folder: Path, *moments: Moment) -> None:
    notes = Notes("notes.csv", "f" * 64, moments)
    keep(folder, notes)
    custody = Custody(folder)
    note_moments(custody, notes)
    conclude(custody, folder)
    custody.close()


def test_moments_noted_by_hand_have_a_line(tmp_path: Path) -> None:
    case: Any = made(tmp_path)
    noted(tmp_path, Moment(5, "hall", "notes.csv"), Moment(6, "door", "notes.csv"))
    (line,) = (line for line in entries(tmp_path) if line["what"] == NOTED)
    assert (line["file"], line["sha256"], line["count"], line["by_hand"]) == ("notes.csv", "f" * 64, 2, True)
    assert differing(case) == []
    path = tmp_path / "moments.jsonl"
    path.write_bytes(path.read_bytes().replace(b"hall", b"roof"))
    assert sorted(one.partition(": ")[2] for one in differing(case)) == [
        "is not as it was marked, or is gone",
        "no line says that it was marked",
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_sentence_is_said_in_both_languages(tmp_path: Path, lang: str) -> None:
    """Whatever may be wrong with a chain or with its files; names stay as they are."""
    case: Any = made(tmp_path)
    (tmp_path / "custody.jsonl").rename(tmp_path / "aside")
    said = sealed.differing(case)
    (tmp_path / "aside").rename(tmp_path / "custody.jsonl")
    noted(tmp_path)
    lines = (tmp_path / "custody.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "case.json").write_bytes(b"other")
    (tmp_path / "tables" / "flows.parquet").unlink()
    (tmp_path / RECORD / FIRST).unlink()
    (tmp_path / RECORD / FIRST.replace("00001_", "00002_")).write_bytes(b"")
    (tmp_path / "moments.jsonl").write_bytes(b'{"ts": 3, "text": "x", "source": "screen"}\n')
    said += sealed.differing(case)
    (tmp_path / "tables" / "flows.parquet").mkdir()
    said += sealed.differing(case)
    (tmp_path / "custody.jsonl").write_bytes(
        b"".join([lines[0], lines[2].replace(b"door", b"roof"), lines[5][:40]]) + b"\nx"
    )
    said += broken(tmp_path)
    said += sealed.differing(case)
    assert all(Texts(lang).phrase(one, str) != one for one in said)
    codes = {
        key.removeprefix("reason.") for key in catalogue() if key.startswith(("reason.custody_", "reason.sealed_"))
    }
    assert {parsed(one).code for one in said} >= codes - {"custody_forged", "custody_more"}
