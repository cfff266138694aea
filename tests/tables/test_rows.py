"""Rows of messages and objects: no hash by which what is masked beside it could be guessed; what waits is bounded."""

from __future__ import annotations

import hashlib

import pytest

from netaudit.content.part import Leaf, Part
from netaudit.core.masking.mask import MARGIN
from netaudit.protocols.message import Message
from netaudit.tables.messages import message_draft, message_row
from netaudit.tables.objects import object_draft, object_row


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
    row = object_row(object_draft("o", "m", sha256, Leaf(Part(data), kind), stored=stored))
    assert (sha256 in row) == told


def test_what_waits_for_a_row_is_bounded() -> None:
    """A head as long as its sender likes; a number at the cut is not made harmless by it."""
    long = "/" + "a" * 2038 + "/13800138000/" + "b" * 100_000
    message = Message(
        "http", 0, 0, 1, method=long, host=long, path=long, content_type=long, headers=[("date", long), ("server", "s")]
    )
    draft = message_draft(message)
    assert max(len(one) for one in draft if isinstance(one, str)) == 2048 + MARGIN
    row = message_row(message)
    assert [len(text) for text in (row.method, row.host, row.path, row.content_type, row.date)] == [
        64,
        256,
        2048,
        256,
        64,
    ]
    assert "138001" not in row.path
    draft = object_draft("o", "m", "", Leaf(Part(b"", name=long), "text"), stored=False)
    assert max(len(one) for one in draft if isinstance(one, str)) == 256 + MARGIN
