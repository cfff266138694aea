"""The door from objects: the leaves of a message, collected until it ends, then read for what they mean.

Whether a message may say where devices stand: such lists give events their places, whose records name ids alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import re2

from netaudit.content.codecs.form import pairs
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.content.text import to_text
from netaudit.content.tree import bare_text, notation, values
from netaudit.core.masking.number_forms import holds_masked_number
from netaudit.core.signatures.field_words import describes, meanings
from netaudit.core.text.charset import unquote
from netaudit.core.text.patterns import occurrence
from netaudit.events.rules.addresses import picture_urls
from netaudit.events.rules.index import plain_text
from netaudit.events.rules.nodes import Document, Image, Tree
from netaudit.events.rules.reading import read_events
from netaudit.events.rules.statements import statements, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.content.part import Leaf
    from netaudit.core.contracts.details import Statement
    from netaudit.core.contracts.unwrapping_steps import Way
    from netaudit.events.rules.event import Event
    from netaudit.events.rules.head import Head
    from netaudit.events.rules.index import Index

LONGEST = 64 << 10  # bytes of a text
_SHORTEST = 3  # letters of a name; shorter ones stand in any text
_TOPICS = frozenset({"mqtt"})  # whose targets name devices


def places_devices(text: bytes, head: Head) -> bool:
    """Whether a plain text holds names of fields for a place and for a device, which a topic may name itself."""
    if len(text) > LONGEST or not _names("place")(text):
        return False
    return head.protocol in _TOPICS or _names("device")(text)


@lru_cache(maxsize=2)
def _names(meaning: str) -> Callable[[bytes], bool]:
    """Whether names of a meaning stand in a text."""
    (one,) = (one for one in meanings() if one.name == meaning)
    plain = (name for name in one.order if name.isascii() and len(name) >= _SHORTEST)
    words, others = (
        b"|".join(re2.escape(name).encode() for name in some)
        for some in (plain, (name for name in one.order if not name.isascii()))
    )
    return occurrence(b"[\"'<&;{,\n](?:" + words + b")[\"'=:>]|(?:" + others + b")")


TEXTS = frozenset({"json", "xml", "form", "text"})
LARGEST = 1 << 20  # bytes of a document's text without long strings
_TAG = 256  # bytes
MOST_LEAVES = 2000  # of a message
Taken = tuple[list["tuple[Leaf, str, int]"], list[Image]]  # documents with their objects and turns, and images
NOTHING_TAKEN: Taken = ([], [])


class MessageReader:
    """Takes the leaves of one message after the other."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._leaves: list[tuple[Leaf, str, int]] = []  # documents
        self._images: list[Image] = []
        self._pages: list[tuple[Leaf, str, int]] = []
        self._turn = 0
        self.stated: list[Statement] = []  # what the last message says of devices
        self.named: list[str] = []  # addresses of pictures in it
        self.placed = False  # whether it may say where devices stand, or what numbers mean
        self.describes = False  # whether it may be of somebody of whom no number is told, or one that is masked

    def append(self, leaf: Leaf, object_id: str, sha256: str) -> None:
        """Take one object of the message."""
        self._turn += 1
        if self._turn > MOST_LEAVES:
            return
        kind, part = leaf.kind, leaf.part
        if kind in IMAGE_KINDS:
            if is_within_image(part.way):
                return
            self._images.append(
                Image(object_id, sha256, part.way, part.name, part.field, part.content_id, part.complete, self._turn)
            )
        elif kind in TEXTS or (kind == "opaque" and notation(leaf)):
            self._leaves.append((leaf, object_id, self._turn))
        elif kind == "html" and len(part.data) <= LARGEST:
            self._pages.append((leaf, object_id, self._turn))

    @property
    def collected(self) -> Taken:
        """Documents and images of the message so far."""
        return self._leaves + self._pages, self._images

    @property
    def pictured(self) -> list[Image]:
        """Images of the message so far."""
        return self._images

    @property
    def stored_as(self) -> list[str]:
        """Keys of an object store in the fields of a form of the message so far (S3 and its like: POST of objects)."""
        texts = [leaf for leaf, _, _ in self._leaves if leaf.kind == "text" and leaf.part.name.lower() == "key"]
        return [to_text(leaf.part.data, leaf.part.content_type) for leaf in texts if len(leaf.part.data) <= _TAG * 4]

    def tree(self) -> Tree:
        """All that was taken of the message so far, as one tree; for those who explain it."""
        return Tree([_document(*one) for one in self._leaves], self._images)

    def end(self, head: Head, message_id: str, *, complete: bool = True) -> list[Event]:
        """Events of the message whose leaves were taken; the next message may begin."""
        leaves, images, pages = self._leaves, self._images, self._pages
        whole = complete and self._turn <= MOST_LEAVES
        if self._turn:
            self._leaves, self._images, self._pages, self._turn = [], [], [], 0
        self.named, self.describes, text = [], False, b""
        if leaves:
            content = b"\0".join([_words(leaf) for leaf, _, _ in leaves])
            self.named = picture_urls(content)
            self.describes = holds_masked_number(content) or describes(content)
            text = plain_text(content)
        self.placed = bool(leaves) and not images and (places_devices(text, head) or _is_tagged(leaves))
        ways = self._index.ways(head, text)
        stating = not images and words().may_state(text, head.path)
        self.stated = _stated_by(pages, head) if pages else []
        if not ways and not stating:
            return []
        tree = Tree([_document(*one) for one in leaves], images)
        if stating:
            self.stated += statements(head, tree)
        events = read_events(ways, head, tree, message_id, complete=whole)
        tree.let_go()
        return events


