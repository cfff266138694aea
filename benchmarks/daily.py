"""Days of an appliance, replayed fast: `python benchmarks/daily.py [--days 30] [--capture FILE] [--private-days 7]`.

A capture comes again every day, with the times of that day, in files that another recorder might write; `netaudit live
FOLDER --daily` makes a sealed case of each day. The appliance and its audits have a clock of their own (libfaketime),
which is set to the time of each file before that is there: age counts from when a case was sealed, which else would
be today for all of them. Printed as JSON: packets written and packets in the cases, cases that
hold against their seals, those whose private data went by rule, memory and descriptors of the process that stays (a
look a second), the largest memory of an audit, processor seconds in all, and MB that all of it takes. Exit 1 when a
packet was lost, a case does not hold, memory of that process grew by more than 5 MB from the second quarter to
the last, or descriptors by more than 2.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import glob
import os
import resource
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson
import psutil

from netaudit.case.integrity import integrity
from netaudit.live.daily.day import cases, is_sealed
from netaudit.live.daily.room import size_of

ROOT = Path(__file__).parents[1]
MOST_MB, MOST_DESCRIPTORS = 5, 2
CLOCKS = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
PATIENCE = 600.0  # seconds for an audit


def records(path: Path) -> tuple[bytes, list[tuple[float, bytes]]]:
    """Head of a classic little-endian pcap in microseconds, and its records: seconds from the first, bytes."""
    data = path.read_bytes()
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        raise SystemExit(f"{path}: no classic pcap in microseconds")
    found, place = [], 24
    while place + 16 <= len(data):
        seconds, part, length = struct.unpack_from("<III", data, place)
        found.append((seconds + part / 1e6, data[place + 8 : place + 16 + length]))
        place += 16 + length
    start = found[0][0]
    return data[:24], [(at - start, rest) for at, rest in found]


def written(folder: Path, number: int, head: bytes, rows: list[tuple[float, bytes]], start: float) -> None:
    """A file of a recorder: whole under its name at once."""
    out = bytearray(head)
    for at, rest in rows:
        seconds, part = divmod(round((start + at) * 1e6), 10**6)
        out += struct.pack("<II", seconds, part) + rest
    path = folder / f".dump-{number:06d}.pcap"
    path.write_bytes(out)
    path.rename(folder / path.name[1:])


def clocked(place: Path) -> dict[str, str]:
    """Environment of processes whose clock stands where `set_clock` set it last."""
    found = next((path for pattern in CLOCKS for path in glob.glob(pattern)), None)  # noqa: PTH207 - absolute
    if found is None:
        raise SystemExit("libfaketime is not installed (Debian, Ubuntu: apt install libfaketime)")
    return {
        "LD_PRELOAD": found, "FAKETIME_TIMESTAMP_FILE": str(place / "clock"), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "TZ": "UTC",
    }  # fmt: skip


def set_clock(place: Path, at: float) -> None:
    """Set the clock of the appliance, never to a half-written time."""
    fresh = place / "clock.new"
    fresh.write_text(f"{datetime.datetime.fromtimestamp(at, datetime.UTC):%Y-%m-%d %H:%M:%S}\n")
    fresh.replace(place / "clock")


def watch(process: subprocess.Popen[bytes], samples: list[tuple[float, int]], audits: list[float]) -> None:
    """A look at memory (MB of RSS) and descriptors of the process that stays, and at the memory of an audit."""
    with contextlib.suppress(psutil.Error):
        one = psutil.Process(process.pid)
        samples.append((one.memory_info().rss / 1e6, one.num_fds()))
        audits.extend(child.memory_info().rss / 1e6 for child in one.children(recursive=True))


def main() -> int:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--files", type=int, default=4, help="a day")
    parser.add_argument("--capture", type=Path, default=ROOT / "pcaps" / "benign_office" / "benign.pcap")
    parser.add_argument("--private-days", type=int, default=7)
    parser.add_argument("--faces", action="store_true")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    head, rows = records(asked.capture)
    place = Path(tempfile.mkdtemp(dir=asked.folder))
    folder, root = place / "filled", place / "root"
    folder.mkdir()
    words = [sys.executable, "-m", "netaudit", "live", str(folder), "--daily", "--case", str(root), "--headless"]
    words += ["--private-days", str(asked.private_days), "--alarm", str(place / "alarms.jsonl"), "--zone", "UTC"]
    words += [] if asked.faces else ["--no-faces"]
    began = time.monotonic()
    log = (place / "lines.jsonl").open("wb")
    first = datetime.datetime(2026, 9, 1, 1, tzinfo=datetime.UTC).timestamp()
    set_clock(place, first)
    clock = clocked(place)
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | clock)
    samples: list[tuple[float, int]] = []
    audits: list[float] = []
    step = -(-len(rows) // asked.files)
    packets = 0
    for number in range(asked.days * asked.files + 1):
        day, part = divmod(number, asked.files)
        some = rows[part * step : (part + 1) * step]
        at = first + day * 86_400 + part * 5 * 3600 - some[0][0]
        if number < asked.days * asked.files:  # the last one begins another day, and stays
            packets += len(some)
        set_clock(place, at + some[0][0])
        written(folder, number, head, some, at)
        until = time.monotonic() + PATIENCE
        while (len(list(folder.glob("dump*"))) > 1 or waiting(root) > 1) and time.monotonic() < until:
            watch(process, samples, audits)
            time.sleep(1)
    until = time.monotonic() + PATIENCE
    while (waiting(root) > 1 or len(list(folder.glob("dump*"))) > 1) and time.monotonic() < until:
        watch(process, samples, audits)
        time.sleep(1)
    process.send_signal(signal.SIGTERM)
    code = process.wait(PATIENCE)
    found = cases(root)
    told = [integrity(path) for path in found]
    seen = sum(
        orjson.loads((path / "case.json").read_bytes()).get("totals", {}).get("packets_read", 0) for path in found
    )
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    growth = statistics.median(one[0] for one in late) - statistics.median(one[0] for one in early)
    more = max(one[1] for one in late) - max(one[1] for one in early)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = {
        "days": asked.days, "cases": len(found), "packets_written": packets, "packets_in_cases": seen, "exit": code,
        "sound": sum(one.sound for one in told), "removed_by_rule": sum(bool(one.removed) for one in told),
        "resident_mb": {"second quarter": round(statistics.median(one[0] for one in early), 1),
                        "last quarter": round(statistics.median(one[0] for one in late), 1),
                        "most": round(max(one[0] for one in samples), 1)},
        "descriptors": {"second quarter": max(one[1] for one in early), "last quarter": max(one[1] for one in late)},
        "largest_audit_mb": round(max(audits, default=0.0), 1), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "wall_s": round(time.monotonic() - began, 1), "disk_mb": round(size_of(root) / 1e6, 1), "folder": str(place),
        "looks": len(samples),
    }  # fmt: skip
    print(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
    well = seen == packets and all(one.sound for one in told) and growth <= MOST_MB and more <= MOST_DESCRIPTORS
    return 0 if well and len(found) == asked.days else 1


def waiting(root: Path) -> int:
    """Cases that are not sealed."""
    return sum(not is_sealed(path) for path in cases(root)) if root.is_dir() else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    sys.exit(main())
