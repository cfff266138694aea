"""Live capture at rising rates: `python benchmarks/live.py [--rates 100,200,…] [--seconds 8] [capture…]`, as root.

A capture of `build.py` is replayed by tcpreplay into one end of a cable in a network namespace of our own; at its
other end netaudit, then tshark and suricata where installed, take it live, one after the other. Reported for each rate:
packets lost by each (sent minus recorded, or what it says it dropped), CPU seconds per second of replay with children,
and how long after the last packet netaudit had audited everything. With `--faces` images are judged, too: then how many
waited for that when all was audited, and how long after the last packet the last of them was judged.

`--latency MBPS` replays the demo office at that rate with faces judged, and tells how long after the packet with the
last byte of an upload its line came out, and the line with its judgement. Its 126 uploads take 3.4 MB: 2 Mbit/s are
seven images a second.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import build
import orjson
import psutil

OFFICE = Path(__file__).parent.parent / "pcaps" / "sales_office" / "lan.pcapng"
SIZE = 200  # MB of each capture; repeated as long as needed, each time with other addresses
NAME = f"netaudit-bench-{os.getpid()}"
NETAUDIT = [sys.executable, "-m", "netaudit", "live", "vb", "--headless"]
PATIENCE = 400.0


@dataclass(slots=True)
class Result:
    """One program at one rate."""

    program: str
    mbps: float  # as replayed
    sent: int
    lost: int | None
    cpu: float  # seconds of processor per second of replay
    behind: float | None = None  # seconds from the last packet to the end of the work
    waiting: int = 0  # images not judged when all was audited
    judged: float = 0.0  # seconds from the last packet to the last judgement


def inside(*words: str) -> list[str]:
    """A command inside the namespace."""
    return ["ip", "netns", "exec", NAME, *words]


@contextlib.contextmanager
def wire() -> Iterator[None]:
    """The cable `va` - `vb`."""
    subprocess.run(["ip", "netns", "add", NAME], check=True)
    try:
        subprocess.run(inside("ip", "link", "add", "va", "type", "veth", "peer", "name", "vb"), check=True)
        for end in ("va", "vb"):
            subprocess.run(inside("sysctl", "-qw", f"net.ipv6.conf.{end}.disable_ipv6=1"), check=True)
            subprocess.run(inside("ip", "link", "set", end, "up"), check=True)
        yield
    finally:
        subprocess.run(["ip", "netns", "delete", NAME], check=False)


def replay(capture: Path, mbps: float, seconds: float) -> tuple[int, float, float]:
    """Send for about `seconds`; packets sent, Mbit/s reached and seconds taken."""
    loops = max(1, round(mbps * 125_000 * seconds / capture.stat().st_size))
    rate = f"--mbps={mbps}" if mbps else "--topspeed"
    words = inside("tcpreplay", "-q", "-K", f"--loop={loops}", "--unique-ip", rate, "-i", "va", str(capture))
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    packets, taken = re.search(r"Actual: (\d+) packets .* sent in ([\d.]+) seconds", said).groups()
    reached = re.search(r"Rated: .*?, ([\d.]+) Mbps", said)
    return int(packets), float(reached[1]), float(taken)


class Processor:
    """Processor time of a process and of all its children, also of those that have ended."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = psutil.Process(process.pid)
        self._before = self.now()

    def now(self) -> float:
        total = 0.0
        with contextlib.suppress(psutil.NoSuchProcess):
            for one in (self._process, *self._process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = one.cpu_times()
                    total += times.user + times.system
                    total += times.children_user + times.children_system if one == self._process else 0
        return total

    def used(self) -> float:
        return self.now() - self._before


def netaudit(capture: Path, mbps: float, seconds: float, folder: Path, *, faces: bool = False) -> Result:
    """netaudit live: lost is what was sent and is not in the case."""
    case = folder / "case"
    out = (folder / "out").open("wb")
    words = inside(*NETAUDIT, "--case", str(case), *([] if faces else ["--no-faces"]))
    process = subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL)
    wait(lambda: told(folder, "packets") is not None)
    time.sleep(1)
    processor = Processor(process)
    sent, reached, taken = replay(capture, mbps, seconds)
    ended = time.monotonic()
    wait(lambda: told(folder, "packets") >= sent or time.monotonic() - ended > PATIENCE or still(folder))
    behind, cpu, waiting = time.monotonic() - ended, processor.used(), told(folder, "images_waiting")
    wait(lambda: told(folder, "images_waiting") == 0)
    judged = time.monotonic() - ended
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)
    read = orjson.loads((case / "case.json").read_bytes())["totals"]["packets_read"]
    return Result("netaudit", reached, sent, sent - read, cpu / taken, behind, waiting, judged)


def told(folder: Path, what: str) -> int | None:
    """A count in the last rate told."""
    rates = [line for line in (folder / "out").read_bytes().splitlines() if line.startswith(b'{"news":"rate"')]
    with contextlib.suppress(orjson.JSONDecodeError):
        return orjson.loads(rates[-1])[what] if rates else None
    return 0


