"""The table writers of one worker, with the makers of rows of what is appended as drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.storage.table_streams import RowWriter
from netaudit.tables.carriers import evidence_of_drafts
from netaudit.tables.encrypted_uploads import uploads_of_drafts
from netaudit.tables.messages import message_batch
from netaudit.tables.objects import image_batch, object_batch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from netaudit.core.storage.table_streams import Columns

MAKERS: Mapping[str, Columns] = {
    "messages": message_batch, "objects": object_batch, "evidence": evidence_of_drafts, "images": image_batch,
    "encrypted_uploads": uploads_of_drafts,
}  # fmt: skip


def row_writer(folder: Path, part: str) -> RowWriter:
    """Writers of all tables; drafts are appended to those of `MAKERS`, rows to the others."""
    return RowWriter(folder, part, MAKERS)
