"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
sys.path.append(str(ROOT / "tests"))

import windows_rules  # noqa: E402

windows_rules.keep()


def captures_folder() -> Path | None:
    """Folder of the shared capture suite, if this machine has it."""
    for candidate in (os.environ.get("NETAUDIT_CAPTURES"), ROOT.parent / "shared" / "captures"):
        if candidate and Path(candidate).is_dir():
            return Path(candidate)
    return None


@pytest.fixture(scope="session")
def captures() -> Path:
    """The shared capture suite; skips loudly without it."""
    folder = captures_folder()
    if folder is None:
        pytest.skip("NO SHARED CAPTURES: set NETAUDIT_CAPTURES to run this test")
    return folder
