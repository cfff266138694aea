"""The report as PDF: by the browser that is there, short by default, and nothing half where there is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.errors import NetauditError, UsageError
from netaudit.report.exports import pdf
from tests.site import CAMERA, CLOUD, Site, answer, push

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    folder = tmp_path_factory.mktemp("pdf")
    site = Site()
    site.lease(CAMERA)
    site.arp(CAMERA)
    site.talk(CAMERA, CLOUD, (push(1), answer()))
    return netaudit.audit(site.write(folder / "capture.pcap"), folder / "case", workers=1, faces=False, lang="en")


def pages(path: Path) -> int:
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    return len(re.findall(rb"/Type\s*/Page\b", data))


@pytest.mark.tools
@pytest.mark.skipif(pdf.browser() is None, reason="NO BROWSER: install chromium to run this test")
def test_a_report_is_printed_short_and_with_its_annexes(case: netaudit.Case, tmp_path: Path) -> None:
    short, long = tmp_path / "short.pdf", tmp_path / "long.pdf"
    for out, more in ((short, ()), (long, ("--annexes",))):
        ran = CliRunner().invoke(app, ["export", str(case.folder), "pdf", "-o", str(out), "--lang", "en", *more])
        assert ran.exit_code == 0, ran.output
    assert 2 <= pages(short) < pages(long)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.pdf", "short.pdf"]
    again = CliRunner().invoke(app, ["export", str(case.folder), "pdf", "-o", str(short), "--lang", "en"])
    assert isinstance(again.exception, UsageError), "it is not overwritten unasked"


def test_without_a_browser_it_is_said_what_helps(
    case: netaudit.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "browser", lambda: None)
    with pytest.raises(UsageError, match="Chromium, Chrome or Edge: install one"):
        pdf.write_pdf(case, tmp_path / "a.pdf", "zh")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_prints_nothing_leaves_nothing(
    case: netaudit.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "browser", lambda: "/bin/true")
    with pytest.raises(NetauditError, match="print it by hand"):
        pdf.write_pdf(case, tmp_path / "a.pdf", "en")
    assert list(tmp_path.iterdir()) == []


def test_edge_is_found_where_windows_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    monkeypatch.setattr(pdf.sys, "platform", "win32")
    monkeypatch.setenv("ProgramFiles(x86)", str(tmp_path))
    assert pdf.browser() == str(edge)
