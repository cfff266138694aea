"""Of faults in the rooms that judge, how many do the tests of these rooms notice? `make mutants`.

`python -m tests.mutation.killed [--seed 1] [--count 300] [--seconds 3000] [--out killed.jsonl]`: faults are drawn from
`findings/` (its statements included), all places alike. A first run of the tests of these rooms under coverage tells
which test reaches which line, and how many branches are taken; both are kept beside `--out`. Each fault gets a process
of its own, forked from one that has collected the tests, with those that reach it, the quickest first, until one fails;
one that no test reaches survives. Prints the share with its exact interval (Clopper-Pearson, 95 %, two-sided); faults
that change nothing that anybody could see (`equivalent.txt`, with reasons) are counted apart.
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mutation.noticed import begins, equivalents
from tests.mutation.seeded import PACKAGE, Fault, drawn, have
from tests.mutation.swapped import Loaded, forked, outermost, swap, within_another

ROOT = Path(__file__).parents[2]
ROOMS = ("findings",)
TESTS = "tests/findings"
PATIENCE = 4  # times as long as its tests take by the first run, in seconds of a processor: then it has no end
MOST = 400  # tests that one fault is tried on
QUIET = ("-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
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

        def pytest_runtest_logreport(self, report):
            if report.failed:
                failed.add(report.nodeid)

    failed: set[str] = set()
    pytest.main([*QUIET, TESTS], plugins=[Contexts()])
    looking.stop()
    looking.json_report(outfile=str(out.with_suffix(".coverage.json")))
    data = looking.get_data()
    passed = [name not in failed for name in tests]
    lines, loading = {}, {}
    for name in data.measured_files():
        module, by_line = Path(name).relative_to(PACKAGE).as_posix(), data.contexts_by_lineno(name)
        loading[module] = [line for line, there in by_line.items() if "-" in there]
        lines[module] = {
            line: sorted(number for number in map(int, {*there} - {"", "-"}) if passed[number])
            for line, there in by_line.items()
        }
    out.write_text(
        json.dumps({"tests": list(tests.items()), "lines": lines, "loading": loading, "failed": list(failed)})
    )


def tests_of(fault: Fault, told: dict, each: float) -> list[str]:
    """Tests that reach a fault, the quickest first, for so many seconds; of what loading does, all that reach its module.

    And all that reach nothing: who only reads what loading made reaches no line.
    """
    tree = ast.parse((PACKAGE / fault.module).read_text("utf-8"))
    tests, lines = told["tests"], told["lines"].get(fault.module, {})
    line = str(begins(tree, fault.site.line))
    if line not in lines:
        return []
    found = lines[line] if outermost(tree, fault.site.line) is not None else []
    if not found:
        some = {number for of in told["lines"].values() for there in of.values() for number in there}
        of_module = {number for there in lines.values() for number in there}
        found = sorted(of_module | ({*range(len(tests))} - some))
    ordered = sorted(found, key=lambda number: tests[number][1])
    spent = itertools.accumulate(tests[number][1] for number in ordered)
    chosen = [tests[number][0] for number, so_far in zip(ordered, spent, strict=True) if so_far <= each]
    return (chosen or [tests[ordered[0]][0]])[:MOST]


def while_loading(fault: Fault, told: dict) -> bool:
    """Whether a fault is met while its module is loaded, or may be in what is made then."""
    tree, line = ast.parse((PACKAGE / fault.module).read_text("utf-8")), fault.site.line
    loading = outermost(tree, line) is None or begins(tree, line) in told["loading"][fault.module]
    return loading or within_another(tree, line)


class First:
    """The first test that failed."""

    name = ""

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.name:
            self.name = report.nodeid

    def pytest_collectreport(self, report):
        if report.failed and not self.name:
            self.name = f"collecting {report.nodeid}"


class Session:
    """A session of pytest that has collected all tests, and runs some of them in forks of it."""

    def __init__(self, faults: list[Fault], told: dict, each: float) -> None:
        self.faults, self.told, self.each = faults, told, each
        self.serve: Callable[[], None] = lambda: None

    def begin(self, serve: Callable[[], None]) -> None:
        self.serve = serve
        pytest.main([*QUIET, TESTS], plugins=[self])

    def pytest_runtestloop(self, session):
        self.items = {item.nodeid: item for item in session.items}
        self.config = session.config
        for module in {fault.dotted for fault in self.faults}:
            importlib.import_module(module)
        self.serve()
        return True

    def failing(self, number: int) -> str:
        """The first test that fails with a fault; without any, 0 is asked for, and the quickest tests are run."""
        fault = self.faults[number - 1] if number else None
        limit(self.each)
        if fault is not None and not swap(fault):
            return ""
        quickest = [name for name, _ in sorted(self.told["tests"], key=lambda one: one[1])]
        names = (
            tests_of(fault, self.told, self.each) if fault is not None else quickest[:: max(1, len(quickest) // MOST)]
        )
        first = First()
        self.config.pluginmanager.register(first)
        items = [self.items[name] for name in names]
        for item, after in itertools.zip_longest(items, items[1:]):
            self.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if first.name:
                break
        return first.name


def afresh(fault: Fault, tests: list[str], each: float) -> str:
    """The first test that fails in this process, which has loaded nothing of netaudit."""
    limit(each)
    os.chdir(ROOT)
    have(fault)
    first = First()
    code = pytest.main([*QUIET, "-x", *tests], plugins=[first])
    return first.name or ("" if code in NOTHING_RUN else f"exit {int(code)}")


def limit(each: float) -> None:
    """Let this process end when it has run for `PATIENCE` times as long."""
    spent = int(time.process_time() + PATIENCE * each)
    resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 5))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--out", type=Path, default=Path("killed.jsonl"))
    parser.add_argument("--each", type=float, default=30, help="seconds of tests, by the first run, for one fault")
    parser.add_argument("--control", action="store_true", help="first ask whether nothing fails without a fault")
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
        session = Session(faults, told, given.each)
        asked = Loaded(session.begin, session.failing)
        if given.control and (said := asked(0)):
            raise SystemExit(f"without any fault, too: {said}")
        for number, fault in enumerate(faults):
            if str(fault) in known or time.monotonic() > until:
                continue
            begun = time.monotonic()
            tests = tests_of(fault, told, given.each)
            if not tests:
                said = ""
            elif while_loading(fault, told):
                said = forked(functools.partial(afresh, fault, tests, given.each))
            else:
                said = asked(number + 1)
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

    same = equivalents()
    counted = [row for row in rows if row["fault"] not in same]
    print(f"{sum(not row['tests'] for row in rows)} in lines that no test of these rooms reaches")
    for what, of in (("all", rows), (f"all but {len(rows) - len(counted)} equivalent", counted)):
        killed = sum(bool(row["killed"]) for row in of)
        low, high = lower(killed, len(of), 0.975), 1 - lower(len(of) - killed, len(of), 0.975)
        print(f"killed of {what}: {killed} of {len(of)} ({killed / len(of):.1%}; 95 %: {low:.1%} to {high:.1%})")
    print(f"{sum(row['seconds'] for row in rows):.0f} s")


if __name__ == "__main__":
    main()
