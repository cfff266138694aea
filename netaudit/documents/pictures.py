"""Which images of a message belong to which of its events, and as what.

By the field they were in, by the name that a field links to, by the name of their part, by their order. An image that
no entry explains belongs to its record with the role `unknown`; parts of a multipart body belong to the document before
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.documents.scope import Scope, text_of

if TYPE_CHECKING:
    from netaudit.documents.entries import Pictures
    from netaudit.documents.head import Head
    from netaudit.documents.nodes import Image, Node, Tree
    from netaudit.documents.reading import Event

MOST_URLS = 16  # of an event
LONGEST_PATH = 256  # characters of a path without a host
_BASE64 = ("data:", "/9j/", "iVBOR", "R0lG", "UklG", "Qk")  # how pictures begin in base64


class Claimed(NamedTuple):
    """An image with its role in an event."""

    role: str
    image: Image


def claim(events: list[Event], items: list[Node], tree: Tree, others: frozenset[int], head: Head) -> None:
    """Give every event its images."""
    holders = _holders(tree.root)
    own: list[list[Image]] = [[] for _ in events]
    for image, node in holders:
        if (place := _owner(image, node, items)) is not None:
            own[place].append(image)
    linked: set[int] = set()
    for event, item in zip(events, items, strict=True):
        scope = Scope(tree, head, item, others - {id(item)})
        for spec in event.entry.images:
            for image in _linked(spec, scope, tree):
                if id(image) not in linked:
                    linked.add(id(image))
                    event.images.append(Claimed(_part_role(event.entry.images, image) or spec.role, image))
    for place, (event, item) in enumerate(zip(events, items, strict=True)):
        scope = Scope(tree, head, item, others - {id(item)})
        mine = [image for image in own[place] if id(image) not in linked]
        _explain(event, scope, mine)


def _part_role(specs: tuple[Pictures, ...], image: Image) -> str:
    """Role by the name of the part: one id may link all pictures of a record, whose parts tell which is which."""
    return next((spec.role for spec in specs if spec.part is not None and spec.part.search(image.field)), "")


def _holders(root: Node) -> list[tuple[Image, Node]]:
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        found += [(image, node) for image in node.images]
        stack += node.children
    return sorted(found, key=lambda one: one[0].turn)


def _owner(image: Image, node: Node, items: list[Node]) -> int | None:
    """The record that holds the image; else, of those whose document came before it, the last, where it is alone."""
    chain = {id(holder) for holder in node.chain()}
    for place, item in enumerate(items):
        if id(item) in chain:
            return place
    before = [(_turn(item), place) for place, item in enumerate(items) if _turn(item) <= image.turn]
    chosen = before or [(_turn(item), place) for place, item in enumerate(items)]
    if not chosen:
        return None
    turn = max(chosen)[0] if before else min(chosen)[0]
    alone = [place for at, place in chosen if at == turn]
    return alone[0] if len(alone) == 1 else None


def _turn(item: Node) -> int:
    return next((node.document.turn for node in item.chain() if node.document is not None), 0)


def _linked(spec: Pictures, scope: Scope, tree: Tree) -> list[Image]:
    if not spec.link:
        return []
    value = scope.value(spec.link).lower()
    return [image for image in tree.images if value and value in _names(image)]


def _names(image: Image) -> set[str]:
    names = {image.name.lower(), image.field.lower(), image.content_id.lower()}
    return names | {name.rpartition(".")[0] for name in names if "." in name} - {""}


def _explain(event: Event, scope: Scope, mine: list[Image]) -> None:
    left = {id(image): image for image in mine}
    placed: dict[int, str] = {}
    for spec in event.entry.images:
        for node in (node for selector in spec.at for node in scope.nodes(selector)):
            if all(_beside(scope, node, selector, pattern) for selector, pattern in spec.where):
                for image, _ in _holders(node):
                    placed.setdefault(id(image), spec.role)
                    left.setdefault(id(image), image)
        for place, image in enumerate(mine):
            named = spec.part is not None and (spec.part.search(image.field) or spec.part.search(image.name))
            if named or place == spec.order:
                placed.setdefault(id(image), spec.role)
        for selector in spec.url:
            for node in [scope.item] if selector.source else scope.nodes(selector):
                text = scope.value((selector,)) if selector.source else text_of(node) or ""
                fits = selector.source or all(_beside(scope, node, key, pattern) for key, pattern in spec.where)
                if fits and _is_url(text) and len(event.urls) < MOST_URLS:
                    event.urls.append((spec.role, text))
    known = {id(one.image) for one in event.images}
    for key, image in sorted(left.items(), key=lambda one: one[1].turn):
        if key not in known:
            event.images.append(Claimed(placed.get(key, "unknown"), image))


def _beside(scope: Scope, node: Node, selector: Any, pattern: Any) -> bool:
    """Whether what stands beside the field fits."""
    holder = node.parent or node
    return Scope(scope.tree, scope.head, holder).holds(selector, pattern)


def _is_url(text: str) -> bool:
    """A URL, or a path of moderate length that is not the base64 of a picture (which may begin with a slash)."""
    if "://" in text[:10]:
        return True
    return "/" in text and 4 < len(text) <= LONGEST_PATH and not text.startswith(_BASE64)
