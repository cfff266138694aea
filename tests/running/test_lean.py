"""The command line starts without what an audit never uses; Python callers keep it."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import sys
from netaudit.running import lean
if {own}:
    lean.own_process()
lean.load_lean()
import pyarrow as pa
table = pa.table({{"a": [1]}})
print(*(name in sys.modules for name in ("pandas", "scipy", "cffi")))
import pandas
print(len(pandas.DataFrame({{"a": [1]}})))
"""


def _told(*, own: bool) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOOK.format(own=own)], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:2]


def test_own_process_loads_none_and_can_still_import_them() -> None:
    """Nothing is hidden once pyarrow and numba are there."""
    assert _told(own=True) == ["False False False", "1"]


def test_callers_process_is_left_alone() -> None:
    """pyarrow finds pandas as ever."""
    assert _told(own=False)[0].startswith("True")
