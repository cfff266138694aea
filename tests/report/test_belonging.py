"""A report is held against its case: edited, sealed anew, passed on."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.cli.verifying import _print_belonging
from netaudit.evidence.case.decisions import decide
from netaudit.evidence.case.export import export_shareable
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.report_status import WRITTEN, written
from netaudit.evidence.case.seal import ATTESTED, later
from netaudit.report import rewriting
from netaudit.report.belonging import FORGED, MINE, NONE, belonging
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
    told = {"lang": "en", "unmasked": False, "netaudit": netaudit.__version__}
    line = {name: written(case.folder)[name] for name in ("made", "after")}
    later(case.folder, WRITTEN, ("report.html",), **told, **line)
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
        (CLOUD, "47.96.10.21", "transfers"),
        ("</style>", "#summary { display: none }</style>", "head"),
        ("<!-- run -->", "<!-- run --><p>These findings were withdrawn.</p>", "head"),
        ("<!-- /run -->\n</div>", "<p>These findings were withdrawn.</p><!-- /run -->\n</div>", "facts"),
        ("<h2>", "<!-- run --><h2>These findings were withdrawn.</h2><!-- /run --><h2>", "summary"),
        ("<h2>", "<!-- then --><h2>These findings were withdrawn.</h2><!-- /then --><h2>", "summary"),
        ("This report was made (UTC)</dt><dd>2", "This report was made (UTC)</dt><dd>1", "facts"),
        ("report generated 2", "report generated 1", "head"),
        ("Not signed when", "Signed by the ministry when", "transfers"),
        ("hash list (manifest.json) was not yet made", "hash list (manifest.json) was made", "checking"),
        ("lines, the chain holds", "lines, THE CHAIN IS BROKEN", "facts"),
        ("<dt>Workers</dt><dd>1", "<dt>Workers</dt><dd>2", "facts"),
        ("<script>", "<script>document.title = 1</script><script>", "facts"),
        ("<!-- news -->", '<p class="alarm">These findings were withdrawn.</p><!-- news -->', "head"),
        ("</html>", "</html><p>These findings were withdrawn.</p>", "facts"),
        ('<section id="facts"', '<section id="more"></section><section id="facts"', "head"),
    ],
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
    assert "summary" in told.parts


def test_what_came_later_is_no_forgery(case: netaudit.Case) -> None:
    device = case.table("devices").to_pylist()[0]
    decide(case.folder, device, note="seen in the hall", by="an officer")
    assert belonging(netaudit.open_case(case.folder)).status == MINE, "of the time it was written at"
    forged = edited(netaudit.open_case(case.folder), CLOUD, "47.96.10.21")
    assert belonging(forged).status == FORGED
    rewrite(netaudit.open_case(case.folder), "en")
    assert belonging(netaudit.open_case(case.folder)).status == MINE


def test_an_export_has_its_own_report_too(case: netaudit.Case, tmp_path: Path) -> None:
    export_shareable(case, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "out")
    told = belonging(netaudit.open_case(tmp_path / "out", check=False))
    assert (told.status, told.unseen) == (MINE, True)
    said = "<!-- pictures --><p>These findings were withdrawn.</p><!-- /pictures -->"
    for place in ('<div class="strip', "<figure>", "</figure>", "</main>"):
        report = tmp_path / "out" / "report.html"
        text = report.read_text("utf-8")
        report.write_text(text.replace(place, said + place), "utf-8")
        assert belonging(netaudit.open_case(tmp_path / "out", check=False)).status == FORGED, place
        report.write_text(text, "utf-8")
    (tmp_path / "out" / "report.html").unlink()
    assert belonging(netaudit.open_case(tmp_path / "out", check=False)).status == NONE


def test_what_is_signed_and_asked_later_is_no_forgery(case: netaudit.Case) -> None:
    later(case.folder, "second opinion", by="dpkt", all=3, confirmed=3, contradicted=0)
    assert belonging(netaudit.open_case(case.folder)).status == MINE
    rewrite(netaudit.open_case(case.folder), "en")
    assert "dpkt: 3 of 3 objects confirmed" in (case.folder / "report.html").read_text("utf-8")
    later(case.folder, "second opinion", by="dpkt", all=3, confirmed=0, contradicted=3)
    assert belonging(netaudit.open_case(case.folder)).status == MINE
    forged = edited(netaudit.open_case(case.folder), "3 of 3 objects confirmed", "1 of 3 objects confirmed")
    assert belonging(forged).status == FORGED


def test_what_is_passed_on_is_true_then(case: netaudit.Case, tmp_path: Path) -> None:
    """A decision that came after the report is in the report of the zip."""
    decide(case.folder, case.table("devices").to_pylist()[0], note="seen in the hall", by="an officer")
    out = tmp_path / "out.zip"
    ran = CliRunner().invoke(app, ["export", str(case.folder), "zip", "-o", str(out), "--lang", "en"])
    assert (ran.exit_code, "it was written again" in ran.output) == (0, True)
    with zipfile.ZipFile(out) as archive:
        assert b"seen in the hall" in archive.read("report.html")
        archive.extractall(tmp_path / "out")
    assert belonging(netaudit.open_case(tmp_path / "out", check=False)).status == MINE


def test_what_cannot_be_renewed_is_passed_on_as_it_lies(
    case: netaudit.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More findings than a report takes, or a signature: the report in the zip is the one in the case."""
    decide(case.folder, case.table("devices").to_pylist()[0], note="seen in the hall", by="an officer")
    report, words = (case.folder / "report.html").read_bytes(), ["export", str(case.folder), "--overwrite"]
    with monkeypatch.context() as now:
        now.setattr(rewriting, "MOST_FINDINGS", 0)
        ran = CliRunner().invoke(app, [*words, "zip", "-o", str(tmp_path / "a.zip"), "--lang", "en"])
        assert (ran.exit_code, "could not be written again" in ran.output) == (0, True)
    signature = case.folder / min(ATTESTED)
    signature.parent.mkdir(exist_ok=True)
    signature.write_bytes(b"a signature")
    ran = CliRunner().invoke(app, [*words, "zip", "-o", str(tmp_path / "b.zip"), "--lang", "en"])
    assert (ran.exit_code, "the case is signed" in ran.output) == (0, True)
    assert (case.folder / "report.html").read_bytes() == report


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_why_a_report_was_not_compared_is_said_in_the_language(
    case: netaudit.Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr("netaudit.report.belonging.__version__", "0.9")
    told = belonging(case)
    assert told.document()["reason"] == f"written by netaudit {netaudit.__version__}; this is 0.9"
    _print_belonging(told, case.folder, lang)
    assert ("written by netaudit" in capsys.readouterr().out) == (lang == "en")
