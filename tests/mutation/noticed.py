"""Of faults in the reading rooms, how many does `netaudit validate` notice?

`python -m tests.mutation.noticed [--seed 1] [--count 250] [--out noticed.jsonl]`: faults are drawn from all places alike.
A fault in a line that the pack never reaches cannot be noticed and is counted so without a run; all others get a
process of their own, which makes the audit of `netaudit validate` and its judgement. `--reference` first makes what a release brings (`netaudit/validate/reference.py`), which notices more;
the known answers alone are counted beside. `equivalent.txt` names faults that
change nothing that anybody could see, each with its reason; they are counted apart.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutation.seeded import BESIDE, READING, Fault, drawn, have

ROOT = Path(__file__).parents[2]
PATIENCE = 90  # seconds of a processor
WALL = 400
MEMORY = 6 << 30
TRACE = """
import json, sys, coverage
traced = coverage.Coverage(source=[sys.argv[1]], data_file=None)
traced.start()
from netaudit.validate.running import validate

validate()
traced.stop()
data = traced.get_data()
lines = {name[len(sys.argv[1]) + 1:]: sorted(data.lines(name) or []) for name in data.measured_files()}
open(sys.argv[2], "w").write(json.dumps(lines))
"""
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def answers(files, folder: Path) -> str:
    """Which assertions fail, by this process's netaudit; "" for none."""
    from netaudit.validate.running import read

    outcomes = read(files, folder)
    return " ".join(name for name, one in outcomes.items() if not one.passed)


def attempt(fault: Fault, files, scratch: Path) -> str:
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
            said = answers(files, folder) or "-"
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


def reached(out: Path) -> dict[str, list[int]]:
    """Lines of each module that the pack reaches, by one run under coverage, kernels as plain Python; kept in a file."""
    if not out.is_file():
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", TRACE, ROOT / "netaudit", out], env=environment, check=True
        )
    return json.loads(out.read_text())


def equivalents() -> dict[str, str]:
    if not EQUIVALENT.is_file():
        return {}
    lines = [line.partition("  ") for line in EQUIVALENT.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return {name.strip(): why.strip() for name, _, why in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--out", type=Path, default=Path("noticed.jsonl"))
    parser.add_argument("--reference", action="store_true")
    parser.add_argument(
        "--again", type=Path, help="only those that an earlier run (its --out) reached and did not notice"
    )
    given = parser.parse_args()
    lines = reached(given.out.with_suffix(".reached.json"))
    faults = drawn(READING, BESIDE, given.seed, given.count)
    if given.again is not None:
        rows = [json.loads(line) for line in given.again.open()]
        left = {row["fault"] for row in rows if row["reached"] and not row["noticed"]}
        faults = [one for one in faults if str(one) in left]
    from netaudit.validate import reference
    from netaudit.validate.pack.cases import pack
    from netaudit.validate.running import write

    reference.PLACE.unlink(missing_ok=True)
    if given.reference:
        reference.make()

    files = pack()
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

    for name in [one for one in sys.modules if one.startswith("netaudit") and ".validate" not in one]:
        del sys.modules[name]
    known = {row["fault"]: row for row in map(json.loads, given.out.open())} if given.out.is_file() else {}
    with tempfile.TemporaryDirectory() as scratch, given.out.open("a") as out:
        write(files, Path(scratch) / "pack")
        for fault in faults:
            if str(fault) in known:
                continue
            begun = time.monotonic()
            there = fault.site.line in lines.get(fault.module, ())
            said = attempt(fault, files, Path(scratch)) if there else ""
            row = {
                "fault": str(fault),
                "reached": there,
                "noticed": said,
                "seconds": round(time.monotonic() - begun, 1),
            }
            known[str(fault)] = row
            print(json.dumps(row), file=out, flush=True)
    tell([known[str(fault)] for fault in faults])


def tell(rows) -> None:
    same = equivalents()
    counted = [row for row in rows if row["fault"] not in same]
    noticed = sum(bool(row["noticed"]) for row in counted)
    there = [row for row in counted if row["reached"]]
    print(f"{len(rows)} faults, {len(rows) - len(counted)} equivalent, {len(there)} in lines that the pack reaches")
    print(
        f"noticed {noticed} of {len(counted)} ({noticed / len(counted):.1%}); {noticed} of {len(there)} reached ({noticed / max(len(there), 1):.1%})"
    )
    print(f"{sum(row['seconds'] for row in rows):.0f} s")


if __name__ == "__main__":
    main()
