"""Copies of the package whose kernels run uncompiled, or check every index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_tree(folder: Path, *, checked: bool) -> Path:
    """Copy netaudit, its tests and captures into `folder`: without compiled kernels, or compiled with bounds checks."""
    skipped = shutil.ignore_patterns("kernels*.so", "kernels*.pyd", "*.stamp", "__pycache__", "layouts*.pxd")
    for name in ("netaudit", "tests", "packaging"):
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    for name in ("pcaps", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    if checked:
        build = [sys.executable, str(folder / "packaging" / "build_kernels.py")]
        subprocess.run(build, check=True, env=os.environ | {"NETAUDIT_BOUNDSCHECK": "1"}, capture_output=True)
    return folder


def run_tests(folder: Path, *targets: str) -> None:
    """Run tests on the copy in `folder`; errors that C code cannot raise count as failures."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", *targets]
    command += ["-W", "error::pytest.PytestUnraisableExceptionWarning"]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
