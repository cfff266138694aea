"""Why an entry fits a message, or what of it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.events.rules.entries import anchors
from netaudit.events.rules.scope import Scope

if TYPE_CHECKING:
    from netaudit.events.rules.entries import Entry, Selector, When
    from netaudit.events.rules.head import Head
    from netaudit.events.rules.index import Index
    from netaudit.events.rules.nodes import Node, Tree

MOST = 8  # entries that nearly fit


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that an entry asks for: what, as written, and whether it holds."""

    what: str  # direction, protocol, method, path, host, header, query, keys, values, none
    wanted: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """An entry held against a message."""

    entry: Entry
    checks: tuple[Check, ...]

    @property
    def fits(self) -> bool:
        """Whether everything holds."""
        return all(check.holds for check in self.checks)


def verdicts(index: Index, head: Head, tree: Tree) -> list[Verdict]:
    """Entries that fit, then those that nearly do: a path of theirs, or the key they are found by, is there."""
    found = []
    for entry in index.entries:
        ways = [_held(entry, when, head, tree) for when in entry.when]
        best = max(ways, key=lambda verdict: (verdict.fits, _share(verdict)))
        if best.fits or any(_near(when, head, tree) for when in entry.when):
            found.append(best)
    found.sort(key=lambda verdict: (not verdict.fits, -_share(verdict), verdict.entry.id))
    fitting = sum(verdict.fits for verdict in found)
    return found[: max(MOST, fitting)]


def _share(verdict: Verdict) -> float:
    return sum(check.holds for check in verdict.checks) / len(verdict.checks)


def _near(when: When, head: Head, tree: Tree) -> bool:
    if when.path:
        return bool(_searched(when.path, head.path))
    return any(anchor in tree.by_key for anchor in anchors(when.keys))


def _searched(pattern: str, text: str) -> bool:
    from netaudit.events.rules.entries import pattern as compiled

    return compiled(pattern).search(text) is not None


def _held(entry: Entry, when: When, head: Head, tree: Tree) -> Verdict:
    """All that one way asks for. Keys and values are asked of the document where most of them are."""
    checks = [Check("direction", when.direction, when.direction in ("any", "reply" if head.reply else "request"))]
    if when.protocols:
        checks.append(Check("protocol", ", ".join(sorted(when.protocols)), head.protocol in when.protocols))
    if when.methods:
        checks.append(Check("method", ", ".join(sorted(when.methods)), head.method.upper() in when.methods))
    if when.path:
        checks.append(Check("path", when.path, _searched(when.path, head.path)))
    if when.host is not None:
        checks.append(Check("host", str(when.host.pattern), when.host.search(head.host) is not None))
    for name, pattern in when.header:
        checks.append(Check("header", f"{name}: {pattern.pattern}", pattern.search(head.header(name)) is not None))
    for name, pattern in when.query:
        held = pattern.search(head.query.get(name, "")) is not None
        checks.append(Check("query", f"{name}: {pattern.pattern}", held))
    inner = max(
        (_in_document(entry, when, head, tree, node) for node in [*tree.documents, tree.root]),
        key=lambda held: sum(check.holds for check in held),
    )
    return Verdict(entry, (*checks, *inner))


def _in_document(entry: Entry, when: When, head: Head, tree: Tree, node: Node) -> list[Check]:
    scope = Scope(tree, head, node)
    checks = [
        Check("keys", " | ".join(way.text for way in ways), any(scope.nodes(way) for way in ways)) for ways in when.keys
    ]
    records = [item for each in entry.each for group in scope.nodes(each) for item in (group.children or [group])]
    for selector, pattern in when.values:
        held = any(_holds(selector, pattern, Scope(tree, head, item)) for item in [*records[:64], node])
        checks.append(Check("values", f"{selector.text}: {pattern.pattern}", held))
    checks += [Check("none", key.text, not scope.nodes(key)) for key in when.none]
    return checks


def _holds(selector: Selector, pattern: object, scope: Scope) -> bool:
    return scope.holds(selector, pattern)
