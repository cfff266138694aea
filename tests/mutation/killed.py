"""Of faults in the rooms that judge, how many do the tests of these rooms notice? `make mutants`.

`python -m tests.mutation.killed [--seed 1] [--count 300] [--seconds 3000] [--out killed.jsonl]`: faults are drawn from
`findings/` (its statements included), all places alike. A first run of the tests of these rooms under coverage tells
which test reaches which line, and how many branches are taken; both are kept beside `--out`. Each fault gets a process of its own, forked from one
that has loaded everything but netaudit, with the tests that reach it, the quickest first, until one fails; one that no
test reaches survives. Prints the share with its exact interval (Clopper-Pearson, 95 %, two-sided).
"""

from __future__ import annotations

import argparse
import ast
import importlib
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from tests.mutation.noticed import begins, in_function
from tests.mutation.seeded import PACKAGE, Fault, drawn, have

ROOT = Path(__file__).parents[2]
ROOMS = ("findings",)
TESTS = "tests/findings"
PATIENCE = 120  # seconds of a processor
FOR, MOST = 30, 400  # seconds, by the first run, and number of the tests that one fault is tried on
WALL = 600
NOTHING_RUN = (0, 4, 5)  # exit codes of pytest: all passed, no such test, none


def traced(out: Path) -> dict:
    """Tests, what each costs, and which reach which lines of which modules."""
    if not out.is_file():
        words = [sys.executable, "-W", "ignore", "-m", "tests.mutation.killed", "--trace", out]
        subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    return json.loads(out.read_text())


def trace(out: Path) -> None:
    """Run the tests once and write what they reach."""
    import coverage
    import pytest

    looking = coverage.Coverage(source=[str(PACKAGE / room) for room in ROOMS], data_file=None, branch=True)
    looking.start()
    looking.switch_context("-")
    tests: dict[str, float] = {}

    class Contexts:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item):
            begun = time.process_time()
            looking.switch_context(str(len(tests)))
            try:
                return (yield)
            finally:
                looking.switch_context("-")
                tests[item.nodeid] = time.process_time() - begun

    pytest.main(["-q", "-p", "no:cacheprovider", TESTS], plugins=[Contexts()])
    looking.stop()
    looking.json_report(outfile=str(out.with_suffix(".coverage.json")))
    data = looking.get_data()
    lines = {
        Path(name).relative_to(PACKAGE).as_posix(): {
            line: sorted({int(one) for one in there if one.isdigit()})
            for line, there in data.contexts_by_lineno(name).items()
        }
        for name in data.measured_files()
    }
    out.write_text(json.dumps({"tests": list(tests.items()), "lines": lines}))


def tests_of(fault: Fault, told: dict) -> list[str]:
    """Tests that reach a fault, the quickest first, as far as `FOR` seconds go; those of its name for what loading does."""
    tree = ast.parse((PACKAGE / fault.module).read_text("utf-8"))
    tests, lines = told["tests"], told["lines"].get(fault.module, {})
    line = str(begins(tree, fault.site.line))
    if line not in lines:
        return []
    found = lines[line] if in_function(tree, fault.site.line) else []
    if not found:
        everywhere = {number for there in lines.values() for number in there}
        found = sorted(everywhere) or range(len(tests))
    ordered = sorted(found, key=lambda number: tests[number][1])
    spent = itertools.accumulate(tests[number][1] for number in ordered)
    chosen = [tests[number][0] for number, so_far in zip(ordered, spent, strict=True) if so_far <= FOR]
    return (chosen or [tests[ordered[0]][0]])[:MOST]


def attempt(fault: Fault, tests: list[str]) -> str:
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
                *tests,
            ]
            code = pytest.main(words, plugins=[first])
            said = first.name or ("-" if code in NOTHING_RUN else f"exit {int(code)}")
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
    parser.add_argument("--trace", type=Path, help="only run the tests once, and write what they reach")
    given = parser.parse_args()
    if given.trace is not None:
        trace(given.trace)
        return
    told = traced(given.out.with_suffix(".reached.json"))
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
            tests = tests_of(fault, told)
            said = attempt(fault, tests) if tests else ""
            known[str(fault)] = row = {
                "fault": str(fault),
                "tests": len(tests),
                "killed": said,
                "seconds": round(time.monotonic() - begun, 1),
            }
            print(json.dumps(row), file=out, flush=True)
    rows = [known[str(fault)] for fault in faults if str(fault) in known]
    tell(rows)


def tell(rows) -> None:
    from netaudit.recheck.power import lower

    killed = sum(bool(row["killed"]) for row in rows)
    print(f"{sum(not row['tests'] for row in rows)} in lines that no test of these rooms reaches")
    low, high = lower(killed, len(rows), 0.975), 1 - lower(len(rows) - killed, len(rows), 0.975)
    print(f"{killed} of {len(rows)} killed: {killed / len(rows):.1%} (95 %: {low:.1%} to {high:.1%})")
    print(f"{sum(row['seconds'] for row in rows):.0f} s")


if __name__ == "__main__":
    main()
