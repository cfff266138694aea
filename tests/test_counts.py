"""Sentences count devices by the one table that says who is there: in none are there more than it has rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from netaudit.errors import UnreadableError
from tests.conftest import ROOT, sampled

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 5_000_000
OWN = sorted(
    path for path in (ROOT / "pcaps").rglob("*.pcap*") if path.stat().st_size <= LARGEST and sampled(path.name)
)
FOLDERS = ("office", "vendors", "reality", "discovery")


def more_than_there_are(case: netaudit.Case) -> list[tuple[str, int]]:
    """Sentences of a case that count more devices than its table has: kind, and how many."""
    rows = case.table("devices").num_rows
    one = case.summary
    counted = [("sent", one.devices), *((row.act, len({row.device.id})) for row in one.transfers)]
    return [(kind, count) for kind, count in counted if count > rows]


@pytest.mark.parametrize("path", OWN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_sentence_of_our_own_captures_counts_more_devices_than_there_are(path: Path, tmp_path: Path) -> None:
    assert more_than_there_are(netaudit.audit(path, tmp_path / "case", faces=False)) == []


@pytest.mark.captures
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_sentence_of_a_shared_capture_counts_more_devices_than_there_are(
    folder: str, captures: Path, tmp_path: Path
) -> None:
    wrong = []
    some = sorted(path for path in (captures / folder).rglob("*.pcap*") if path.stat().st_size <= LARGEST)
    for path in [path for path in some if sampled(path.name)][::4]:
        try:
            case = netaudit.audit(path, tmp_path / "case", faces=False, overwrite=True)
        except UnreadableError:
            continue
        wrong += [(path.name, *one) for one in more_than_there_are(case)]
    assert not wrong
