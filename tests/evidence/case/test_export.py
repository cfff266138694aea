"""A case to pass on: all but private/, the same bytes each time, and never a report in clear."""

from __future__ import annotations

import hashlib
import os
import zipfile
from typing import TYPE_CHECKING

import orjson
import pytest
from typer.testing import CliRunner

from netaudit.cli.app import app
from netaudit.core.schema import TABLES_VERSION
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.custody import Custody
from netaudit.evidence.case.export import MASKED, export_shareable
from netaudit.evidence.case.integrity import EXPORTED, SUMS, integrity
from netaudit.evidence.case.reading import open_case
from netaudit.evidence.case.seal import later, seal
from netaudit.evidence.case.writing import make_folders, write_json

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def case(tmp_path: Path):
    """A sealed case, with something in its folder that is not of it."""
    folder = tmp_path / "case"
    make_folders(folder)
    write_json(folder / "case.json", {"tables_version": TABLES_VERSION, "partial": False, "totals": {}})
    write_json(folder / "run.json", {"workers": 1})
    write_json(folder / "private" / "run.json", {"paths": ["/home/zhangsan/a.pcap"]})
    (folder / "report.html").write_bytes(b"<html>" + MASKED)
    (folder / "tables" / "flows.parquet").write_bytes(b"PAR1")
    (folder / "private" / "persons.parquet").write_bytes(b"secret")
    with Custody(folder) as custody:
        custody.note("begun")
        seal(folder, custody)
    (folder / "notes.txt").write_text("the officer's own")
    (folder / "tables" / "flows.0.arrows").write_bytes(b"left behind")
    return open_case(folder)


MEMBERS = [
    "case.json", "custody.jsonl", "manifest.json", "report.html", "run.json", "tables/flows.parquet", EXPORTED, SUMS,
]  # fmt: skip


def test_everything_but_private_and_nothing_else(case, tmp_path):
    assert export_shareable(case, tmp_path / "out.zip") == len(MEMBERS)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == MEMBERS
        for line in archive.read(SUMS).decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        assert archive.testzip() is None
        assert not any(b"zhangsan" in archive.read(name) for name in MEMBERS)


def test_an_unpacked_export_is_verified(case, tmp_path):
    export_shareable(case, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "got")
    told = integrity(tmp_path / "got")
    assert told.sound
    assert told.left_out == 3
    for path in [path for path in (tmp_path / "got").rglob("*") if path.is_file()]:
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes((before[-1] ^ 1,)))
        assert not integrity(tmp_path / "got").sound, path.name
        path.write_bytes(before)


def test_a_case_of_an_earlier_version_is_shared_without_the_places_of_its_captures(case, tmp_path):
    for name in ("manifest.json", "custody.jsonl"):
        (case.folder / name).unlink()
    write_json(case.folder / "run.json", {"paths": ["/home/zhangsan/a.pcap"], "command": ["netaudit"], "workers": 1})
    export_shareable(open_case(case.folder), tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert orjson.loads(archive.read("run.json")) == {"workers": 1}
        assert "tables/flows.0.arrows" not in archive.namelist()


@pytest.mark.parametrize("name", ["tables/flows.parquet", "report.html", "run.json"])
def test_what_was_changed_or_taken_away_is_not_passed_on(case, tmp_path, name):
    path = case.folder / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CaseError, match=f"{path.name}: was changed"):
        export_shareable(open_case(case.folder), tmp_path / "out.zip")
    path.unlink()
    with pytest.raises(CaseError, match=f"{path.name}: is missing"):
        export_shareable(open_case(case.folder), tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_an_audit_that_did_not_end_is_not_passed_on(case, tmp_path):
    (case.folder / "manifest.json").unlink()
    lines = (case.folder / "custody.jsonl").read_bytes().splitlines(keepends=True)
    (case.folder / "custody.jsonl").write_bytes(lines[0])
    with pytest.raises(UsageError, match="did not come to its end"):
        export_shareable(open_case(case.folder), tmp_path / "out.zip")


def test_the_same_case_gives_the_same_bytes(case, tmp_path):
    export_shareable(case, tmp_path / "one.zip")
    os.utime(case.folder / "case.json", (1, 1))
    (case.folder / "later.txt").write_text("more of the officer's own")
    export_shareable(case, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_file_is_replaced_only_when_told_to(case, tmp_path):
    (tmp_path / "out.zip").write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        export_shareable(case, tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes() == b"mine"
    export_shareable(case, tmp_path / "out.zip", overwrite=True)
    assert zipfile.is_zipfile(tmp_path / "out.zip")


def test_a_report_in_clear_is_not_shared(case, tmp_path):
    (case.folder / "report.html").write_bytes(b"<html>clear faces")
    later(case.folder, "report written", ("report.html",))
    case = open_case(case.folder)
    with pytest.raises(UsageError, match="--unmask"):
        export_shareable(case, tmp_path / "out.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


@pytest.mark.links
def test_links_out_of_the_case_are_not_followed(case, tmp_path):
    (tmp_path / "outside").write_text("PAR1")
    (case.folder / "tables" / "flows.parquet").unlink()
    (case.folder / "tables" / "flows.parquet").symlink_to(tmp_path / "outside")
    with pytest.raises(CaseError, match="link"):
        export_shareable(case, tmp_path / "out.zip")


def test_the_command(case, tmp_path):
    done = CliRunner().invoke(app, ["export", str(case.folder), "zip", "-o", str(tmp_path / "o.zip"), "--lang", "en"])
    assert done.exit_code == 0
    assert "8 files, without private/" in done.output
