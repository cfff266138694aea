"""Files that grow are read as they are read when whole, however they grew."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.capture.from_files import open_captures
from netaudit.capture.from_wire import Followed, count_packets, order, recorded
from netaudit.capture.layouts import RECORD
from netaudit.capture.write import PcapngWriter
from tests.wording import english

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

NAMES = [f"record-0001_{number:05d}_20260501090000.pcapng" for number in range(1, 5)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Four recorded files: the third has no packet."""
    folder = tmp_path_factory.mktemp("whole")
    made = []
    for number, packets in enumerate((40, 7, 0, 25)):
        path = folder / NAMES[number]
        with PcapngWriter(path) as writer:
            writer.interface(1, name="eth0")
            for place in range(packets):
                ts = 1_777_000_000_000_000_000 + (number * 1000 + place) * 1_000_000
                writer.packet(0, ts, bytes([number, place]) * (10 + 37 * place % 400))
            writer.statistics(0, 1_777_000_000_000_000_000, received=packets, lost=number)
        made.append(path.read_bytes())
    return made


def summary(windows: list[tuple[bytes, np.ndarray]]) -> list[tuple[int, ...]]:
    """Capture, frame, time, lengths and bytes of every packet."""
    rows = []
    for buffer, records in windows:
        for row in records:
            data = buffer[row["offset"] : int(row["offset"]) + int(row["caplen"])]
            rows.append((*(int(row[name]) for name in ("capture", "frame", "ts", "wirelen")), hash(data)))
    return rows


def drain(followed: Followed, *, ended: bool) -> list[tuple[bytes, np.ndarray]]:
    found = []
    while (window := followed.read(ended=ended)) is not None:
        found.append((window.buffer.tobytes(), window.records.copy()))
        assert window.records.dtype == RECORD
    return found


@settings(max_examples=30, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 1 << 15), max_size=12), early=st.booleans(), size=st.sampled_from([64, 500, 1 << 20])
)
def test_growing_files_give_what_whole_files_give(
    files: list[bytes], tmp_path_factory: pytest.TempPathFactory, cuts: list[int], early: bool, size: int
) -> None:
    """Cut anywhere, looked at after each piece; with `early` the next file begins before the last look at this one."""
    folder = tmp_path_factory.mktemp("grows")
    followed = Followed(folder, size)
    found = []
    for number, data in enumerate(files):
        path = folder / NAMES[number]
        path.write_bytes(b"")
        places = sorted({cut % (len(data) + 1) for cut in cuts} | {len(data)})
        for start, end in zip([0, *places], places, strict=False):
            with path.open("ab") as file:
                file.write(data[start:end])
            if not (early and end == len(data)):
                found += drain(followed, ended=False)
    found += drain(followed, ended=True)
    assert followed.behind == 0

    whole = open_captures([folder / name for name in NAMES])
    windows = [(window.buffer.tobytes(), window.records.copy()) for window in whole.windows()]
    places = {source.path.name: place for place, source in enumerate(whole.sources) if source.path}
    for _, records in windows:  # the empty file comes first there, since it has no time
        names = {place: name for name, place in places.items()}
        records["capture"] = [NAMES.index(names[int(capture)]) for capture in records["capture"]]
    assert summary(found) == summary(windows)
    assert [source.sha256 for source in followed.sources] == [hashlib.sha256(data).hexdigest() for data in files]
    assert [source.drops for source in followed.sources] == [0, 1, 2, 3]
    assert [source.damage for source in followed.sources] == [[]] * 4
    assert followed.closed == followed.sources


def test_a_record_cut_by_a_kill_is_damage_and_the_next_file_goes_on(files: list[bytes], tmp_path: Path) -> None:
    (tmp_path / NAMES[0]).write_bytes(files[0][: len(files[0]) // 2 + 3])
    (tmp_path / NAMES[1]).write_bytes(files[1])
    followed = Followed(tmp_path)
    drain(followed, ended=True)
    assert "cut inside the record" in english(followed.sources[0].damage[0])
    assert followed.sources[1].packets_read == 7
    assert count_packets(tmp_path / NAMES[0]) == followed.sources[0].packets_read > 0


@pytest.mark.parametrize("data", [b"", b"\x0a\x0d\x0d\x0a", b"\x0a\x0d\x0d\x0a" + bytes(40), b"GIF89a" + bytes(50)])
def test_what_never_became_a_capture_is_refused_with_a_reason(files: list[bytes], tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAMES[0]).write_bytes(data)
    (tmp_path / NAMES[1]).write_bytes(files[1])
    followed = Followed(tmp_path)
    drain(followed, ended=True)
    assert [entry.name for entry in followed.rejected] == [NAMES[0]]
    assert [source.packets_read for source in followed.sources] == [7]
    assert count_packets(tmp_path / NAMES[0]) == 0


def test_a_file_removed_while_it_waits_is_said(files: list[bytes], tmp_path: Path) -> None:
    for number in (0, 1, 3):
        (tmp_path / NAMES[number]).write_bytes(files[number])
    followed = Followed(tmp_path)
    assert followed.read(ended=False) is not None
    assert followed.unread(tmp_path / NAMES[1])
    (tmp_path / NAMES[1]).unlink()
    drain(followed, ended=True)
    assert [entry.name for entry in followed.rejected] == [NAMES[1]]
    assert [source.packets_read for source in followed.sources] == [40, 25]


def test_files_are_in_the_order_of_their_runs_and_numbers(tmp_path: Path) -> None:
    names = ["record-0002_00001_20260501080000.pcapng", "record-0001_00010_20260501090000.pcapng",
             "record-0001_00009_20260501090000.pcapng", "record-10000_00001_20260501090000.pcapng"]  # fmt: skip
    for name in [*names, "notes.pcapng", "record-0001_00003_2026.pcapng.part"]:
        (tmp_path / name).touch()
    assert [path.name for path in recorded(tmp_path)] == [names[2], names[1], names[0], names[3]]
    assert order(tmp_path / "notes.pcapng") == (-1, -1)
