"""A long live audit: `python benchmarks/soak.py [--minutes 20] [--mbps 2] [--office CAPTURE]`, as root.

Traffic of `build.py` goes round and round, each time with other addresses, or a capture of one office with the same,
while netaudit records it into a small ring (the oldest file is overwritten) and audits it, faces judged. Once in a
while it prints memory (PSS of all its processes without files that are only mapped), open descriptors, files of the
recording and packets. At the end it compares the last quarter of the run with the second: exit 1 when memory grew by
more than 5 % or 20 MB, whichever is more, or descriptors by more than 5.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import build
import live
import orjson
import psutil

SIZE = 200  # MB of traffic until it comes again
RING = "128MiB"
MOST_GROWTH, MOST_GROWTH_MB, MOST_DESCRIPTORS = 0.05, 20, 5


def family(pid: int) -> list[psutil.Process]:
    """netaudit and what it started; the namespace's `ip` has become netaudit itself."""
    with contextlib.suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def memory(pid: int) -> dict[str, float]:
    """MB of PSS without mapped files, by program."""
    found: dict[str, float] = {}
    for one in family(pid):
        with contextlib.suppress(psutil.NoSuchProcess, OSError):
            lines = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()
            said = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
            name = "dumpcap" if one.name() == "dumpcap" else "netaudit" if one.pid == pid else "images"
            found[name] = found.get(name, 0) + (said.get("Pss_Anon", 0) + said.get("Pss_Shmem", 0)) / 1000
    return found


def descriptors(pid: int) -> int:
    """Open descriptors of netaudit and what it started."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(psutil.Error, OSError):
            total += one.num_fds()
    return total


def last_rate(out: Path) -> dict[str, object]:
    """The last rate that netaudit told."""
    with out.open("rb") as file:
        file.seek(max(0, out.stat().st_size - 65_536))
        rates = [line for line in file.read().split(b"\n")[1:-1] if line.startswith(b'{"news":"rate"')]
    return orjson.loads(rates[-1]) if rates else {}


def main() -> int:
    """Run, print, compare."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--mbps", type=float, default=2, help="2 are three to nine images a second")
    parser.add_argument("--office", type=Path, help="a capture that goes round with its own addresses instead")
    asked = parser.parse_args()
    capture = asked.office or build.build("upload_heavy", SIZE)
    others = [] if asked.office else ["--unique-ip"]
    print("minute netaudit   images  dumpcap files   fds    packets  lost   (memory in MB)", flush=True)
    with live.wire(), tempfile.TemporaryDirectory() as name:
        case, out = Path(name) / "case", Path(name) / "out"
        words = live.inside(*live.NETAUDIT, "--case", str(case), "--ring", RING, "--overwrite-oldest")
        with out.open("wb") as file:
            process = subprocess.Popen(words, stdout=file, stderr=subprocess.DEVNULL)
        live.wait(lambda: out.stat().st_size and last_rate(out))
        rounds = live.inside(
            "tcpreplay", "-q", "-K", "--loop=0", *others, f"--mbps={asked.mbps}", "-i", "va", str(capture)
        )
        replaying = subprocess.Popen(rounds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        seen: list[tuple[float, int]] = []
        try:
            while (minute := (time.monotonic() - began) / 60) < asked.minutes:
                time.sleep(min(15, asked.minutes * 60 / 40))
                used, opened, rate = memory(process.pid), descriptors(process.pid), last_rate(out)
                seen.append((used.get("netaudit", 0), opened))
                files = sum(1 for _ in (case / "private" / "record").iterdir())
                lost = (rate["drops_kernel"] or 0) + rate["drops_interface"] + rate["drops_own"]
                parts = [used.get(part, 0) for part in ("netaudit", "images", "dumpcap")]
                figures = [f"{minute:>6.1f}", *(f"{part:>8.0f}" for part in parts), f"{files:>5}", f"{opened:>5}"]
                print(" ".join([*figures, f"{rate['packets']:>10}", f"{lost:>5}"]), flush=True)
        finally:
            replaying.terminate()
            time.sleep(2)
            process.send_signal(signal.SIGTERM)
            process.wait(600)
        manifest = orjson.loads((case / "case.json").read_bytes())
        run = orjson.loads((case / "run.json").read_bytes())["live"]
        print(f"recorded {run['received']}, audited {manifest['totals']['packets_read']}, {run}")
        return grown(seen)


def grown(seen: list[tuple[float, int]]) -> int:
    """Compare the last quarter with the second one; the first still fills what is bounded."""
    quarter = max(1, len(seen) // 4)
    before, after = seen[quarter : 2 * quarter], seen[-quarter:]
    first, last = (statistics.median(value for value, _ in rows) for rows in (before, after))
    files = max(opened for _, opened in after) - max(opened for _, opened in before)
    print(f"memory {first:.0f} -> {last:.0f} MB, descriptors {files:+d}")
    return int(last - first > max(MOST_GROWTH * first, MOST_GROWTH_MB) or files > MOST_DESCRIPTORS)


if __name__ == "__main__":
    sys.exit(main())
