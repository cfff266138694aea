"""The command line starts without what an audit never uses; Python callers keep it."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import sys
from netaudit.running import lean
if {own}:
    lean.own_process()
import pyarrow as pa
lean.load_lean()
table = pa.table({{"a": [1]}})
print(pa.default_memory_pool().backend_name if {own} else "any")
print(*(name in sys.modules for name in ("pandas", "scipy", "cffi", "yaml", "pyarrow._s3fs")))
import pandas
print(len(pandas.DataFrame({{"a": [1]}})))
"""


def _told(*, own: bool) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOOK.format(own=own)], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:3]


def test_own_process_loads_none_and_can_still_import_them() -> None:
    """Nothing is hidden once pyarrow and numba are there; Arrow takes the system's memory, whoever loaded it first."""
    assert _told(own=True) == ["system", "False False False False False", "1"]


def test_callers_process_is_left_alone() -> None:
    """pyarrow finds pandas as ever."""
    assert _told(own=False)[1].startswith("True")
