"""Which node a selector means, seen from one record of a message.

A record sees its own fields first, then those around it. Different elements of one list never see into each other, and
what belongs to another record is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.events.rules.entries import Selector
    from netaudit.events.rules.head import Head
    from netaudit.events.rules.nodes import Node, Tree

MOST_CANDIDATES = 256  # nodes of one key that are looked at for one record
LONGEST = 512  # characters of a value


class Scope:
    """One record: its node and what encloses it."""

    def __init__(self, tree: Tree, head: Head, item: Node, others: frozenset[int] = frozenset()) -> None:
        self.tree, self.head, self.item = tree, head, item
        self._around = set()
        node: Node | None = item
        while node is not None:
            self._around.add(id(node))
            node = node.parent
        self._others = others  # ids of the nodes of other records

    def nodes(self, selector: Selector) -> list[Node]:
        """Nodes that the selector means, nearest first."""
        if selector.keys[-1] not in self.tree.by_key:
            return []
        return [node for _, node in self._ranked(selector)]

    def _ranked(self, selector: Selector) -> list[tuple[int, Node]]:
        """Nodes with how far out they are, nearest first."""
        known = self.tree.by_key.get(selector.keys[-1])
        if known is None:
            return []
        if len(known) == 1:
            node = known[0]
            if not self.tree.spend(node.depth + 1) or not _fits(node, selector.keys):
                return []
            place = self._place(node)
            return [] if place is None else [(place, node)]
        known = known[:MOST_CANDIDATES]
        if not self.tree.spend(sum([node.depth for node in known]) + 1):
            return []
        ranked = [
            (place, node.depth, node.order, node)
            for node in known
            if _fits(node, selector.keys) and (place := self._place(node)) is not None
        ]
        if len(ranked) > 1:
            ranked.sort(key=lambda one: one[:3])
        return [(one[0], one[3]) for one in ranked]

    def inside(self, key: str) -> bool:
        """Whether the record itself holds a node of this key."""
        known = self.tree.by_key.get(key, ())[:MOST_CANDIDATES]
        if not self.tree.spend(sum([node.depth for node in known]) + 1):
            return False
        return any(self._place(node) == 0 for node in known)

    def _place(self, node: Node) -> int | None:
        """0 inside the record, else how far out the two meet; None where they may not."""
        item, around, others = self.item, self._around, self._others
        below, holder = False, node
        while True:
            if holder is item:
                return 0
            if id(holder) in around:
                return None if holder.listed and below else 1 + item.depth - holder.depth
            if id(holder) in others or holder.parent is None:  # the record itself was met before
                return None
            below, holder = True, holder.parent

    def value(self, selectors: tuple[Selector, ...]) -> str:
        """First value that one of the selectors finds, or the empty string."""
        for selector in selectors:
            if not selector.source and selector.keys[-1] not in self.tree.by_key:
                continue
            for value in self._values(selector):
                text = value
                if selector.cut is not None:
                    match = selector.cut.search(value)
                    text = (match[1] if match.re.groups else match[0]) or "" if match else ""
                if text := text.strip()[:LONGEST]:
                    upper = self.value((selector.to,)) if selector.to is not None else ""
                    return f"{text}-{upper}" if upper and upper != text else text
        return ""

    def _values(self, selector: Selector) -> Iterator[str]:
        head = self.head
        if not selector.source:
            for node in self.nodes(selector):
                if (text := text_of(node)) is not None:
                    yield text
        elif selector.source == "header":
            yield head.header(selector.keys[0])
        elif selector.source == "query":
            yield head.query.get(selector.keys[0], "")
        else:
            yield head.path if selector.source == "path" else head.host

    def holds(self, selector: Selector, pattern: object) -> bool:
        """Whether a value that the selector finds matches; what is further out than another is not asked."""
        return any(pattern.search(text) for text in self.nearest(selector))  # type: ignore[attr-defined]

    def nearest(self, selector: Selector) -> list[str]:
        """Values that the selector finds, without those that are further out than another."""
        if selector.source:
            return [value[:LONGEST] for value in self._values(selector)]
        ranked = [(place, text) for place, node in self._ranked(selector) if (text := text_of(node)) is not None]
        return [text[:LONGEST] for place, text in ranked if place == ranked[0][0]]


def text_of(node: Node) -> str | None:
    """Scalar of the node; of a list that of its first element."""
    for _ in range(4):
        if node.value is not None or not (node.listed and node.children):
            break
        node = node.children[0]
    return node.value


def _fits(node: Node, keys: tuple[str, ...]) -> bool:
    """Whether the keys are those of the node and of what holds it, from the inside out."""
    if len(keys) == 1:
        return True
    holder = node.parent
    for key in reversed(keys[:-1]):
        while holder is not None and not holder.key:
            holder = holder.parent
        if holder is None or holder.key != key:
            return False
        holder = holder.parent
    return True


def elements(node: Node) -> list[Node]:
    """The records at a node: the elements of a list, of lists in a list too, or the node itself."""
    if not node.listed:
        return [node]
    out: list[Node] = []
    for child in node.children:
        out += elements(child) if child.listed and len(out) < MOST_CANDIDATES else [child]
    return out
