"""Thumbnails that a case keeps: made once, sealed, never passed on; a picture that crashes its decoder is one lost."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile

import pytest

import netaudit
from netaudit.core.system.programs import import_path
from netaudit.errors import CaseError
from netaudit.evidence.case.export import export_shareable
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.pictures import FOLDER, MOST, Pictures
from netaudit.evidence.case.reading import Case
from netaudit.images.previews import Shown
from netaudit.report.from_case import write_report
from tests.conftest import ROOT

DEMO = ROOT / "pcaps" / "sales_office" / "lan.pcapng"
CRASHING = """
import os, sys
sys.path[:] = {path!r}
from netaudit.images import preview_helper
make = preview_helper.picture
preview_helper.picture = lambda question: os.abort() if {digest!r} in question["path"] else make(question)
preview_helper.main([])
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    capture = folder / "lan.pcapng"
    capture.write_bytes(DEMO.read_bytes()[:500_000])
    return netaudit.audit(capture, folder / "case", lang="zh")


def kept(case):
    return {path.stem: path.read_bytes() for path in (case.folder / FOLDER).iterdir()}


def test_those_of_the_report_are_kept_and_sealed(case):
    images = set(case.table("images").column("sha256").to_pylist())
    assert 0 < len(kept(case)) <= MOST
    assert kept(case).keys() <= images
    assert {f"{FOLDER}/{sha256}.jpg" for sha256 in kept(case)} <= case.seal.files.keys()
    assert all(data.startswith(b"\xff\xd8\xff") for data in kept(case).values())
    assert integrity(case.folder).sound


def test_a_report_written_again_makes_none_anew(case, tmp_path, monkeypatch):
    monkeypatch.setattr(Shown, "of", lambda *_: pytest.fail("made anew"))
    written = (case.folder / "report.html").read_text(encoding="utf-8")
    again = write_report(netaudit.open_case(case.folder), tmp_path / "report.html", "zh").read_text(encoding="utf-8")
    pictures = re.compile('data:image/jpeg;base64,[^"]+')
    assert pictures.findall(again) == pictures.findall(written) != []
    assert integrity(case.folder).sound


def test_browsing_further_ones_adds_none(case):
    opened = netaudit.open_case(case.folder)
    before = kept(case)
    other = next(one for one in opened.table("images").column("sha256").to_pylist() if one not in before)
    opened.thumbnail(other)
    assert kept(case) == before


def test_they_are_in_no_export(case, tmp_path):
    export_shareable(netaudit.open_case(case.folder), tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert not [name for name in archive.namelist() if "thumbnails" in name or name.endswith(".jpg")]


def test_one_that_was_changed_is_told_and_not_shown(case, tmp_path):
    folder = tmp_path / "case"
    shutil.copytree(case.folder, folder)
    sha256 = next(iter(kept(case)))
    (folder / FOLDER / f"{sha256}.jpg").write_bytes(b"\xff\xd8\xff other")
    assert integrity(folder).changed == [f"{FOLDER}/{sha256}.jpg"]
    with pytest.raises(CaseError, match="was changed"):
        Case(folder).thumbnail(sha256)


def test_a_crash_costs_one_picture_of_the_report(case, tmp_path):
    shutil.copytree(case.folder, tmp_path / "case")
    digest = min(kept(case))
    opened = Case(tmp_path / "case", check=False)
    shutil.rmtree(tmp_path / "case" / FOLDER)
    command = [sys.executable, "-P", "-c", CRASHING.format(path=import_path(), digest=digest)]
    opened.pictures = Pictures(opened, Shown(command=command))
    opened.seal.files.clear()
    with opened.pictures.keeping():
        write_report(opened, tmp_path / "report.html", "zh")
    assert kept(opened).keys() == kept(case).keys() - {digest}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(re.findall("data:image/jpeg;base64", page)) > 0
    assert digest not in kept(opened)
