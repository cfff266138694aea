"""Peak memory and time of audits of hostile captures: `python benchmarks/bounds.py [name…]`.

Each capture of `hostile.py`, and all connections of `tests/hostile` in one, is written to $NETAUDIT_BENCH (made anew)
and read by `netaudit audit --no-faces --workers 1`, and so are captures of `build.py` that have a bound of their own
(EACH). Printed are the peak PSS of its processes without file-backed maps,
and the time beyond that of an empty capture, by packet and by megabyte. The aims: 512 MB whatever the input, and no
more time than three times a packet of `small_packets` for each packet and half a second for each megabyte.
"""

from __future__ import annotations

import argparse
import math
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import hostile
import memory
import numpy as np
from build import HEADER, Chunk, build, folder, write

sys.path.insert(0, str(Path(__file__).parent.parent))
MOST, PACKET, SPEED = 512, 3 * 2.8, 2.0  # MB, µs, MB/s
GRACE = 2.0  # seconds of an audit that are not asked: start and report
EACH = {"small_exchanges": 8.0, "http_hosts": math.inf}  # µs a packet of captures of `build.py`, whatever their size


def families() -> Iterable[Chunk]:
    """Every family of `tests/hostile`, ten connections each."""
    from tests.hostile.attacks import FAMILIES
    from tests.hostile.talk import conversation

    for number, (name, make) in enumerate(FAMILIES.items()):
        for seed in range(10):
            chance = random.Random(f"{name}/{seed}")
            text = chance.randbytes(20_000)
            log = conversation(make(chance, text), text, (20_000 + number * 100 + seed, 80))
            times = np.array([ts for ts, _ in log]) + number * 10**9
            sizes = np.array([16 + len(frame) for _, frame in log])
            data = bytearray()
            for _, frame in log:
                data += len(frame).to_bytes(4, "little").rjust(12, b"\0") + len(frame).to_bytes(4, "little") + frame
            yield times, np.concatenate([[0], np.cumsum(sizes)]), np.frombuffer(data, np.uint8)


def capture(name: str) -> tuple[Path, int]:
    """The capture of that name, and how many packets it has."""
    if name in EACH:
        path = build(name)
        return path, _packets(path)
    path = folder() / f"hostile_{name}.pcap"
    path.parent.mkdir(parents=True, exist_ok=True)
    chunks = families() if name == "families" else hostile.CAPTURES[name]()
    packets, _ = write(path, ((chunk, []) for chunk in chunks))
    path.with_suffix(".truth.txt").unlink()
    return path, packets


def _packets(path: Path) -> int:
    """How many packets a capture of `build.py` has."""
    count = 0
    with path.open("rb") as file:
        file.seek(len(HEADER))
        while head := file.read(16):
            file.seek(int.from_bytes(head[8:12], "little"), 1)
            count += 1
    return count


def audit(path: Path, limit: float) -> tuple[float, float, int]:
    """Peak MB, seconds, exit code."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as case:
        command = [sys.executable, "-m", "netaudit", "audit", str(path), "--case", f"{case}/case", "--no-faces"]
        command += ["--workers", "1", "--lang", "en"]
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        highest = memory.peak(process, every=0.05, limit=limit)
        return highest / 1e6, time.perf_counter() - begin, process.returncode


def main() -> None:
    """Measure and print a row of a table for each capture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which an audit is ended")
    given = parser.parse_args()
    empty = folder() / "hostile_empty.pcap"
    empty.parent.mkdir(parents=True, exist_ok=True)
    empty.write_bytes(HEADER)
    least = min(audit(empty, given.limit)[1] for _ in range(2))
    print(f"empty: {least:.1f} s\n\n| capture | MB | packets | peak MB | s | µs a packet | MB/s | |")
    print("|---|---|---|---|---|---|---|---|")
    for name in given.names or [*hostile.CAPTURES, "families", *EACH]:
        path, packets = capture(name)
        size = path.stat().st_size / 1e6
        peak, seconds, code = audit(path, given.limit)
        more = max(seconds - least, 0.001)
        bound = packets * EACH[name] / 1e6 if name in EACH else GRACE + packets * PACKET / 1e6 + size / SPEED
        slow = more > bound
        broken = (("memory", peak > MOST), ("time", slow), (f"exit {code}", code not in {0, 3, 5}))
        words = ", ".join(word for word, holds in broken if holds)
        rates = f"{more / packets * 1e6:.1f} | {size / more:.1f}"
        print(f"| `{name}` | {size:.1f} | {packets} | {peak:.0f} | {seconds:.1f} | {rates} | {words} |", flush=True)
        if name not in EACH:
            path.unlink()


if __name__ == "__main__":
    main()
