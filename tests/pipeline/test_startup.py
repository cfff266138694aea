"""The command line starts without what an audit never uses; Python callers keep it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LOOK = """
import sys
from netaudit.pipeline import startup
if {own}:
    startup.own_process()
import pyarrow as pa
startup.load_lean()
table = pa.table({{"a": [1]}})
print(pa.default_memory_pool().backend_name if {own} else "any")
print(*(name in sys.modules for name in ("pandas", "scipy", "cffi", "yaml", "pyarrow._s3fs")))
import pandas
print(len(pandas.DataFrame({{"a": [1]}})))
"""

LEAVE = """
import atexit, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from netaudit.pipeline.startup import leave

class Last:
    def __del__(self):
        print("taken apart")

def later(word):
    time.sleep(0.2)
    sys.stdout.write(word + "\\n")  # at once, as the other prints meanwhile

last = Last()
atexit.register(print, "at the end")
threading.Thread(target=later, args=("a thread",)).start()
ThreadPoolExecutor().submit(later, "a pool")
print("printed", end=" ")
leave({code})
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


@pytest.mark.parametrize(("code", "number"), [("0", 0), ("None", 0), ("10", 10), ("'why'", 1)])
def test_leaving_does_what_is_to_be_done_and_takes_nothing_apart(code: str, number: int) -> None:
    """But for a text, which Python says itself."""
    done = subprocess.run([sys.executable, "-c", LEAVE.format(code=code)], capture_output=True, text=True, check=False)
    assert done.returncode == number
    assert done.stdout.startswith("printed ")
    assert sorted(done.stdout.removeprefix("printed ").splitlines())[:3] == ["a pool", "a thread", "at the end"]
    assert ("taken apart" in done.stdout) == ("why" in done.stderr)


def test_leaving_with_nobody_to_read_is_told_as_python_does() -> None:
    """The interpreter ends with 120 then."""
    script = "import os, sys\nfrom netaudit.pipeline.startup import leave\nprint(1)\nos.close(1)\nleave(0)"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, check=False)
    assert done.returncode == 120


@pytest.mark.skipif(os.name != "posix", reason="a shell that closes them")
@pytest.mark.parametrize("closed", ["1", "2"])
def test_leaving_without_a_place_to_print_is_no_failure(closed: str) -> None:
    """What is closed at the start is no stream at all."""
    script = "from netaudit.pipeline.startup import leave\nleave(3)"
    words = ["sh", "-c", f'exec "$0" -c "$1" {closed}>&-', sys.executable, script]
    assert subprocess.run(words, check=False).returncode == 3
