"""What became of each route: device × purpose × endpoint.

Asked in this order, and the first that holds is told: it is *still* there; the same device sends to the same endpoint
in another way (*now encrypted*, *now other*); it *moved* to another endpoint or device; something speaks against
telling an absence (*could not have been seen*); only then it is *gone*. So whatever is not known makes an outcome
weaker, never stronger. What would have to be different for a stronger one is in `bears`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.findings.recheck.going_on import PERSONAL, goes_on
from netaudit.findings.recheck.matching import Match, matches
from netaudit.findings.recheck.occasions import (
    FOLLOWS,
    LEAST,
    PASSES,
    called,
    follow_chance,
    near,
    passes,
    power_of,
    shown,
)
from netaudit.findings.recheck.route import (
    BOUND,
    FORMS_OF,
    GONE,
    INSIDE,
    KINDS_OF,
    LEAST_HIDDEN,
    MOVED,
    NEW,
    RECORDS,
    STATUSES,
    UNSEEN,
    UPLOADS,
    Counted,
    Outcome,
    Route,
    end_of,
    named,
    sums_of,
)
from netaudit.findings.recheck.suspects import Suspect, need_of, suspects, weighed
from netaudit.findings.recheck.together import tell_together
from netaudit.findings.recheck.visit import FACE, HIDDEN, PICTURE, RECORD, SECOND, Channel, apart

if TYPE_CHECKING:
    from netaudit.findings.recheck.power import Power
    from netaudit.findings.recheck.suspects import Ways
    from netaudit.findings.recheck.visit import Visit

NOT_ASKED = frozenset(  # kinds of which nothing asks whether they are gone: from outside, or without an image
    ("retrieved", "delivered", *(f"{what}_{way}" for what in ("templates", "contacts")
                                 for way in ("uploaded", "retrieved", "delivered", "moved")))
)  # fmt: skip
SEES = {"wan": 1, "lan": 2, "both": 3}  # how much of a site, by vantage


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
        UNSEEN, route.purpose, named(before, channel.device), channel.device, end_of(before, channel),
        known_by=match.by if match else "", before=_counted(channel, route.purpose),
        now_device=named(after, match.device) if match else "",
        findings_before=sorted({one for ids in channel.findings.values() for one in ids}),
    )  # fmt: skip
    if goes_on(route, outcome, before, after):
        return outcome
    mine = match.device if match else ""
    seen = suspects(channel, FORMS_OF[route.purpose], route.sizes, mine, before, after, ways)
    if (moved := next((one for one in seen if one.moved), None)) is not None:
        outcome.status, outcome.form = MOVED, moved.how
        outcome.now_device, outcome.now_endpoint = named(after, moved.channel.device), end_of(after, moved.channel)
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
                NEW, purpose, named(after, channel.device), channel.device, end_of(after, channel),
                after=_counted(channel, purpose), findings_after=sorted(ids),
            )
        )  # fmt: skip
    return found


def _counted(channel: Channel, purpose: str) -> Counted:
    least = LEAST_HIDDEN if purpose == UPLOADS else 0
    return sums_of([(one.ts, one.size) for one in channel.sent if one.form in FORMS_OF[purpose] and one.size >= least])


def _all_of(channel: Channel) -> Counted:
    return sums_of([(one.ts, one.size) for one in channel.sent])
