"""Bounds of an audit: its process is ended, the reason is a row, and the other sites go on."""

from __future__ import annotations

import sys

import pytest

from netaudit.campaign import watchdog
from netaudit.campaign.plan import read_plan
from netaudit.campaign.running import run_campaign, tasks_of
from tests.campaign.sites import write_sites


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ({"most_seconds": 0.01}, "took longer than 0 s"),
        pytest.param(
            {"most_bytes": 1_000_000},
            "needed more than 1 MB of memory",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="NO PROC: memory is bounded on Linux only"),
        ),
    ],
)
def test_an_audit_beyond_its_bounds_is_ended_once(tmp_path, bound, said):
    sites = read_plan(write_sites(tmp_path / "sites", 1))
    results = run_campaign(tasks_of(sites, tmp_path / "out", faces=False, **bound), "processes", 1)
    assert [(one.state, one.reason) for one in results] == [("failed", said)]
    assert not list((tmp_path / "out" / "started").iterdir())


def test_this_process_is_never_ended(tmp_path):
    sites = read_plan(write_sites(tmp_path / "sites", 1))
    results = run_campaign(tasks_of(sites, tmp_path / "out", faces=False, most_seconds=0.01))
    assert [one.state for one in results] == ["audited"]


def test_memory_in_use_is_known():
    assert watchdog.resident() > 10_000_000 or sys.platform != "linux"