def _is_tagged(leaves: list[tuple[Leaf, str, int]]) -> bool:
    """Whether a message has numbers for names, which it may explain."""
    return any(leaf.kind in {"opaque", "protobuf"} and notation(leaf) in {"tlv", "protobuf"} for leaf, _, _ in leaves)


def _stated_by(pages: list[tuple[Leaf, str, int]], head: Head) -> list[Statement]:
    """What pages show of the device that gives them."""
    found: list[Statement] = []
    for leaf, object_id, turn in pages:
        shown = to_text(leaf.part.data, leaf.part.content_type)
        if words().may_state(plain_text(shown.encode()), head.path):
            tree = Tree([_document(leaf, object_id, turn)], [])
            found += statements(head, tree)
            tree.let_go()
    return found


def is_within_image(way: Way) -> bool:
    """Whether an image was found in another one, as cameras put a small one of the same into their pictures."""
    return not IMAGE_KINDS.isdisjoint([step.name for step in way.steps[:-1]])


def _words(leaf: Leaf) -> bytes:
    """Text of a document in which its keys stand, with the names it was sent under."""
    part = leaf.part
    text = bare_text(leaf)
    if leaf.kind == "xml":  # names of elements and attributes; what is between is long and no key
        text = b"\0".join([piece[:_TAG] for piece in text.split(b"<", MOST_LEAVES)])
    elif leaf.kind == "form":
        text = b"&".join(_pairs(text))
    names = part.field + "\0" + part.name
    return text[:LARGEST] if len(names) == 1 else names.encode("utf-8", "replace") + b"\0" + text[:LARGEST]


def _pairs(text: bytes) -> Iterator[bytes]:
    """Keys of a form with the beginnings of their values, as many as are looked at."""
    left = LARGEST
    for start, value, end in pairs(text):
        piece = unquote(text[start : min(end, value + _TAG)])
        yield piece
        left -= len(piece) + 1
        if left < 0:
            return


def _document(leaf: Leaf, object_id: str, turn: int) -> Document:
    part = leaf.part
    return Document(object_id, part.way, part.field, values(leaf), part.complete, turn, notation(leaf))
