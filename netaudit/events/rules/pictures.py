"""Which images of a message belong to which of its events, and as what.

By the field they were in, by the name that a field links to, by the name of their part, by their order. An image that
no entry explains belongs to its record with the role `unknown`; parts of a multipart body belong to the document before
them.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from netaudit.events.rules.event import Claimed
from netaudit.events.rules.scope import Scope, text_of

if TYPE_CHECKING:
    from netaudit.events.rules.entries import Pictures, Selector
    from netaudit.events.rules.event import Event
    from netaudit.events.rules.nodes import Image, Node, Tree

MOST_URLS = 16  # of an event
LONGEST_PATH = 256  # characters of a path without a host
_BASE64 = ("data:", "/9j/", "iVBOR", "R0lG", "UklG", "Qk")  # how pictures begin in base64


def claim(events: list[Event], scopes: list[Scope], tree: Tree) -> None:
    """Give every event its images; `scopes` are those of their records."""
    owners = _Owners([scope.item for scope in scopes])
    own: list[list[Image]] = [[] for _ in events]
    for image, node in _holders(tree.root) if tree.images else ():
        if (place := owners.of(image, node)) is not None:
            own[place].append(image)
    named: dict[str, list[Image]] | None = None
    linked: set[int] = set()
    for event, scope in zip(events, scopes, strict=True):
        for spec in event.entry.images:
            if not spec.link or not (link := scope.value(spec.link).lower()):
                continue
            event.links.setdefault(link, spec.role)
            named = _named(tree.images) if named is None else named
            for image in named.get(link, ()):
                if id(image) not in linked:
                    linked.add(id(image))
                    event.images.append(Claimed(_part_role(event.entry.images, image) or spec.role, image))
    for place, (event, scope) in enumerate(zip(events, scopes, strict=True)):
        _explain(event, scope, [image for image in own[place] if id(image) not in linked])


def _part_role(specs: tuple[Pictures, ...], image: Image) -> str:
    """Role by the name of the part: one id may link all pictures of a record, whose parts tell which is which."""
    return next((spec.role for spec in specs if spec.part is not None and spec.part.search(image.field)), "")


def _holders(root: Node) -> list[tuple[Image, Node]]:
    """Images at a node and below it, in their order, each with the node that it is at."""
    if not root.children and len(root.images) < 2:
        return [(image, root) for image in root.images]
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        found += [(image, node) for image in node.images]
        stack += node.children
    return sorted(found, key=lambda one: one[0].turn)


class _Owners:
    """Which record an image belongs to."""

    def __init__(self, items: list[Node]) -> None:
        self._places = {id(item): place for place, item in enumerate(items)}
        turns: dict[int, list[int]] = {}
        for place, item in enumerate(items):
            turns.setdefault(_turn(item), []).append(place)
        self._turns, self._at = sorted(turns), turns

    def of(self, image: Image, node: Node) -> int | None:
        """The record that holds it; else, of those whose document came before it, the last, where it is alone."""
        for holder in node.chain():
            if (place := self._places.get(id(holder))) is not None:
                return place
        if not self._turns:
            return None
        before = bisect_right(self._turns, image.turn)
        alone = self._at[self._turns[max(0, before - 1)]]
        return alone[0] if len(alone) == 1 else None


def _turn(item: Node) -> int:
    return next((node.document.turn for node in item.chain() if node.document is not None), 0)


def _named(images: list[Image]) -> dict[str, list[Image]]:
    """Images by the names that a field may link to."""
    found: dict[str, list[Image]] = {}
    for image in images:
        for name in sorted(names_of(image)):
            found.setdefault(name, []).append(image)
    return found


def names_of(image: Image) -> set[str]:
    """Names that a field may link to, in lower case: those of part and file, the latter without suffix too."""
    names = {image.name.lower(), image.field.lower(), image.content_id.lower()}
    return (names | {name.rpartition(".")[0] for name in names if "." in name}) - {""}


def role_after(event: Event, image: Image) -> str:
    """Role of the next picture of an event that comes in a part of its own: by its names, else by its place."""
    specs, place = event.entry.images, len(event.images)
    linked = [event.links[name] for name in sorted(names_of(image)) if name in event.links]
    if linked:
        return _part_role(specs, image) or linked[0]
    return next((spec.role for spec in specs if _is_named(spec, image) or spec.order == place), "unknown")


def _is_named(spec: Pictures, image: Image) -> bool:
    return spec.part is not None and bool(spec.part.search(image.field) or spec.part.search(image.name))


def _explain(event: Event, scope: Scope, mine: list[Image]) -> None:
    left = {id(image): image for image in mine}
    placed: dict[int, str] = {}
    beside = _Beside(scope)
    for spec in event.entry.images:
        for selector in spec.at if scope.tree.images else ():
            for node in scope.nodes(selector):
                for image, _ in _holders(node) if beside.fits(node, spec) else ():
                    placed.setdefault(id(image), spec.role)
                    left.setdefault(id(image), image)
        for place, image in enumerate(mine):
            if place == spec.order or _is_named(spec, image):
                placed.setdefault(id(image), spec.role)
        for selector in spec.url:
            for node in [scope.item] if selector.source else scope.nodes(selector):
                text = scope.value((selector,)) if selector.source else text_of(node) or ""
                if (selector.source or beside.fits(node, spec)) and _is_url(text) and len(event.urls) < MOST_URLS:
                    event.urls.append((spec.role, text))
    known = {id(one.image) for one in event.images}
    for key, image in sorted(left.items(), key=lambda one: one[1].turn):
        if key not in known:
            event.images.append(Claimed(placed.get(key, "unknown"), image))


class _Beside:
    """What stands beside fields of pictures; found once for a selector, whichever role asks."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._scopes: dict[int, Scope] = {}
        self._found: dict[tuple[int, Selector], list[str]] = {}

    def fits(self, node: Node, spec: Pictures) -> bool:
        """Whether what stands beside the field is as the role wants it."""
        return all(any(map(pattern.search, self._nearest(node, selector))) for selector, pattern in spec.where)

    def _nearest(self, node: Node, selector: Selector) -> list[str]:
        holder = node.parent or node
        known = self._found.get(key := (id(holder), selector))
        if known is None:
            if id(holder) not in self._scopes:
                self._scopes[id(holder)] = Scope(self._scope.tree, self._scope.head, holder)
            known = self._found[key] = self._scopes[id(holder)].nearest(selector)
        return known


def _is_url(text: str) -> bool:
    """A URL, or a path of moderate length that is not the base64 of a picture (which may begin with a slash)."""
    if "://" in text[:10]:
        return True
    return "/" in text and 4 < len(text) <= LONGEST_PATH and not text.startswith(_BASE64)
