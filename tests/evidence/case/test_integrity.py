"""A sealed case: whatever is changed, taken away or added is told, by `verify` and by whoever uses it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.custody import entries
from netaudit.evidence.case.decisions import decide
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.reading import open_case
from netaudit.evidence.case.seal import FORMAT, read_seal
from netaudit.evidence.case.writing import check_place

LAN = Path(__file__).parents[3] / "pcaps" / "sales_office" / "lan.pcapng"
EDITS = 60  # of one byte each


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed") / "case"
    netaudit.audit(LAN, folder, faces=False)
    return folder


@pytest.fixture
def case(audited: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(audited, tmp_path / "case"))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def verify(folder: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["verify", str(folder), "--lang", "en"])
    return done.exit_code, done.output


def test_a_case_as_it_was_sealed(case: Path) -> None:
    told = integrity(case)
    assert told.sound
    assert told.checked == told.files == len(files(case)) - 2  # all but the chain and the manifest itself
    assert verify(case)[0] == 0
    assert [line["what"] for line in entries(case)] == ["begun", "read", "report written", "concluded", "sealed"]


def test_the_manifest_is_canonical_and_names_the_end_of_the_chain_before_it(case: Path) -> None:
    data = (case / "manifest.json").read_bytes()
    said = orjson.loads(data)
    assert orjson.dumps(said, option=orjson.OPT_SORT_KEYS) == data
    assert said["format"] == FORMAT
    assert said["chain"] == {"head": entries(case)[-2]["hash"], "lines": 4}
    assert {"case.json", "run.json", "report.html", "tables/findings.parquet", "private/key"} <= said["files"].keys()
    assert data.isascii()


def test_a_byte_anywhere(case: Path) -> None:
    """Single bytes, in random files at random places: all told, each file's change by its name."""
    chosen = random.Random(14)
    paths = files(case)
    for path in [*paths[:20], *(chosen.choice(paths) for _ in range(EDITS))]:
        before = path.read_bytes()
        place = chosen.randrange(len(before))
        path.write_bytes(before[:place] + bytes((before[place] ^ chosen.randrange(1, 256),)) + before[place + 1 :])
        told = integrity(case)
        assert not told.sound, (path, place)
        name = path.relative_to(case).as_posix()
        if name not in ("custody.jsonl", "manifest.json"):
            assert told.changed == [name]
        path.write_bytes(before)
    assert integrity(case).sound


def test_every_file_taken_away_or_cut_short(case: Path) -> None:
    for path in files(case):
        before, name = path.read_bytes(), path.relative_to(case).as_posix()
        path.write_bytes(before[:-1])
        assert not integrity(case).sound, name
        path.unlink()
        told = integrity(case)
        assert not told.sound, name
        assert name in told.missing or told.problems
        path.write_bytes(before)


def test_what_was_added(case: Path) -> None:
    (case / "tables" / "extra.parquet").write_bytes(b"PAR1")
    (case / "private" / "objects" / "ff").mkdir(exist_ok=True)
    (case / "private" / "objects" / "ff" / f"{'f' * 64}.jpeg").write_bytes(b"face")
    (case / "report.html.new").write_bytes(b"half")
    told = integrity(case)
    assert told.added == [f"private/objects/ff/{'f' * 64}.jpeg", "tables/extra.parquet"]
    assert told.leftovers == ["report.html.new"]
    code, output = verify(case)
    assert code == 3
    assert "Added after the seal (2):" in output
    with pytest.raises(CaseError, match="added after"):
        open_case(case).object_path("f" * 64)


def test_a_look_with_a_file_manager_harms_no_case(case: Path) -> None:
    """Finder and Explorer leave files where somebody only looked: verify said NOT AS IT WAS SEALED, sign refused."""
    for name in (".DS_Store", "tables/._images.parquet", "private/Thumbs.db", "desktop.ini"):
        (case / name).write_bytes(b"\0\5\x16\7")
    told = integrity(case)
    assert told.sound
    assert told.desktop == [".DS_Store", "desktop.ini", "private/Thumbs.db", "tables/._images.parquet"]
    code, output = verify(case)
    assert code == 0
    assert "no part of the case (4):" in output
    assert open_case(case).table("images").num_rows


