"""Parts and pieces put together, as the last step does it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from netaudit.content.image_residue import confirm_end
from netaudit.tables.finalizing.joined_parts import join_upload

if TYPE_CHECKING:
    from netaudit.tables.finalizing.stored import Joined, StoredPart

STORE: dict[str, bytes] = {}  # what was stored, by SHA-256


def stored(data: bytes) -> str:
    """Store bytes; their SHA-256."""
    sha256 = hashlib.sha256(data).hexdigest()
    STORE[sha256] = data
    return sha256


def joined(rows: list[StoredPart]) -> list[Joined]:
    """What comes out of the rows of one upload, in whatever order they are given."""
    rows = sorted(rows, key=lambda row: (row.ts, row.message_id, row.role))
    out = list(join_upload(rows, STORE.get)) if rows else []
    for one in out:
        if one.leaf.kind == "jpeg":
            confirm_end(one.leaf)
    return out
