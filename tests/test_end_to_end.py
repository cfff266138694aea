"""Whole audits: the same images in every disguise, the same case however it was run, damage marked exactly."""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import netaudit
from netaudit.capture.from_files import open_captures
from tests import disguise
from tests.disguise import FILES, FRAMES, LOSSY, Plain, Record, pcap
from tests.pipeline.test_identity import RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

PCAPS = Path(__file__).parents[1] / "pcaps"
LAN = PCAPS / "sales_office" / "lan.pcapng"
IMAGES = {"jpeg", "png"}


def packets_of(path: Path) -> Iterator[Record]:
    for window in open_captures([path]).windows():
        for row in window.records:
            start = int(row["offset"])
            yield Record(
                int(row["ts"]), window.buffer[start : start + int(row["caplen"])].tobytes(), int(row["wirelen"])
            )


@functools.cache
def office() -> Plain:
    """The demo office as plain Ethernet packets in microseconds, as the disguises need it."""
    records = [record._replace(ts=record.ts // 1000 * 1000) for record in packets_of(LAN)]
    return Plain(records=records, linktype=1)


def audit(tmp_path: Path, *contents: bytes, workers: int = 1, name: str = "case") -> netaudit.Case:
    paths = []
    for number, content in enumerate(contents):
        paths.append(tmp_path / f"{name}-{number}.cap")
        paths[-1].write_bytes(content)
    return netaudit.audit(paths, tmp_path / name, faces=False, workers=workers)


def images(case: netaudit.Case, *, whole: bool = True) -> dict[str, int]:
    """Image objects by SHA-256, with how often each was found."""
    found: dict[str, int] = defaultdict(int)
    for row in case.table("objects").select(["sha256", "kind", "complete"]).to_pylist():
        if row["kind"] in IMAGES and row["complete"] == whole:
            found[row["sha256"]] += 1
    return dict(found)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    return audit(tmp_path_factory.mktemp("plain"), pcap(office()))


@pytest.mark.parametrize("name", FRAMES)
def test_the_same_images_in_every_disguise(name: str, plain: netaudit.Case, tmp_path: Path) -> None:
    case = audit(tmp_path, pcap(FRAMES[name](office())))
    assert images(case) == images(plain)
    totals = case.manifest["totals"]
    assert totals["packets_read"] == totals["packets_decoded"] + sum(totals["skipped"].values())
    assert_ledger(case)


def assert_ledger(case: netaudit.Case) -> None:
    """TCP payload = delivered + duplicate + conflicting + evicted + after close, flow by flow and way by way."""
    flows = case.table("flows").to_pydict()
    for way in ("up", "down"):
        parts = [
            np.array(flows[f"{part}_{way}"])
            for part in ("delivered", "duplicate", "conflicting", "evicted", "after_close")
        ]
        assert (np.array(flows[f"payload_{way}"]) == sum(parts)).all()


@pytest.mark.parametrize("name", LOSSY)
def test_damage_is_marked_exactly(name: str, plain: netaudit.Case, tmp_path: Path) -> None:
    case = audit(tmp_path, pcap(LOSSY[name](office())))
    truth = {sha256: path.read_bytes() for sha256 in images(plain) if (path := plain.object_path(sha256))}
    assert set(images(case)) <= set(truth), "an image that is whole here is none that was sent"
    by_size = defaultdict(list)
    for data in truth.values():
        by_size[len(data)].append(np.frombuffer(data, np.uint8))
    for row in case.table("objects").to_pylist():
        if row["kind"] in IMAGES and not row["complete"]:
            assert row["missing"]
            path = case.object_path(row["sha256"])
            assert path is not None
            assert_holes(path.read_bytes(), row["missing"], by_size)
    assert_ledger(case)


def assert_holes(found: bytes, missing: list[str], by_size: dict[int, list[np.ndarray]]) -> None:
    """What is not said to be missing is right, byte for byte (images of a known length)."""
    known = np.ones(len(found), bool)
    for text in missing:
        start, _, end = text.partition("-")
        known[int(start) : None if end == "?" else int(end)] = False
    if any("?" in text for text in missing) or len(found) not in by_size:
        return
    data = np.frombuffer(found, np.uint8)
    assert any((data[known] == candidate[known]).all() for candidate in by_size[len(found)])


def test_lost_segments_cost_only_the_images_they_were_in(plain: netaudit.Case, tmp_path: Path) -> None:
    lossy, lost = disguise.dropped(office(), 0.01)
    case = audit(tmp_path, pcap(lossy))
    with_data = (
        sum(1 for record in lost if len(getattr(record, "data", b"")) > 200)
        if lost and hasattr(lost[0], "data")
        else len(lost)
    )
    harmed = sum(images(plain).values()) - sum(images(case).values())
    assert 0 < harmed <= with_data


@pytest.mark.parametrize("name", FILES)
def test_the_same_case_from_every_file(name: str, plain: netaudit.Case, tmp_path: Path) -> None:
    case = audit(tmp_path, FILES[name](office()))
    assert_same_tables(case, plain)


def assert_same_tables(case: netaudit.Case, other: netaudit.Case) -> None:
    """Identical after leaving out capture ids, frame numbers and what hangs on the key of the case."""
    for table in ("flows", "messages", "objects", "endpoints", "images", "findings", "events", "journeys"):
        left, right = (
            opened.table(table).drop_columns(
                [c for c in opened.table(table).column_names if "frame" in c or "capture" in c or "hmac" in c]
            )
            for opened in (case, other)
        )
        assert left.equals(right), table


@pytest.mark.parametrize("parts", [2, 7])
def test_the_same_case_from_rotated_files_in_any_order(parts: int, plain: netaudit.Case, tmp_path: Path) -> None:
    files = [pcap(piece) for piece in disguise.split(office(), parts)]
    assert_same_tables(audit(tmp_path, *reversed(files)), plain)


def test_the_same_files_for_one_and_two_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    monkeypatch.setattr("secrets.token_bytes", lambda count: bytes(count))  # the case key: random in life
    for workers in (1, 2):
        netaudit.audit([LAN], tmp_path / str(workers), faces=False, workers=workers)
    one, two = (
        {
            path.relative_to(tmp_path / folder): hashlib.sha256(RUN.sub(b"", path.read_bytes())).hexdigest()
            for path in files(tmp_path / folder)
        }
        for folder in ("1", "2")
    )
    assert one == two


def files(folder: Path) -> list[Path]:
    """All files of a case but those that tell when and how it was run."""
    apart = {"run.json", "custody.jsonl", "manifest.json"}
    return [path for path in folder.rglob("*") if path.is_file() and path.name not in apart]


def test_a_cut_file_keeps_what_came_before(plain: netaudit.Case, tmp_path: Path) -> None:
    count = len(office().records)
    case = audit(tmp_path, disguise.cut_mid_record(pcap(office()), count // 2))
    (row,) = case.table("captures").to_pylist()
    assert row["packets_read"] == count // 2
    assert row["damage"]
    assert 0 < len(images(case)) < len(images(plain))


def test_a_corrupt_record_header_costs_one_packet(plain: netaudit.Case, tmp_path: Path) -> None:
    case = audit(tmp_path, disguise.corrupt_header(pcap(office()), len(office().records) // 3))
    (row,) = case.table("captures").to_pylist()
    assert row["packets_read"] == len(office().records) - 1
    assert len(row["damage"]) == 1
    assert sum(images(plain).values()) - sum(images(case).values()) <= 1


@pytest.mark.captures
def test_every_http_image_of_the_shared_office(captures: Path, tmp_path: Path) -> None:
    import csv

    case = netaudit.audit(captures / "office" / "office.pcap", tmp_path / "case", faces=False)
    whole = set(images(case))
    with (captures / "office" / "truth.csv").open(newline="") as file:
        missed = [row for row in csv.DictReader(file) if row["proto"] == "http" and row["sha256"] not in whole]
    assert not missed
    totals = case.manifest["totals"]
    assert (totals["packets_read"], totals["packets_decoded"]) == (33_610, 33_610)
