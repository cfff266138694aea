"""Of faults in the reading rooms, how many does `netaudit validate` notice?

`python -m tests.mutation.noticed [--seed 1] [--count 250] [--out noticed.jsonl]`: faults are drawn from all places alike.
A first run under coverage, kernels as plain Python, tells which steps (a room's stages, a room's audit, the calls of a
module) reach which lines; it is kept in a file beside `--out`. A fault in a line that none reaches cannot be noticed and is counted so
without a run. Every other gets a process of its own (`swapped.py`), which takes the steps that reach it, the cheapest
first, up to the first that tells something else than it should: by an answer that is known, or by what this copy told
without the fault (A90). One that is met while its module is loaded is asked of the constants, first.
`equivalent.txt` names faults that change nothing that anybody could see, each with its reason; they are counted apart.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.mutation.seeded import BESIDE, PACKAGE, READING, Fault, drawn, have
from tests.mutation.swapped import Loaded, forked, outermost, swap, within_another

ROOT = Path(__file__).parents[2]
PATIENCE = 100  # seconds of a processor until something is said to have no end
MEMORY = 6 << 30
ROOMS_OF_ALL = ("parts", "rare", "hellos")  # audited while loading, so that what they need is there
LOADING = "-"  # the context of what is done before any step
TRACE = """
import json, sys, tempfile, time
from pathlib import Path
import coverage
traced = coverage.Coverage(source=[sys.argv[1]], data_file=None)
traced.start()
traced.switch_context("-")
from netaudit.validate.calls import calls, of_calls
from netaudit.validate.constants import of_constants
from netaudit.validate.pack.cases import pack, released
from netaudit.validate.running import audited, write
from netaudit.validate.stages import WAYS, of_stages
of_constants()
files = pack()
files += released(files)
seconds = {}
ways = {name: WAYS[name] for name in ("windows", "bounds")}
for module, those in calls().items():
    step = "calls " + module
    traced.switch_context(step)
    begun = time.process_time()
    of_calls({module: those})
    seconds[step] = time.process_time() - begun
with tempfile.TemporaryDirectory() as scratch:
    write(files, Path(scratch) / "pack")
    for room in sorted({one.room for one in files}):
        for kind in ("stages", "audit"):
            step = kind + " " + room
            traced.switch_context(step)
            begun = time.process_time()
            if kind == "stages":
                of_stages(Path(scratch) / "pack" / room, room, ways)
            else:
                audited(Path(scratch), room)
            seconds[step] = time.process_time() - begun
            print(step, round(seconds[step], 1), file=sys.stderr, flush=True)
