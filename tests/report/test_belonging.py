"""A report is held against its case: edited, sealed anew, passed on."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.case.decisions import decide
from netaudit.case.export import export_shareable
from netaudit.case.integrity import integrity
from netaudit.case.seal import later
from netaudit.cli.app import app
from netaudit.report.belonging import FORGED, MINE, NONE, UNKNOWN, belonging
from netaudit.report.rewriting import rewrite
from tests.site import CAMERA, CLOUD, Site, answer, push

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    folder = tmp_path_factory.mktemp("belonging")
    site = Site()
    site.lease(CAMERA)
    site.arp(CAMERA)
    for number in range(3):
        site.talk(CAMERA, CLOUD, (push(number), answer()))
    return netaudit.audit(site.write(folder / "capture.pcap"), folder / "case", workers=1, lang="en")


@pytest.fixture
def case(made: netaudit.Case, tmp_path: Path) -> netaudit.Case:
    return netaudit.open_case(shutil.copytree(made.folder, tmp_path / "case"))


def edited(case: netaudit.Case, old: str, new: str) -> netaudit.Case:
    """The report edited, and a line in the chain that makes it the one that was sealed."""
    path = case.folder / "report.html"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    later(case.folder, "report written", ("report.html",), lang="en", unmasked=False, netaudit=netaudit.__version__)
    assert integrity(case.folder).sound
    return netaudit.open_case(case.folder)


def test_the_report_of_an_audit_and_one_written_again_are_its_own(case: netaudit.Case) -> None:
    told = belonging(case)
    assert (told.status, told.after_seal) == (MINE, False)
    assert "This report was made (UTC)" in (case.folder / "report.html").read_text("utf-8")
    rewrite(case, "zh", zone="Asia/Tokyo")
    told = belonging(netaudit.open_case(case.folder))
    assert (told.status, told.after_seal) == (MINE, True)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        (CLOUD, "47.96.10.21", "verdict"),
        ("</style>", "#summary { display: none }</style>", "head"),
        ("<!-- then -->", "<!-- then --><!-- /then --><!-- then -->", "summary"),
        ('<section id="facts"', '<section id="more"></section><section id="facts"', "head"),
    ],
    ids=["figures", "hidden", "marks", "section"],
)
def test_an_edited_report_is_noticed(case: netaudit.Case, old: str, new: str, part: str) -> None:
    forged = edited(case, old, new)
    told = belonging(forged)
    assert told.status == FORGED
    assert part in told.parts
    ran = CliRunner().invoke(app, ["verify", str(forged.folder), "--lang", "en"])
    assert ran.exit_code == 3
    assert "THE REPORT IS NOT THE ONE THAT THIS CASE GIVES" in ran.output


def test_a_report_of_another_case_is_noticed(case: netaudit.Case, tmp_path: Path) -> None:
    site = Site()
    site.arp(CAMERA)
    other = netaudit.audit(site.write(tmp_path / "other.pcap"), tmp_path / "other", workers=1, lang="en")
    for name in ("report.html", "report-frames.csv"):
        shutil.copyfile(other.folder / name, case.folder / name)
    told = belonging(netaudit.open_case(case.folder, check=False))
    assert told.status == FORGED
    assert "verdict" in told.parts


def test_what_came_later_is_no_forgery(case: netaudit.Case) -> None:
    device = case.table("devices").to_pylist()[0]
    decide(case.folder, device, note="seen in the hall", by="an officer")
    assert belonging(netaudit.open_case(case.folder)).status == UNKNOWN
    rewrite(netaudit.open_case(case.folder), "en")
    assert belonging(netaudit.open_case(case.folder)).status == MINE


def test_an_export_has_its_own_report_too(case: netaudit.Case, tmp_path: Path) -> None:
    export_shareable(case, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "out")
    assert belonging(netaudit.open_case(tmp_path / "out", check=False)).status == MINE
    (tmp_path / "out" / "report.html").unlink()
    assert belonging(netaudit.open_case(tmp_path / "out", check=False)).status == NONE
