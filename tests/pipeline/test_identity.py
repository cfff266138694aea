"""However an audit is run, it gives the same bytes: tables, objects, case.json, and the report but for its marked block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netaudit
from netaudit.capture import from_files
from netaudit.core.schema import TABLES
from netaudit.core.storage.arrow_rows import plain
from tests import disguise
from tests.reference import capture as reference

LAN = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
RUN = re.compile(rb"<!-- run -->.*?<!-- /run -->", re.DOTALL)


OF_CAPTURES = ("captures", "skipped", "evidence", "ledgers", "relay_tests", "vantages")
NAMING = {  # columns that name a place in a capture, beside those called so
    "findings": ("capture_ids",), "devices": ("reasons", "evidence"), "claims": ("evidence",),
}  # fmt: skip
PLACES = (
    "capture_id",
    "frame",
    "first_frame",
    "last_frame",
    "image_capture_id",
    "image_first_frame",
    "image_last_frame",
)


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("key") / "project"
    path.write_bytes(b"k" * 32)
    return path


@pytest.fixture(scope="module")
def first(key, tmp_path_factory):
    return netaudit.audit(LAN, tmp_path_factory.mktemp("first") / "case", faces=False, project_key=key)


def promised(case) -> dict[str, bytes]:
    files = [path for path in case.folder.rglob("*") if path.is_file()]
    found = {path.relative_to(case.folder).as_posix(): path.read_bytes() for path in files}
    for name in ("run.json", "private/run.json", "custody.jsonl", "manifest.json", ".lock"):
        found.pop(name, None)
    found["report.html"], blocks = RUN.subn(b"", found["report.html"])
    assert blocks == 2  # when it was made, and how it was run
    return found


@pytest.mark.parametrize(("workers", "window"), [(1, 1 << 14), (1, 1 << 19), (2, 1 << 17)], ids=str)
def test_workers_and_windows_change_no_byte(workers, window, first, key, tmp_path, monkeypatch) -> None:
    whole = from_files.open_captures
    monkeypatch.setattr(from_files, "open_captures", lambda paths, **how: whole(paths, **how | {"window_size": window}))
    again = netaudit.audit(LAN, tmp_path / "case", faces=False, project_key=key, workers=workers)
    assert promised(again) == promised(first)


def test_cuts_change_nothing_but_ids_of_captures_and_numbers_of_frames(first, key, tmp_path) -> None:
    """Cut in three, the parts give the same flows, messages, objects, persons, events, devices and findings."""
    packets = reference.pcapng(LAN.read_bytes())
    for number, part in enumerate((packets[:1000], packets[1000:2500], packets[2500:])):
        records = [disguise.Record(one.ts, one.data, one.wirelen) for one in part]
        (tmp_path / f"{number}.pcap").write_bytes(disguise.pcap(disguise.Plain(records), nanosecond=True))
    parts = sorted(tmp_path.glob("?.pcap"))
    again = netaudit.audit(parts, tmp_path / "case", faces=False, project_key=key)
    for table in TABLES:
        left = [one for one in table.names if one not in (*PLACES, *NAMING.get(table.name, ()))]
        if table.name in OF_CAPTURES:
            continue
        before, now = (sorted(map(repr, plain(one.table(table.name, left)))) for one in (first, again))
        assert before == now, table.name
