"""Occasions on which an upload is to be expected: marked passes, stretches of time, pictures moved to or from a device.

A pass counts once, by its window; passes that are closer together than a window are one occasion. The text of a mark
says whose camera was passed where it names a device, or where the uploads of the visit before follow marks of that text
and not others: then only marks of such a text are asked.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.passes import asked_of, merged, tie
from netaudit.findings.recheck.power import Power, by_accident
from netaudit.findings.recheck.visit import FACE, PICTURE, SECOND, apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netaudit.findings.recheck.visit import Channel, Device, Visit

LEAD = SECOND  # a hand is slower than an eye
WINDOW = 30 * SECOND  # after a pass: most cameras are done within seconds
STRETCH = 600 * SECOND
NEAR = 600 * SECOND  # so near to a pass a device has to be heard
LEAST = 5  # occasions before, and passes of which it is asked whether something follows
LEAST_TEXT = 3  # marks of one text
MOST_SPENT = 0.01  # chance of an accident up to which a text is taken for a camera's
FOLLOWS = 0.01  # chance below which uploads are said to follow marked moments
PASSES, STRETCHES, PICTURES = "passes", "stretches", "pictures"
_COUNT = re.compile(r"(?<![\w.:])\d{1,4}(?![\w:]|\.\d)")  # a number that stands alone
_OTHER = re.compile(r"[^\w.:-]+")


def thinned(times: Iterable[int]) -> list[int]:
    """Times of which each is further from the one before than a window."""
    kept: list[int] = []
    for one in sorted(times):
        if not kept or one - kept[-1] > LEAD + WINDOW:
            kept.append(one)
    return kept


def _follows(occasions: Sequence[int], sent: Sequence[int]) -> list[bool]:
    """Of each occasion, whether something (times in order) was sent after it."""
    return [bisect.bisect_right(sent, one + WINDOW) > bisect.bisect_left(sent, one - LEAD) for one in occasions]


def followed(occasions: Sequence[int], sent: Sequence[int]) -> int:
    """How many occasions something (times in order) was sent after."""
    return sum(_follows(occasions, sent))


def near(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """When an occasion lies near one of the connections: a way that is seen at another hour may be another by then."""
    return apart((start - NEAR, end + NEAR) for start, end in spans)


def called(calls: Iterable[int]) -> list[tuple[int, int]]:
    """When an occasion is followed by a call."""
    return apart(((one - WINDOW, one + LEAD) for one in calls), 0)


def shown(occasions: Sequence[int], way: Sequence[tuple[int, int]]) -> list[int]:
    """Occasions (in order) that lie in a span (in order, apart)."""
    starts = [start for start, _ in way]
    return [ts for ts in occasions if (k := bisect.bisect_right(starts, ts)) and ts <= way[k - 1][1]]


def key_of(text: str) -> str:
    """What a mark says, without its number."""
    return _OTHER.sub(" ", _COUNT.sub(" ", text.casefold())).strip(" .:-")


def passes(visit: Visit, texts: frozenset[str] | None = None) -> list[int]:
    """Marked passes whose window was captured, thinned; of some texts only."""
    chosen = [ts for ts, text in visit.marks if texts is None or key_of(text) in texts]
    return thinned(ts for ts in chosen if visit.covered(ts - LEAD, ts + WINDOW))


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of the marks that belong to devices; `own` None: all marks do."""

    own: frozenset[str] | None = None
    looked: int = 1  # texts that were looked at for it
    spent: float = 0.0  # chance that they were followed so much more than the others by accident


def texts_of(visit: Visit, devices: Sequence[Device], sent: Sequence[int]) -> Texts:
    """Which marks are of devices: whose texts name them, else those that are followed and others not."""
    by_text: dict[str, list[int]] = defaultdict(list)
    for ts, text in visit.marks:
        by_text[key_of(text)].append(ts)
    places = _places(visit, devices)
    named = frozenset(
        key_of(text) for _, text in visit.marks
        if any(_names(text, one) for one in devices) or any(_has(text, place) for place in places)
    )  # fmt: skip
    if named:
        return Texts(named)
    frequent = {text: thinned(times) for text, times in by_text.items() if len(times) >= LEAST_TEXT}
    counts = {text: (followed(times, sent), len(times)) for text, times in frequent.items()}
    own = frozenset(text for text, (count, of) in counts.items() if count * 2 >= of)
    if not own or len(own) == len(counts):
        return Texts()
    (count, of), (others, of_others) = (
        tuple(map(sum, zip(*(one for text, one in counts.items() if (text in own) == mine), strict=True)))
        for mine in (True, False)
    )
    spent = by_accident(count, of, others, of_others) * (2 ** len(counts) - 2)  # of all ways to choose some of them
    return Texts(own, 1, spent) if spent <= MOST_SPENT else Texts(own, len(counts))


def _names(text: str, device: Device) -> bool:
    """Whether a mark says the device's name, address, serial or model."""
    folded = f" {text.casefold()} "
    words = [*device.ips, *device.macs, device.name, device.model, device.serial]
    return any(
        re.search(rf"(?<![\w.:]){re.escape(word.casefold())}(?![\w:]|\.\d)", folded) for word in words if len(word) > 3
    )


def _places(visit: Visit, devices: Sequence[Device]) -> set[str]:
    """Words in the names of devices that no other device of the site has in its own: "door" of "door-IPC-B2A5"."""
    mine = {word for one in devices for word in _words(one)}
    ours = {one.device_id for one in devices}
    return mine - {word for one in visit.devices.values() if one.device_id not in ours for word in _words(one)}


