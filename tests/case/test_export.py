"""A case to pass on: all but private/, the same bytes each time, and never a report in clear."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from netaudit.case.export import MASKED, SUMS, export_shareable
from netaudit.case.reading import open_case
from netaudit.case.writing import prepare, write_json
from netaudit.cli.app import app
from netaudit.errors import UsageError
from netaudit.tables import TABLES_VERSION


@pytest.fixture
def case(tmp_path: Path):
    folder = tmp_path / "case"
    prepare(folder, overwrite=False)
    write_json(folder / "case.json", {"tables_version": TABLES_VERSION, "partial": False})
    write_json(folder / "run.json", {"paths": ["/home/zhangsan/a.pcap"], "command": ["netaudit"], "workers": 1})
    (folder / "report.html").write_bytes(b"<html>" + MASKED)
    (folder / "tables" / "flows.parquet").write_bytes(b"PAR1")
    (folder / "private" / "persons.parquet").write_bytes(b"secret")
    (folder / "notes.txt").write_text("the officer's own")
    return open_case(folder)


def test_everything_but_private(case, tmp_path):
    assert export_shareable(case, tmp_path / "out.zip") == 5
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == ["case.json", "report.html", "run.json", "tables/flows.parquet", SUMS]
        for line in archive.read(SUMS).decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        assert orjson.loads(archive.read("run.json")) == {"workers": 1}
        assert archive.testzip() is None


def test_the_same_case_gives_the_same_bytes(case, tmp_path):
    export_shareable(case, tmp_path / "one.zip")
    os.utime(case.folder / "case.json", (1, 1))
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
    with pytest.raises(UsageError, match="--unmask"):
        export_shareable(case, tmp_path / "out.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_links_out_of_the_case_are_not_followed(case, tmp_path):
    (tmp_path / "outside").write_text("x")
    (case.folder / "tables" / "link.parquet").symlink_to(tmp_path / "outside")
    (case.folder / "custody.jsonl").symlink_to(case.folder / "private" / "persons.parquet")
    assert export_shareable(case, tmp_path / "out.zip") == 5


def test_the_command(case, tmp_path):
    done = CliRunner().invoke(app, ["export", str(case.folder), "--shareable", str(tmp_path / "o.zip"), "--lang", "en"])
    assert done.exit_code == 0
    assert "5 files, without private/" in done.output
