"""What an event says in another message: of the picture that was put where its record says, of the device of a flow."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.routes.inferring import address

if TYPE_CHECKING:
    from netaudit.routes.inferring import Inferred

Way = tuple[str, str]  # flow and direction
NOWHERE: Way = ("", "")

SAID = frozenset({"time", "device", "place", "name", "id_number", "person_id", "gender", "age", "score", "direction"})
HALF_HOUR = 1800 * 10**9  # ns


def announced(found: list[Inferred]) -> list[Inferred]:
    """Give a picture that was sent without a document what the one record says that its sender names it in.

    Where both went to the same receiver, they are one event: that of the record.
    """
    records: dict[tuple[str, str], list[Inferred]] = defaultdict(list)
    for one in found:
        for url in one.urls:
            records[one.message.route.sender, address(url)].append(one)
    out = []
    for one in found:
        naming = records.get((one.message.route.sender, one.path), []) if _is_bare(one) else []
        naming = [record for record in naming if record is not one and not _is_bare(record)]
        if len(naming) != 1 or abs(naming[0].message.ns - one.message.ns) > HALF_HOUR:
            out.append(one)
        elif naming[0].message.route.receiver == one.message.route.receiver:
            naming[0].images += one.images
        else:
            new = {meaning: value for meaning, value in naming[0].values.items() if meaning in SAID - one.values.keys()}
            one.values |= new
            one.urls += [url for url in naming[0].urls if address(url) == one.path and url not in one.urls]
            one.announced = set(new)
            if one.shot_time is None:
                one.shot_time, one.zone = naming[0].shot_time, naming[0].zone
            out.append(one)
    return out


def _is_bare(one: Inferred) -> bool:
    """Whether it is a picture that was sent without a document."""
    return not one.message.route.reply and bool(one.images) and not one.tells


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
