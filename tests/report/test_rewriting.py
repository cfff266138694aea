"""A case with more findings than a report can be made of is refused before they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from netaudit.browse.shelf import Book
from netaudit.errors import CaseError
from netaudit.report import rewriting
from netaudit.report.belonging import UNKNOWN, belonging
from netaudit.report.rewriting import rewrite
from tests.site import CAMERA, CLOUD, Site, answer, push

if TYPE_CHECKING:
    from pathlib import Path


def test_too_many_findings_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()
    site.lease(CAMERA)
    site.arp(CAMERA)
    site.talk(CAMERA, CLOUD, (push(1), answer()))
    case = netaudit.audit(site.write(tmp_path / "a.pcap"), tmp_path / "case", workers=1, lang="en")
    first, count = case.beginning("findings", 1)
    assert (first.num_rows, count) == (1, case.table("findings").num_rows)
    assert first.schema.equals(case.table("findings").schema)
    monkeypatch.setattr(rewriting, "MOST_FINDINGS", 0)
    with pytest.raises(CaseError, match="findings, where a report or a page takes at most 0"):
        rewrite(case, "en")
    with pytest.raises(CaseError, match="at most 0"):
        Book(case.folder)
    assert belonging(case).status == UNKNOWN