def test_a_folder_with_nothing_but_what_a_file_manager_left_takes_a_case(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"x")
    check_place(tmp_path, overwrite=False)
    (tmp_path / "letter.txt").write_bytes(b"x")
    with pytest.raises(UsageError, match="is no case"):
        check_place(tmp_path, overwrite=False)


@pytest.mark.parametrize("name", ["tables/findings.parquet", "tables/images.parquet"])
def test_a_deleted_table_is_no_empty_one(case: Path, name: str) -> None:
    (case / name).unlink()
    opened = open_case(case)
    with pytest.raises(CaseError, match="is missing, though the case was sealed with it"):
        opened.table(Path(name).stem)
    for words in (["show", str(case)], ["export", str(case), "html"], ["export", str(case), "zip"]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code not in (0, 3), words
    assert open_case(case, check=False).manifest["tables_version"]


def test_a_changed_table_is_not_used(case: Path) -> None:
    path = case / "tables" / "findings.parquet"
    shutil.copy(case / "tables" / "images.parquet", path)
    with pytest.raises(CaseError, match="was changed after"):
        open_case(case).table("findings")


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (["manifest.json"], "manifest.json is gone, though custody.jsonl says"),
        (["custody.jsonl"], "has its hash: the case was not sealed to its end, or that line was taken away"),
        (["manifest.json", "custody.jsonl"], "its seal was taken away"),
    ],
)
def test_a_seal_that_was_taken_away(case: Path, gone: list[str], said: str) -> None:
    for name in gone:
        (case / name).unlink()
    with pytest.raises(CaseError, match="seal is broken"):
        open_case(case)
    code, output = verify(case)
    assert code == 3
    assert "THE SEAL IS BROKEN" in output
    assert said in output


def test_a_case_of_an_earlier_version_is_unsealed_never_fine(case: Path) -> None:
    manifest = orjson.loads((case / "case.json").read_bytes())
    del manifest["seal"]
    (case / "case.json").write_bytes(orjson.dumps(manifest))
    for name in ("manifest.json", "custody.jsonl"):
        (case / name).unlink()
    assert open_case(case).table("findings").num_rows
    code, output = verify(case)
    assert (code, "UNSEALED" in output) == (3, True)
    shown = CliRunner().invoke(app, ["show", str(case), "--lang", "en"])
    assert shown.output.startswith("UNSEALED")
    assert CliRunner().invoke(app, ["export", str(case), "html", "--lang", "zh"]).exit_code == 0
    page = (case / "report.html").read_text("utf-8")
    assert page.count('class="bad">无完整性校验清单：') == 2
    assert "生成本报告时尚无完整性校验清单" not in page


def test_a_crash_is_told_from_an_end(case: Path) -> None:
    lines = (case / "custody.jsonl").read_bytes().splitlines(keepends=True)
    (case / "custody.jsonl").write_bytes(b"".join(lines[:2]))
    (case / "manifest.json").unlink()
    assert open_case(case).seal.state == "unfinished"
    code, output = verify(case)
    assert (code, "UNFINISHED" in output) == (3, True)


def test_what_is_done_later_is_in_the_chain_and_the_result_stays(case: Path) -> None:
    device = open_case(case).table("devices").to_pylist()[0]
    decide(case, device, note="seen on site")
    opened = open_case(case)
    assert opened.seal.changed_later == {"decisions.jsonl"}
    opened.clear_persons()
    assert integrity(case).sound
    assert [line["what"] for line in entries(case)][-2:] == ["decided", "unmasked"]
    (case / "decisions.jsonl").write_bytes(b"")
    assert integrity(case).changed == ["decisions.jsonl"]


def test_a_later_line_has_no_say_about_what_the_audit_found(case: Path) -> None:
    from netaudit.evidence.case.seal import later

    (case / "tables" / "findings.parquet").write_bytes(b"PAR1")
    later(case, "report written", ["tables/findings.parquet"])
    assert integrity(case).changed == ["tables/findings.parquet"]
    assert read_seal(case, {}).changed_later == frozenset()
