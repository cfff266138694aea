"""An unmasked report says so, and for whom it is, on every page; a report that came too early says so, too."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import netaudit
from netaudit.cli.auditing import outcome
from netaudit.cli.verifying import verify_command
from netaudit.evidence.case import reviews
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.report_status import stale
from netaudit.report.from_case import css_text, write_report
from netaudit.report.rewriting import mark_stale, rewrite
from netaudit.report.texts import Texts
from tests.report import fakes

LAN = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
TO = '张江 "A" \\ </style> Zürich'


def printed(html: Path, work: Path) -> list[str]:
    """The text of every page when printed."""
    chromium, reader = shutil.which("chromium"), shutil.which("pdftotext")
    if chromium is None or reader is None:
        pytest.skip("needs chromium and pdftotext")
    pdf = work / "report.pdf"
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
               f"--user-data-dir={work / 'browser'}", f"--print-to-pdf={pdf}", str(html)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text = subprocess.run([reader, "-layout", str(pdf), "-"], check=True, capture_output=True).stdout.decode()
    return text.rstrip("\f").split("\f")


@pytest.mark.tools
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_printed_page_in_clear_says_so_and_for_whom(lang, tmp_path) -> None:
    html = write_report(fakes.office(), tmp_path / "report.html", lang, True, recipient=TO)
    pages = printed(html, tmp_path)
    assert len(pages) > 2
    for said in (Texts(lang)("unmasked_page"), Texts(lang)("unmasked_for", to=TO)):
        assert all(squeezed(said) in squeezed(page) for page in pages)
    masked = write_report(fakes.office(), tmp_path / "masked.html", lang)
    assert not any(squeezed(Texts(lang)("unmasked_page")) in squeezed(page) for page in printed(masked, tmp_path))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_without_a_recipient_that_is_said_and_the_title_says_clear(tmp_path) -> None:
    html = write_report(fakes.office(), tmp_path / "report.html", "en", True).read_text()
    assert "no recipient stated" in html
    assert "<title>NOT MASKED" in html
    assert "NOT MASKED" not in write_report(fakes.office(), tmp_path / "masked.html", "en").read_text()


def test_a_string_of_css_ends_where_it_should() -> None:
    text = str(css_text('a"b\\c</style>\n中'))
    assert text.startswith('"')
    assert text.endswith('"')
    assert not set(text[1:-1]) & set('"<>\n')


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    return netaudit.audit(LAN, tmp_path_factory.mktemp("stale") / "case", faces=False)


@pytest.fixture
def case(audited, tmp_path):
    shutil.copytree(audited.folder, tmp_path / "case")
    return netaudit.open_case(tmp_path / "case")


def finding(case) -> str:
    return str(case.table("findings")["finding_id"][0])


def test_a_review_after_the_report_makes_it_stale_and_writing_it_again_tells_it(case, capsys) -> None:
    folder = case.folder
    assert not outcome(case)["report_stale"]
    mark_stale(folder)  # nothing to mark
    assert Texts("en")("stale") not in (folder / "report.html").read_text()
    reviews.review(folder, finding(case), "confirmed", "seen at the door", "Li")
    assert stale(folder)
    mark_stale(folder)
    mark_stale(folder)  # once is enough
    html = (folder / "report.html").read_text()
    assert html.count(Texts("en")("stale")) == 1
    assert integrity(folder).sound
    assert outcome(netaudit.open_case(folder))["report_stale"]
    verify_command(folder, [], [], images=False, as_json=False, lang="en")
    assert "The report is stale" in capsys.readouterr().out
    rewrite(netaudit.open_case(folder), "en")
    html = (folder / "report.html").read_text()
    assert Texts("en")("stale") not in html
    assert "seen at the door" in html
    assert not stale(folder)
    assert integrity(folder).sound


def test_times_and_the_chain_stand_in_the_marked_block_alone(case) -> None:
    html = (case.folder / "report.html").read_text()
    marked = re.compile(r"<!-- run -->.*?<!-- /run -->", re.DOTALL)
    block, outside = " ".join(marked.findall(html)), marked.sub("", html)
    for said in (case.run["started_utc"], case.run["finished_utc"]):
        assert said in block
        assert said not in outside
    assert re.search(r"<code>[0-9a-f]{64}</code>", block)
