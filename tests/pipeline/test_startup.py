"""Settings of a process of our own; a program that imports netaudit keeps its own."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import sys
from netaudit.pipeline import startup
if {own}:
    startup.own_process()
import pyarrow as pa
startup.load_arrow()
table = pa.table({{"a": [1]}})
print(pa.default_memory_pool().backend_name if {own} else "any")
print("pyarrow.parquet" in sys.modules)
"""


def _told(*, own: bool) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOOK.format(own=own)], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:2]


def test_own_process_takes_memory_of_the_system() -> None:
    """Whoever loaded Arrow first."""
    assert _told(own=True) == ["system", "True"]


def test_callers_process_is_left_alone() -> None:
    """A program that imports netaudit keeps its memory pool and loads nothing in advance."""
    assert _told(own=False) == ["any", "False"]
