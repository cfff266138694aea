"""A lock is of one opening of a file, and goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.system.locks import locked

if TYPE_CHECKING:
    from pathlib import Path


def test_one_has_it_until_it_closes(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("ab") as first, path.open("ab") as second:
        assert locked(first.fileno())
        assert not locked(second.fileno())
        first.close()
        assert locked(second.fileno())
    assert path.read_bytes() == b""
