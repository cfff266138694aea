"""From a recognised message to events: one per record, with what is said of device, place, time, person and images."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from netaudit.core.masking.number_forms import right_check_digit
from netaudit.events.rules.entries import anchors
from netaudit.events.rules.event import Event
from netaudit.events.rules.index import Way, says
from netaudit.events.rules.passages import way_of
from netaudit.events.rules.pictures import claim
from netaudit.events.rules.scope import Scope, elements
from netaudit.events.rules.times import read_time

if TYPE_CHECKING:
    from netaudit.events.rules.entries import When
    from netaudit.events.rules.head import Head
    from netaudit.events.rules.nodes import Document, Node, Tree

MOST_EVENTS = 500  # of a message
_ID18 = re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?![\dXx])", re.ASCII)
_BETWEEN = " ,;:|/_-，；：、()（）[]\t"
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,20})?", re.ASCII)


def read_events(ways: list[Way], head: Head, tree: Tree, message_id: str, *, complete: bool = True) -> list[Event]:
    """Events of a message by its ways (`Index.ways`); of two that fit a record the first, which asks for more."""
    records: list[tuple[Way, Node]] = []
    taken: set[int] = set()  # ids of the records of earlier ways …
    around: set[int] = set()  # … and of all that holds one
    for way in ways:
        chosen = [item for item in _records(way, head, tree) if not _overlaps(item, taken, around)]
        records += [(way, item) for item in chosen[: MOST_EVENTS - len(records)]]
        taken.update(map(id, chosen))
        around.update(id(holder) for item in chosen for holder in item.chain())
    records.sort(key=lambda record: record[1].order)
    others = frozenset(id(item) for _, item in records)
    scopes = [Scope(tree, head, item, others) for _, item in records]
    events = [_event(way, scope, message_id) for (way, _), scope in zip(records, scopes, strict=True)]
    claim(events, scopes, tree)
    whole = complete and tree.complete and len(records) < MOST_EVENTS
    for event, (_, item) in zip(events, records, strict=True):
        document = document_of(item)
        event.complete = whole and (document is None or document.complete)
        event.complete = event.complete and all(one.image.complete for one in event.images)
    return events


def _records(way: Way, head: Head, tree: Tree) -> list[Node]:
    """Nodes of the message that are records of this kind."""
    when = way.when
    scopes: list[Node] = []
    if when.keys:
        parts = [part for node in tree.documents for part in elements(node)]  # of an array each element for itself
        scopes = _innermost([part for part in parts if _telling(when, Scope(tree, head, part))])
    if not scopes:
        scopes = [tree.root] if says(when, Scope(tree, head, tree.root)) else []
    found: list[Node] = []
    known: set[int] = set()
    for scope in scopes:
        inside = Scope(tree, head, scope)
        groups = [node for each in way.entry.each for node in inside.nodes(each)]
        items = [item for node in groups if scope in node.chain() for item in elements(node) if item is not scope]
        if not groups or (not items and scope in groups):
            items = [scope]  # of an empty group, or of another document's, there is no record
        found += [item for item in dict.fromkeys(items) if id(item) not in known]
        known.update(map(id, items))
    found = _innermost(found)
    if when.values:
        found = [item for item in found if _holds_values(way, Scope(tree, head, item))]
    return found


def _innermost(scopes: list[Node]) -> list[Node]:
    """Without those that tell what is asked for only in another of them, which they hold."""
    if len(scopes) < 2:
        return scopes
    around = {id(holder) for scope in scopes for holder in scope.chain() if holder is not scope}
    return [scope for scope in scopes if id(scope) not in around]


def _telling(when: When, scope: Scope) -> bool:
    """Whether the document says what is asked for, the key by which it was found in itself and not around it."""
    return says(when, scope) and any(scope.inside(key) for key in anchors(when.keys))


def _holds_values(way: Way, scope: Scope) -> bool:
    return all(scope.holds(selector, pattern) for selector, pattern in way.when.values)


def _overlaps(item: Node, taken: set[int], around: set[int]) -> bool:
    """Whether the node is a record already, holds one or lies in one."""
    return id(item) in around or any(id(holder) in taken for holder in item.chain())


def _event(way: Way, scope: Scope, message_id: str) -> Event:
    entry, item = way.entry, scope.item
    document = document_of(item)
    digest = hashlib.blake2b(
        f"{message_id}\0{entry.id}\0{item.order}\0{item.path}".encode("utf-8", "replace"), digest_size=16
    )
    event = Event(digest.hexdigest(), message_id, entry, document.object_id if document else "", item.path)
    event.device, event.place = scope.value(entry.device), scope.value(entry.place)
    event.event_ref = scope.value(entry.event)
    event.shot_time_text = scope.value(entry.time.at)
    if shot := read_time(event.shot_time_text, entry.time.zone, entry.time.form) if event.shot_time_text else None:
        event.shot_time, event.zone = shot
    event.result = scope.value(entry.result)
    event.direction_text = scope.value(entry.direction)
    event.direction = entry.ways.get(event.direction_text) or way_of(event.direction_text) or event.direction_text
    event.score = _score(scope.value(entry.score))
    event.target = " ".join(text for selector in entry.target if (text := scope.value((selector,))))
    event.person = {name: text for name, at in entry.person.items() if (text := scope.value(at))}
    if event.person.get("name", "")[:1] in {"{", "["}:  # what is kept of somebody, as a document of its own
        del event.person["name"]
    _part_number(event.person)
    event.purpose = {name: text for name, at in entry.purpose.items() if (text := scope.value(at))}
    return event


def _part_number(person: dict[str, str]) -> None:
    """Take a number of identity out of a name that was written together with it: 张三,11010519491231002X."""
    found = _ID18.search(person.get("name", ""))
    if found is None or not right_check_digit(found[0]):
        return
    name = (person["name"][: found.start()] + " " + person["name"][found.end() :]).strip(_BETWEEN)
    person.setdefault("id_number", found[0])
    if name:
        person["name"] = name
    else:
        del person["name"]


def _score(text: str) -> float | None:
    if match := _NUMBER.fullmatch(text.rstrip("% ")):
        with suppress(ValueError):
            return float(match[0])
    return None


def document_of(item: Node) -> Document | None:
    """The document that holds a node."""
    return next((node.document for node in item.chain() if node.document is not None), None)