def _words(device: Device) -> set[str]:
    """Words of a device's name that are not of its model, without numbers."""
    model = {word for word in re.split(r"[^\w]+|_", f"{device.model} {device.vendor}".casefold()) if word}
    words = {word for word in re.split(r"[^\w]+|_", device.name.casefold()) if word}
    return {word for word in words - model if word.isalpha() and len(word) > (3 if word.isascii() else 1)}


def _has(text: str, word: str) -> bool:
    return (
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word), text.casefold())
        is not None
    )


def power_of(
    before: Visit, after: Visit, channel: Channel, sent: Sequence[int], now: str, way: Sequence[tuple[int, int]]
) -> Power:
    """What an absence would be worth: the better of the kinds of occasion that both visits have.

    `channel` and `sent`: the route before, and when it sent; `now`: the same device as it is called after, or "";
    `way`: when its way was seen there (`near`, `called`): other occasions are not asked.
    """
    texts = _own_texts(before, after, channel, sent)
    found = [_of_passes(before, texts, sent, shown(_asked(after, texts, now), way))]
    earlier = _stretches(before, channel.device)
    later = [(start, end - WINDOW) for start, end in _stretches(after, now)]  # what follows a pass is in it, too
    found.append(_power(STRETCHES, _with(earlier, sent), sum(_with(later, shown(passes(after, texts.own), way)))))
    if not after.marks:
        moved = [_moved(before, channel.device), _moved(after, now)]
        found.append(_power(PICTURES, _follows(moved[0], sent), len(shown(moved[1], way))))
    able = [one for one in found if one.able] or found
    return max((replace(one, looked=one.looked * len(able)) for one in able), key=lambda one: one.seen)


def avoided(
    before: Visit, after: Visit, channel: Channel, sent: Sequence[int], later: Sequence[int], now: str
) -> Power:
    """What it is worth that no mark now is followed by what still leaves; `asked` is 0 where one is, of whatever text.

    `later`: when the route sent in the later visit; all else as for `power_of`.
    """
    texts = _own_texts(before, after, channel, sent)
    met = followed([ts for ts, _ in after.marks], later)  # passes near each other, and those of others, tell of it, too
    return _of_passes(before, texts, sent, [] if met else _asked(after, texts, now))


def _own_texts(before: Visit, after: Visit, channel: Channel, sent: Sequence[int]) -> Texts:
    """Which marks are asked about a route: all of them where its device collects what several cameras send."""
    devices = [before.devices[channel.device]] if channel.device in before.devices else []
    texts = texts_of(before, devices, sent)
    collects = any(one.times((FACE, PICTURE)) for one in before.into(channel.device))
    return Texts() if texts.own is not None and (collects or not passes(after, texts.own)) else texts


def _asked(after: Visit, texts: Texts, now: str) -> list[int]:
    """Passes of the later visit around which the device was heard."""
    return [ts for ts in passes(after, texts.own) if after.said_around(now, ts - NEAR, ts + NEAR)]


def _of_passes(before: Visit, texts: Texts, sent: Sequence[int], asked: Sequence[int]) -> Power:
    return _power(PASSES, _follows(passes(before, texts.own), sent), len(asked), texts)


def _power(kind: str, met: list[bool], asked: int, texts: Texts = Texts()) -> Power:
    """Of occasions before, in order, each followed or not."""
    missed = max((len(list(some)) for hit, some in itertools.groupby(met) if not hit), default=1)
    return Power(kind, len(met), sum(met), asked, missed, texts.looked, texts.spent)


def _stretches(visit: Visit, device: str) -> list[tuple[int, int]]:
    """Stretches of time that were captured whole and in which the device was heard."""
    every = (
        (at, at + STRETCH) for start, end in visit.spans for at in range(start, end - STRETCH + 1, STRETCH)
    )  # fmt: skip
    return [(start, end) for start, end in every if visit.said_around(device, start, end)]


def _with(stretches: Iterable[tuple[int, int]], times: Sequence[int]) -> list[bool]:
    """Of each, whether something (times in order) happened in it."""
    return [bisect.bisect_left(times, end) > bisect.bisect_left(times, start) for start, end in stretches]


def _moved(visit: Visit, device: str) -> list[int]:
    """When pictures went to or from the device inside, and what followed was captured."""
    ways = [one for one in (*visit.of(device), *visit.into(device)) if one.inside]
    times = thinned(ts for one in ways for ts in one.times((FACE, PICTURE)))
    return [ts for ts in times if visit.covered(ts - LEAD, ts + WINDOW)]


def follow_chance(visit: Visit, sent: Sequence[int], tried: int = 1) -> tuple[int, float]:
    """How many passes were followed, and the chance that so many are by accident (1 where too little is marked)."""
    known = passes(visit)
    count = followed(known, sent)
    if count < LEAST or len(known) < LEAST:
        return count, 1.0
    given = asked_of(
        np.array(known, np.int64), merged(np.array(visit.spans, np.int64).reshape(-1, 2)), WINDOW // SECOND
    )
    found = tie(np.array(known, np.int64), np.array(sorted(sent), np.int64), given, 1, np.random.default_rng(7))
    if found.p is None:  # hardly any time without a pass: a share is all there is
        return count, 0.0 if count * 5 >= len(known) * 4 else 1.0
    return count, min(1.0, found.p * tried)
