"""The kernels once more with bounds checks, which are off otherwise: no table, ring or buffer is read outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from netaudit.streams import kernels, state
from netaudit.streams.from_packets import Assembler, Limits
from tests.reference import streams as twin
from tests.streams.disorder import disorder
from tests.streams.test_from_packets import hostile
from tests.streams.wire import run, summary

tables = state.make(Limits())
tables.cursor["rows"] = tables.rows.size + 1
try:
    kernels.write_open_rows(tables)
except IndexError:
    print("checked")

for seed in range(2):
    buffer, rows = hostile(seed)
    assembler = Assembler()
    for part in np.array_split(rows, 7):
        assembler.feed(buffer, part)
    assembler.finish()

limits = Limits(flows=3, shard_bytes=3000, shard_segments=9, side_bytes=2000, side_segments=6)
for seed in range(20):
    packets = disorder(seed)
    assert summary(run(Assembler(limits), packets, (30, 31, 80))) == twin.assemble(packets, limits)
print("equal")
"""


def test_bounds_checked_kernels_raise_nothing(tmp_path):
    """A planted overrun is caught, noise and disorder cause none."""
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(ROOT)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stdout.split() == ["checked", "equal"], done.stderr
