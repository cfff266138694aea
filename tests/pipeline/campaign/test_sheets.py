"""A cell from a capture is never a formula."""

from __future__ import annotations

import pytest

from netaudit.pipeline.campaign.sheets import _sheet

openpyxl = pytest.importorskip("openpyxl", reason="NO OPENPYXL: install the extra campaign")


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x.example")', "+1", "-1", "@SUM(A1)", "a\x00b"])
def test_text_stays_text(tmp_path, text):
    book = openpyxl.Workbook(write_only=True)
    _sheet(book, "x" * 40, [[text, 5]])
    book.save(tmp_path / "a.xlsx")
    cells = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0][1]
    assert cells[0].data_type == "s"
    assert cells[1].value == 5
