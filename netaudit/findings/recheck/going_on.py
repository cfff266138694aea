"""Whether something goes on on a way of which nothing more was seen: in another form, at another time, or in bulk."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netaudit.findings.recheck.occasions import (
    FOLLOWS,
    WINDOW,
    avoided,
    follow_chance,
)
from netaudit.findings.recheck.route import (
    ENCRYPTED,
    FORMS_OF,
    LEAST_HIDDEN,
    OTHER,
    STILL,
    UPLOADS,
    Outcome,
    Route,
    end_of,
    sums_of,
)
from netaudit.findings.recheck.visit import CLEAR, FACE, HIDDEN, PICTURE, RECORD, SECOND, VIDEO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.findings.recheck.visit import Sending, Visit
PERSONAL, SMALLER, IN_BULK, BULK_GOES = "personal device", 0.5, 0.6, 12
NIGHT = range(22, 24), range(6)
LEAST_DATA = 128  # bytes of a message in clear that may hold the features of a face: 128 numbers of a byte each


def goes_on(route: Route, outcome: Outcome, before: Visit, after: Visit) -> bool:
    """Whether the same device still sends to the same endpoint, in whatever way; says how in `outcome`."""
    for channel in route.again:
        outcome.findings_after += sorted({one for ids in channel.findings.values() for one in ids})
        outcome.now_endpoint = end_of(after, channel)
    forms, least = FORMS_OF[route.purpose], LEAST_HIDDEN if route.purpose == UPLOADS else 0
    own = [one for channel in route.again for one in channel.sent if one.form in forms and one.size >= least]
    if route.purpose == UPLOADS:
        own = own if _capable(own, route.sizes) else []
    if own:
        outcome.after = sums_of([(one.ts, one.size) for one in own])
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
            outcome.after = sums_of([(one.ts, one.size) for one in small])
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
            outcome.after = sums_of([(one.ts, one.size) for one in some])
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
