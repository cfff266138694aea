"""What the reading of persons costs: `python benchmarks/reading_persons.py [-n 5] CAPTURE…`.

Audits each capture by turns with it and without, in a process of its own with one worker and without faces, and gives
the processor time of both: medians, so that a busy machine hits both. Without: nobody looks for persons in documents,
targets, headers and names, no address of a picture is kept, and no finding on identity data is made.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
import netaudit
if sys.argv[3] == "without":
    from netaudit.findings import from_tables
    from netaudit.rows import events, persons, documents
    persons.PersonRows.take = lambda self, object_id, leaf: None
    persons.PersonRows.end = lambda self, *asked: []
    documents.may_tell = documents.asks_about = lambda text: False
    events.EventRows.answer = lambda self, message: None
    from_tables.identity_groups = lambda tables, scope, actors: {}
netaudit.audit(sys.argv[1], sys.argv[2], faces=False, workers=1)
own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
print(own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime)
"""


def seconds(capture: Path, how: str) -> float:
    """Processor seconds of one audit."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place:
        command = [sys.executable, "-c", RUN, str(capture), f"{place}/case", how, str(ROOT)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """A row for each capture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("captures", nargs="+", type=Path)
    options = parser.parse_args()
    print("| capture | without, s | with, s | slower |\n|---|---|---|---|")
    for capture in options.captures:
        seconds(capture, "with")
        rounds = [(seconds(capture, "without"), seconds(capture, "with")) for _ in range(options.n)]
        off, on = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"| {capture.name} | {off:.2f} | {on:.2f} | {on / off - 1:+.1%} |", flush=True)


if __name__ == "__main__":
    main()
