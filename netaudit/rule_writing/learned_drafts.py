"""Drafts of entries from what was learned of routes: a message of each, its fields under their meanings there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.compute as pc

from netaudit.errors import UsageError
from netaudit.rule_writing.document_drafts import Meant, draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.case.reading import Case
    from netaudit.documents.head import Head
    from netaudit.documents.nodes import Node, Tree

_LISTS = str.maketrans("", "", "[]")


class Learned(NamedTuple):
    """A route that no entry reads: one of its messages, and what its fields mean."""

    route_id: str
    message_id: str
    kind: str
    act: str
    fields: dict[str, str]  # meaning by path


def learned(case: Case, route: str = "", decided: dict[tuple[str, str], str] | None = None) -> list[Learned]:
    """Routes of a case with inferred events, those whose id begins with `route`; `decided` are an analyst's meanings.

    UsageError: no such route.
    """
    fields = case.table("fields").to_pylist()
    meant: dict[str, dict[str, str]] = {}
    keys: dict[tuple[str, str, str, str], str] = {}
    for row in fields:
        if row["route_id"].startswith(route):
            said = (decided or {}).get((row["route_id"], row["path"]), row["meaning"])
            meant.setdefault(row["route_id"], {})[row["path"]] = said
            keys[row["sender"], row["receiver"], row["method"], row["protocol"]] = row["route_id"]
    events = case.table("events")
    events = events.filter(pc.equal(events["standing"], "inferred"))
    messages = {
        row["message_id"]: row for row in case.table("messages", ["message_id", "method", "protocol"]).to_pylist()
    }
    found: dict[str, list[dict[str, str]]] = {}
    for row in events.select(["message_id", "sender", "receiver", "kind", "act"]).to_pylist():
        head = messages[row["message_id"]]
        identity = keys.get((row["sender"], row["receiver"], head["method"], head["protocol"]))
        if identity is not None:
            found.setdefault(identity, []).append(row)
    if not found:
        raise UsageError("{}: no route with inferred events begins so", route or "*")
    return [_of_route(identity, rows, meant[identity]) for identity, rows in sorted(found.items())]


def _of_route(identity: str, rows: list[dict[str, str]], meant: dict[str, str]) -> Learned:
    kinds = Counter((row["kind"], row["act"]) for row in rows)
    (kind, act), _ = min(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    chosen = min(row["message_id"] for row in rows if row["kind"] == kind)
    return Learned(identity, chosen, kind, act, {path: meaning for path, meaning in meant.items() if meaning})


def drafts(routes: list[Learned], read: Callable[[str], tuple[Head, Tree]]) -> Iterator[str]:
    """YAML of an entry for each route; `read` gives head and tree of a message."""
    for one in routes:
        head, tree = read(one.message_id)
        yield draft(head, tree, Meant(f"learned-{one.route_id}", one.kind, one.act, _by_node(one.fields)))


def _by_node(fields: dict[str, str]) -> Callable[[Node], str]:
    """What a place of a message means, by the keys that lead to it."""
    bare = {path.translate(_LISTS): meaning for path, meaning in fields.items()}

    def meaning(node: Node) -> str:
        return bare.get(".".join([one.raw for one in node.chain() if one.raw][::-1]), "")

    return meaning
