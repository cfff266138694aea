"""A first draft of an entry for a message: what it has, under fields by their names, with a masked example.

Values are replaced before anything is written: identity data by ones that are obviously made up, everything else goes
through the mask. What the message is (maker, kind, what for) is left to whoever knows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from netaudit.core.masking.mask import mask, visible
from netaudit.events.identity.from_unwrapping import KINDS
from netaudit.events.rules.entries import compile_entry
from netaudit.events.rules.index import Index
from netaudit.events.rules.worded import completed
from netaudit.evidence.rule_drafting.document_examples import message_of, read_message, spoken

if TYPE_CHECKING:
    from netaudit.events.rules.head import Head
    from netaudit.events.rules.nodes import Node, Tree

MOST_KEYS = 4  # by which the message is recognised
MOST_CHILDREN = 60  # of a place in the example
MOST_ELEMENTS = 2  # of a list in the example
DEEPEST = 12
LONGEST = 60  # characters of a value
_PERSON = ("name", "id_number", "gender", "age", "birthday", "address", "phone", "person_id", "group")
_PURPOSE = {
    "agent": "agent", "channelcompany": "agent_company", "salername": "salesperson", "riskstatus": "risk_status",
    "firstphototime": "first_photo_time", "reporttime": "report_time",
}  # fmt: skip
_INVENTED = {
    "name": "ZHANG", "id_number": "990101199001010019", "phone": "19900000001", "birthday": "19900101",
    "address": "address", "person_id": "17", "place": "entrance", "device": "EXAMPLE-0001", "event": "EXAMPLE-17",
    "agent": "LI", "url": "http://192.0.2.9/1.jpg", "salesperson": "WANG",
}  # fmt: skip


def draft(head: Head, tree: Tree) -> str:
    """Return the draft as YAML: a list with one entry; its fields by their names."""
    when: dict[str, Any] = {"method": head.method[:16]} if head.method and head.protocol.startswith("http") else {}
    if head.reply:
        when["direction"] = "reply"
    keys = _keys(tree)
    when |= {"keys": keys} if keys else {"path": "^" + _plain_path(head.path)}
    entry: dict[str, Any] = {
        "id": "draft", "maker": "unknown", "message": "unknown", "kind": "face_capture", "act": "pushes", "when": when,
    }  # fmt: skip
    entry |= _fields(tree)
    images = _images(tree)
    if images:
        entry["images"] = images
    entry["provenance"] = {"kind": "capture", "source": "say where it was seen"}
    example: dict[str, Any] = {"path": visible(mask(head.path), 200)}
    if head.reply:
        example["reply"] = True
    body = _value(tree.root, [0], 0)
    example |= {"json": body} if isinstance(body, dict | list) else {"body": str(body or "")}
    entry["examples"] = {
        "match": [example | {"gives": _given(entry, example)}],
        "no_match": [{"path": "/", "json": {"say": "what is no such message"}}],
    }
    text: str = yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=140)
    return text


def _given(entry: dict[str, Any], example: dict[str, Any]) -> list[dict[str, Any]]:
    """What the drafted entry reads from its example: what to look over."""
    index = Index([compile_entry(completed(entry | {"examples": {"match": [example]}}), "draft")])
    events = read_message(index, message_of(example))
    return [
        {name: value for name, value in spoken(event).items() if value not in ("", None, [], {})} for event in events
    ]


def _plain_path(path: str) -> str:
    """The path as a pattern: numbers stand for any number, odd characters for any character."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "/_-") else "." for char in mask(path)[:120])
    return re.sub(r"\d+", r"\\d+", kept) or "/"


def _keys(tree: Tree) -> list[str]:
    """Keys near the outside, longest first: a particular word tells more."""
    near = [node for nodes in tree.by_key.values() for node in nodes[:1] if node.depth <= 2 and len(node.key) > 3]
    near.sort(key=lambda node: (-len(node.key), node.order))
    return [visible(mask(node.raw), 80) for node in near[:MOST_KEYS]]


def _fields(tree: Tree) -> dict[str, Any]:
    """Fields by the names of their keys, as identity data are recognised."""
    places: dict[str, Any] = {}
    person: dict[str, list[str]] = {}
    purpose: dict[str, list[str]] = {}
    for key, nodes in tree.by_key.items():
        if all(node.children for node in nodes):
            continue
        place = _selector(nodes[0])
        kind = KINDS.get(key, "")
        if key in _PURPOSE:
            purpose.setdefault(_PURPOSE[key], []).append(place)
        elif kind in _PERSON:
            person.setdefault(kind, []).append(place)
        elif kind in {"device", "place", "time", "score", "result", "direction", "event"}:
            places.setdefault(kind, []).append(place)
    places |= {"person": person} if person else {}
    return places | ({"purpose": purpose} if purpose else {})


def _selector(node: Node) -> str:
    """Key of the node behind that of what holds it."""
    holder = next((one for one in list(node.chain())[1:] if one.key), None)
    return visible(mask(f"{holder.raw}.{node.raw}" if holder else node.raw), 120)


def _images(tree: Tree) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    stack = [tree.root]
    while stack:
        node = stack.pop()
        named = next((one for one in node.chain() if one.key), None)
        if node.images and named is not None:
            found.setdefault(_selector(named), {"role": "other", "at": _selector(named)})
        elif node.images:
            found.setdefault("", {"role": "other", "order": 0})
        stack += reversed(node.children)
    return list(found.values())


def _value(node: Node, pictures: list[int], depth: int) -> Any:
    """The place with all below it, in the shape of JSON, masked."""
    if node.images:
        pictures[0] += 1
        return f"@jpeg:{pictures[0]}"
    if node.children and depth < DEEPEST:
        if node.listed:
            return [_value(child, pictures, depth + 1) for child in node.children[:MOST_ELEMENTS]]
        return {
            visible(mask(child.raw), 80) or "value": _value(child, pictures, depth + 1)
            for child in node.children[:MOST_CHILDREN]
        }
    text = node.value or ""
    if invented := _INVENTED.get(KINDS.get(node.key, "")):
        return invented if text else ""
    return visible(mask(text), LONGEST)
