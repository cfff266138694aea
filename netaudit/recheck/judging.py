"""What became of each route: device × purpose × endpoint.

Asked in this order, and the first that holds is told: it is *still* there; the same device sends to the same endpoint
in another way (*now encrypted*, *now other*); it *moved* to another endpoint or device; something speaks against
telling an absence (*could not have been seen*); only then it is *gone*. So whatever is not known makes an outcome
weaker, never stronger. What would have to be different for a stronger one is in `bears`.
"""

from __future__ import annotations

import datetime
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netaudit.recheck.matching import Match, matches
from netaudit.recheck.occasions import (
    FOLLOWS,
    LEAST,
    PASSES,
    WINDOW,
    avoided,
    called,
    follow_chance,
    near,
    passes,
    power_of,
    shown,
)
from netaudit.recheck.suspects import Suspect, need_of, suspects, weighed
from netaudit.recheck.together import tell_together
from netaudit.recheck.visit import CLEAR, FACE, HIDDEN, PICTURE, RECORD, SECOND, VIDEO, Channel, apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.recheck.power import Power
    from netaudit.recheck.suspects import Ways
    from netaudit.recheck.visit import Sending, Visit

GONE, STILL, NEW, MOVED = "gone", "still", "new", "moved"
ENCRYPTED, OTHER, UNSEEN = "now encrypted", "now other", "could not have been seen"
STATUSES = (STILL, NEW, MOVED, ENCRYPTED, OTHER, UNSEEN, GONE)  # gravest first
IMAGES, RECORDS, VIDEOS, UPLOADS, INSIDE = "images", "records", "video", "uploads", "inside"
FORMS_OF = {IMAGES: (FACE,), RECORDS: (RECORD,), VIDEOS: (VIDEO,), UPLOADS: (HIDDEN,), INSIDE: (FACE,)}
KINDS_OF = {
    "uploaded": IMAGES, "video": VIDEOS, "matched": UPLOADS, "counted": UPLOADS, "together": UPLOADS,
    "following": UPLOADS, "hidden": UPLOADS, "moved": INSIDE,
}  # fmt: skip
NOT_ASKED = frozenset(  # kinds of which nothing asks whether they are gone: from outside, or without an image
    ("retrieved", "delivered", *(f"{what}_{way}" for what in ("templates", "contacts")
                                 for way in ("uploaded", "retrieved", "delivered", "moved")))
)  # fmt: skip
PERSONAL, SMALLER, IN_BULK, BULK_GOES = "personal device", 0.5, 0.6, 12
NIGHT = range(22, 24), range(6)
SEES = {"wan": 1, "lan": 2, "both": 3}  # how much of a site, by vantage
BOUND = frozenset({"bound"})  # what of the visit before keeps an absence from being told
LEAST_HIDDEN = 1024  # bytes: less of what is hidden is no upload
LEAST_DATA = 128  # bytes of a message in clear that may hold the features of a face: 128 numbers of a byte each
ALIKE = 1.5  # so much larger or smaller may a picture be to be like those with a face


