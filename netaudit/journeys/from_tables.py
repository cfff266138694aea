"""The door from tables: gives events their ends, and joins them to journeys.

Two legs with different ID numbers are never put into one journey, whatever ties them, and no journey grows beyond
`MOST_LEGS`: rather two halves than two persons in one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.journeys.legs import Legs, gather, ways
from netaudit.journeys.ties import MOST_LEGS, Tie, ties
from netaudit.tables import EVENTS, JOURNEYS

UNTRAVELLED = ("heartbeat", "subscription")  # kinds that go nowhere
MOST_REASONS = 4  # of one leg


def with_ends(events: pa.Table, messages: pa.Table, flows: pa.Table, scope: Callable[[str], str]) -> pa.Table:
    """Events with sender, receiver and the side outside."""
    if not events.num_rows:
        return events
    facts = ways(events, messages, flows)
    pairs = list(zip(facts["sender"].to_pylist(), facts["receiver"].to_pylist(), strict=True))
    far = {pair: _far(*pair, scope) for pair in set(pairs)}
    columns = {"sender": facts["sender"], "receiver": facts["receiver"], "endpoint_id": [far[pair] for pair in pairs]}
    for name, values in columns.items():
        events = events.set_column(events.column_names.index(name), EVENTS.schema().field(name), _strings(values))
    return events


def _strings(values: Any) -> Any:
    return values if isinstance(values, pa.ChunkedArray) else pa.array(values, pa.string())


def _far(sender: str, receiver: str, scope: Callable[[str], str]) -> str:
    """The side outside, where one is. Frames without addresses have none."""
    if not sender or not receiver:
        return receiver
    return sender if scope(sender) == "outside" != scope(receiver) else receiver


def join_journeys(
    events: pa.Table, objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table, targets: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Events with their journeys, and the `journeys` table; `targets` says under which paths images were sent."""
    if not events.num_rows:
        return events, JOURNEYS.schema().empty_table()
    travelled = pc.invert(pc.is_in(events["kind"], pa.array(UNTRAVELLED)))
    moving = events.filter(travelled).sort_by([("first_ts", "ascending"), ("event_id", "ascending")]).combine_chunks()
    legs = gather(moving, objects, images, messages, flows, targets)
    groups, reasons = _grouped(legs)
    rows = _rows(legs, groups, reasons, moving, messages)
    journeys = pa.Table.from_pylist(rows, schema=JOURNEYS.schema())
    return _noted(events, rows), journeys


def _grouped(legs: Legs) -> tuple[list[list[int]], dict[int, list[str]]]:
    """Legs of each journey, by time, and what ties each leg."""
    head = list(range(len(legs.message)))
    members: dict[int, list[int]] = {}
    persons: dict[int, set[int]] = defaultdict(set)
    pairs = legs.keys["id_number_hmac"]
    for leg, code in zip(pairs.leg.tolist(), pairs.code.tolist(), strict=True):
        persons[leg].add(code)
    reasons: dict[int, list[str]] = defaultdict(list)
    for tie in ties(legs):
        if _unite(tie, head, members, persons):
            said = reasons[tie.later]
            if tie.why not in said and len(said) < MOST_REASONS:
                said.append(tie.why)
    groups = [sorted(group, key=lambda leg: (legs.ts[leg], legs.message[leg], leg)) for group in members.values()]
    whole = [group for group in groups if len({legs.message[leg] for leg in group}) > 1 and group[0] is not None]
    return sorted((group for group in whole if _spoken(group, legs)), key=lambda group: group[0]), reasons


def _spoken(group: list[int], legs: Legs) -> bool:
    """Whether an event is in it: images alone are no journey of a capture."""
    return any(leg < legs.events for leg in group)


def _unite(tie: Tie, head: list[int], members: dict[int, list[int]], persons: dict[int, set[int]]) -> bool:
    """Put both legs into one journey; False where that would mix persons or grow too far."""
    one, other = _head(head, tie.earlier), _head(head, tie.later)
    if one == other:
        return True
    here, there = members.get(one, [one]), members.get(other, [other])
    if len(here) + len(there) > MOST_LEGS:
        return False
    if persons.get(one) and persons.get(other) and persons[one] != persons[other]:
        return False
    members[one] = here + there
    members.pop(other, None)
    if persons.get(other):
        persons[one] = persons[one] | persons[other]
    head[other] = one
    return True


def _head(head: list[int], leg: int) -> int:
    while head[leg] != leg:
        head[leg] = head[head[leg]]
        leg = head[leg]
    return leg


def _rows(
    legs: Legs, groups: list[list[int]], reasons: dict[int, list[str]], moving: pa.Table, messages: pa.Table
) -> list[dict[str, Any]]:
    chosen = np.array([leg for group in groups for leg in group], np.int64)
    ids = moving["event_id"].take(pa.array(chosen[chosen < legs.events])).to_pylist()
    event_of = dict(zip(chosen[chosen < legs.events].tolist(), ids, strict=True))
    wanted = pa.array(sorted({legs.message[leg] for leg in chosen.tolist()}), pa.string())
    columns = ["message_id", "first_ts", "last_ts", "first_frame", "last_frame", "capture_id"]
    said = messages.select(columns).filter(pc.is_in(messages["message_id"], value_set=wanted))
    for name in ("first_ts", "last_ts"):
        said = said.set_column(said.column_names.index(name), name, said[name].cast(pa.int64()))
    facts = {row["message_id"]: row for row in said.to_pylist()}
    carried: dict[int, list[str]] = defaultdict(list)
    inside = np.isin(legs.images.leg, chosen)
    for leg, code in zip(legs.images.leg[inside].tolist(), legs.images.code[inside].tolist(), strict=True):
        carried[leg].append(legs.shas[code])
    rows = []
    for group in groups:
        first = group[0]
        name = event_of.get(first) or legs.message[first]
        journey = "J" + hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        for number, leg in enumerate(group, 1):
            fact = facts[legs.message[leg]]
            rows.append({
                "journey_id": journey, "leg": number,
                "event_id": event_of.get(leg, ""), "message_id": legs.message[leg],
                "sender": legs.addresses[legs.sender[leg]], "receiver": legs.addresses[legs.receiver[leg]],
                "first_ts": fact["first_ts"], "last_ts": fact["last_ts"], "capture_id": fact["capture_id"],
                "frame": fact["first_frame"], "last_frame": fact["last_frame"],
                "images": list(dict.fromkeys(carried.get(leg, ()))), "ties": reasons.get(leg, []),
            })  # fmt: skip
    return rows


def _noted(events: pa.Table, rows: list[dict[str, Any]]) -> pa.Table:
    places = {row["event_id"]: (row["journey_id"], row["leg"]) for row in rows if row["event_id"]}
    ids = events["event_id"].to_pylist()
    columns = {
        "journey_id": pa.array([places.get(one, ("", None))[0] for one in ids], pa.string()),
        "leg": pa.array([places.get(one, ("", None))[1] for one in ids], pa.int32()),
    }
    for name, values in columns.items():
        events = events.set_column(events.column_names.index(name), EVENTS.schema().field(name), values)
    return events
