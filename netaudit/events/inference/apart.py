"""What an event says in another message: of the picture that was put where its record says, of the device of a flow."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.events.inference.event_kinds import address

if TYPE_CHECKING:
    from netaudit.events.inference.inferred import Inferred

Way = tuple[str, str]  # flow and direction
NOWHERE: Way = ("", "")

SAID = frozenset({"time", "device", "place", "name", "id_number", "person_id", "gender", "age", "score", "direction"})
HALF_HOUR = 1800 * 10**9  # ns


def announced(found: list[Inferred]) -> list[Inferred]:
    """Give a picture that was sent without a document what the one record says that its sender names it in.

    By its address; where both went to the same receiver by the name of its file or its digest, too. Such are one event,
    that of the record; a picture that was asked for is an event of its own besides.
    """
    records: dict[tuple[str, str], list[Inferred]] = defaultdict(list)
    tied: dict[tuple[str, str, str], list[Inferred]] = defaultdict(list)
    bare: dict[tuple[str, str, str], set[str]] = defaultdict(set)  # pictures of a tie
    for one in found:
        ends = one.message.route.sender, one.message.route.receiver
        for url in one.urls:
            records[ends[0], address(url)].append(one)
        for tie in one.ties:
            if one.is_bare:
                bare[(*ends, tie)].update(sha256 for sha256, _ in one.images)
            else:
                tied[(*ends, tie)].append(one)
    out = []
    for one in found:
        ends = one.message.route.sender, one.message.route.receiver
        naming = {id(record): record for record in records.get((ends[0], one.path), ()) if one.is_bare}
        if one.is_bare and not naming:
            ties = [(*ends, tie) for tie in one.ties]
            naming = {id(record): record for tie in ties if len(bare[tie]) == 1 for record in tied.get(tie, ())}
        near = [record for record in naming.values() if not record.is_bare and _are_near(record, one)]
        if len(near) != 1:
            out.append(one)
        elif near[0].message.route.receiver == ends[1]:
            near[0].images += [shown for shown in one.images if shown not in near[0].images]
            near[0].announced.add("images")
            out += [one] * one.message.route.reply
        elif one.message.route.reply:
            out.append(one)
        else:
            _tell(one, near[0])
            out.append(one)
    return out


def _are_near(one: Inferred, other: Inferred) -> bool:
    return abs(one.message.ns - other.message.ns) <= HALF_HOUR


def _tell(one: Inferred, record: Inferred) -> None:
    """Give a picture what a record elsewhere says of it."""
    new = {meaning: value for meaning, value in record.values.items() if meaning in SAID - one.values.keys()}
    one.values |= new
    one.urls += [url for url in record.urls if address(url) == one.path and url not in one.urls]
    one.announced = set(new)
    if one.shot_time is None:
        one.shot_time, one.zone = record.shot_time, record.zone


def devices_of_flows(
    inferred: list[Inferred], of_entries: list[dict[str, Any]], ways: dict[str, Way]
) -> dict[str, str]:
    """Name the device of events that say none, where all others of their flow and way say one and the same.

    Gives those of entries by event_id, as said in clear.
    """
    named: dict[Way, set[str]] = defaultdict(set)
    for device_name, message in [
        *((event["said"].get("device", ""), event["message_id"]) for event in of_entries),
        *((one.values.get("device", ""), one.message.message_id) for one in inferred),
    ]:
        if device_name and message in ways:
            named[ways[message]].add(device_name)
    only = {way: next(iter(device_name)) for way, device_name in named.items() if len(device_name) == 1}
    for one in inferred:
        device = only.get(ways.get(one.message.message_id, NOWHERE))
        if device and "device" not in one.values:
            one.values["device"] = device
            one.announced.add("device")
    return {
        event["event_id"]: device
        for event in of_entries
        if not event["device_ref"] and (device := only.get(ways.get(event["message_id"], NOWHERE)))
    }
