"""What else leaves now that has room for what left before: as long as there is such a thing, nothing is called gone.

A channel is suspect when it is new, or has grown by more than one upload of before would need, or follows the marked
passes where it did not. Visitors' own devices send all kinds of things to services of people; they are suspect only
where their uploads follow the passes, lead to the endpoint of before, or come from a device that pictures are sent to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.recheck.occasions import FOLLOWS, follow_chance
from netaudit.recheck.visit import FACE, HIDDEN, PICTURE, RECORD, VIDEO

if TYPE_CHECKING:
    from netaudit.recheck.matching import Match
    from netaudit.recheck.visit import Channel, Visit

PERSONAL, VIEWER = "personal device", "viewer"
OWN = frozenset({"phone", "tablet", "handheld", "computer", "pc", "tv"})
SEEN = (FACE, RECORD, VIDEO)
LEAST = 4096  # bytes that a new way may carry without a word: greetings, a check for updates
GROWTH = 1.5  # over its own rate before
SHARE = 10  # a tenth of the size of an upload may be the same picture made smaller
VISITS = 0.5  # share of what the marked passes would have made, from which a visitor's own device is asked


@dataclass(slots=True)
class Suspect:
    """A channel that may carry it now. `moved`: so like the route that this is told as its outcome."""

    channel: Channel
    code: str
    how: str = ""  # endpoint, device, both
    moved: bool = False
    figures: dict[str, object] = field(default_factory=dict)


def suspects(route: Channel, sizes: list[int], before: Visit, after: Visit, met: dict[str, Match]) -> list[Suspect]:
    """Channels of the later visit that may carry what `route` (with uploads of `sizes`) did; the likeliest first."""
    back = {match.device: one for one, match in met.items()}
    need = sizes[len(sizes) // 10] if sizes else LEAST
    mine = met[route.device].device if route.device in met else ""
    found = []
    for channel in after.channels.values():
        if channel.inside or (channel.device == mine and channel.meets(route)):
            continue
        was = [
            one for one in before.channels.values()
            if not one.inside and one.device == back.get(channel.device) and one.meets(channel)
        ]  # fmt: skip
        if (one := _suspect(channel, was, route, need, mine, before, after)) is not None:
            found.append(one)
    return sorted(
        found,
        key=lambda one: (not one.moved, one.channel.device != mine, one.channel.device, one.channel.endpoint),
    )


def _suspect(
    channel: Channel, was: list[Channel], route: Channel, need: int, mine: str, before: Visit, after: Visit
) -> Suspect | None:
    there = channel.meets(route)
    how = "endpoint" if channel.device == mine else "device" if there else "both"
    figures: dict[str, object] = {"device": _name(after, channel.device), "endpoint": channel.endpoint}
    for form in SEEN:
        some, earlier = channel.times((form,)), [ts for one in was for ts in one.times((form,))]
        if some and not earlier and (form in {one.form for one in route.sent} or form == FACE):
            return Suspect(channel, "moved_seen", how, True, figures | {"count": len(some)})
    capable = channel.sizes(least=max(64, need // (SHARE * 10)))
    size, earlier_size = sum(capable), sum(sum(one.sizes()) for one in was)
    grown = size - GROWTH * earlier_size / max(before.length, 1) * after.length
    count, chance = follow_chance(after, channel.times())
    follows = chance <= FOLLOWS and follow_chance(before, sorted(ts for one in was for ts in one.times()))[1] > FOLLOWS
    figures |= {"bytes": size, "followed": count}
    if follows:
        return Suspect(channel, "moved_follows", how, channel.device == mine or there, figures)
    if _own(after, channel, mine) and not there:
        asked = VISITS * max(len(after.marks), 1) * (need or LEAST)
        large = size > max(asked, LEAST) and channel.up > channel.down
        return Suspect(channel, "room_own", how, False, figures) if large else None
    if grown <= max(min(need, LEAST), need / SHARE):
        return None
    if there or (channel.device == mine and channel.times((HIDDEN, PICTURE))):
        return Suspect(channel, "moved_room", how, True, figures)
    return Suspect(channel, "room", how, False, figures)


def _own(after: Visit, channel: Channel, mine: str) -> bool:
    """Whether it is a visitor's or worker's own device that nobody of the site sends pictures to."""
    device = after.devices.get(channel.device)
    if device is None or not (device.role in {PERSONAL, VIEWER} or device.kind in OWN):
        return False
    given = any(
        one.inside and one.endpoint == channel.device and (one.times((FACE, PICTURE)) or one.device == mine)
        for one in after.channels.values()
    )
    return not given


def _name(visit: Visit, device: str) -> str:
    known = visit.devices.get(device)
    return known.words if known else device
