"""Which files of a recorder are whole, and how they go into a case."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from pathlib import Path

import pytest

from netaudit.pipeline.live.daily.spool import QUIET, Spool, moved
from tests.pipeline.live.daily.recorded import capture, write

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


def test_a_newer_file_of_another_name_is_no_successor(tmp_path: Path) -> None:
    write(tmp_path, "eth0_00001_20261129000000.pcap", capture(1000), time.time() - 60)
    write(tmp_path, "eth0_00002_20261129001000.pcap", capture(2000), time.time() - 50)
    write(tmp_path, "eth1_00001_20261129001000.pcap", capture(2000), time.time() - 40)
    write(tmp_path, "recorder.log", b"started", time.time() - 1)
    spool = Spool(tmp_path, own=False)
    spool.whole()
    assert [one.path.name for one in spool.whole()] == ["eth0_00001_20261129000000.pcap"]


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (("dump.pcap1", "dump.pcap2"), 1),
        (("dump_2026-11-29_10-00-00.pcap", "dump_2026-11-29_11-00-00.pcap"), 1),
        (("lan1.pcap", "wan.pcap"), 0),
        (("a-9.pcap", "a-10.pcap"), 1),
    ],
)
def test_which_names_follow_each_other(tmp_path: Path, names: tuple[str, str], taken: int) -> None:
    for number, name in enumerate(names):
        write(tmp_path, name, capture(1000 + number), time.time() - 60 + number)
    spool = Spool(tmp_path, own=False)
    spool.whole()
    assert [one.path.name for one in spool.whole()] == list(names[:taken])


def test_what_is_no_capture_stays_where_it_is(tmp_path: Path) -> None:
    write(tmp_path, "keys.docx", b"PK\x03\x04" + bytes(60), time.time() - QUIET - 1)
    write(tmp_path, "empty.pcap", b"", time.time() - QUIET - 1)
    spool = Spool(tmp_path, own=False)
    assert not spool.whole()
    assert not spool.whole()
    assert spool.others == {"keys.docx"}


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="tells nothing of open files")  # noqa: PTH112
def test_what_a_process_writes_to_is_not_whole(tmp_path: Path) -> None:
    path = write(tmp_path, "only.pcap", capture(1000), time.time() - QUIET - 1)
    spool = Spool(tmp_path, own=False)
    spool.whole()
    with path.open("ab"):
        assert not spool.whole()
    with path.open("rb"):
        assert len(spool.whole()) == 1


def test_a_file_that_goes_during_a_look_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a-1.pcap", capture(1000), time.time() - QUIET - 1)

    class Gone:
        name = "a-0.pcap"

        def is_file(self, *, follow_symlinks: bool) -> bool:
            return not follow_symlinks

        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    scandir = os.scandir

    class Looks:
        def __init__(self, folder: Path) -> None:
            self.there = scandir(folder)

        def __enter__(self) -> list[object]:
            return [Gone(), *self.there]

        def __exit__(self, *_: object) -> None:
            self.there.close()

    spool = Spool(tmp_path, own=False)
    spool.whole()
    monkeypatch.setattr("netaudit.pipeline.live.daily.spool.os.scandir", Looks)
    monkeypatch.setattr("netaudit.pipeline.live.daily.spool.written_now", set)
    assert [one.path.name for one in spool.whole()] == ["a-1.pcap"]


def test_a_target_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path, target = write(tmp_path, "a.pcap", capture(1)), write(tmp_path, "b.pcap", capture(2))
    with pytest.raises(FileExistsError):
        moved(path, target)
    assert (path.read_bytes(), target.read_bytes()) == (capture(1), capture(2))


def test_a_file_whose_rights_cannot_be_set_is_moved_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, target = write(tmp_path, "a.pcap", capture(1)), tmp_path / "b.pcap"

    def refused(self: Path, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(self))

    monkeypatch.setattr(Path, "chmod", refused)
    assert moved(path, target)[0] == len(capture(1))
    assert target.exists()


def test_a_file_that_grows_while_it_is_hashed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, target = write(tmp_path, "a.pcap", capture(1)), tmp_path / "b.pcap"
    from netaudit.pipeline.live.daily import spool

    def grows(one: Path) -> object:
        fact = hashed(one)
        one.write_bytes(capture(1, frames=3))
        return fact

    hashed = spool.hashed
    monkeypatch.setattr(spool, "hashed", grows)
    with pytest.raises(BlockingIOError):
        moved(path, target)
    assert path.exists()
    assert not target.exists()


def test_a_file_that_cannot_be_taken_away_is_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, target = write(tmp_path, "a.pcap", capture(1)), tmp_path / "b.pcap"
    rename, unlink = Path.rename, Path.unlink

    def other_disk(self: Path, to: Path) -> Path:
        if self == path:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, to)

    def refused(self: Path, *, missing_ok: bool = False) -> None:
        if self == path:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "rename", other_disk)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(PermissionError):
        moved(path, target)
    assert [one.name for one in tmp_path.iterdir()] == ["a.pcap"]
