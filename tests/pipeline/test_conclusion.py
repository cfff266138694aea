"""The last step: what it has made while the report is not begun yet."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

import netaudit
from netaudit.pipeline import conclusion
from netaudit.report import sections_images
from netaudit.report.judgements import Judgements
from tests.conftest import ROOT

DEMO = ROOT / "pcaps" / "sales_office" / "lan.pcapng"


def test_of_very_many_objects_none_is_held_to_see_which_are_shown(monkeypatch):
    monkeypatch.setattr(conclusion, "MOST_JOINED", 2)
    findings = pa.table({"object_ids": [["a", "b"], ["c"]]})
    assert conclusion._to_be_shown(Path("case"), {"findings": findings}) == []


def test_before_the_report_asks_its_thumbnails_are_under_way(tmp_path, monkeypatch):
    asked: list[list[str]] = []
    monkeypatch.setattr(conclusion, "MOST_AHEAD", 0)  # as of a case with many faces
    ahead = conclusion.Shown.ahead

    def noted(shown, paths):
        paths = list(paths)
        asked.append([path.stem for path in paths])
        assert all(path.is_file() for path in paths)
        ahead(shown, paths)

    monkeypatch.setattr(conclusion.Shown, "ahead", noted)
    case = netaudit.audit(DEMO, tmp_path / "case", faces=True)
    wanted = [sha256 for sha256, _ in sections_images.turns(Judgements(case))]
    assert asked[0] == []
    assert asked[1] == wanted[: sections_images.GALLERY]
    assert asked[1]
