"""What the hash of this copy is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.system.release import code_digest

if TYPE_CHECKING:
    from pathlib import Path


def test_code_is_hashed_whatever_its_ends_of_lines(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a = 1\n")
    one = code_digest(tmp_path)
    (tmp_path / "a.py").write_bytes(b"a = 1\r\n")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "b.py").write_bytes(b"b")
    assert code_digest(tmp_path) == one
    (tmp_path / "a.py").write_bytes(b"a = 2\n")
    assert code_digest(tmp_path) != one
