"""Compiled kernels are kept between runs, and never served once anything they were made from has changed."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netaudit.core.system import locks, user_cache, user_folders, windows_rights
from netaudit.jit import cache, decorators

LAYOUTS = "LIMIT = 10\n"
OTHER = """
from netaudit.jit.decorators import kernel

@kernel
def step(value):
    return value + 1
"""
KERNELS = """
from netaudit.jit.decorators import kernel
from netaudit.stage.kernels_other import step
from netaudit.stage.layouts import LIMIT

@kernel
def result(value):
    return step(value) * 100 + LIMIT
"""
RUN = "from netaudit.stage.kernels import result; print(result(1), len(result.kinds - result.compiled))"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of the same name, with the real decorator and three small sources."""
    folder = tmp_path / "netaudit"
    for name in ("", "stage", "jit", "core", "core/system"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "__init__.py").touch()
    ours = (
        *Path(decorators.__file__).parent.glob("*.py"),
        *map(Path, (m.__file__ for m in (locks, user_folders, user_cache, windows_rights))),
    )
    for path in ours:
        (folder / path.relative_to(cache.PACKAGE)).write_bytes(path.read_bytes())
    for name, text in (("layouts", LAYOUTS), ("kernels_other", OTHER), ("kernels", KERNELS)):
        (folder / "stage" / f"{name}.py").write_text(text)
    return folder


def run(package: Path, asked: str = RUN) -> tuple[int, int]:
    """What the kernel gives in a new process, and how many compilations it was spared."""
    environment = {**os.environ, "PYTHONPATH": str(package.parent), "NETAUDIT_CACHE": str(package.parent / "cache")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=package.parent, env=environment, capture_output=True, text=True, check=True
    )
    value, hits = done.stdout.split()
    return int(value), int(hits)


def change(path: Path, old: str, new: str) -> None:
    """Change a source as badly as can be: same size, same time."""
    before = path.stat()
    text = path.read_text()
    assert len(old) == len(new)
    assert old in text
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_an_unchanged_kernel_is_served_from_the_cache(package: Path) -> None:
    assert run(package) == (210, 0)
    assert run(package) == (210, 1)


def test_what_is_kept_is_what_running_needs(package: Path) -> None:
    """No LLVM code; what the kernel makes, and what it raises, is there from the first load on."""
    make = 'def result(value):\n    if value < 0:\n        raise ValueError("below")\n    return np.full(2, '
    change_text = (package / "stage" / "kernels.py").read_text().replace("def result(value):\n    return ", make)
    (package / "stage" / "kernels.py").write_text("import numpy as np\n" + change_text.rstrip() + ")[1]\n")
    for hits in (0, 1):
        assert run(package) == (210, hits)
    asked = RUN.replace(
        "print(", "\ntry:\n    result(-1)\nexcept ValueError as error:\n    assert error.args == ('below',)\nprint("
    )
    assert run(package, asked) == (210, 1)
    (kept,) = (package.parent / "cache").rglob("stage.*.kernel")
    assert b"BC\xc0\xde" not in kept.read_bytes()


ALONE = """
import sys
from netaudit.jit import numba_parts
numba_parts.without_package()
from netaudit.stage.kernels import result
given = result(1)
loaded = "numba" in sys.modules or "llvmlite" in sys.modules
{asked}
print(given, int(loaded))
"""
RAISED = """
try:
    result(-1)
except ValueError as error:
    assert error.args == ("below",)
import numba
assert numba.njit(lambda value: value + 1)(1) == 2
"""


@pytest.mark.parametrize("asked", ["", RAISED])
def test_what_is_kept_runs_without_numba(asked: str, package: Path) -> None:
    """Which can be loaded afterwards: a kernel that raises asks for it."""
    text = (package / "stage" / "kernels.py").read_text()
    raising = 'def result(value):\n    if value < 0:\n        raise ValueError("below")\n    return '
    (package / "stage" / "kernels.py").write_text(text.replace("def result(value):\n    return ", raising))
    assert run(package) == (210, 0)
    assert run(package, ALONE.format(asked=asked)) == (210, 0)


def test_what_others_make_of_it_is_compiled_after_what_was_kept_was_run(package: Path) -> None:
    """In a process of our own numba comes late, when arguments are of other types."""
    assert run(package) == (210, 0)
    assert run(package, ALONE.format(asked="given += int(result(1.0)) + result(1)")) == (630, 0)


def test_llvm_links_what_is_not_linked_here(package: Path) -> None:
    """As on other systems, from the object that is kept instead."""
    elsewhere = "from netaudit.jit import linking\nlinking.is_linked_here = lambda: False\n"
    assert run(package, elsewhere + RUN) == (210, 0)
    taken = f"{RUN}; import sys; assert 'llvmlite' in sys.modules and 'numba' not in sys.modules"
    alone = "from netaudit.jit import numba_parts\nnumba_parts.without_package()\n"
    assert run(package, alone + taken) == (210, 1)


def test_the_run_time_of_numba_is_compiled_once(package: Path) -> None:
    assert run(package) == (210, 0)
    counted = """
from numba.core.runtime import nrtdynmod
made = []
nrtdynmod.create_nrt_module = made.append
"""
    assert run(package, f"{counted}{RUN}; assert not made") == (210, 1)


def test_a_numba_that_nobody_tried_is_told_in_a_sentence(package: Path) -> None:
    """It would compile everything at each start, or fail somewhere inside."""
    change(package / "jit" / "decorators.py", '"0.68"', '"0.00"')
    (package / "errors.py").write_bytes((Path(decorators.__file__).parents[1] / "errors.py").read_bytes())
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(package)
    assert "python -m pip install 'numba==0.00.*'" in caught.value.stderr


def test_numba_is_as_it_came_for_all_else_in_the_process(package: Path) -> None:
    looked = """
from numba.core.runtime import nrtdynmod
from numba.np import numpy_support
came = nrtdynmod.compile_nrt_functions, numpy_support.from_struct_dtype
"""
    for hits in (0, 1):
        after = "; assert came == (nrtdynmod.compile_nrt_functions, numpy_support.from_struct_dtype)"
        assert run(package, f"{looked}{RUN}{after}") == (210, hits)


@pytest.mark.parametrize(
    ("source", "old", "new", "value"),
    [
        ("kernels", "* 100", "* 200", 410),
        ("kernels_other", "value + 1", "value + 2", 310),  # inlined into what was compiled
        ("layouts", "10", "20", 220),  # a constant, frozen into what was compiled
    ],
)
def test_a_changed_kernel_is_never_served_stale(source: str, old: str, new: str, value: int, package: Path) -> None:
    assert run(package) == (210, 0)
    change(package / "stage" / f"{source}.py", old, new)
    assert run(package) == (value, 0)


def test_every_kernel_source_is_in_the_key() -> None:
    """A module that declares kernels under another name would be served stale."""
    hashed = {cache.PACKAGE / name for name in cache.sources()}
    declaring = {
        path for path in cache.PACKAGE.rglob("*.py") if "netaudit.jit.decorators import kernel" in path.read_text()
    }
    assert declaring
    assert declaring <= hashed


def test_a_kernel_can_be_copied() -> None:
    """By who copies what holds it: no dispatcher is asked for what a kernel that is not made yet has not."""
    assert copy.copy(decorators.Kernel(len, {})).py_func is len
