"""The door from tables: gives events their ends, and joins them to journeys.

Two legs with different ID numbers are never put into one journey, whatever ties them, and no journey grows beyond
`MOST_LEGS`: rather two halves than two persons in one.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import EVENTS, JOURNEYS
from netaudit.core.storage.table_streams import table_of
from netaudit.findings.journeys.legs import AT_ONCE, KEYS, Legs, gather
from netaudit.findings.journeys.places import NOWHERE, Codes, Ways, flat, places, rows_at, ways
from netaudit.findings.journeys.ties import MOST_LEGS, Tie, ties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BY_SIZE = "size and time"


def with_relayed(
    events: pa.Table, journeys: pa.Table, relayed: pa.Table, uploads: pa.Table, messages: pa.Table, flows: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Events and journeys with a leg for every unit of `encrypted_uploads` that images fit (`relayed_images`).

    An image that belongs to no journey yet starts one: its arrival in clear is leg 1, the unit that fits is leg 2.
    """
    if not relayed.num_rows:
        return events, journeys
    legs = journeys.select(["journey_id", "leg", "message_id", "images"]).to_pylist()
    journey_of = {(leg["message_id"], sha256): leg["journey_id"] for leg in legs for sha256 in leg["images"]}
    longest: dict[str, int] = defaultdict(int)
    for leg in legs:
        longest[leg["journey_id"]] = max(longest[leg["journey_id"]], leg["leg"])
    arrivals = _Arrivals(events, messages, flows, relayed)
    started: dict[str, dict[str, Any]] = {}
    units: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _with_numbers(relayed).to_pylist():
        key = row["message_id"], row["sha256"]
        if key not in journey_of:
            first = arrivals.leg(row)
            journey_of[key] = name = first["journey_id"]
            if name not in longest or name in started:
                longest[name] = 1
                started.setdefault(name, first)["images"].append(row["sha256"])
        units[journey_of[key], row["unit_id"]].append(row)
    ends = _ends(uploads, messages, [unit for _, unit in units])
    rows = [first | {"images": list(dict.fromkeys(first["images"]))} for first in started.values()]
    for (journey, unit), some in sorted(units.items(), key=lambda one: (one[0][0], one[1][0]["sent_ts"], one[0][1])):
        longest[journey] += 1
        row = some[0]
        rows.append(
            {
                "journey_id": journey, "leg": longest[journey], "event_id": "", "message_id": "", "unit_id": unit,
                "sender": row["sender"], "receiver": row["receiver"],
                "first_ts": row["sent_ts"], "last_ts": ends[unit], "capture_id": row["capture_id"],
                "frame": row["first_frame"], "last_frame": row["last_frame"],
                "images": sorted({one["sha256"] for one in some}), "ties": [BY_SIZE],
            }
        )  # fmt: skip
    journeys = pa.concat_tables([journeys, pa.Table.from_pylist(rows, schema=JOURNEYS.schema())])
    journeys = journeys.sort_by([("journey_id", "ascending"), ("leg", "ascending")])
    return _noted(events, journeys), journeys


class _Arrivals:
    """Legs by which images arrived in clear: the event that shows the image, or else its message."""

    def __init__(self, events: pa.Table, messages: pa.Table, flows: pa.Table, relayed: pa.Table) -> None:
        shown: dict[tuple[str, str], dict[str, Any]] = {}
        columns = ["event_id", "message_id", "journey_id", "images", "sender", "receiver"]
        wanted = set(relayed["sha256"].to_pylist())
        some = events.filter(pc.greater(pc.list_value_length(events["images"]), 0)).sort_by("first_ts")
        for event in some.select(columns).to_pylist():
            for sha256 in wanted.intersection(event["images"]):
                for place in (event["message_id"], event["receiver"]):
                    shown.setdefault((place, sha256), event)
        self._shown = shown
        ids = {event["message_id"] for event in shown.values()}.union(relayed["message_id"].to_pylist())
        at = np.unique(places(pa.array(sorted(ids), pa.string()), messages))
        at = at[at != NOWHERE]
        way = ways(at, messages, flows)
        ends = zip(way.sender.tolist(), way.receiver.tolist(), strict=True)
        self._facts = {
            fact["message_id"]: fact | {"sender": way.addresses[sender], "receiver": way.addresses[receiver]}
            for fact, (sender, receiver) in zip(_facts(at, messages).values(), ends, strict=True)
        }

    def leg(self, row: dict[str, Any]) -> dict[str, Any]:
        """The first leg of the journey of this row; of a journey that has begun, nothing but its id is used."""
        sha256 = row["sha256"]
        event = self._shown.get((row["message_id"], sha256)) or self._shown.get((row["holder"], sha256))
        fact = self._facts[event["message_id"] if event else row["message_id"]]
        name = event["event_id"] if event else row["message_id"]
        return {
            "journey_id": (event and event["journey_id"]) or _name(name), "leg": 1,
            "event_id": event["event_id"] if event else "", "message_id": fact["message_id"], "unit_id": "",
            "sender": fact["sender"], "receiver": fact["receiver"],
            "first_ts": fact["first_ts"], "last_ts": fact["last_ts"], "capture_id": fact["capture_id"],
            "frame": fact["first_frame"], "last_frame": fact["last_frame"],
            "images": list(event["images"]) if event else [], "ties": [],
        }  # fmt: skip


