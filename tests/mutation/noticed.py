"""Of faults in the reading rooms, how many does `netaudit validate` notice?

`python -m tests.mutation.noticed [--seed 1] [--count 250] [--out noticed.jsonl]`: faults are drawn from all places alike.
A first run under coverage, kernels as plain Python, tells which steps (a room's stages, a room's audit) reach which
lines; it is kept in a file beside `--out`. A fault in a line that none reaches cannot be noticed and is counted so
without a run. Every other gets a process of its own, which looks at the constants and takes the steps that reach it, the
cheapest first, up to the first that tells something else than it should: by an answer that is known, or by what this
copy told without the fault (A90).
`equivalent.txt` names faults that change nothing that anybody could see, each with its reason; they are counted apart.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutation.seeded import BESIDE, PACKAGE, READING, Fault, drawn, have

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds of a processor
WALL = 900
MEMORY = 6 << 30
ROOMS_FOR = 40  # seconds of a processor, by the first run, in rooms that one fault is tried on
TRACE = """
import json, sys, tempfile, time
from pathlib import Path
import coverage
traced = coverage.Coverage(source=[sys.argv[1]], data_file=None)
traced.start()
traced.switch_context("-")
from netaudit.validate.constants import of_constants
from netaudit.validate.pack.cases import pack, released
from netaudit.validate.running import audited, write
from netaudit.validate.stages import WAYS, of_stages
of_constants()
files = pack()
files += released(files)
seconds = {}
ways = {name: WAYS[name] for name in ("windows", "bounds")}
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
    name[len(sys.argv[1]) + 1:]: {line: sorted(set(there) - {"", "-"}) for line, there in data.contexts_by_lineno(name).items()}
    for name in data.measured_files()
}
Path(sys.argv[2]).write_text(json.dumps({"rooms": rooms, "seconds": seconds}))
"""
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def judged(files, folder: Path, steps: list[str], told: dict[str, str]) -> str:
    """What this process's netaudit tells otherwise than it should, of the first step where it does; "" for nothing."""
    from netaudit.validate.constants import of_constants
    from netaudit.validate.judging import judge
    from netaudit.validate.observing import observed
    from netaudit.validate.reference import digests
    from netaudit.validate.running import audited
    from netaudit.validate.stages import of_stages

    def wrong(found: dict[str, str]) -> list[str]:
        return [name for name, one in found.items() if told[name] != one]

    if said := wrong(of_constants()):
        return " ".join(said[:3])
    for step, room in (one.split(" ") for one in steps):
        if step == "stages":
            said = wrong(of_stages(folder / "pack" / room, room))
        else:
            case = audited(folder, room)
            answers = [answer for one in files if one.room == room for answer in one.answers]
            judgement = judge(answers, observed(case) if answers else ())
            said = [name for name, one in judgement.items() if one.failed] + wrong(digests(case, room))
        if said:
            return " ".join(said[:3])
    return ""


def attempt(fault: Fault, files, scratch: Path, steps: list[str], told: dict[str, str]) -> str:
    """What was noticed, in a process of its own."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    (folder / "pack").symlink_to(scratch / "pack")
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        said = "ended"
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 5))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            if fault.compiled:
                os.environ["NUMBA_DISABLE_JIT"] = "1"
                import numba.core.config as config

                config.DISABLE_JIT = 1
            have(fault)
            said = judged(files, folder, steps, told) or "-"
        except BaseException as error:  # whatever it is, it was noticed
            said = f"{type(error).__name__}"
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
    shutil.rmtree(folder, ignore_errors=True)
    return "" if said == "-" else said


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
    tree = ast.parse((PACKAGE / fault.module).read_text("utf-8"))
    lines, line = traced["rooms"].get(fault.module, {}), str(begins(tree, fault.site.line))
    if line not in lines:
        return None
    found = lines[line] if in_function(tree, fault.site.line) else traced["seconds"]
    ordered = sorted(found or traced["seconds"], key=traced["seconds"].__getitem__)
    spent = list(itertools.accumulate(traced["seconds"][step] for step in ordered))
    return [step for step, so_far in zip(ordered, spent, strict=True) if so_far <= ROOMS_FOR] or ordered[:1]


def begins(tree: ast.Module, line: int) -> int:
    """First line of the statement, or of the head of a compound one, that a line is of: coverage tells no others."""
    statements = [
        one for one in ast.walk(tree) if isinstance(one, ast.stmt) and one.lineno <= line <= (one.end_lineno or 0)
    ]
    inner = max(statements, key=lambda one: (one.lineno, -(one.end_lineno or 0)), default=None)
    return inner.lineno if inner is not None else line


def in_function(tree: ast.Module, line: int) -> bool:
    """Whether a line is done when a function is called."""
    bodies = [one.body for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    return any(body[0].lineno <= line <= (body[-1].end_lineno or 0) for body in bodies)


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
        for fault in faults:
            if str(fault) in known or time.monotonic() > until:
                continue
            begun = time.monotonic()
            steps = steps_of(fault, traced)
            said = attempt(fault, files, Path(scratch), steps, traced["told"]) if steps is not None else ""
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
