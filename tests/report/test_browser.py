"""The report in a real browser: nothing is blocked or fetched, nothing sticks out, paper comes out."""

import re
import shutil
import subprocess

import pytest

from netaudit.report.from_case import write_report
from tests.report import fakes

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM: install it to run this test"),
]
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def browse(folder, *options):
    command = [CHROMIUM, *QUIET, f"--user-data-dir={folder / 'profile'}", *options]
    return subprocess.run(command, capture_output=True, timeout=90, check=True)


@pytest.mark.parametrize("make", [fakes.office, fakes.hostile])
def test_browser_builds_the_same_page_and_complains_of_nothing(make, tmp_path):
    path = write_report(make(), tmp_path / "report.html", "zh")
    seen = browse(tmp_path, "--enable-logging=stderr", "--dump-dom", path.as_uri())
    dom = seen.stdout.decode()
    assert "CONSOLE" not in seen.stderr.decode(errors="replace")
    assert dom.count("<section") == path.read_text(encoding="utf-8").count("<section") >= 14
    assert dom.count("<script") == 1
    assert 'class="sorts"' in dom  # the script was let run by the policy of the page
    assert not re.search(r"<(iframe|link|object|embed)\b", dom)


def test_report_prints(tmp_path):
    path = write_report(fakes.office(), tmp_path / "report.html", "en")
    browse(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'report.pdf'}", path.as_uri())
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 8  # annexes are folded


def test_phone_width_does_not_stick_out(tmp_path):
    """At 500 pixels the right margin stays white all the way down: only the boxes that scroll are wider."""
    from PIL import Image

    path = write_report(fakes.office(), tmp_path / "report.html", "zh")
    shot = tmp_path / "shot.png"
    browse(tmp_path, "--hide-scrollbars", "--window-size=500,6000", f"--screenshot={shot}", path.as_uri())
    with Image.open(shot) as picture:
        margin = picture.convert("L").crop((picture.width - 10, 0, picture.width, picture.height))
        body = picture.convert("L").crop((14, 0, picture.width - 14, 1000))
    assert margin.getextrema() == (255, 255)
    assert body.getextrema()[0] < 100


@pytest.mark.parametrize("make", [fakes.office, fakes.hostile, fakes.huge])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_verdict_and_summary_are_two_pages_at_most(make, lang, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("NO PDFTOTEXT: apt install poppler-utils")
    path = write_report(make(), tmp_path / "report.html", lang)
    browse(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'report.pdf'}", path.as_uri())
    text = subprocess.run(
        ["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    pages = text.split("\f")
    if make is fakes.hostile:  # each of its values is as long as it may be
        assert len(pages) <= 20
        return
    heading = re.compile(r"3\s+(?:人脸图像|Face images)")
    assert next(place for place, page in enumerate(pages) if heading.match(page.lstrip())) <= 2