def _name(first: str) -> str:
    """Id of the journey that begins with this event or message."""
    return "J" + hashlib.blake2b(first.encode(), digest_size=8).hexdigest()


def _with_numbers(table: pa.Table) -> pa.Table:
    """Times as nanoseconds, without pandas."""
    place = table.column_names.index("sent_ts")
    chosen = table.set_column(place, "sent_ts", table["sent_ts"].cast(pa.int64()))
    return chosen.select(
        [
            "message_id",
            "unit_id",
            "sha256",
            "holder",
            "sender",
            "receiver",
            "sent_ts",
            "capture_id",
            "first_frame",
            "last_frame",
        ]
    )


def _ends(uploads: pa.Table, messages: pa.Table, units: list[str]) -> dict[str, int]:
    """Last time of each unit, ns. A unit is an encrypted upload, or a message that no reader understands."""
    wanted = pa.array(sorted(set(units)), pa.string())
    found: dict[str, int] = {}
    for table, key in ((messages, "message_id"), (uploads, "unit_id")):
        chosen = table.filter(pc.is_in(table[key], value_set=wanted))
        found |= zip(chosen[key].to_pylist(), chosen["last_ts"].cast(pa.int64()).to_pylist(), strict=True)
    return found


__all__ = ["join_journeys", "with_ends", "with_relayed"]

UNTRAVELLED = ("heartbeat", "subscription")  # kinds that go nowhere
MOST_REASONS = 4  # of one leg
MOST_SPREAD = 3  # receivers to whom one sender gave an image without a known document
MOVING = [  # what legs are made of
    "event_id", "message_id", "first_ts", "images", "image_roles", "url_hmacs", "inferred", *KEYS,
]  # fmt: skip


def with_ends(events: pa.Table, messages: pa.Table, flows: pa.Table, scope: Callable[[str], str]) -> pa.Table:
    """Events with sender, receiver and the side outside."""
    if not events.num_rows:
        return events
    way = ways(places(events["message_id"], messages), messages, flows)
    columns = {
        "sender": _named(way.addresses, way.sender),
        "receiver": _named(way.addresses, way.receiver),
        "endpoint_id": _far_ends(way, scope),
    }
    for name, values in columns.items():
        events = events.set_column(events.column_names.index(name), EVENTS.schema().field(name), values)
    return events


def _named(texts: list[str], codes: Codes) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(codes))


