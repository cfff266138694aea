"""What stands in for parts of numpy, pyarrow and Python gives what is asked of it, and the real ones for all else."""

from __future__ import annotations

import subprocess
import sys

import pytest

LEAN = """
import sys
from netaudit.pipeline import startup
startup.own_process()
startup.load_lean()
import numpy as np, numpy.typing as npt, pyarrow as pa, pyarrow.compute as pc
real = lambda name: type(sys.modules[name]).__name__ == "module"
assert not any(map(real, ("numpy.ma", "numpy._typing", "numpy.typing", "ssl", "pydoc")))
"""


def run(asked: str) -> str:
    """What a lean process prints."""
    done = subprocess.run([sys.executable, "-c", LEAN + asked], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "asked",
    [
        "import ssl; assert ssl.create_default_context() and real('ssl')",
        "import ssl; assert ssl.get_default_verify_paths()._fields and real('ssl')",
        "from ssl import SSLContext; assert real('ssl')",
        "import pydoc; assert pydoc.splitdoc('a\\n\\nb') == ('a', 'b')",
        "assert np.ma.array([1, 2], mask=[0, 1]).sum() == 1 and real('numpy.ma')",
        "from numpy.ma import masked_array; assert np.ma.is_masked(masked_array([1], mask=[1]))",
        "assert npt.ArrayLike is not None and real('numpy.typing') and real('numpy._typing')",
        "import numpy.ma.mrecords as it; assert it.MaskedRecords and real('numpy.ma')",
        "from numpy.lib.recfunctions import repack_fields; assert repack_fields(np.zeros(2, 'u1,u4')).itemsize == 5",
        "import pandas; assert pandas.DataFrame({'a': [1.5]}).to_html()",
    ],
)
def test_who_asks_for_more_gets_the_real_one(asked: str) -> None:
    run(asked)


def test_what_is_asked_of_them_is_there() -> None:
    run("U1 = npt.NDArray[np.uint8]; assert U1 | None and np.unique(np.array([2, 1, 2])).tolist() == [1, 2]")


def test_functions_of_arrow_are_those_of_arrow() -> None:
    asked = """
names = {name for name in pc.function_registry().list_functions()}
kinds = {name: pc.get_function(name) for name in names}
there = {name for name, one in kinds.items() if one.kind != "hash_aggregate" and (one.kind, one.arity) != ("scalar_aggregate", 0)}
assert all(callable(getattr(pc, name)) for name in there)
assert pc.add is pc.add and pc.sum(pa.array([1, 2])).as_py() == 3
assert pc.and_(pa.array([True]), pa.array([False])).to_pylist() == [False]
assert pc.utf8_lower(pa.array(["A"])).to_pylist() == ["a"] and pc.is_in(pa.array([1]), value_set=pa.array([1]))[0].as_py()
assert pc.list_value_length(pa.array([[1, 2]])).to_pylist() == [2] and pc.round(1.26, ndigits=1).as_py() == 1.3
assert not hasattr(pc, "no_such_function")
from pyarrow.compute import equal, field
assert (field("a") == 1) is not None and equal(1, 1).as_py()
assert pa.table({"a": [1, 1]}).group_by("a").aggregate([("a", "sum")]).num_rows == 1
print(len(there) > 200)
"""
    assert run(asked) == "True"