@dataclass(frozen=True, slots=True)
class Counted:
    """What a route carried in a visit."""

    count: int = 0
    bytes: int = 0
    median: int = 0
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of one route. `bears` are codes of texts.yaml with their figures."""

    status: str
    purpose: str
    device: str  # as a sentence calls it
    device_id: str
    endpoint: str
    form: str = ""  # how it moved or became another
    now_device: str = ""
    now_endpoint: str = ""
    known_by: str = ""
    before: Counted = field(default_factory=Counted)
    after: Counted = field(default_factory=Counted)
    power: Power | None = None
    together: Power | None = None  # of all devices that share the marks and the endpoint
    devices: int = 1  # so many are those
    bears: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    limits: list[tuple[str, dict[str, object]]] = field(default_factory=list)  # of what is called gone: what stays open
    findings_before: list[str] = field(default_factory=list)
    findings_after: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Route:
    """A route of the visit before, and what became of its device."""

    channel: Channel
    purpose: str
    match: Match | None
    again: list[Channel]  # the same device to the same endpoint, after

    far: frozenset[str] = frozenset()  # addresses of its endpoint, after

    exchanges: list[tuple[int, int]] = field(default_factory=list)  # when something else that passes shows its way
    way: list[tuple[int, int]] = field(default_factory=list)  # the same, calls in vain included

    def calls(self, after: Visit) -> list[int]:
        """When its device called its endpoint in vain, in order."""
        tried = after.tried.get(self.match.device, ()) if self.match else ()
        return sorted(one.ts for one in tried if one.ip in self.far)

    @property
    def sent(self) -> list[int]:
        """When it carried something."""
        return self.channel.times(FORMS_OF[self.purpose], LEAST_HIDDEN if self.purpose == UPLOADS else 0)

    @property
    def alike(self) -> list[int]:
        """When it carried that, or a picture of such a size in which no clear face was found.

        Neither is met where it is called gone, and a face that was overlooked is a pass that was followed all the same.
        """
        if self.purpose not in (IMAGES, INSIDE) or not (sizes := self.sizes):
            return self.sent
        least, most = sizes[0] / ALIKE, sizes[-1] * ALIKE
        more = [one.ts for one in self.channel.sent if one.form == PICTURE and least <= one.size <= most]
        return sorted([*self.sent, *more])

    @property
    def sizes(self) -> list[int]:
        """Bytes of each."""
        return self.channel.sizes(FORMS_OF[self.purpose], LEAST_HIDDEN if self.purpose == UPLOADS else 0)


def compare(before: Visit, after: Visit) -> list[Outcome]:
    """Outcomes of all routes of either visit, gravest first."""
    met = matches(before, after)
    routes = [
        Route(channel, purpose, met.get(channel.device), _again(channel, met, after), _far(channel, met, after))
        for channel, purpose in _routes(before)
    ]
    ways = weighed(before, after, met, [need_of(route.sizes) for route in routes])
    found = [_outcome(route, before, after, met, ways) for route in routes]
    tell_together(routes, found, before, after)
    return sorted(
        found
        + _new(before, after, met, found, {(one.channel.device, one.channel.endpoint, one.purpose) for one in routes}),
        key=lambda o: (STATUSES.index(o.status), o.device, o.purpose, o.endpoint),
    )


def _routes(visit: Visit) -> list[tuple[Channel, str]]:
    """Channels of which findings speak, or whose hidden uploads follow the marked passes, once for each purpose.

    Those of visitors' own devices are none.
    """
    found, tied = [], _tied(visit)
    for channel in visit.channels.values():
        device = visit.devices.get(channel.device)
        if device is not None and device.role == PERSONAL:
            continue
        purposes = {KINDS_OF[kind] for kind in channel.findings if kind not in NOT_ASKED}
        if channel.times((RECORD,)) and not channel.inside:
            purposes.add(RECORDS)
        if channel.endpoint in tied and channel.times((HIDDEN,), LEAST_HIDDEN):
            purposes.add(UPLOADS)
        found += [
            (channel, purpose) for purpose in sorted(purposes)
            if channel.inside == (purpose == INSIDE) and channel.times(FORMS_OF[purpose])
        ]  # fmt: skip
    return found


def _tied(visit: Visit) -> set[str]:
    """Endpoints to which hidden uploads follow the marked passes: those of all devices, which share the marks."""
    by_end: dict[str, list[int]] = defaultdict(list)
    for channel in visit.channels.values():
        if not channel.inside:
            by_end[channel.endpoint] += channel.times((HIDDEN,), LEAST_HIDDEN)
    sent = {end: sorted(times) for end, times in by_end.items() if len(times) >= LEAST}
    return {end for end, times in sent.items() if follow_chance(visit, times, len(sent))[1] <= FOLLOWS}


def _again(channel: Channel, met: dict[str, Match], after: Visit) -> list[Channel]:
    match = met.get(channel.device)
    if match is None:
        return []
    if channel.inside:
        other = met.get(channel.endpoint)
        ends = (match.device, other.device if other else "")
        return [after.channels[ends]] if ends in after.channels else []
    return [one for one in after.out(match.device) if one.meets(channel)]


def _far(channel: Channel, met: dict[str, Match], after: Visit) -> frozenset[str]:
    """Addresses of the endpoint in the later visit: those of a device inside, of others those of before."""
    if not channel.inside:
        return frozenset(channel.ips)
    there = after.devices.get(met[channel.endpoint].device) if channel.endpoint in met else None
    return there.ips if there else frozenset()


def _outcome(route: Route, before: Visit, after: Visit, met: dict[str, Match], ways: Ways) -> Outcome:
    channel, match = route.channel, route.match
    outcome = Outcome(
        UNSEEN, route.purpose, _named(before, channel.device), channel.device, _end(before, channel),
        known_by=match.by if match else "", before=_counted(channel, route.purpose),
        now_device=_named(after, match.device) if match else "",
        findings_before=sorted({one for ids in channel.findings.values() for one in ids}),
    )  # fmt: skip
    if _goes_on(route, outcome, before, after):
        return outcome
    mine = match.device if match else ""
    seen = suspects(channel, FORMS_OF[route.purpose], route.sizes, mine, before, after, ways)
    if (moved := next((one for one in seen if one.moved), None)) is not None:
        outcome.status, outcome.form = MOVED, moved.how
        outcome.now_device, outcome.now_endpoint = _named(after, moved.channel.device), _end(after, moved.channel)
        outcome.after = _all_of(moved.channel)
        outcome.findings_after = sorted({one for ids in moved.channel.findings.values() for one in ids})
        outcome.bears.append((moved.code, moved.figures))
        return outcome
    route.exchanges = _exchanges(route, after)
    route.way = apart([*route.exchanges, *called(route.calls(after))], 0)
    outcome.power = power_of(before, after, channel, route.alike, mine, route.way)
    outcome.bears = _against(route, before, after, seen, met, outcome.power)
    if not outcome.power.enough and (outcome.power.asked or not outcome.bears):
        outcome.bears.append(_too_little(outcome.power, before, after))
    outcome.status = UNSEEN if outcome.bears else GONE
    if outcome.status == GONE:
        outcome.limits = _limits(route, after) + [(one.code, one.figures) for one in seen if not one.bars]
    return outcome


def _too_little(power: Power, before: Visit, after: Visit) -> tuple[str, dict[str, object]]:
    """Why an absence shows too little, and what would make it enough."""
    if not before.marks or not after.marks:
        return ("unmarked_before" if not before.marks else "unmarked_after"), {}
    if power.kind == PASSES and power.needed:
        return "power_needed", {"asked": power.asked, "needed": power.needed}
    return "power", {}


def _limits(route: Route, after: Visit) -> list[tuple[str, dict[str, object]]]:
    """What an absence leaves open for this route: what is stored may leave at another hour, little things still go."""
    found: list[tuple[str, dict[str, object]]] = []
    if not route.channel.inside and _collects(route, after) and not _whole_day(after):
        found.append(("stored", {}))
    sizes = [one.size for channel in route.again for one in channel.sent]
    if sizes:
        found.append(("goes_on", {"count": len(sizes), "bytes": sum(sizes), "most": max(sizes)}))
    if calls := route.calls(after):
        found.append((_tried(route), {"count": len(calls)}))
    return found


def _tried(route: Route) -> str:
    """Code of what calls in vain stand beside: whether they alone show the way, and what else goes to the endpoint."""
    if route.channel.inside:
        return "tried" if route.exchanges else "tried_inside"
    if route.exchanges:
        return "tried"
    return "tried_unanswered" if route.again else "tried_only"


def _goes_on(route: Route, outcome: Outcome, before: Visit, after: Visit) -> bool:
    """Whether the same device still sends to the same endpoint, in whatever way; says how in `outcome`."""
    for channel in route.again:
        outcome.findings_after += sorted({one for ids in channel.findings.values() for one in ids})
        outcome.now_endpoint = _end(after, channel)
    forms, least = FORMS_OF[route.purpose], LEAST_HIDDEN if route.purpose == UPLOADS else 0
    own = [one for channel in route.again for one in channel.sent if one.form in forms and one.size >= least]
    if route.purpose == UPLOADS:
        own = own if _capable(own, route.sizes) else []
    if own:
        outcome.after = _sums([(one.ts, one.size) for one in own])
        times = sorted(one.ts for one in own)
        outcome.form = _changed(route, times, outcome, after.zone or before.zone or "Asia/Shanghai")
        mine = route.match.device if route.match else ""
        pictures = [one.ts for channel in route.again for one in channel.sent if one.form in (FACE, PICTURE)]
        power = avoided(before, after, route.channel, route.sent, sorted([*times, *pictures]), mine)
        if power.enough:
            outcome.form, outcome.power = outcome.form or "avoids", power
            outcome.bears.append(("avoids", {"sent": len(times), "window": WINDOW // SECOND}))
        outcome.status = OTHER if outcome.form else STILL
        return True
    others = [one for channel in route.again for one in channel.sent]
    if route.purpose == UPLOADS and (small := [one for one in others if one.form == HIDDEN]):
        was = [one for one in route.channel.sent if one.form == HIDDEN and one.size < LEAST_HIDDEN]
        if len(small) > 2 + 1.5 * len(was) * after.length / max(before.recorded, 1):
            outcome.status, outcome.form = OTHER, "smaller"
            outcome.after = _sums([(one.ts, one.size) for one in small])
            return True
    for form, status, how in (
        (PICTURE, OTHER, "picture"), (FACE, OTHER, "picture"), (VIDEO, OTHER, "video"), (RECORD, OTHER, "vectors"),
        (HIDDEN, ENCRYPTED, ""), (CLEAR, OTHER, "vectors"),
    ):  # fmt: skip
        if form in forms:
            continue
        some = [one for one in others if one.form == form]
        was = [one for one in route.channel.sent if one.form == form]
        if some and (more := _more(some, was, before, after, route.sizes, form)):
            outcome.status, outcome.form = status, how or more
            outcome.after = _sums([(one.ts, one.size) for one in some])
            most = max(one.size for one in some)
            if form == HIDDEN and most < route.sizes[0]:
                outcome.bears.append(("smaller_hidden", {"most": most, "least": route.sizes[0]}))
            return True
    return False


def _capable(sent: Sequence[Sending], sizes: list[int]) -> bool:
    """Whether what is sent unseen has the room of one upload of before, at a tenth of its size."""
    need = (sizes[len(sizes) // 10] if sizes else LEAST_HIDDEN) // 10
    return sum(one.size for one in sent) >= max(need, LEAST_HIDDEN)


def _more(some: list[Sending], was: list[Sending], before: Visit, after: Visit, sizes: list[int], form: str) -> str:
    """Whether a form is sent "more" than it was before beside the route, by bytes in the time, or "follows" the passes.

    Empty where it does neither.
    """
    if form in (PICTURE, FACE, VIDEO, RECORD) and not was:
        return "more"
    rate = sum(one.size for one in was) / max(before.recorded, 1)
    small = sizes[len(sizes) // 10] if sizes else 0  # an upload of before
    for least, need in ((LEAST_DATA if form == CLEAR else 0, small // 10), (0, small)):  # little ones would be pieces
        if sum(one.size for one in some if one.size >= least) > 1.5 * rate * after.length + max(need, LEAST_HIDDEN):
            return "more"
    able = [one.ts for one in some if form != CLEAR or one.size >= LEAST_DATA]  # a number alone may follow
    follow = follow_chance(after, sorted(able))[1]
    anew = follow <= FOLLOWS and follow_chance(before, sorted(one.ts for one in was))[1] > FOLLOWS
    return "follows" if anew else ""


def _changed(route: Route, sent: list[int], outcome: Outcome, zone: str) -> str:
    """How what goes on is another than it was; empty where it is not."""
    if _night(sent, zone) >= 0.8 and _night(route.sent, zone) <= 0.2:
        return "night"
    if _bulk(sent) >= IN_BULK and _bulk(route.sent) < IN_BULK / 2:
        return "bulk"
    if outcome.after.median * 2 <= outcome.before.median and outcome.before.median:
        return "smaller"
    return ""


def _night(times: list[int], zone: str) -> float:
    try:
        there: datetime.tzinfo = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        there = datetime.UTC
    hours = [datetime.datetime.fromtimestamp(ts / SECOND, there).hour for ts in times]
    return sum(hour in NIGHT[0] or hour in NIGHT[1] for hour in hours) / max(len(hours), 1)


def _bulk(times: list[int]) -> float:
    """Share of sendings that are in goes of BULK_GOES or more, with pauses below two seconds."""
    goes: list[int] = []
    for k, ts in enumerate(times):
        if k and ts - times[k - 1] <= 2 * SECOND:
            goes[-1] += 1
        else:
            goes.append(1)
    return sum(go for go in goes if go >= BULK_GOES) / max(len(times), 1)


def _against(
    route: Route, before: Visit, after: Visit, seen: list[Suspect], met: dict[str, Match], power: Power
) -> list[tuple[str, dict[str, object]]]:
    """What keeps an absence from being told."""
    match = route.match
    limits = sorted({*after.limits, *BOUND.intersection(before.limits)})
    found: list[tuple[str, dict[str, object]]] = [(code, {}) for code in limits]
    if match is None:
        return [*found, ("device_absent", {})]
    if not match.sure:
        found.append(("device_unsure", {}))
    if min(SEES.get(one, 0) for one in after.sides) < max(SEES.get(one, 0) for one in before.sides):
        found.append(("vantage_less", {}))
    if not after.heard.get(match.device):
        found.append(("device_silent", {}))
    else:
        found += _way_unseen(route, after, power)
    found += [(one.code, one.figures) for one in seen if one.bars]
    if missing := _sources_missing(route, before, after, met):
        found.append(("source_absent", {"count": missing}))
    return found


def _way_unseen(route: Route, after: Visit, power: Power) -> list[tuple[str, dict[str, object]]]:
    """What is not known of a silent route's way: where it failed, what is sent may take another."""
    code, known = "way_inside" if route.channel.inside else "way_outside", passes(after)
    if not route.way:
        return [(code, {})]
    count = len(known) - len(shown(known, route.way))
    return [(f"{code}_then", {"count": count})] if count and (count * 2 > len(known) or not power.enough) else []


