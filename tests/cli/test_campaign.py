"""What `campaign run` says before the first site is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from netaudit.cli.app import app
from netaudit.pipeline.campaign import plan, running
from netaudit.pipeline.campaign.plan import Site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("sites", "key", "lang", "told", "not_told"),
    [
        (2, False, "en", "2 sites; each is told", ""),
        (2, False, "en", "without --project-key persons cannot be counted", ""),
        (2, False, "zh", "不能跨场所统计人员", "without"),
        (2, True, "en", "2 sites", "--project-key"),
        (1, False, "en", "1 site", "--project-key"),
    ],
)
def test_it_says_what_will_not_be_comparable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sites: int, key: bool, lang: str, told: str, not_told: str
) -> None:
    said: list[str] = []

    def run_campaign(*_: object, **__: object) -> list[object]:
        said.append("run")
        return []

    monkeypatch.setattr(plan, "read_plan", lambda _: [Site(f"s{place}", ("a.pcap",)) for place in range(sites)])
    monkeypatch.setattr(running, "run_campaign", run_campaign)
    (tmp_path / "key").write_bytes(bytes(32))
    words = ["campaign", "run", "plan.csv", "--out", str(tmp_path / "c"), "--lang", lang]
    run = CliRunner().invoke(app, [*words, *(["--project-key", str(tmp_path / "key")] if key else [])])
    assert said == ["run"], run.output
    assert told in run.stderr
    assert not not_told or not_told not in run.stderr
