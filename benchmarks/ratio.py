"""Has an audit become much slower? `python benchmarks/ratio.py [--store]`, a minute; CI runs it.

Small captures of the benchmarks, made of the demo office, and the office itself are audited by the default command,
with faces and one worker, in turns with a plain loop of Python over the same packets. What counts is processor time as
a ratio to that loop, least of ROUNDS, since machines and hours differ. Fails where a ratio is WORST times the one
stored in ratio.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import build
import dpkt
from run import NETAUDIT

ROUNDS, WORST, MEGABYTES = 3, 1.5, 20
STORED = Path(__file__).with_suffix(".json")
DEMO = build.ROOT / "pcaps" / "sales_office" / "lan.pcapng"
LOOP_BYTES = 200_000_000  # looked at by the plain loop, the capture again and again
CAPTURES = ("upload_heavy", "small_packets")


def plain_loop(capture: Path) -> float:
    """Processor seconds of a loop that reads packets with dpkt and adds their sizes, per 100 MB of packets."""
    with capture.open("rb") as file:
        magic = file.read(4)
    make = dpkt.pcapng.Reader if magic == b"\x0a\x0d\x0d\x0a" else dpkt.pcap.Reader
    seen = packets = 0
    began = time.process_time()
    while packets < 400_000 and seen < LOOP_BYTES:
        with capture.open("rb") as file:
            for _, frame in make(file):
                seen += len(frame)
                packets += 1
    return (time.process_time() - began) / packets


def audit(capture: Path, folder: Path) -> float:
    """Processor seconds of the default command and all that it starts."""
    case = folder / "case"
    shutil.rmtree(case, ignore_errors=True)
    words = [*NETAUDIT, "audit", str(capture), "--case", str(case)]
    output = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
    process = os.posix_spawn(words[0], words, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    os.close(output)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def ratios(captures: list[Path], folder: Path) -> dict[str, float]:
    """Processor time of an audit in packets of the plain loop, in thousands: least against least."""
    found = {}
    for capture in captures:
        audit(capture, folder)  # compiles, and writes what later starts read
        rounds = [(audit(capture, folder), plain_loop(capture)) for _ in range(ROUNDS)]
        least = min(took for took, _ in rounds) / min(loop for _, loop in rounds)
        found[capture.stem] = round(least / 1000, 1)
    return found


def main() -> int:
    """Measure; compare or store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--store", action="store_true", help="keep the ratios as those to compare with")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["NETAUDIT_BENCH"] = place
        build.captures = lambda: None  # copies of the demo office everywhere, whatever else lies here
        captures = [DEMO, *(build.build(name, MEGABYTES) for name in CAPTURES)]
        found = ratios(captures, Path(place))
    if arguments.store:
        STORED.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        return 0
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    slow = False
    for name, value in found.items():
        times = value / stored[name]
        slow |= times > WORST
        print(f"{name}: {value} thousand turns of a plain loop, stored {stored[name]}: {times:.2f} times")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
