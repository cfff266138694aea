"""A wire of our own: a network namespace with two ends of a cable, on which a capture is replayed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.conftest import ROOT
from tests.pipeline.live.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OFFICE = ROOT / "pcaps" / "sales_office" / "lan.pcapng"
PATIENCE = 180.0  # seconds for anything to happen, on a machine that does much else
UNJUDGED = 5  # exit code: with --no-faces the images of a case were not judged


class Wire:
    """Two ends `va` and `vb` in a namespace; what goes into one comes out of the other."""

    def __init__(self, name: str) -> None:
        self.name = name

    def command(self, *words: str) -> list[str]:
        """A command inside the namespace."""
        return ["ip", "netns", "exec", self.name, *words]

    def run(self, *words: str) -> str:
        """Run a command inside the namespace to its end."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def plug(self) -> None:
        """Make the cable; nothing that the system sends by itself goes through it."""
        self.run("ip", "link", "add", "va", "type", "veth", "peer", "name", "vb")
        for end in ("va", "vb"):
            self.run("sysctl", "-qw", f"net.ipv6.conf.{end}.disable_ipv6=1")
            self.run("ip", "link", "set", end, "up")

    def replay(self, mbps: float = 40, capture: Path = OFFICE) -> int:
        """Send a capture; gives the packets sent."""
        said = self.run("tcpreplay", "-q", "-i", "va", f"--mbps={mbps}", str(capture))
        return int(next(line.split()[1] for line in said.splitlines() if line.startswith("Actual:")))


class Live:
    """`netaudit live vb` as a process of its own."""

    def __init__(self, wire: Wire, case: Path, *options: str) -> None:
        self.case = case
        self.out = case.with_name(case.name + ".jsonl")
        words = [sys.executable, "-m", "netaudit", "live", "vb", "--case", str(case), "--headless", *options]
        with self.out.open("wb") as out, case.with_name(case.name + ".err").open("wb") as err:
            self.process = subprocess.Popen(
                wire.command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=case.parent,
            )  # fmt: skip
        self.wait_for(lambda: any(self.record().glob("*.pcapng")), "a recorded file")

    def record(self) -> Path:
        return self.case / "private" / "record"

    def wait_for(self, happened: Callable[[], object], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not happened():
            errors = self.case.with_name(self.case.name + ".err").read_text()
            assert self.process.poll() is None, f"ended while waiting for {what}: {errors}"
            assert time.monotonic() < until, f"waited in vain for {what}: {errors}"
            time.sleep(0.05)

    def news(self, kind: str = "") -> list[dict[str, object]]:
        """The news so far, of one kind."""
        rows = [orjson.loads(line) for line in self.out.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        return [row for row in rows if not kind or row["news"] == kind]

    def packets(self) -> int:
        """Packets audited, by the last rate."""
        rates = self.news("rate")
        return int(str(rates[-1]["packets"])) if rates else 0

    def custody(self, what: str = "") -> list[dict[str, object]]:
        """Lines of custody, of one kind."""
        path = self.case / "custody.jsonl"
        lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
        rows = [orjson.loads(line) for line in lines if line.endswith(b"\n")]
        return [row for row in rows if not what or row["what"] == what]

    def stop(self) -> None:
        """End it as Ctrl-C does, and wait for its case."""
        self.process.terminate()
        assert self.process.wait(PATIENCE) in {0, 3, UNJUDGED}, self.case.with_name(self.case.name + ".err").read_text()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A wire; skips loudly where it cannot be made."""
    missing = [program for program in ("ip", "tcpreplay", "dumpcap") if shutil.which(program) is None]
    if missing or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip(f"NO WIRE: needs root{' and ' + ', '.join(missing) if missing else ''}")
    name = f"netaudit-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"NO WIRE: ip netns add: {made.stderr.strip()}")
    wire = Wire(name)
    try:
        wire.plug()
        yield wire
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


@pytest.fixture
def live(wire: Wire, tmp_path: Path) -> Iterator[Callable[..., Live]]:
    """Starts live audits of the wire; those that still run at the end are killed."""
    started: list[Live] = []

    def start(*options: str, name: str = "case") -> Live:
        started.append(Live(wire, tmp_path / name, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def terminals() -> Iterator[Callable[..., Terminal]]:
    """Opens terminals with a command in each; they are closed at the end."""
    if shutil.which("tmux") is None:
        pytest.skip("NO TERMINAL: needs tmux")
    opened: list[Terminal] = []

    def start(command: list[str], **env: str) -> Terminal:
        opened.append(Terminal(command, env))
        return opened[-1]

    yield start
    for one in opened:
        with contextlib.suppress(subprocess.CalledProcessError):  # a test has killed it
            one.tmux("kill-server")
