"""Worker processes are started before there is work for them, and none outlives the audit."""

from __future__ import annotations

import errno
import multiprocessing
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import pytest

import netaudit
from netaudit.errors import UnreadableError
from netaudit.workers import Member, Team, dismiss, hire


def test_one_worker_is_this_process() -> None:
    assert hire(1) == []
    dismiss([])


def test_workers_without_work_are_dismissed() -> None:
    members = hire(2)
    assert [member.process.is_alive() for member in members] == [True, True]
    dismiss(members)
    assert [member.process.is_alive() for member in members] == [False, False]
    dismiss(members)  # once more does no harm


def test_an_audit_that_cannot_begin_leaves_none(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pcap"
    nothing.write_bytes(b"no capture at all")
    with pytest.raises(UnreadableError):
        netaudit.audit(nothing, tmp_path / "case", faces=False, workers=2)
    assert multiprocessing.active_children() == []


def test_an_audit_that_fails_on_the_way_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("netaudit.workers.observe_packets", broken)
    capture = next((Path(__file__).parents[1] / "pcaps" / "sales_office").glob("lan.*"))
    with pytest.raises(RuntimeError, match="out of order"):
        netaudit.audit(capture, tmp_path / "case", faces=False, workers=2)
    assert multiprocessing.active_children() == []


def test_an_audit_that_fails_at_its_end_leaves_neither_workers_nor_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    made: list[str] = []

    class Noted(shared_memory.SharedMemory):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            made.append(self.name)

    monkeypatch.setattr("netaudit.workers.shared_memory.SharedMemory", Noted)
    monkeypatch.setattr("netaudit.workers.Watch.finish", broken)
    capture = next((Path(__file__).parents[1] / "pcaps" / "sales_office").glob("lan.*"))
    with pytest.raises(RuntimeError, match="out of order"):
        netaudit.audit(capture, tmp_path / "case", faces=False, workers=2)
    assert multiprocessing.active_children() == []
    monkeypatch.undo()
    assert made
    for name in made:
        with pytest.raises(FileNotFoundError):
            shared_memory.SharedMemory(name)


@pytest.mark.parametrize("last", [OSError(errno.ENOSPC, "No space left on device"), None])
def test_what_a_worker_said_last_is_told(last: Exception | None) -> None:
    ours, theirs = multiprocessing.Pipe()
    theirs.send(("done", None))
    if last is not None:
        theirs.send(("error", last))
    theirs.close()
    team = object.__new__(Team)
    with pytest.raises(OSError if last else RuntimeError, match="No space" if last else "ended unexpectedly"):
        team._send(Member(None, ours, waiting=2), ("finish",))
    ours.close()
