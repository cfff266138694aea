"""Rows of `scraps`: what in heads and small bodies nobody would read, until the account of what left is made.

The account counts what was said again between the same two ends once, over all their connections; that can be asked
only when all was read. The rows go with the audit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.content.from_messages import scraps
from netaudit.core.schema import SCRAPS
from netaudit.core.storage.table_streams import TableWriter
from netaudit.protocols.message import UP

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.protocols.message import Message

_SCRAP = SCRAPS.row
PLACE = "private"


class ScrapRows:
    """Rows of `scraps` of one worker."""

    def __init__(self, folder: Path, part: str) -> None:
        self._rows = TableWriter(folder, SCRAPS, part, place=PLACE)
        self.writers = (self._rows,)

    def append(self, message: Message, times: int = 1) -> None:
        """Take what is in the head of a message, and what was found in its body; or in so many that are alike."""
        self._add(message, scraps(message) * times)

    def append_body(self, message: Message) -> None:
        """Take what was found in the body of a message of which the head was taken."""
        self._add(message, message.scraps or [])

    def _add(self, message: Message, found: list[tuple[int, int]]) -> None:
        way = "up" if message.direction == UP else "down"
        for digest, size in found:
            self._rows.append(_SCRAP(flow_id=message.flow_id.hex(), direction=way, digest=digest, size=size))
