"""What else leaves now that has room for what left before: as long as there is such a thing, nothing is called gone.

A channel is suspect when it is new, or has grown by more than one upload of before would need, or follows the marked
passes where it did not. Visitors' own devices send all kinds of things to services of people; they are suspect only
where their uploads follow the passes, lead to the endpoint of before, or come from a device that pictures are sent to.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.personal import CAPTURING as KEEPING
from netaudit.findings.recheck.occasions import FOLLOWS, follow_chance
from netaudit.findings.recheck.visit import FACE, PICTURE, RECORD, VIDEO

if TYPE_CHECKING:
    from netaudit.findings.recheck.matching import Match
    from netaudit.findings.recheck.visit import Channel, Device, Visit

PERSONAL, VIEWER, NETWORK = "personal device", "viewer", "network"
CAPTURING = frozenset({"capture device", "verification terminal"})
OF_SITE = CAPTURING | {"server"}
OWN = frozenset({"phone", "tablet", "handheld", "computer", "pc", "tv"})
SEEN = (FACE, RECORD, VIDEO)
LEAST = 4096  # bytes that a new way may carry without a word: greetings, a check for updates
GROWTH = 1.5  # over its own rate before
SHARE = 10  # a tenth of the size of an upload may be the same picture made smaller
ANSWERED = 4  # so many times what is asked comes back
LEAST_ASKED = 128  # bytes of a question for a name that may hold the features of a face
LEAST_ASKING = 1024  # bytes: what is asked for in one go is less
VISITS = 0.5  # share of what the marked passes would have made, from which a visitor's own device is asked


@dataclass(slots=True)
class Suspect:
    """A channel that may carry it now. `moved`: so like the route that this is told as its outcome."""

    channel: Channel
    code: str
    how: str = ""  # endpoint, device, both
    moved: bool = False
    bars: bool = True  # nothing is called gone beside it; else it is told as what stays open
    figures: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Load:
    """How much channels carry, by the size of what they send."""

    sizes: list[int]
    sums: list[int]  # of the first n of them
    rest: int  # bytes of which no sending tells
    forms: Counter[str]

    def room(self, least: int) -> int:
        """Bytes in sendings of a size and more, and in what is not told apart."""
        return self.sums[-1] - self.sums[bisect.bisect_left(self.sizes, least)] + self.rest


@dataclass(slots=True)
class Weighed:
    """A channel of the later visit with what it was before: the same for every route that is asked about it."""

    channel: Channel
    was: list[Channel]
    known: bool  # its device was there before
    now: Load
    earlier: Load
    _follows: tuple[int, bool] | None = None

    def follows(self, before: Visit, after: Visit) -> tuple[int, bool]:
        """How many passes are followed, and whether by more than chance, as they were not before."""
        if self._follows is None:
            least = LEAST_ASKED if self.channel.asks else 0  # a plain question for a name tells nothing
            count, chance = follow_chance(after, self.channel.times(least=least))
            times = sorted(ts for one in self.was for ts in one.times(least=least))
            self._follows = count, chance <= FOLLOWS and follow_chance(before, times)[1] > FOLLOWS
        return self._follows


@dataclass(slots=True)
class Ways:
    """Channels of the later visit by what may be asked of them, so that no route asks all of the others."""

    more: list[Weighed] = field(default_factory=list)  # new, grown, or followed by what they were not
    of: dict[str, list[Weighed]] = field(default_factory=lambda: defaultdict(list))  # all, by their device


def weighed(before: Visit, after: Visit, met: dict[str, Match], needs: list[int]) -> Ways:
    """All channels of the later visit; `needs` are those of the routes that will ask (`need_of`)."""
    back = {match.device: one for one, match in met.items()}
    found = Ways()
    for _, channel in sorted(after.channels.items()):
        earlier = before.of(back.get(channel.device, ""))
        was = [one for one in earlier if _same_way(one, channel)]
        way = Weighed(channel, was, channel.device in back, _load([channel]), _load(was))
        found.of[channel.device].append(way)
        if needs and _is_more(way, min(needs), before, after):
            found.more.append(way)
    return found


def _leads_out(channel: Channel, visit: Visit) -> bool:
    """Whether what is sent inside may be passed on to the outside unseen: by who asks for names, or the router."""
    there = visit.devices.get(channel.endpoint)
    return channel.asks or (there is not None and there.role == NETWORK)


def _same_way(one: Channel, other: Channel) -> bool:
    return (one.inside, one.asks) == (other.inside, other.asks) and one.meets(other)


def need_of(sizes: list[int]) -> int:
    """Bytes of a small one among the uploads of before; `sizes` in order."""
    return sizes[len(sizes) // 10] if sizes else LEAST


def _is_more(way: Weighed, need: int, before: Visit, after: Visit) -> bool:
    """Whether any route whose uploads need no less could have this channel for a suspect."""
    if any(way.now.forms[form] and not way.earlier.forms[form] for form in SEEN):
        return True
    sizes = np.array(way.now.sizes, np.int64)
    sums, earlier = np.array(way.now.sums, np.int64), np.array(way.earlier.sums, np.int64)
    place = np.searchsorted(np.array(way.earlier.sizes, np.int64), sizes)
    rooms = np.append(sums[-1] - sums[np.searchsorted(sizes, sizes)], 0) + way.now.rest
    before_rooms = np.append(earlier[-1] - earlier[place], 0) + way.earlier.rest
    # between two sizes only what it was before shrinks, so that it has grown most at one of them, or beyond them all
    growth = max(_grown(int(now), int(was), before, after) for now, was in zip(rooms, before_rooms, strict=True))
    return growth > _most(need) or way.follows(before, after)[1]


def _load(channels: list[Channel]) -> Load:
    sizes = sorted(size for one in channels for size in one.sizes())
    rest = sum(max(one.up - sum(one.sizes()), 0) for one in channels)
    forms = Counter(one.form for channel in channels for one in channel.sent)
    return Load(sizes, list(itertools.accumulate(sizes, initial=0)), rest, forms)


def suspects(
    route: Channel, forms: tuple[str, ...], sizes: list[int], mine: str, before: Visit, after: Visit,
    ways: Ways,
) -> list[Suspect]:  # fmt: skip
    """Channels of the later visit that may carry what `route` did in `forms` and `sizes`; the likeliest first.

    `mine` is its device as it is called after, or "".
    """
    need = need_of(sizes)
    found = []
    for way in ways.of.get(mine, ()):  # of what is told apart there, judging tells
        if way.channel.inside > route.inside or not way.channel.meets(route):
            continue
        if _grown(way.now.rest, way.earlier.rest, before, after) > _most(need):
            found.append(Suspect(way.channel, "room", figures=_figures(way, after) | {"bytes": way.now.rest}))
    for way in ways.more:
        if way.channel.inside > route.inside and not _leads_out(way.channel, after):
            continue
        if way.channel.device == mine and way.channel.meets(route):
            continue
        if (one := _suspect(way, route, forms, need, mine, before, after)) is not None:
            found.append(one)
    return sorted(found, key=lambda one: (not one.moved, one.channel.device != mine))


def _suspect(
    way: Weighed, route: Channel, forms: tuple[str, ...], need: int, mine: str, before: Visit, after: Visit
) -> Suspect | None:
    channel = way.channel
    there, own = channel.meets(route), channel.device == mine
    how = "endpoint" if own else "device" if there else "both"
    visitor = not there and _visitor(after, channel, mine)
    figures = _figures(way, after)
    for form in SEEN:
        some = way.now.forms[form]
        if not some or way.earlier.forms[form] or (visitor and form == VIDEO):
            continue
        moved = form in forms and (own or way.known) and not visitor
        if moved or form in forms or form == FACE:
            code = "moved_seen" if moved else "room_seen"
            return Suspect(channel, code, how, moved, figures=figures | {"count": some})
    least = max(64, need // (SHARE * 10))
    if channel.asks:  # the route's own device in whatever pieces; others browse
        least = 0 if own else LEAST_ASKED
    size = way.now.room(least)
    count, follows = way.follows(before, after)
    figures |= {"bytes": size, "followed": count}
    if follows:
        return Suspect(channel, "moved_follows", how, own or there, figures=figures)
    if visitor:
        asked = VISITS * max(len(after.marks), 1) * (need or LEAST)
        more = _grown(size, way.earlier.room(least), before, after)  # a cloud drive that goes on as it did is none
        large = more > max(asked, LEAST) and channel.up > channel.down
        if large and _never_had_it(way, mine, need, after):
            return Suspect(channel, "own_sends", how, bars=False, figures=figures)
        return Suspect(channel, "room_own", how, figures=figures) if large else None
    large = _grown(size, way.earlier.room(least), before, after) > _most(need)
    asks = not there and not channel.asks and (not own or _starved(route, mine, before, after)) and _asks(way, after)
    return Suspect(channel, "room", how, figures=figures) if large and not asks else None


def _starved(route: Channel, mine: str, before: Visit, after: Visit) -> bool:
    """Whether pictures came to the device from others inside, which was heard, and none come any more."""
    came, comes = (
        any(one.times((FACE, PICTURE)) for one in visit.into(device))
        for visit, device in ((before, route.device), (after, mine))
    )
    return came and not comes


def _never_had_it(way: Weighed, mine: str, need: int, after: Visit) -> bool:
    """Whether what passes between devices inside was heard of `mine`, and nothing of a size came to this one there.

    At the router's port alone nothing is heard of what a camera sends to a computer beside it.
    """
    heard = any(
        one.inside and one.up and one.down and (peer := after.devices.get(one.endpoint)) is not None
        and (peer.role in OF_SITE or peer.kind in KEEPING)
        for one in after.of(mine)
    )  # fmt: skip
    return heard and sum(one.up for one in after.into(way.channel.device)) <= _most(need)


def _asks(way: Weighed, after: Visit) -> bool:
    """Whether it only asks, as browsers do: little at a time, all of it told apart, and far more comes back than went.

    What captures sends pictures in small pieces just as well, whatever it is answered.
    """
    device = after.devices.get(way.channel.device)
    if way.now.rest > LEAST or (device is not None and device.role in CAPTURING):
        return False
    return way.channel.down >= ANSWERED * way.channel.up and max(way.now.sizes, default=LEAST) <= LEAST_ASKING


def _figures(way: Weighed, after: Visit) -> dict[str, object]:
    end = way.channel.endpoint
    return {"device": _name(after, way.channel.device), "endpoint": _name(after, end) if way.channel.inside else end}


def _grown(size: int, earlier: int, before: Visit, after: Visit) -> float:
    """Bytes by which it is more than its own rate before lets expect."""
    return size - GROWTH * earlier / max(before.recorded, 1) * after.length


def _most(need: int) -> float:
    """Bytes more that are no upload."""
    return max(min(need, LEAST), need / SHARE)


def _visitor(after: Visit, channel: Channel, mine: str) -> bool:
    """Whether it is a visitor's or worker's own device that nobody of the site sends pictures to."""
    device = after.devices.get(channel.device)
    if device is None or not _own_kind(device):
        return False
    return not any(one.times((FACE, PICTURE)) or one.device == mine for one in after.into(channel.device))


def _own_kind(device: Device) -> bool:
    return device.role in {PERSONAL, VIEWER} or device.kind in OWN


def _name(visit: Visit, device: str) -> str:
    known = visit.devices.get(device)
    return known.words if known else device
