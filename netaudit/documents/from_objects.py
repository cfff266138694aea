"""The door from objects: the leaves of a message, collected until it ends, then read for what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.documents.nodes import Document, Image, Tree
from netaudit.documents.reading import Event, read_events
from netaudit.objects.codecs_bson import is_bson
from netaudit.objects.fields import bare_text
from netaudit.objects.trees import values

if TYPE_CHECKING:
    from netaudit.documents.head import Head
    from netaudit.documents.index import Index
    from netaudit.objects.part import Leaf

IMAGES = frozenset({"jpeg", "png", "webp", "bmp", "gif", "heic", "avif"})
TEXTS = frozenset({"json", "xml", "form", "text"})
LARGEST = 1 << 20  # bytes of a document's text without long strings
MOST_LEAVES = 2000  # of a message


class MessageReader:
    """Takes the leaves of one message after the other."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._leaves: list[tuple[Leaf, str, int]] = []  # documents
        self._images: list[Image] = []
        self._turn = 0

    def take(self, leaf: Leaf, object_id: str, sha256: str) -> None:
        """Take one object of the message."""
        self._turn += 1
        if self._turn > MOST_LEAVES:
            return
        kind, part = leaf.kind, leaf.part
        if kind in IMAGES:
            self._images.append(
                Image(object_id, sha256, part.path, part.name, part.field, part.content_id, part.complete, self._turn)
            )
        elif kind in TEXTS or (kind == "opaque" and is_bson(part)):
            self._leaves.append((leaf, object_id, self._turn))

    @property
    def pictured(self) -> bool:
        """Whether the message has images so far."""
        return bool(self._images)

    def end(self, head: Head, message_id: str, *, complete: bool = True) -> list[Event]:
        """Events of the message whose leaves were taken; the next message may begin."""
        if not self._leaves and not self._images:
            return (
                read_events(self._index, head, Tree([], []), message_id, complete=complete) if self._known(head) else []
            )
        leaves, images = self._leaves, self._images
        self._leaves, self._images, whole = [], [], self._turn <= MOST_LEAVES
        self._turn = 0
        if not self._known(head) and not any(self._promising(leaf) for leaf, _, _ in leaves):
            return []
        tree = Tree([self._document(*one) for one in leaves], images)
        return read_events(self._index, head, tree, message_id, complete=complete and whole)

    def _known(self, head: Head) -> bool:
        return bool(self._index.on_path(head.path))

    def _promising(self, leaf: Leaf) -> bool:
        if leaf.part.field and self._index.promising(leaf.part.field.encode()):
            return True
        return self._index.promising(bare_text(leaf)[:LARGEST])

    def _document(self, leaf: Leaf, object_id: str, turn: int) -> Document:
        part = leaf.part
        return Document(object_id, part.path, part.field, values(leaf), part.complete, turn)
