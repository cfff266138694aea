"""Seed faults into a package at random, one at a time, and run its tests: `make mutants`.

`python -m tests.mutation.run findings [--count 30] [--seed 1]` changes one place of `netaudit/findings` in a copy of the
sources and runs `tests/findings` until one test fails. Prints the faults that no test noticed, and their share.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutation.operators import Site, mutated, sites

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds; a fault may be a loop without end
NOTHING_FAILED = (0, 5)


def drawn(package: Path, count: int, seed: int) -> list[tuple[Path, Site]]:
    """Draw places of all modules of a package, each with the same chance."""
    places = [(path, site) for path in sorted(package.rglob("*.py")) for site in sites(path.read_text("utf-8"))]
    return random.Random(seed).sample(places, min(count, len(places)))


def is_noticed(copy: Path, tests: str) -> bool:
    """Run the tests on the copy; whether one fails."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests]
    environment = os.environ | {"PYTHONPATH": str(copy)}
    try:
        done = subprocess.run(words, cwd=copy, env=environment, capture_output=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode not in NOTHING_FAILED


def main() -> None:
    """Seed, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "build", "dist", "__pycache__"))
        tests = f"tests/{asked.package}"
        if is_noticed(copy, tests):
            raise SystemExit(f"{tests} fails without a fault")
        chosen = drawn(copy / "netaudit" / asked.package, asked.count, asked.seed)
        for path, site in chosen:
            source = path.read_text("utf-8")
            path.write_text(ast.unparse(mutated(source, site)), "utf-8")
            if not is_noticed(copy, tests):
                missed += 1
                print(f"not noticed: {path.relative_to(copy)}:{site.line} {site.what}", flush=True)
            path.write_text(source, "utf-8")
    print(f"{len(chosen)} faults, {missed} not noticed")


if __name__ == "__main__":
    main()
