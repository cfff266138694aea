"""The door from tables: gives events their ends, and joins them to journeys.

Two legs with different ID numbers are never put into one journey, whatever ties them, and no journey grows beyond
`MOST_LEGS`: rather two halves than two persons in one.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.journeys.legs import Legs, encoded, gather, ways
from netaudit.journeys.ties import MOST_LEGS, Tie, ties
from netaudit.tables import EVENTS, JOURNEYS

UNTRAVELLED = ("heartbeat", "subscription")  # kinds that go nowhere
MOST_REASONS = 4  # of one leg


def with_ends(events: pa.Table, messages: pa.Table, flows: pa.Table, scope: Callable[[str], str]) -> pa.Table:
    """Events with sender, receiver and the side outside."""
    if not events.num_rows:
        return events
    facts = ways(events, messages, flows)
    columns = {"sender": facts["sender"], "receiver": facts["receiver"], "endpoint_id": _far_ends(facts, scope)}
    for name, values in columns.items():
        events = events.set_column(events.column_names.index(name), EVENTS.schema().field(name), values)
    return events


def _far_ends(facts: pa.Table, scope: Callable[[str], str]) -> pa.Array:
    """The side outside of each row, asked for once for two addresses."""
    (senders, sender), (receivers, receiver) = (encoded(facts[name]) for name in ("sender", "receiver"))
    both, where = np.unique(sender * len(receivers) + receiver, return_inverse=True)
    far = [_far(senders[one // len(receivers)], receivers[one % len(receivers)], scope) for one in both.tolist()]
    return pa.array(far, pa.string()).take(pa.array(where))


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
    head = array("q", range(len(legs.message)))
    members: dict[int, list[int]] = {}
    pairs = legs.keys["id_number_hmac"]  # one of a leg at most, and of a journey
    persons: dict[int, int] = dict(zip(pairs.leg.tolist(), pairs.code.tolist(), strict=True))
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


def _unite(tie: Tie, head: array[int], members: dict[int, list[int]], persons: dict[int, int]) -> bool:
    """Put both legs into one journey; False where that would mix persons or grow too far."""
    one, other = _head(head, tie.earlier), _head(head, tie.later)
    if one == other:
        return True
    here, there = members.get(one, [one]), members.get(other, [other])
    if len(here) + len(there) > MOST_LEGS:
        return False
    if one in persons and other in persons and persons[one] != persons[other]:
        return False
    members[one] = here + there
    members.pop(other, None)
    if other in persons:
        persons[one] = persons[other]
    head[other] = one
    return True


def _head(head: array[int], leg: int) -> int:
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
    codes = np.unique(legs.message[chosen])
    wanted = legs.messages.take(pa.array(codes))
    text_of = dict(zip(codes.tolist(), wanted.to_pylist(), strict=True))
    columns = ["message_id", "first_ts", "last_ts", "first_frame", "last_frame", "capture_id"]
    said = messages.select(columns).filter(pc.is_in(messages["message_id"], value_set=wanted))
    for name in ("first_ts", "last_ts"):
        said = said.set_column(said.column_names.index(name), name, said[name].cast(pa.int64()))
    facts = {row["message_id"]: row for row in said.to_pylist()}
    carried: dict[int, list[str]] = defaultdict(list)
    inside = np.isin(legs.images.leg, chosen)
    shas = legs.shas.take(pa.array(legs.images.code[inside])).to_pylist()
    for leg, sha256 in zip(legs.images.leg[inside].tolist(), shas, strict=True):
        carried[leg].append(sha256)
    rows = []
    for group in groups:
        first = group[0]
        name = event_of.get(first) or text_of[int(legs.message[first])]
        journey = "J" + hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        for number, leg in enumerate(group, 1):
            message = text_of[int(legs.message[leg])]
            fact = facts[message]
            rows.append({
                "journey_id": journey, "leg": number,
                "event_id": event_of.get(leg, ""), "message_id": message,
                "sender": legs.addresses[legs.sender[leg]], "receiver": legs.addresses[legs.receiver[leg]],
                "first_ts": fact["first_ts"], "last_ts": fact["last_ts"], "capture_id": fact["capture_id"],
                "frame": fact["first_frame"], "last_frame": fact["last_frame"],
                "images": list(dict.fromkeys(carried.get(leg, ()))), "ties": reasons.get(leg, []),
            })  # fmt: skip
    return rows


def _noted(events: pa.Table, rows: list[dict[str, Any]]) -> pa.Table:
    named = [row for row in rows if row["event_id"]]
    where = pc.index_in(events["event_id"], value_set=pa.array([row["event_id"] for row in named], pa.string()))
    columns = {
        "journey_id": pc.fill_null(pa.array([row["journey_id"] for row in named], pa.string()).take(where), ""),
        "leg": pa.array([row["leg"] for row in named], pa.int32()).take(where),
    }
    for name, values in columns.items():
        events = events.set_column(events.column_names.index(name), EVENTS.schema().field(name), values)
    return events
