"""A message as one tree: its documents, parts and images, each at the place it was sent in.

A field of a multipart body, a JSON text inside a form and an image inside a JSON text are all nodes, so that an entry
finds them by their keys whatever wraps them. Keys are compared without case and separators.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.contracts.document_values import TEXT, children
from netaudit.core.contracts.unwrapping_steps import Step, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.core.contracts.unwrapping_steps import Way

Steps = tuple[Step, ...]

MOST = 4000  # nodes of a message
DEEPEST = 64  # nodes below each other; what is deeper is left out
MOST_WORK = 5_000_000  # steps that looking for keys may take in a message, about a second
LONG = 64  # characters; shorter texts are not unwrapped any further
_SEPARATORS = re.compile(r"[\s_.-]+")
_WIDE = "utf-16"  # a step that the document itself does not make
_DOCUMENTS = frozenset({"json", "xml", "form", "bson", "msgpack", "cbor", "tlv", "protobuf"})
_NUMBERED = frozenset({"xml", "form", "protobuf"})  # elements of one name: name, name[2] …


class Image(NamedTuple):
    """An image of the message: where it was, what it was called, and which object it is."""

    object_id: str
    sha256: str
    way: Way
    name: str
    field: str
    content_id: str
    complete: bool
    turn: int  # place among the leaves of the message


class Document(NamedTuple):
    """A document of the message, decoded. `values` are mappings, lists and scalars; long texts begin with NUL."""

    object_id: str
    way: Way
    field: str
    values: list[object]
    complete: bool
    turn: int
    notation: str = "json"


class Node:
    """One place of the tree. Elements of a list have no key of their own."""

    __slots__ = ("children", "depth", "document", "images", "key", "listed", "order", "parent", "path", "raw", "value")

    def __init__(self, key: str, raw: str, parent: Node | None, order: int) -> None:
        self.key, self.raw, self.parent, self.order = key, raw, parent, order
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.path = ""  # in its document, as unwrapping spells it
        self.value: str | None = None
        self.listed = False
        self.children: list[Node] = []
        self.images: tuple[Image, ...] = ()
        self.document: Document | None = None  # on the root of a document

    def chain(self) -> Iterator[Node]:
        """The node and all that hold it, inside out."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


@lru_cache(maxsize=8192)
def plain(key: str) -> str:
    """A key without case, separators, XML prefix and attribute mark."""
    return _SEPARATORS.sub("", key[:80].rpartition(":")[2].lstrip("@")).lower()


class Tree:
    """All nodes of a message, found by key."""

    def __init__(self, documents: list[Document], images: list[Image]) -> None:
        self.nodes = 0
        self.by_key: dict[str, list[Node]] = {}
        self.root = self._node("", "", None)
        self.documents: list[Node] = []  # roots, in the order of the message
        self.images = images
        self.complete = True
        self.work = 0
        self._places: dict[Steps, Node] = {}  # nodes by the way of unwrapping that leads to them
        self._loose: dict[tuple[Steps, str], list[Node]] = {}  # long texts by document and key, in order
        for document in sorted(documents, key=lambda one: (len(one.way.steps), one.turn)):
            self._append(document)
        self.documents.sort(key=lambda node: node.document.turn if node.document else 0)
        for image in images:
            node = self._at(tuple(step for step in image.way.steps[:-1] if step.name != _WIDE))
            node.images = (*node.images, image)

    def let_go(self) -> None:
        """Cut the nodes off each other when nobody looks any more: cycles would stay long (`pipeline/startup.py`)."""
        nodes = [self.root]
        while nodes:
            node = nodes.pop()
            nodes += node.children
            node.children = []

    def spend(self, steps: int) -> bool:
        """Whether looking for keys may go on; False ends it, and the message counts as incomplete."""
        self.work += steps
        if self.work > MOST_WORK:
            self.complete = False
        return self.work <= MOST_WORK

    def _node(self, key: str, raw: str, parent: Node | None) -> Node:
        self.nodes += 1
        node = Node(key, raw, parent, self.nodes)
        if parent is not None:
            parent.children.append(node)
        if key:
            self.by_key.setdefault(key, []).append(node)
        return node

    def _at(self, steps: Steps) -> Node:
        """The node that the steps of unwrapping lead to; made where a part has none yet."""
        node = self.root
        for count in range(1, len(steps)):
            way, step = steps[: count + 1], steps[count]
            if known := self._places.get(way):
                node = known
            elif step.name.startswith("multipart"):
                node = self._places[way] = self._node(plain(step.field), step.field, node)
            elif step.name in _DOCUMENTS and step.place is not None:
                node = self._by_key_alone(steps[:count], step) or node
        return node

    def _by_key_alone(self, holder: Steps, step: Step) -> Node | None:
        """The long text that `json $..Data[2]` means: of a damaged document only key and number are known."""
        key = (step.place or "").rpartition(".")[2]
        found = self._loose.get((holder, plain(key.partition("[")[0])), [])
        place = step.number - 1
        return found[place] if 0 <= place < len(found) else None

    def _append(self, document: Document) -> None:
        """Hang a document below the place that carried it."""
        base = document.way.steps[:-1]
        holder = self._at(base)
        notation = document.notation
        several = len(document.values) > 1
        for number, value in enumerate(document.values):
            if self.nodes >= MOST:
                self.complete = False
                return
            root = self._node("", "", holder) if several else holder
            holder.listed = holder.listed or several
            root.document = document
            place = "" if notation in _NUMBERED else f"$[{number}]" if several else "$"
            self.documents.append(root)
            self._grow(root, value, place, notation, base)

    def _grow(self, root: Node, value: object, place: str, notation: str, base: Steps) -> None:
        stack: list[tuple[Node, object, str]] = [(root, value, place)]
        while stack:
            node, value, place = stack.pop()
            node.path = place
            if self.nodes >= MOST:
                self.complete = False
                return
            if node.depth >= DEEPEST:
                self.complete = False
                continue
            if isinstance(value, (dict, list)):
                node.listed = isinstance(value, list)
                stack += reversed(self._children(node, value, notation))
            elif value is not None:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                long = text.startswith("\0")
                node.value = None if long else text
                if long or len(text) >= LONG:
                    self._places[(*base, step(notation, node.path))] = node
                    self._loose.setdefault((base, node.key), []).append(node)

    def _children(
        self, node: Node, value: dict[str, object] | list[object], notation: str
    ) -> list[tuple[Node, object, str]]:
        made: list[tuple[Node, object, str]] = []
        for key, inner, place in children(value, node.path, notation):
            if self.nodes >= MOST:
                self.complete = False
                break
            if key == TEXT:  # what the node is itself
                made.append((node, inner, place))
            else:
                raw = key or ""
                made.append((self._node("" if raw[:1] == "[" else plain(raw), raw, node), inner, place))
        return made