traced.stop()
data = traced.get_data()
rooms = {
    name[len(sys.argv[1]) + 1:]: {line: sorted(set(there) - {""}) for line, there in data.contexts_by_lineno(name).items()}
    for name in data.measured_files()
}
Path(sys.argv[2]).write_text(json.dumps({"rooms": rooms, "seconds": seconds}))
"""
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def load(folder: Path) -> None:
    """Have netaudit loaded as the steps need it."""
    from netaudit.validate.constants import of_constants
    from netaudit.validate.reference import digests
    from netaudit.validate.running import audited

    of_constants()
    for room in ROOMS_OF_ALL:
        digests(audited(folder, room), room)


def judged(files, folder: Path, steps: list[str], told: dict[str, str], *, constants: bool, most: float) -> str:
    """What this process's netaudit tells otherwise than it should, of the first step where it does; "" for nothing.

    No further step is taken after `most` seconds of a processor.
    """
    from netaudit.validate.calls import calls, of_calls
    from netaudit.validate.constants import of_constants
    from netaudit.validate.judging import judge
    from netaudit.validate.observing import observed
    from netaudit.validate.reference import digests
    from netaudit.validate.running import audited
    from netaudit.validate.stages import WAYS, of_stages

    def wrong(found: dict[str, str]) -> list[str]:
        return [name for name, one in found.items() if told.get(name) != one]

    called = calls()
    if constants and (said := wrong(of_constants())):
        return " ".join(said[:3])
    begun = time.process_time()
    for step, room in (one.split(" ") for one in steps):
        if time.process_time() - begun > most:
            break
        if step == "calls":
            said = wrong(of_calls({room: called[room]}))
        elif step == "stages":
            found = (wrong(of_stages(folder / "pack" / room, room, {name: way})) for name, way in WAYS.items())
            said = next(filter(None, found), [])
        else:
            case = audited(folder, room)
            answers = [answer for one in files if one.room == room for answer in one.answers]
            judgement = judge(answers, observed(case) if answers else ())
            said = [name for name, one in judgement.items() if one.failed] + wrong(digests(case, room))
        if said:
            return " ".join(said[:3])
    return ""


class Attempts:
    """What is noticed of each fault, in a process of its own."""

    def __init__(self, faults: list[Fault], files, scratch: Path, traced: dict, most: float) -> None:
        self.faults, self.files, self.scratch, self.traced, self.most = faults, files, scratch, traced, most
        self.interpreted = Loaded(self._load, self._swapped)
        self.plain = Loaded(self._load_plain, self._swapped)

    def noticed(self, number: int) -> str:
        """Of one of the faults that a step reaches."""
        fault = self.faults[number]
        if while_loading(fault, self.traced):
            return forked(lambda: self._afresh(fault))
        return (self.plain if fault.compiled else self.interpreted)(number + 1)

    def _load(self, serve: Callable[[], None]) -> None:
        load(self._folder())
        serve()

    def _load_plain(self, serve: Callable[[], None]) -> None:
        without_compiler()
        self._load(serve)

    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        (folder / "pack").symlink_to(self.scratch / "pack")
        return folder

    def _swapped(self, number: int) -> str:
        """0 is no fault."""
        fault = self.faults[number - 1] if number else None
        if fault is not None and not swap(fault):
            return ""
        return self._judged(steps_of(fault, self.traced) if fault else list(self.traced["seconds"]), constants=False)

    def _afresh(self, fault: Fault) -> str:
        if fault.compiled:
            without_compiler()
        have(fault)
        return self._judged(steps_of(fault, self.traced), constants=True)

    def _judged(self, steps: list[str], *, constants: bool) -> str:
        spent = int(time.process_time()) + PATIENCE
        resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        folder = self._folder()
        try:
            return judged(self.files, folder, steps, self.traced["told"], constants=constants, most=self.most)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def without_compiler() -> None:
    """Kernels as plain Python, in this process."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import numba.core.config as config

    config.DISABLE_JIT = 1


