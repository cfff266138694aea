"""Fixtures shared by all tests."""

from __future__ import annotations

import functools
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import typer.testing
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
THOROUGH = bool(os.environ.get("NETAUDIT_THOROUGH"))  # `make test-long`: nothing sampled, nothing left out
BYTES = 1 if THOROUGH else 5  # of places where a byte is lost, that one in so many is also read byte by byte
SAMPLE = 5  # of the sweeps over shared captures `make test` takes one in so many
sys.path.insert(0, str(ROOT))
# the same examples every time, however slow the machine is; new ones in a thorough run
settings.register_profile(
    "suite", deadline=None, derandomize=not THOROUGH, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
# commands are put together once for all that tests ask of them: a program does so at each start, in 20 ms
typer.main.get_command = typer.testing._get_command = functools.cache(typer.main.get_command)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests that wait in real time for more than half a minute to `make test-long`; skip what cannot run here."""
    for item in items:
        if not THOROUGH and item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="LONG: make test-long runs it"))
        if sys.platform == "win32" and item.get_closest_marker("links"):
            item.add_marker(pytest.mark.skip(reason="NO LINKS on Windows"))


def sampled(name: str) -> bool:
    """Whether a capture is in this run's sweep: all of them in a thorough one, else the same fifth every time."""
    return THOROUGH or zlib.crc32(name.encode()) % SAMPLE == 0


sys.path.append(str(ROOT / "tests"))

import kept_helpers as helpers  # noqa: E402
import windows_rules  # noqa: E402

windows_rules.keep()


@pytest.fixture(scope="module", autouse=True)
def kept_helpers() -> Iterator[None]:
    """An audit takes the helper of the one before for what it shows."""
    with helpers.kept():
        yield


def pytest_sessionfinish() -> None:
    """End what was kept."""
    helpers.end()


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
