"""A live run that is really stopped and continued, and one whose clock is set by an hour while it records."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from netaudit import open_case
from netaudit.capture.adapters import link_of
from netaudit.evidence.case.custody import broken, entries
from netaudit.evidence.case.sealed import differing
from tests.conftest import ROOT
from tests.pipeline.live.conftest import OFFICE, PATIENCE, UNJUDGED, Live, Wire
from tests.pipeline.live.test_wire import assert_equal, recorder_of, resumed

if TYPE_CHECKING:
    from collections.abc import Callable

STILL = 4.5  # seconds
HOUR = 3600
BOOT = """
import sys, time, pathlib
wall, off = time.time, pathlib.Path({clock!r})
time.time = lambda: wall() + float(off.read_text())
time.time_ns = lambda: int(time.time() * 1e9)
from netaudit.cli.app import main
main()
"""


def test_stopped_and_continued_nothing_is_lost(wire: Wire, live: Callable[..., Live]) -> None:
    running = live("--no-faces")
    running.wait_for(lambda: running.news("rate"), "the kernels")
    first = wire.replay()
    running.wait_for(lambda: running.packets() >= first, "all packets")
    both = [running.process.pid, recorder_of(running)]
    for pid in both:
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    second = wire.replay()
    time.sleep(max(0.0, STILL - (time.monotonic() - began)))
    for pid in both:
        os.kill(pid, signal.SIGCONT)
    running.wait_for(lambda: running.packets() >= first + second, "what came while it was stopped")
    running.wait_for(lambda: running.custody("stood_still"), "a line of custody")
    running.stop()

    (line,) = running.custody("stood_still")
    assert STILL - 1 < float(str(line["seconds"])) < STILL + 5
    assert [row["level"] for row in running.news("note") if row["code"] == "stood_still"] == ["warning"]
    assert not running.custody("suspended")
    assert not running.custody("clock_jump")
    case = open_case(running.case)
    assert case.manifest["totals"]["packets_read"] == first + second
    assert case.run["live"]["dropped_kernel"] == 0
    assert broken(running.case) == []
    assert differing(case) == []


@pytest.fixture
def clocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Starts netaudit live on the loopback, with a recorder and a clock of its own; nothing of it needs rights."""
    if not sys.platform.startswith("linux") or link_of("lo") != "up":
        pytest.skip("NO LOOPBACK: needs one that is up")
    clock = tmp_path / "clock"
    clock.write_text("0")
    dumpcap = tmp_path / "bin" / "dumpcap"
    dumpcap.parent.mkdir()
    words = [sys.executable, str(Path(__file__).with_name("made_dumpcap.py")), str(clock), str(OFFICE)]
    dumpcap.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    dumpcap.chmod(0o755)
    out = (tmp_path / "out").open("wb")
    command = [sys.executable, "-c", BOOT.format(clock=str(clock)), "live", "lo", "--headless", "--no-faces"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{dumpcap.parent}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        [*command, "--case", str(tmp_path / "case")],
        stdin=subprocess.PIPE,
        stdout=out,
        env=environment,
        cwd=tmp_path,
    )
    with process:
        yield process, clock
        process.kill()
    out.close()


def test_a_clock_that_is_set_back_while_it_records(clocked, tmp_path: Path) -> None:
    process, clock = clocked
    case, out = tmp_path / "case", tmp_path / "out"

    def seen(kind: str, **wanted: object) -> list[dict[str, object]]:
        rows = [orjson.loads(line) for line in out.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        return [row for row in rows if row["news"] == kind and all(row[key] == wanted[key] for key in wanted)]

    def wait(happened: Callable[[], object]) -> None:
        until = time.monotonic() + PATIENCE
        while not happened():
            assert process.poll() is None
            assert time.monotonic() < until, out.read_text()
            time.sleep(0.02)

    wait(lambda: seen("rate"))
    wait(lambda: seen("rate")[-1]["packets"] or 0)
    clock.write_text(str(-HOUR))
    wait(lambda: seen("note", code="clock_jump"))
    process.stdin.write(b"mark after the jump\n")
    process.stdin.flush()
    wait(lambda: seen("moment"))
    wait(lambda: seen("rate")[-1]["packets"] == 5522)
    process.terminate()
    assert process.wait(PATIENCE) == UNJUDGED

    (jump,) = (line for line in entries(case) if line["what"] == "clock_jump")
    assert abs(jump["seconds"] + HOUR) < 2
    whole = open_case(case)
    assert whole.manifest["totals"]["packets_read"] == whole.run["live"]["received"] == 5522
    times = whole.table("captures").select(["first_ts", "last_ts"]).to_pylist()[0]
    assert abs((times["last_ts"] - times["first_ts"]).total_seconds()) > HOUR - 60
    assert broken(case) == []
    assert differing(whole) == []
    again = tmp_path / "again"
    again.mkdir()
    (again / "tables").mkdir()
    for path in (case / "tables").glob("*.parquet"):
        (again / "tables" / path.name).write_bytes(path.read_bytes())
    (again / "case.json").write_bytes((case / "case.json").read_bytes())
    assert resumed(case, "--no-faces") == UNJUDGED
    assert_equal(case, again, but={})
