"""Worker processes are started before there is work for them, and none outlives the audit."""

from __future__ import annotations

import errno
import multiprocessing
import subprocess
import sys
import threading
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import psutil
import pytest

import netaudit
from netaudit.cli.auditing import progress_bar
from netaudit.errors import UnreadableError
from netaudit.images.judge import Judge
from netaudit.pipeline import startup
from netaudit.pipeline.options import Options
from netaudit.pipeline.task import staffed
from netaudit.pipeline.workers import WORTH, Member, Team, dismiss, hire, way_to_start
from tests.pipeline.test_identity import RUN

LAN = next((Path(__file__).parents[2] / "pcaps" / "sales_office").glob("lan.*"))
# an audit as a process of our own, with a key that does not change
OWN = """
import sys
from netaudit.pipeline.startup import load_arrow, own_process
own_process()
load_arrow()
from pathlib import Path
from netaudit.pipeline import task
task.run([sys.argv[1]], Path(sys.argv[2]), task.Options(faces=False, workers=int(sys.argv[3]), project_key=bytes(32)), lambda *_: None)
"""


@pytest.mark.parametrize(
    ("said", "size", "faces", "processors", "workers"),
    [
        (0, WORTH - 1, False, 8, 1),  # the start of another would cost more than it gives
        (0, WORTH, False, 1, 1),
        (0, WORTH, False, 2, 2),
        (0, WORTH, True, 2, 1),  # judging has the other
        (0, WORTH, True, 3, 2),
        (0, 100 * WORTH, False, 64, 3),  # memory
        (5, 0, True, 1, 5),  # as was said
    ],
)
def test_as_many_workers_as_pay(
    said: int, size: int, faces: bool, processors: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netaudit.pipeline.workers.processors", lambda: processors)
    assert staffed(Options(workers=said, faces=faces), size).workers == workers


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

    monkeypatch.setattr("netaudit.pipeline.workers.observe_packets", broken)
    with pytest.raises(RuntimeError, match="out of order"):
        netaudit.audit(LAN, tmp_path / "case", faces=False, workers=2)
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

    monkeypatch.setattr("multiprocessing.shared_memory.SharedMemory", Noted)
    monkeypatch.setattr("netaudit.pipeline.workers.Watch.finish", broken)
    with pytest.raises(RuntimeError, match="out of order"):
        netaudit.audit(LAN, tmp_path / "case", faces=False, workers=2)
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


def test_only_a_process_of_our_own_without_threads_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert way_to_start() == "spawn"
    monkeypatch.setattr(startup, "_own", True)
    assert way_to_start() == ("fork" if sys.platform == "linux" else "spawn")
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert way_to_start() == "spawn"


def test_the_bar_on_a_terminal_has_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else workers could not be forked there."""
    before = threading.active_count()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar("en") as (tell, _):
        tell("read", 1, 2)
        assert threading.active_count() == before


def test_workers_of_the_command_line_give_the_same_files(tmp_path: Path) -> None:
    told = []
    for workers in ("1", "2", "3"):
        case = tmp_path / workers
        command = [sys.executable, "-W", "error", "-c", OWN, str(LAN), str(case), workers]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        files = {path.relative_to(case): path.read_bytes() for path in case.rglob("*") if path.is_file()}
        for apart in ("run.json", "private/run.json", "custody.jsonl", "manifest.json"):
            del files[Path(apart)]
        files[Path("report.html")] = RUN.sub(b"", files[Path("report.html")])
        told.append(files)
    assert told[0].keys() == told[1].keys() == told[2].keys()
    assert [path for path in told[0] if not told[0][path] == told[1][path] == told[2][path]] == []


@pytest.mark.skipif(sys.platform == "win32", reason="not tried there: its processes and pipes are others")
def test_workers_end_when_the_audit_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "netaudit", "audit", "-", "--case", str(tmp_path / "case"), "--workers", "2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as audit:  # waits for more
        assert audit.stdin is not None
        audit.stdin.write(LAN.read_bytes())
        audit.stdin.flush()
        own = psutil.Process(audit.pid)
        for _ in range(600):
            workers = own.children(recursive=True)
            if len(workers) >= 3 and (tmp_path / "case" / "case.json").exists():  # two, and one that tidies up
                break
            psutil.wait_procs([own], timeout=0.05)
        assert len(workers) >= 3
        audit.kill()
        _, left = psutil.wait_procs(workers, timeout=20)
        assert left == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they are spawned")
def test_a_judge_that_gets_ready_does_not_keep_workers_from_being_forked() -> None:
    threads = threading.active_count()
    with Judge(threads=1) as judge:
        judge.prepare()
        assert threading.active_count() == threads