def reached(out: Path) -> dict:
    """Steps by module and line, what each costs, and what is told without a fault."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if not out.is_file():
        words = [sys.executable, "-W", "ignore", "-c", TRACE, ROOT / "netaudit", out]
        subprocess.run(words, env={**environment, "NUMBA_DISABLE_JIT": "1"}, check=True)
    told = out.with_suffix(".told.json")
    if not told.is_file():
        words = "import sys, pathlib; from netaudit.validate.reference import make; make(pathlib.Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-W", "ignore", "-c", words, told], env=environment, check=True)
    return json.loads(out.read_text()) | {"told": json.loads(told.read_text())}


def steps_of(fault: Fault, traced: dict) -> list[str] | None:
    """Steps that reach a fault, the cheapest first; all for what is done while the module is loaded; None: none does."""
    there = _where(fault, traced)
    if there is None:
        return None
    found = set(there) - {LOADING} if _within(fault) else traced["seconds"]
    return sorted(found or traced["seconds"], key=traced["seconds"].__getitem__)


def while_loading(fault: Fault, traced: dict) -> bool:
    """Whether a fault is met while its module is loaded, or may be in what is made then."""
    tree = ast.parse((PACKAGE / fault.module).read_text("utf-8"))
    return not _within(fault) or LOADING in (_where(fault, traced) or ()) or within_another(tree, fault.site.line)


def _where(fault: Fault, traced: dict) -> list[str] | None:
    line = begins(ast.parse((PACKAGE / fault.module).read_text("utf-8")), fault.site.line)
    return traced["rooms"].get(fault.module, {}).get(str(line))


def _within(fault: Fault) -> bool:
    return outermost(ast.parse((PACKAGE / fault.module).read_text("utf-8")), fault.site.line) is not None


def begins(tree: ast.Module, line: int) -> int:
    """First line of the statement, or of the head of a compound one, that a line is of: coverage tells no others."""
    statements = [
        one for one in ast.walk(tree) if isinstance(one, ast.stmt) and one.lineno <= line <= (one.end_lineno or 0)
    ]
    inner = max(statements, key=lambda one: (one.lineno, -(one.end_lineno or 0)), default=None)
    return inner.lineno if inner is not None else line


def equivalents() -> dict[str, str]:
    if not EQUIVALENT.is_file():
        return {}
    lines = [line.partition("  ") for line in EQUIVALENT.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return {name.strip(): why.strip() for name, _, why in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--out", type=Path, default=Path("noticed.jsonl"))
    parser.add_argument("--each", type=float, default=45, help="seconds of a processor for one fault's steps")
    parser.add_argument("--control", action="store_true", help="first ask whether nothing is noticed without a fault")
    parser.add_argument("--again", type=Path, help="only those that an earlier run (its --out) did not notice")
    given = parser.parse_args()
    traced = reached(given.out.with_suffix(".reached.json"))
    faults = drawn(READING, BESIDE, given.seed, given.count)
    if given.again is not None:
        left = {row["fault"] for row in map(json.loads, given.again.open()) if not row["noticed"]}
        faults = [one for one in faults if str(one) in left]
    from netaudit.validate.pack.cases import pack, released
    from netaudit.validate.running import write

    files = pack()
    files += released(files)
    for name in (
        "numba",
        "numpy",
        "onnxruntime",
        "orjson",
        "PIL.Image",
        "pyarrow.compute",
        "pyarrow.parquet",
        "typer",
        "yaml",
    ):
        importlib.import_module(name)  # what every process needs of others

    for name in [one for one in sys.modules if one.startswith("netaudit") and ".validate.pack" not in one]:
        del sys.modules[name]
    until = time.monotonic() + given.seconds
    known = {row["fault"]: row for row in map(json.loads, given.out.open())} if given.out.is_file() else {}
    with tempfile.TemporaryDirectory() as scratch, given.out.open("a") as out:
        write(files, Path(scratch) / "pack")
        attempts = Attempts(faults, files, Path(scratch), traced, given.each)
        if given.control and (said := attempts.interpreted(0) or attempts.plain(0)):
            raise SystemExit(f"without any fault, too: {said}")
        for number, fault in enumerate(faults):
            if str(fault) in known or time.monotonic() > until:
                continue
            begun = time.monotonic()
            steps = steps_of(fault, traced)
            said = attempts.noticed(number) if steps is not None else ""
            known[str(fault)] = row = {
                "fault": str(fault), "reached": len(steps or ()), "noticed": said, "seconds": round(time.monotonic() - begun, 1),
            }  # fmt: skip
            print(json.dumps(row), file=out, flush=True)
    tell([known[str(fault)] for fault in faults if str(fault) in known])


def tell(rows) -> None:
    from netaudit.recheck.power import lower

    same = equivalents()
    counted = [row for row in rows if row["fault"] not in same]
    there = [row for row in counted if row["reached"]]
    print(f"{len(rows)} faults, {len(rows) - len(counted)} equivalent, {len(there)} in lines that the pack reaches")
    for what, of in (("all", counted), ("reached", there)):
        noticed = sum(bool(row["noticed"]) for row in of)
        low, high = lower(noticed, len(of), 0.975), 1 - lower(len(of) - noticed, len(of), 0.975)
        print(f"noticed of {what}: {noticed} of {len(of)} ({noticed / len(of):.1%}; 95 %: {low:.1%} to {high:.1%})")
    print(f"{sum(row['seconds'] for row in rows):.0f} s")


if __name__ == "__main__":
    main()