def still(folder: Path) -> bool:
    """Whether nothing has come for ten seconds: what is missing then was lost."""
    rates = [line for line in (folder / "out").read_bytes().splitlines() if line.startswith(b'{"news":"rate"')][-20:]
    return len({re.search(rb'"packets":(\d+)', line)[1] for line in rates}) == 1 and len(rates) == 20


def tshark(capture: Path, mbps: float, seconds: float, folder: Path) -> Result:
    """tshark dissecting live; it loses packets on the way to the dissector's file only in its dumpcap."""
    words = inside("tshark", "-q", "-i", "vb", "-B", "64", "-w", str(folder / "out.pcapng"), "-z", "http,stat")
    return peer("tshark", words, capture, mbps, seconds, r"(\d+) packets? dropped")


def suricata(capture: Path, mbps: float, seconds: float, folder: Path) -> Result:
    """suricata without rules, with its defaults for a capture by AF_PACKET."""
    words = inside("suricata", "--af-packet=vb", "-S", "/dev/null", "-l", str(folder), "-k", "none")
    return peer("suricata", words, capture, mbps, seconds, r"drops: (\d+)")


def peer(name: str, words: list[str], capture: Path, mbps: float, seconds: float, dropped: str) -> Result:
    """Another program on the same replay; what it lost is what it says at its end."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(5)
    processor = Processor(process)
    sent, reached, taken = replay(capture, mbps, seconds)
    time.sleep(2)
    cpu = processor.used()
    for child in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
        if child.name() in {"tshark", "suricata", "Suricata-Main"}:
            child.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=PATIENCE)
    found = re.findall(dropped, said)
    return Result(name, reached, sent, int(found[-1]) if found else (0 if name == "tshark" else None), cpu / taken)


def wait(happened) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > until:
            raise SystemExit("waited in vain")
        time.sleep(0.1)


def latency(mbps: float) -> None:
    """Seconds from the last byte of an upload to its line at the reader, and to the line that says what is in it."""
    with tempfile.TemporaryDirectory() as name:
        words = inside(*NETAUDIT, "--case", str(Path(name) / "case"))
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        delays: dict[str, list[float]] = {"images in clear": [], "their judgement": [], "encrypted bursts": []}
        replaying = None
        quiet = 0
        for line in process.stdout:
            now, row = time.time_ns(), orjson.loads(line)
            if row["news"] == "upload":
                for what in kinds_of(row):
                    delays[what].append(now - row["ts"])
            elif row["news"] == "rate" and replaying is None:
                words = inside("tcpreplay", "-q", f"--mbps={mbps}", "-i", "va", str(OFFICE))
                replaying = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            elif row["news"] == "rate" and replaying.poll() is not None:
                quiet += 1
                if quiet == 12:  # six seconds after the end
                    process.terminate()
        process.wait(PATIENCE)
    for what, values in delays.items():
        if len(values) > 1:
            high = statistics.quantiles(values, n=20, method="inclusive")[-1]
            print(f"{what}: {len(values)}, median {statistics.median(values) / 1e9:.2f} s, "
                  f"95th percentile {high / 1e9:.2f} s, longest {max(values) / 1e9:.2f} s")  # fmt: skip


def kinds_of(row: dict[str, object]) -> list[str]:
    """What a line of an upload tells."""
    if not row["clear"]:
        return ["encrypted bursts"]
    first = [] if row["again"] else ["images in clear"]
    return first if row["face"] in {"waiting", "not judged"} else [*first, "their judgement"]


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("captures", nargs="*", default=["upload_heavy", "video_heavy"])
    parser.add_argument("--rates", default="50,100,200,400,800", help="Mbit/s, by commas; 0 is as fast as it goes")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--faces", action="store_true", help="judge images, too")
    parser.add_argument("--latency", type=float, default=0, metavar="MBPS", help="measure delays at this rate instead")
    asked = parser.parse_args()
    peers = {} if asked.no_peers else {"tshark": tshark, "suricata": suricata}
    programs = {"netaudit": functools.partial(netaudit, faces=asked.faces)} | peers
    with wire():
        if asked.latency:
            latency(asked.latency)
            return
        for name in asked.captures:
            capture = build.build(name, SIZE)
            print(f"\n{name}\n{'program':<10}{'Mbit/s':>8}{'packets':>10}{'lost':>8}{'CPU':>7}{'behind s':>10}", end="")
            print(f"{'waiting':>9}{'judged s':>10}" if asked.faces else "")
            for rate in map(float, asked.rates.split(",")):
                for program, run in programs.items():
                    if program != "netaudit" and shutil.which(program) is None:
                        continue
                    with tempfile.TemporaryDirectory() as folder:
                        result = run(capture, rate, asked.seconds, Path(folder))
                    lost = "?" if result.lost is None else f"{result.lost}"
                    behind = "" if result.behind is None else f"{result.behind:.1f}"
                    print(f"{result.program:<10}{result.mbps:>8.0f}{result.sent:>10}{lost:>8}"
                          f"{result.cpu:>7.2f}{behind:>10}", end="")  # fmt: skip
                    print(f"{result.waiting:>9}{result.judged:>10.1f}" if asked.faces else "", flush=True)


if __name__ == "__main__":
    main()
