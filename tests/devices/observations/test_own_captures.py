"""Captures of announcements by real peers: all that was configured is told, about the right host, and no secret is."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from unittest import mock

import pytest

import netaudit
from netaudit.capture.from_files import open_captures

FOLDER = Path(__file__).parents[3] / "pcaps" / "discovery"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
SECRETS = ("hush-hush", "public", "letmein", "admin", "demo")  # communities, passwords and users in those captures


def told(capture: Path, folder: Path, **options: int) -> list[dict]:
    with mock.patch("netaudit.report.from_case.write_report"):
        case = netaudit.audit(capture, folder, faces=False, **options)
    return case.table("observations", ["kind", "mac", "ip", "field", "value", "frame", "count"]).to_pylist()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_was_configured_is_told(name: str, tmp_path: Path) -> None:
    rows = told(FOLDER / name, tmp_path / "case")
    missed = [
        fact for fact in EXPECTED[name]["facts"] if not any(fact.items() <= row.items() for row in rows)
    ]  # fmt: skip
    assert missed == []
    assert not [row for row in rows if row["value"] in SECRETS or "letmein" in row["value"] or "hush" in row["value"]]


def test_every_capture_is_expected() -> None:
    assert {path.name for path in FOLDER.glob("*.pcap*")} == set(EXPECTED)


def test_nothing_depends_on_windows_or_workers(tmp_path: Path) -> None:
    captures = [FOLDER / name for name in sorted(EXPECTED)]
    whole = told(captures, tmp_path / "one")
    small = functools.partial(open_captures, window_size=4096)
    with mock.patch("netaudit.capture.from_files.open_captures", small):
        assert told(captures, tmp_path / "small") == whole
    assert told(captures, tmp_path / "two", workers=2) == whole
