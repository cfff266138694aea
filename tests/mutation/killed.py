"""Of faults in the rooms that judge, how many do the tests of these rooms notice? `make mutants`.

`python -m tests.mutation.killed [--seed 1] [--count 300] [--seconds 3000] [--out killed.jsonl]`: faults are drawn from
`findings/` (its statements included), all places alike. Each gets a process of its own, forked from one that has loaded
everything but netaudit, with the tests of these rooms until the first that fails. The tests of a module's own name come
first. Prints the share with its exact interval (Clopper-Pearson, 95 %, two-sided).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import time
from pathlib import Path

from tests.mutation.seeded import Fault, drawn, have

ROOT = Path(__file__).parents[2]
ROOMS = ("findings",)
TESTS = "tests/findings"
PATIENCE = 120  # seconds of a processor
WALL = 600


def order(fault: Fault) -> list[str]:
    """Files of tests, that of the module's own name first."""
    name = Path(fault.module).stem
    files = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / TESTS).glob("test_*.py"))
    return sorted(files, key=lambda path: (name not in path, path))


def attempt(fault: Fault) -> str:
    """The test that fails; "" for none."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        said = "ended"
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 5))
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            os.chdir(ROOT)
            have(fault)
            import pytest

            class First:
                name = ""

                def pytest_runtest_logreport(self, report):
                    if report.failed and not self.name:
                        self.name = report.nodeid

                def pytest_collectreport(self, report):
                    if report.failed and not self.name:
                        self.name = f"collecting {report.nodeid}"

            first = First()
            words = [
                "-x",
                "-q",
                "-p",
                "no:cacheprovider",
                "-W",
                "ignore::pytest.PytestAssertRewriteWarning",
                *order(fault),
            ]
            code = pytest.main(words, plugins=[first])
            said = "-" if code == 0 else first.name or f"exit {code}"
        except BaseException as error:
            said = type(error).__name__
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    end = time.monotonic() + WALL
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(child, 9)
            done = os.waitpid(child, 0)
            break
        time.sleep(0.02)
    said = os.read(reading, 4096).decode() or f"no end ({done[1]})"
    os.close(reading)
    return "" if said == "-" else said


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--out", type=Path, default=Path("killed.jsonl"))
    given = parser.parse_args()
    for name in (
        "numba",
        "numpy",
        "pyarrow.compute",
        "pyarrow.parquet",
        "orjson",
        "yaml",
        "pytest",
        "hypothesis",
        "jinja2",
        "PIL.Image",
        "typer",
        "pandas",
    ):
        importlib.import_module(name)
    until = time.monotonic() + given.seconds
    known = {row["fault"]: row for row in map(json.loads, given.out.open())} if given.out.is_file() else {}
    faults = drawn(ROOMS, (), given.seed, given.count)
    with given.out.open("a") as out:
        for fault in faults:
            if str(fault) in known or time.monotonic() > until:
                continue
            begun = time.monotonic()
            said = attempt(fault)
            known[str(fault)] = row = {
                "fault": str(fault),
                "killed": said,
                "seconds": round(time.monotonic() - begun, 1),
            }
            print(json.dumps(row), file=out, flush=True)
    rows = [known[str(fault)] for fault in faults if str(fault) in known]
    tell(rows)


def tell(rows) -> None:
    from netaudit.recheck.power import lower

    killed = sum(bool(row["killed"]) for row in rows)
    low, high = lower(killed, len(rows), 0.975), 1 - lower(len(rows) - killed, len(rows), 0.975)
    print(f"{killed} of {len(rows)} killed: {killed / len(rows):.1%} (95 %: {low:.1%} to {high:.1%})")
    print(f"{sum(row['seconds'] for row in rows):.0f} s")


if __name__ == "__main__":
    main()
