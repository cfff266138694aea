"""What the report says of how a live case was recorded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from netaudit.evidence.case.custody import Custody
from netaudit.evidence.case.report_status import moment
from netaudit.report import sections_method
from netaudit.report.sections_method import live
from netaudit.report.wording import Wording

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.report.texts import Lang

FACTS = {"interface": "eth1", "recorder": "dumpcap", "received": 1000, "stopped": "disk_full", "overwritten": []}


def told(folder: Path, lang: Lang = "en", **facts: Any) -> dict[str, Any] | None:
    case = SimpleNamespace(run={"live": FACTS | facts}, folder=folder)
    return live(case, Wording(lang))  # type: ignore[arg-type]


def test_a_case_from_files_says_nothing() -> None:
    for run in ({}, {"live": None}, {"live": "yes"}):
        assert live(SimpleNamespace(run=run), Wording("en")) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "lost", "bad"),
    [
        ({}, "none reported", False),
        ({"dropped_kernel": 0, "dropped_own": None}, "none reported", False),
        ({"dropped_kernel": 7}, "7 packets by the kernel", True),
        (
            {"dropped_interface": 2, "dropped_own": 1200},
            "2 packets by the interface, 1,200 packets by the recorder",
            True,
        ),
        ({"untold_runs": 1}, "and an unknown number: 1 times", True),
    ],
)
def test_losses(tmp_path: Path, facts: dict[str, Any], lost: str, bad: bool) -> None:
    section = told(tmp_path, **facts)
    assert section is not None
    assert section["lost"].startswith(lost)
    assert section["bad"] == bad


def test_custody_and_overwritten_files(tmp_path: Path) -> None:
    custody = Custody(tmp_path)
    custody.note("begun")
    custody.note("concluded")
    custody.close()
    section = told(tmp_path, overwritten=["record-0001_00001_20260501090000.pcapng"])
    assert section is not None
    assert "record-0001_00001" in section["overwritten"]
    run = sections_method.run(SimpleNamespace(folder=tmp_path, run={}), Wording("en"), moment(tmp_path))
    assert "2 lines, the chain holds" in run["custody"]
    assert run["head"] == custody.last
    (tmp_path / "custody.jsonl").write_bytes((tmp_path / "custody.jsonl").read_bytes().replace(b"begun", b"begin"))
    broken = sections_method.run(SimpleNamespace(folder=tmp_path, run={}), Wording("zh"), moment(tmp_path))
    assert broken["broken"]
    assert "断裂" in broken["custody"]


def test_strange_facts_do_not_stop_the_report(tmp_path: Path) -> None:
    section = told(tmp_path, interface="<b>\x1b[31m", stopped="\u202eodd", received=None, recorder=None)
    assert section is not None
    assert "\x1b" not in section["interface"]
