"""Which files of a recorder are whole, and how they go into a case."""

from __future__ import annotations

import errno
import hashlib
import time
from pathlib import Path

import pytest

from netaudit.live.daily.spool import QUIET, Spool, moved
from tests.live.daily.recorded import capture, write

DAY = 86_400.0


def test_what_still_changes_is_not_whole(tmp_path: Path) -> None:
    write(tmp_path, "a-2.pcap", capture(1000), time.time() - 60)
    growing = write(tmp_path, "a-10.pcap", capture(2000), time.time() - 50)
    write(tmp_path, "a-11.pcap", capture(3000), time.time() - 1)
    write(tmp_path, ".hidden", capture(1), time.time() - DAY)
    (tmp_path / "link.pcap").symlink_to(growing)
    spool = Spool(tmp_path, own=False)
    assert not spool.whole()  # seen for the first time
    growing.write_bytes(capture(2000, frames=5))
    found = spool.whole()  # the one that grew is the newest now
    assert [one.path.name for one in found] == ["a-2.pcap", "a-11.pcap"]
    assert [one.begins for one in found] == [1000.5, 3000.5]
    assert [one.path.name for one in spool.whole()] == ["a-2.pcap", "a-11.pcap"]


def test_the_newest_is_whole_when_it_was_quiet(tmp_path: Path) -> None:
    write(tmp_path, "only.pcap", capture(1000), time.time() - QUIET - 1)
    spool = Spool(tmp_path, own=False)
    assert not spool.whole()
    assert [one.path.name for one in spool.whole()] == ["only.pcap"]


def test_files_of_our_recorder_come_in_its_order(tmp_path: Path) -> None:
    for number in (2, 1, 10):
        write(tmp_path, f"record-0001_{number:05d}_20261129000000.pcapng", capture(number))
    write(tmp_path, "other.pcap", capture(1))
    spool = Spool(tmp_path, own=True)
    assert [one.path.name[12:17] for one in spool.whole()] == ["00001", "00002"]
    assert len(spool.whole(ended=True)) == 3


def test_what_has_no_time_has_that_of_its_file(tmp_path: Path) -> None:
    write(tmp_path, "record-0001_00001_20261129000000.pcapng", b"no capture", 5000.0)
    assert [one.begins for one in Spool(tmp_path, own=True).whole(ended=True)] == [5000.0]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_file_is_moved_and_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool) -> None:
    path, target = write(tmp_path, "a.pcap", capture(1)), tmp_path / "b.pcap"
    if elsewhere:
        rename = Path.rename

        def other_disk(self: Path, to: Path) -> Path:
            if self == path:
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return rename(self, to)

        monkeypatch.setattr(Path, "rename", other_disk)
    assert moved(path, target) == (len(capture(1)), hashlib.sha256(capture(1)).hexdigest())
    assert not path.exists()
    assert target.stat().st_mode & 0o777 == 0o600
