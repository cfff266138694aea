"""Rows of objects: no hash by which what is masked beside it could be guessed."""

from __future__ import annotations

import hashlib

import pytest

from netaudit.rows.objects import object_row
from netaudit.unwrapping.part import Leaf, Part


@pytest.mark.parametrize(
    ("data", "kind", "stored", "told"),
    [
        (b"990101199001010019", "text", False, False),
        (b'{"idNumber":"990101199001010019"}', "json", False, False),
        (b"x" * 5000, "text", False, True),
        (b"\xff\xd8\xff", "jpeg", True, True),
    ],
)
def test_hashes_that_could_be_guessed_are_not_told(data: bytes, kind: str, stored: bool, told: bool) -> None:
    sha256 = hashlib.sha256(data).hexdigest()
    row = object_row("o", "m", sha256, Leaf(Part(data), kind), stored=stored)
    assert (sha256 in row) == told
