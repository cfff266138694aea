"""A case folder: written in streams, read as tables, never a danger to other folders."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from netaudit.core.schema import BY_NAME, SKIPPED, TABLES, TABLES_VERSION
from netaudit.core.storage.object_store import ObjectStore
from netaudit.core.storage.table_streams import RowWriter, drop_streams, read_streams, table_of
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.reading import Case, open_case
from netaudit.evidence.case.replacement import swap_in
from netaudit.evidence.case.writing import OURS, make_folders, place_for, write_json
from netaudit.tables.finalizing import sorting
from netaudit.tables.finalizing.sorting import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


def make(folder: Path) -> Path:
    make_folders(folder)
    write_json(folder / "case.json", {"tables_version": TABLES_VERSION, "partial": True})
    return folder


def test_a_new_case_keeps_its_private_part_private(tmp_path: Path) -> None:
    case = make(tmp_path / "case")
    assert stat.S_IMODE((case / "private").stat().st_mode) == 0o700
    assert stat.S_IMODE((case / "private" / "key").stat().st_mode) == 0o600
    assert len((case / "private" / "key").read_bytes()) == 32


def test_a_folder_that_is_no_case_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match="is no case"), place_for(tmp_path, "audit", overwrite=True):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_case_is_replaced_only_when_told_to(tmp_path: Path) -> None:
    case = make(tmp_path / "case")
    (case / "notes.txt").write_text("the officer's own")
    with pytest.raises(UsageError, match="holds a case already"), place_for(case, "audit", overwrite=False):
        pass
    before = (case / "case.json").read_bytes()
    with place_for(case, "audit", overwrite=True) as place:
        assert place != case
        assert (case / "case.json").read_bytes() == before
        (place / "case.json").write_bytes(b"{}")
        swap_in(case, OURS)
    assert (case / "notes.txt").read_text() == "the officer's own"
    assert (case / "case.json").read_bytes() == b"{}"
    assert not place.exists()


@pytest.mark.links
def test_overwrite_follows_no_link_out_of_the_case(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    case = make(tmp_path / "case")
    (case / "report.html").symlink_to(outside / "kept")
    with place_for(case, "audit", overwrite=True) as place:
        (place / "case.json").write_bytes(b"{}")
        swap_in(case, OURS)
    assert (outside / "kept").read_text() == "x"
    assert not (case / "report.html").is_symlink()


def test_streams_become_sorted_tables(tmp_path: Path) -> None:
    case = make(tmp_path / "case")
    for part, rows in (("1", [("c", "z", 1), ("a", "b", 2)]), ("0", [("b", "b", 3)])):
        writer = RowWriter(case, part)
        for row in rows:
            writer["skipped"].append(SKIPPED.row(*row))
        writer.close()
    assert open_case(case).table("skipped").num_rows == 3  # readable before the end
    write_table(case, SKIPPED, read_streams(case, "skipped"))
    drop_streams(case)
    assert open_case(case).table("skipped")["capture_id"].to_pylist() == ["a", "b", "c"]
    assert open_case(case).skipped["packets"].sum() == 6


def test_a_table_that_was_read_is_read_again_when_its_file_is_another(tmp_path: Path) -> None:
    case = Case(make(tmp_path / "case"))
    for count in (1, 2):
        rows = [SKIPPED.row(capture_id=f"{number}", reason="ethertype", packets=count) for number in range(count)]
        write_table(case.folder, SKIPPED, table_of(rows, SKIPPED))
        for _ in range(2):
            assert case.table("skipped")["packets"].to_pylist() == [count] * count
            assert case.table("skipped", ["packets", "reason"]).column_names == ["packets", "reason"]


def test_an_audit_killed_while_it_settles_leaves_a_readable_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a sorted file is no file: until it is whole, the streams are read."""
    case = make(tmp_path / "case")
    writer = RowWriter(case, "0")
    for row in [("#1", "z", 1), ("#0", "b", 2)]:
        writer["skipped"].append(SKIPPED.row(*row))
    writer.close()
    groups = sorting._groups

    def killed(*arguments: object) -> Iterator[object]:
        yield from groups(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(sorting, "_groups", killed)
    with pytest.raises(KeyboardInterrupt):
        sorting.settle(case, SKIPPED, read_streams(case, "skipped"), ["a", "b"])
    assert open_case(case).table("skipped")["capture_id"].to_pylist() == ["#1", "#0"]
    assert not list((case / "tables").glob("skipped.parquet"))
    assert not list((case / "tables").glob("skipped.arrow"))


def test_a_stream_cut_off_gives_its_whole_batches(tmp_path: Path) -> None:
    case = make(tmp_path / "case")
    writer = RowWriter(case, "0")
    for number in range(2):
        writer["skipped"].append(SKIPPED.row(capture_id="a", reason=str(number), packets=number))
        writer.flush(least=1)
    path = case / "tables" / "skipped.0.arrows"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert open_case(case).table("skipped").num_rows == 1
    path.write_bytes(b"")
    assert open_case(case).table("skipped").num_rows == 0
    writer.close()


def test_objects_are_stored_once_by_content(tmp_path: Path) -> None:
    store = ObjectStore(make(tmp_path / "case"))
    assert store.put("ab" * 32, "jpeg", b"data")
    assert not store.put("ab" * 32, "jpeg", b"data")
    path = open_case(tmp_path / "case").object_path("ab" * 32)
    assert path is not None
    assert path.read_bytes() == b"data"
    assert open_case(tmp_path / "case").object_path("../../x") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", orjson.dumps({"tables_version": TABLES_VERSION + 1}), b"{}"])
def test_what_is_no_case_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "case.json").write_bytes(content)
    with pytest.raises(CaseError):
        open_case(tmp_path)
    with pytest.raises(CaseError, match="no such folder"):
        open_case(tmp_path / "nowhere")


def test_every_table_has_a_key_of_its_own_columns() -> None:
    for table in TABLES:
        assert set(table.key) <= set(table.names), table.name
        assert len(set(table.names)) == len(table.names)
        assert BY_NAME[table.name].schema().names == list(table.names)


def test_without_pandas_there_are_arrow_tables_and_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    (tmp_path / "case.json").write_bytes(orjson.dumps({"tables_version": TABLES_VERSION, "partial": True}))
    case = open_case(tmp_path)
    assert case.table("findings").num_rows == 0
    with pytest.raises(UsageError, match="python -m pip install pandas"):
        _ = case.findings