def _far_ends(way: Ways, scope: Callable[[str], str]) -> pa.Array:
    """The side outside of each row, asked for once for two addresses."""
    count = len(way.addresses)
    both, where = np.unique(way.sender * count + way.receiver, return_inverse=True)
    names = way.addresses
    return _named([_far(names[one // count], names[one % count], scope) for one in both.tolist()], where)


def _far(sender: str, receiver: str, scope: Callable[[str], str]) -> str:
    """The side outside, where one is. Frames without addresses have none."""
    if not sender or not receiver:
        return receiver
    return sender if scope(sender) == "outside" != scope(receiver) else receiver


def join_journeys(
    events: pa.Table, objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table, targets: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Events with their journeys, and the `journeys` table; `targets` says under which paths images were sent.

    `messages` are in the order of their table: their places stand for time and id.
    """
    at = places(events["message_id"], messages)
    travelled = pc.invert(pc.is_in(events["kind"], pa.array(UNTRAVELLED)))
    travelled = pc.and_(travelled, pa.array(at != NOWHERE))  # an interrupted run may have lost the message
    shown = pc.add(pc.list_value_length(events["images"]), pc.list_value_length(events["url_hmacs"]))
    guessed = pc.and_(pc.equal(events["standing"], "inferred"), pc.equal(shown, 0))
    # orders and address books: no way of a face
    travelled = pc.and_not(travelled, pc.fill_null(guessed, fill_value=False))
    moving = events.select(MOVING).filter(travelled)
    moving = moving.sort_by([("first_ts", "ascending"), ("event_id", "ascending")]).combine_chunks()
    legs = gather(moving, objects, images, messages, flows, targets)
    groups, reasons = _grouped(legs)
    parts = [table_of(rows, JOURNEYS) for rows in _rows(legs, groups, reasons, moving, messages)]
    journeys = pa.concat_tables([JOURNEYS.schema().empty_table(), *parts])
    return _noted(events, journeys), journeys


def _grouped(legs: Legs) -> tuple[list[list[int]], dict[int, list[str]]]:
    """Legs of each journey, by time, and what ties each leg."""
    head = array("q", range(len(legs.message)))
    members: dict[int, list[int]] = {}
    pairs = legs.keys["id_number_hmac"]  # one of a leg at most, and of a journey
    persons: dict[int, int] = dict(zip(pairs.leg.tolist(), pairs.code.tolist(), strict=True))
    reasons: dict[int, list[str]] = defaultdict(list)
    for tie in ties(legs):
        if _unite(tie, head, members, persons):
            known = reasons[tie.later]
            if tie.why not in known and len(known) < MOST_REASONS:
                known.append(tie.why)
    groups = [sorted(group, key=lambda leg: (legs.ways.ts[leg], legs.message[leg], leg)) for group in members.values()]
    whole = [group for group in groups if len({legs.message[leg] for leg in group}) > 1 and group[0] is not None]
    return sorted((group for group in whole if _travelled(group, legs)), key=lambda group: group[0]), reasons


def _travelled(group: list[int], legs: Legs) -> bool:
    """Whether legs are a journey: an event is among them, or somebody sent an image that went another way, too.

    What is only fetched, a logo by two browsers say, travelled nowhere; what one host gives to many is spread.
    """
    if any(leg < legs.events for leg in group):
        return True
    if not legs.pushed[group[0]]:
        return False
    ways = {(int(legs.ways.sender[leg]), int(legs.ways.receiver[leg])) for leg in group}
    sent = [sender for sender, _ in ways]
    return len(ways) > 1 and max(map(sent.count, sent)) <= MOST_SPREAD


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
) -> Iterator[list[dict[str, Any]]]:
    """Rows of `journeys`, some journeys at a time."""
    some: list[list[int]] = []
    count = 0
    for group in groups:
        some.append(group)
        count += len(group)
        if count >= AT_ONCE:
            yield _rows_of(legs, some, reasons, moving, messages)
            some, count = [], 0
    yield _rows_of(legs, some, reasons, moving, messages)


def _rows_of(
    legs: Legs, groups: list[list[int]], reasons: dict[int, list[str]], moving: pa.Table, messages: pa.Table
) -> list[dict[str, Any]]:
    chosen = np.array([leg for group in groups for leg in group], np.int64)
    events = chosen[chosen < legs.events]
    event_of = dict(zip(events.tolist(), moving["event_id"].take(pa.array(events)).to_pylist(), strict=True))
    facts = _facts(np.unique(legs.message[chosen]), messages)
    carried = _carried(chosen, legs)
    way = legs.ways
    rows = []
    for group in groups:
        first = group[0]
        name = event_of.get(first) or facts[int(legs.message[first])]["message_id"]
        journey = _name(name)
        for number, leg in enumerate(group, 1):
            fact = facts[int(legs.message[leg])]
            rows.append({
                "journey_id": journey, "leg": number,
                "event_id": event_of.get(leg, ""), "message_id": fact["message_id"], "unit_id": "",
                "sender": way.addresses[way.sender[leg]], "receiver": way.addresses[way.receiver[leg]],
                "first_ts": fact["first_ts"], "last_ts": fact["last_ts"], "capture_id": fact["capture_id"],
                "frame": fact["first_frame"], "last_frame": fact["last_frame"],
                "images": list(dict.fromkeys(carried.get(leg, ()))), "ties": reasons.get(leg, []),
            })  # fmt: skip
    return rows


def _facts(at: Codes, messages: pa.Table) -> dict[int, dict[str, Any]]:
    """What a journey says of the messages at these places."""
    columns = ["message_id", "first_ts", "last_ts", "first_frame", "last_frame", "capture_id"]
    found: list[dict[str, Any]] = []
    for batch in rows_at(messages.select(columns), at):
        times = batch.select(["first_ts", "last_ts"]).cast(
            pa.schema([("first_ts", pa.int64()), ("last_ts", pa.int64())])
        )
        rows = batch.drop_columns(times.column_names).to_pylist()
        found += [row | time for row, time in zip(rows, times.to_pylist(), strict=True)]
    return dict(zip(at.tolist(), found, strict=True))


def _carried(chosen: Codes, legs: Legs) -> dict[int, list[str]]:
    """Digests of the images of these legs."""
    carried: dict[int, list[str]] = defaultdict(list)
    inside = np.isin(legs.images.leg, chosen)
    shas = legs.shas.take(pa.array(legs.images.code[inside])).to_pylist()
    for leg, sha256 in zip(legs.images.leg[inside].tolist(), shas, strict=True):
        carried[leg].append(sha256)
    return carried


def _noted(events: pa.Table, journeys: pa.Table) -> pa.Table:
    named = journeys.filter(pc.not_equal(journeys["event_id"], ""))
    where = pc.index_in(events["event_id"], value_set=flat(named["event_id"]))
    columns = {
        "journey_id": pc.fill_null(named["journey_id"].take(where), ""),
        "leg": named["leg"].take(where),
    }
    for name, values in columns.items():
        events = events.set_column(events.column_names.index(name), EVENTS.schema().field(name), values)
    return events
