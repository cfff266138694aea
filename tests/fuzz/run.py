"""Mutated captures against the audit: `python tests/fuzz/run.py [--minutes 30] [--seed 1]`.

Each round takes a capture of pcaps/ or of the shared suite, changes it at random (bytes, lengths, truncation, repeated and
moved pieces), and audits it in a worker process that is used for many rounds. A round must end in time and with a case or a
NetauditError. What does not is kept under tests/fuzz/found/ as SEED.pcap with SEED.txt; `--replay SEED` makes and audits
that one again. Exit code 1 when anything was found.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ROOT = Path(__file__).parents[2]
SEED_SIZE = 3_000_000  # larger captures are cut to their beginning first
LIMIT = 60.0  # seconds for one audit
MEMORY = 6 << 30  # bytes of address space


def corpus() -> list[Path]:
    """Captures to start from, in a fixed order."""
    shared = os.environ.get("NETAUDIT_CAPTURES") or ROOT.parent / "shared" / "captures"
    places = (ROOT / "pcaps", Path(shared))
    found = [
        p
        for place in places
        if place.is_dir()
        for p in sorted(place.rglob("*"))
        if ".pcap" in p.name or p.suffix in {".cap", ".gz"}
    ]
    return [path for path in found if path.is_file()]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to forty changes, most of them small."""
    out = bytearray(data[:SEED_SIZE])
    for _ in range(rng.choice((1, 2, 5, 15, 40))):
        if not out:
            break
        kind, at = rng.randrange(8), rng.randrange(len(out))
        if kind <= 2:
            out[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif kind == 3:  # a length field, perhaps
            out[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\x10\0", rng.randbytes(4))
            )
        elif kind == 4:
            del out[at : at + rng.choice((1, 2, 4, 100, 1500))]
        elif kind == 5:
            out[at:at] = rng.randbytes(rng.choice((1, 2, 4, 100)))
        elif kind == 6:  # a piece from elsewhere
            start, size = rng.randrange(len(out)), rng.choice((16, 60, 1500))
            out[at:at] = out[start : start + size]
        elif rng.random() < 0.2:
            del out[at:]
    return bytes(out)


def case_of(seed: int, paths: list[Path]) -> tuple[Path, bytes]:
    """Capture and mutation of one seed."""
    rng = random.Random(seed)
    path = rng.choice(paths)
    return path, mutate(path.read_bytes(), rng)


def work(pipe: Connection) -> None:
    """Audit one file after the other; answers '' or what went wrong."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import netaudit
    from netaudit.errors import NetauditError

    pipe.send("")
    while (path := pipe.recv()) is not None:
        folder = tempfile.mkdtemp(prefix="fuzz-")
        try:
            netaudit.audit([path], case=Path(folder) / "case", faces=False)
            answer = ""
        except NetauditError:
            answer = ""
        except BaseException:
            answer = traceback.format_exc()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        pipe.send(answer)


class Worker:
    """The process that audits; started again when it dies or hangs."""

    def __init__(self) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=work, args=(theirs,), daemon=False)
        self.process.start()
        theirs.close()
        self.ready = self.pipe.poll(300) and self.pipe.recv() == ""

    def audit(self, path: Path, limit: float = LIMIT) -> str:
        """What went wrong with one file, '' for nothing."""
        self.pipe.send(str(path))
        try:
            return self.pipe.recv() if self.pipe.poll(limit) else f"no end within {limit:.0f} s"
        except EOFError:
            self.process.join(10)
            return f"process died, exit code {self.process.exitcode}"

    def stop(self) -> None:
        """End the process and wait for it."""
        self.process.kill()
        self.process.join()


def run(minutes: float, first: int, keep: Path) -> int:
    """Rounds until the time is over; how many found something."""
    paths, worker, found, rounds = corpus(), Worker(), 0, 0
    worker.audit(paths[0], 600)  # compiles the kernels
    end, slowest = time.monotonic() + minutes * 60, (0.0, 0)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "mutated.pcap"
        while time.monotonic() < end:
            seed = first + rounds
            origin, data = case_of(seed, paths)
            target.write_bytes(data)
            started = time.monotonic()
            problem = worker.audit(target)
            slowest = max(slowest, (time.monotonic() - started, seed))
            rounds += 1
            if problem:
                found += 1
                keep.mkdir(exist_ok=True)
                (keep / f"{seed}.pcap").write_bytes(data)
                (keep / f"{seed}.txt").write_text(f"{origin.name}\n{problem}\n", encoding="utf-8")
                print(f"seed {seed} ({origin.name}): {problem.strip().splitlines()[-1]}", flush=True)
                worker.stop()
                worker = Worker()
    worker.stop()
    print(f"{rounds} rounds from seed {first}, {found} problems; slowest {slowest[0]:.1f} s (seed {slowest[1]})")
    return found


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=int)
    arguments = parser.parse_args()
    keep = Path(__file__).parent / "found"
    if arguments.replay is None:
        return int(run(arguments.minutes, arguments.seed, keep) > 0)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "mutated.pcap"
        target.write_bytes(case_of(arguments.replay, corpus())[1])
        worker = Worker()
        problem = worker.audit(target, 600)
        worker.stop()
    print(problem or "nothing wrong")
    return int(bool(problem))


if __name__ == "__main__":
    sys.exit(main())
