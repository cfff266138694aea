"""One large capture on several machines: is the case the same, how much is read, what it costs, how far it goes.

    python benchmarks/build.py upload_heavy --size 300
    python benchmarks/campaign_shared.py .bench/upload_heavy.pcap --parts 2,4 [--no-faces]

The head, each part and the joining run in processes of their own, one after the other, so that each has the machine to
itself: on a cluster they would run at once, and the slowest counts. `nothing` is a part without a shard: what every
machine has to do, however many there are. The model is made of these figures; it says its assumptions.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.campaign import OF_A_RUN

MODELLED = (1, 2, 4, 8, 16, 32, 64, 100)
STORAGE = (0.25, 1.25, 12.5)  # GB/s that a shared disk gives to all together


def work(what: str, capture: Path, folder: Path, number: int, of: int, *, faces: bool) -> None:
    """One process: prints its seconds, those of processors, and the bytes it has read."""
    from netaudit.pipeline.parts import read_head, read_part
    from netaudit.pipeline.ready import make_ready
    from netaudit.pipeline.task import Options, run

    make_ready(lambda *_: None)
    options = Options(site="shared", project_key=bytes(range(32)), faces=faces)
    began, spent, read = time.perf_counter(), time.process_time(), _read()
    if what == "alone":
        run([capture], folder, options, lambda *_: None)
    elif what == "head":
        read_head([capture], folder, options)
    elif what == "part":
        read_part([capture], folder, options, number, of)
    else:
        parts = [folder.parent / "head", *(folder.parent / f"part{one}" for one in range(of))]
        run([capture], folder, options, lambda *_: None, parts)
    print(time.perf_counter() - began, time.process_time() - spent, _read() - read)


def _read() -> int:
    try:
        return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0


def timed(what: str, given: argparse.Namespace, folder: Path, number: int = 0, of: int = 1) -> tuple[float, int]:
    """Seconds and bytes read of one process, kernels being compiled; by default seconds of processors.

    Those hardly follow what else the machine does. A part has one thread that works; the head hashes in another.
    """
    shutil.rmtree(folder, ignore_errors=True)
    words = [sys.executable, __file__, str(given.capture), "--work", what, str(folder), str(number), str(of)]
    words += ["--no-faces"] if given.no_faces else []
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return float(said[0 if given.wall else 1]), int(said[2])


def bytes_of(case: Path) -> dict[str, str]:
    """SHA-256 of every file that does not carry times of the run."""
    return {
        str(path.relative_to(case)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in case.rglob("*")
        if path.is_file() and path.name not in OF_A_RUN
    }


def model(size: int, alone: float, head: float, nothing: float, join: float) -> None:
    """What n machines would take, by the figures of one."""
    own = max(alone - join - nothing, 0)
    print(f"\nmodel, seconds: the longest of head {head:.1f}, nothing {nothing:.1f} + {own:.1f} / n,")
    print(f"and reading by n + 1; and then join {join:.1f}")
    print("machines | " + " | ".join(f"{rate} GB/s for all" for rate in STORAGE))
    for n in MODELLED:
        parts = min(n, 64)
        cells = []
        for rate in STORAGE:
            reading = size / 1e9 / rate * (parts + 1 if n > 1 else 1)
            took = alone if n == 1 else max(head, nothing + own / parts, reading) + join
            took = max(took, size / 1e9 / rate)
            cells.append(f"{took:7.1f} s ({alone / took:4.1f} x)")
        print(f"{n:8} | " + " | ".join(cells))


def main() -> None:
    """Measure, compare, and reckon on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--parts", default="2,4")
    parser.add_argument("--scratch", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "netaudit-shared")
    parser.add_argument("--no-faces", action="store_true")
    parser.add_argument("--wall", action="store_true", help="seconds of the clock: on a quiet machine")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        what, folder, number, of = given.work
        work(what, given.capture, Path(folder), int(number), int(of), faces=not given.no_faces)
        return
    size, scratch = given.capture.stat().st_size, given.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    alone, read = timed("alone", given, scratch / "alone")
    reference = bytes_of(scratch / "alone")
    print(f"{size / 1e6:.0f} MB, alone: {alone:.1f} s, {read / size:.2f} times its bytes read", flush=True)
    nothing, _ = timed("part", given, scratch / "nothing", 64, 65)  # there is no such shard
    head, joined = 0.0, 0.0
    for of in map(int, given.parts.split(",")):
        head, read = timed("head", given, scratch / "head")
        took = []
        for number in range(of):
            seconds, more = timed("part", given, scratch / f"part{number}", number, of)
            took.append(seconds)
            read += more
        joined, _ = timed("join", given, scratch / "joined", 0, of)
        same = "the same" if bytes_of(scratch / "joined") == reference else "ANOTHER"
        at_once = max(head, *took) + joined
        print(
            f"{of} parts: {same} case of {len(reference)} files; head {head:.1f} s, parts {min(took):.1f} to "
            f"{max(took):.1f} s, nothing {nothing:.1f} s, join {joined:.1f} s; {read / size:.2f} times its bytes read; "
            f"at once {at_once:.1f} s, {alone / at_once:.2f} times as fast; "
            f"all together {(head + sum(took) + joined) / alone:.2f} times the time alone",
            flush=True,
        )
    model(size, alone, head, nothing, joined)


if __name__ == "__main__":
    main()
