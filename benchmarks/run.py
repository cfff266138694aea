"""Run the benchmarks: `python benchmarks/run.py [-n 5] [--no-peers] [name…]`.

Every round runs sha256sum, netaudit with 1 and with 2 workers and the installed peers on one file, one after the other,
so that a slow minute of the machine hits all of them. Kernels are compiled before (`netaudit doctor --warm`), all
output goes to /dev/shm where there is one. Ratios are medians over the median of sha256sum. Memory is measured in a
run of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import build
import psutil

SUCCESS = {0, 3, 5}  # 3: damaged or refused inputs, 5: images not judged, as with --no-faces
PATIENCE = 300  # seconds; some peers stand still at some captures
SURICATA = Path(__file__).with_name("suricata.yaml")
PLAIN = """
import struct, sys
with open(sys.argv[1], "rb") as file:
    file.read(24)
    while head := file.read(16):
        file.read(struct.unpack("<IIII", head)[2])
"""  # what any reader in Python costs at least
NETAUDIT = [sys.executable, "-m", "netaudit"]
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else 300 modules are compiled at every start, as no user has it
SUMS = {"Pss_Anon", "Pss_Shmem"}


def netaudit(capture: Path, out: Path, workers: int, *, faces: bool = False) -> list[str]:
    """Extraction only, unless faces are asked for."""
    more = [] if faces else ["--no-faces"]
    return [*NETAUDIT, "audit", str(capture), "--case", str(out / "case"), "--workers", str(workers), *more]


def peers() -> dict[str, Callable[[Path, Path], list[str]]]:
    """Commands of the peers that are installed."""
    known: dict[str, Callable[[Path, Path], list[str]]] = {
        "tshark": lambda capture, out: ["tshark", "-q", "-r", str(capture), "--export-objects", f"http,{out}"],
        "suricata": lambda capture, out: [
            *("suricata", "-c", str(SURICATA), "-S", os.devnull, "-r", str(capture), "-l", str(out), "-k", "none"),
        ],
        "tcpflow": lambda capture, out: ["tcpflow", "-a", "-r", str(capture), "-o", str(out)],
        "ndpiReader": lambda capture, out: ["ndpiReader", "-q", "-i", str(capture)],  # noqa: ARG005
    }
    return {name: command for name, command in known.items() if shutil.which(name)}


def timed(command: Callable[[Path], list[str]], check: Callable[[Path], None] | None = None) -> float:
    """Seconds of one run in a fresh folder, infinite where it was given up; the exit code must be one of success."""
    with tempfile.TemporaryDirectory(dir=scratch()) as name:
        started = time.perf_counter()
        try:
            result = subprocess.run(command(Path(name)), capture_output=True, text=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return math.inf
        seconds = time.perf_counter() - started
        if result.returncode not in SUCCESS:
            sys.exit(f"{result.args}: exit code {result.returncode}\n{result.stderr[-2000:]}")
        if check is not None:
            check(Path(name))
    return seconds


def scratch() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def peak_memory(command: list[str]) -> float:
    """Peak of the process tree in MB: PSS without file-backed maps, looked at every 20 ms."""
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            tree = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            break
        peak = max(peak, sum(_pss(p.pid) for p in tree))
        time.sleep(0.02)
    return peak / 1000


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.partition(":")[0] in SUMS)


def correct(capture: Path) -> Callable[[Path], None]:
    """A check that every image of the truth file was written, byte for byte."""
    truth = set(capture.with_suffix(".truth.txt").read_text().split())

    def check(out: Path) -> None:
        stored = [path for path in (out / "case" / "private" / "objects").rglob("*") if path.is_file()]
        hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in stored if path.name[:64] in truth}
        wrong = sum(path.name[:64] not in hashes for path in stored if path.name[:64] in truth)
        verdict = "all right" if hashes == truth and not wrong else "WRONG"
        print(f"  images: {len(truth)} expected, {len(hashes & truth)} found, {wrong} with other content: {verdict}")

    return check


def note_reading(out: Path, seconds: list[float]) -> None:
    """Of a run of netaudit also the time from the first look at the capture to the last byte written: extraction alone.

    What is left of the whole is starting Python, the last step on tables, and the report.
    """
    facts = out / "case" / "run.json"
    if facts.is_file():
        seconds.append(json.loads(facts.read_text(encoding="utf-8"))["timings"]["read_s"])


def measure(capture: Path, rounds: int, *, with_peers: bool) -> None:
    """One table."""
    print(f"\n{capture.name}, {capture.stat().st_size / 1e6:.0f} MB, {rounds} rounds")
    rows: dict[str, Callable[[Path], list[str]]] = {
        "sha256sum": lambda out: ["sha256sum", str(capture)],  # noqa: ARG005
        "plain loop": lambda _: [sys.executable, "-c", PLAIN, str(capture)],
        "netaudit, faces, 2 workers": lambda out: netaudit(capture, out, 2, faces=True),
        "netaudit, 1 worker": lambda out: netaudit(capture, out, 1),
        "netaudit, 2 workers": lambda out: netaudit(capture, out, 2),
    }
    if with_peers and shutil.which("suricata") and "upload" in capture.name:
        peer = str(Path(__file__).with_name("opencv_peer.py"))
        rows["suricata and OpenCV"] = lambda out: [sys.executable, peer, str(capture), str(out)]
    if with_peers:
        rows |= {name: (lambda out, make=make: make(capture, out)) for name, make in peers().items()}
    timed(rows["netaudit, 1 worker"], correct(capture))
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, command in rows.items():
            seconds[name].append(timed(command, lambda out, name=name: note_reading(out, seconds[f"{name}, reading"])))
    base = statistics.median(seconds["sha256sum"])
    print(f"  {'':28}{'median s':>9}{'ratio':>8}{'min':>8}{'max':>8}")
    for name, values in seconds.items():
        if not values:  # peers have no reading pass
            continue
        middle = statistics.median(values)
        print(f"  {name:28}{middle:9.2f}{middle / base:8.2f}{min(values):8.2f}{max(values):8.2f}")
    if Path("/proc/self/smaps_rollup").exists():
        for workers, faces in ((1, False), (2, False), (2, True)):
            with tempfile.TemporaryDirectory() as name:  # on a disk: what is mapped from there is not memory
                peak = peak_memory(netaudit(capture, Path(name), workers, faces=faces))
            print(f"  peak memory, workers {workers}, faces {faces}: {peak:.0f} MB")


def start_up() -> None:
    """What a user waits for before anything happens."""
    for title, command in (("--help", ["--help"]), ("doctor --warm", ["doctor", "--warm"])):
        spent = [timed(lambda out, command=command: [*NETAUDIT, *command]) for _ in range(3)]  # noqa: ARG005
        print(f"netaudit {title}: first {spent[0]:.2f} s, again {min(spent[1:]):.2f} s")
    demo = build.ROOT / "pcaps" / "sales_office" / "lan.pcapng"
    for faces in (True, False):
        fastest = min(timed(lambda out, faces=faces: netaudit(demo, out, 1, faces=faces)) for _ in range(3))
        print(f"audit of {demo.name}, {demo.stat().st_size / 1e6:.1f} MB, faces {faces}: {fastest:.2f} s")
    with tempfile.TemporaryDirectory(dir=scratch()) as cache:
        before = os.environ.get("NETAUDIT_CACHE")
        os.environ["NETAUDIT_CACHE"] = cache
        taken = timed(lambda _: [*NETAUDIT, "doctor", "--warm"])
        print(f"netaudit doctor --warm with nothing compiled: {taken:.1f} s")
        os.environ.pop("NETAUDIT_CACHE")
        if before is not None:
            os.environ["NETAUDIT_CACHE"] = before


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(build.BUILDERS))
    parser.add_argument("-n", "--rounds", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    start_up()
    for name in arguments.names:
        measure(build.build(name), arguments.rounds, with_peers=not arguments.no_peers)


if __name__ == "__main__":
    main()
