"""Which files processes write to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from netaudit.core.system import open_files
from netaudit.core.system.open_files import written_now

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_only_what_is_open_to_write_to(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    status = path.stat()
    with path.open("ab"):
        assert (status.st_dev, status.st_ino) in written_now()
    with path.open("rb"):
        assert (status.st_dev, status.st_ino) not in written_now()


def test_a_system_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "PROCESSES", tmp_path / "none")
    assert written_now() == set()
