"""Drafts of entries from what was learned of routes: a message of each, its fields under their meanings there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pyarrow.compute as pc

from netaudit.case.decisions import NO_MEANING
from netaudit.case.fields import masked_path
from netaudit.errors import UsageError
from netaudit.masking.mask import mask_path
from netaudit.routes.messages import target_form
from netaudit.rule_writing.document_drafts import Meant, draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.case.reading import Case
    from netaudit.documents.head import Head
    from netaudit.documents.nodes import Node, Tree

_LISTS = str.maketrans("", "", "[]")

Told = TypeVar("Told", str, int)


class Learned(NamedTuple):
    """A route that no entry reads: one of its messages, and what its fields mean."""

    route_id: str
    message_id: str
    kind: str
    act: str
    fields: dict[str, str]  # meaning by path
    often: dict[str, int]  # how often a path said something


def learned(case: Case, route: str = "", decided: dict[tuple[str, str], str] | None = None) -> list[Learned]:
    """Routes of a case with inferred events, those whose id begins with `route`; `decided` are an analyst's meanings.

    UsageError: no such route.
    """
    fields = case.table("fields").to_pylist()
    meant: dict[str, dict[str, str]] = {}
    counts: dict[str, dict[str, int]] = {}
    keys: dict[tuple[str, ...], str] = {}
    for row in fields:
        if row["route_id"].startswith(route):
            meaning = (decided or {}).get((row["route_id"], row["path"]), row["meaning"])
            meant.setdefault(row["route_id"], {})[row["path"]] = "" if meaning == NO_MEANING else meaning
            counts.setdefault(row["route_id"], {})[row["path"]] = row["support"] + row["contradictions"]
            keys[*_ends(row), row["method"], row["protocol"], row["target"]] = row["route_id"]
    events = case.table("events")
    events = events.filter(pc.equal(events["standing"], "inferred"))
    columns = ["message_id", "method", "protocol", "path"]
    messages = {row["message_id"]: row for row in case.table("messages", columns).to_pylist()}
    found: dict[str, list[dict[str, str]]] = {}
    for row in events.select(["message_id", "sender", "receiver", "kind", "act"]).to_pylist():
        head = messages[row["message_id"]]
        identity = keys.get((*_ends(row), head["method"], head["protocol"], mask_path(target_form(head["path"]))))
        if identity is not None:
            found.setdefault(identity, []).append(row)
    if not found:
        raise UsageError("{}: no route with inferred events begins so", route or "*")
    return [_of_route(identity, rows, meant[identity], counts[identity]) for identity, rows in sorted(found.items())]


def _ends(row: dict[str, str]) -> tuple[str, str]:
    return row["sender"], row["receiver"]


def _of_route(identity: str, rows: list[dict[str, str]], meant: dict[str, str], often: dict[str, int]) -> Learned:
    kinds = Counter((row["kind"], row["act"]) for row in rows)
    (kind, act), _ = min(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    chosen = min(row["message_id"] for row in rows if row["kind"] == kind)
    return Learned(identity, chosen, kind, act, {path: meaning for path, meaning in meant.items() if meaning}, often)


def drafts(routes: list[Learned], read: Callable[[str], tuple[Head, Tree]]) -> Iterator[str]:
    """YAML of an entry for each route; `read` gives head and tree of a message.

    UsageError: the messages of no route can be read again.
    """
    refused: list[UsageError] = []
    for one in routes:
        try:
            head, tree = read(one.message_id)
        except UsageError as error:  # of a message that goes over several flows, say
            refused.append(error)
            yield f"# route {one.route_id}: its messages cannot be read again from the packets of a flow\n"
            continue
        meaning, often = _by_node(one.fields, ""), _by_node(one.often, 0)
        if not any(meaning(node) for nodes in tree.by_key.values() for node in nodes if not node.images):
            yield f"# route {one.route_id}: its messages are pictures alone, and nothing tells them from others\n"
            continue
        yield draft(head, tree, Meant(f"learned-{one.route_id}", one.kind, one.act, meaning, often))
    if refused and len(refused) == len(routes):
        raise refused[0]


def _by_node(said: dict[str, Told], nothing: Told) -> Callable[[Node], Told]:
    """What is said of a place of a message, by the keys that lead to it, masked as the table has them."""
    bare = {path.translate(_LISTS): one for path, one in said.items()}

    def of(node: Node) -> Told:
        path = ".".join([one.raw for one in node.chain() if one.raw][::-1])
        return bare.get(path) or bare.get(masked_path(path)) or nothing

    return of