def _exchanges(route: Route, after: Visit) -> list[tuple[int, int]]:
    """Around what its device exchanges with the outside, or what else passes between the two inside; near passes."""
    outside = after.out(route.match.device) if route.match else []
    channels = route.again if route.channel.inside else outside
    found, known = near(span for one in channels for span in one.spans), passes(after)
    return found if shown(known, found) or not known else []


def _sources_missing(route: Route, before: Visit, after: Visit, met: dict[str, Match]) -> int:
    """How many that sent the device its pictures before were not met or said nothing: nothing comes, nothing leaves."""
    fed = {one.device for one in before.into(route.channel.device) if one.times((FACE, PICTURE))}
    return sum(one not in met or not met[one].sure or not after.heard.get(met[one].device) for one in fed)


def _collects(route: Route, after: Visit) -> bool:
    """Whether pictures still come to the device from others inside: they may leave at another hour."""
    device = route.match.device if route.match else ""
    return any(one.times((FACE, PICTURE)) for one in after.into(device))


def _whole_day(visit: Visit) -> bool:
    return any(end - start >= 24 * 3600 * SECOND for start, end in visit.spans)


def _new(
    before: Visit, after: Visit, met: dict[str, Match], outcomes: list[Outcome], asked: set[tuple[str, str, str]]
) -> list[Outcome]:
    """Routes of the later visit that no route before leads to; `asked`: device, endpoint and purpose of those."""
    back = {match.device: one for one, match in met.items()}
    known = {one for outcome in outcomes for one in outcome.findings_after}
    found = []
    for channel, purpose in _routes(after):
        ids = {one for kinds in channel.findings.values() for one in kinds}
        was = [one for one in before.of(back.get(channel.device, "")) if one.meets(channel)]
        same = any(
            (one.device, one.endpoint, purpose) in asked or (one.times(FORMS_OF[purpose]) and one.findings)
            for one in was
        )
        if ids & known or same:
            continue
        found.append(
            Outcome(
                NEW, purpose, _named(after, channel.device), channel.device, _end(after, channel),
                after=_counted(channel, purpose), findings_after=sorted(ids),
            )
        )  # fmt: skip
    return found


def _named(visit: Visit, device: str) -> str:
    known = visit.devices.get(device)
    return known.words if known else device


def _end(visit: Visit, channel: Channel) -> str:
    """How a sentence calls the endpoint: a device inside by what it is."""
    return _named(visit, channel.endpoint) if channel.inside else channel.endpoint


def _counted(channel: Channel, purpose: str) -> Counted:
    least = LEAST_HIDDEN if purpose == UPLOADS else 0
    return _sums([(one.ts, one.size) for one in channel.sent if one.form in FORMS_OF[purpose] and one.size >= least])


def _all_of(channel: Channel) -> Counted:
    return _sums([(one.ts, one.size) for one in channel.sent])


def _sums(rows: list[tuple[int, int]]) -> Counted:
    if not rows:
        return Counted()
    sizes = [size for _, size in rows]
    return Counted(len(rows), sum(sizes), int(statistics.median(sizes)), min(rows)[0], max(rows)[0])
