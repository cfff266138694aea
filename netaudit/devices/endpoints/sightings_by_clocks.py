"""Sightings of one connection by bytes, ports or pictures, at the distance of the clocks of two recordings."""

from __future__ import annotations

import bisect
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from netaudit.devices.endpoints.sighted import APART, LEAST_BYTES, SECOND, Key, Pair, Seen, Ways, may_be_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LEAST_ANCHORS = 3  # that lie the same time apart, before a distance of clocks is found by a search …
SEARCHED = 900 * SECOND  # … within which that is looked for
SIZES, PICTURES = "same bytes both ways", "same pictures"
SEARCH = "at a distance of clocks that was searched for"


def clocks(pairs: list[Pair]) -> dict[Ways, int]:
    """How much later the clock of a recording is than that of another, in ns, by connections that both saw begin."""
    apart: dict[Ways, list[int]] = defaultdict(list)
    for pair in pairs:
        if pair.one.recording != pair.other.recording and pair.one.opened == pair.other.opened:
            apart[pair.ways].append(pair.apart)
    return {ways: int(np.median(some)) for ways, some in apart.items()}


def first_pictures(pictures: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The first picture that each connection carried, by its SHA-256."""
    first: dict[str, str] = {}
    for flow_id, sha256 in pictures:
        first.setdefault(flow_id, sha256)
    return first


def by_sizes(seen: list[Seen], used: set[str]) -> dict[Key, list[Seen]]:
    """Connections by their server and the bytes both ways."""
    found: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.flow_id not in used:
            found[one.server, one.sizes].append(one)
    return found


def by_ports(seen: list[Seen], used: set[str]) -> dict[Key, list[Seen]]:
    """Connections by both ends, ports and bytes: what a firewall drew anew are numbers, and those only."""
    found: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.flow_id not in used and one.starts is not None and sum(one.spans) >= LEAST_BYTES:
            found[one.client, one.port, one.server, one.spans].append(one)
    return found


def by_picture(seen: list[Seen], used: set[str], first: Mapping[str, str]) -> dict[Key, list[Seen]]:
    """Connections by the first picture that they carried, and their server: a hole in one capture changes its sizes."""
    found: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen if first else ():
        if one.flow_id not in used and (carried := first.get(one.flow_id)):
            found[carried, one.server].append(one)
    return found


def at_distance(
    keyed: Mapping[Key, list[Seen]], clocks: Mapping[Ways, int], way: str, *, tied_only: bool = False
) -> Iterator[Pair]:
    """Pairs at the distance of the clocks, or at one that is searched for where nothing tells it."""
    for ways, anchors in _anchors(keyed).items():
        apart = clocks.get(ways)
        by = way if apart is not None else f"{way}, {SEARCH}"
        apart = _searched(anchors) if apart is None and not tied_only else apart
        if apart is not None:
            tied = ways in clocks
            yield from (Pair(one, other, by) for one, other in _matched(keyed, *ways, apart, tied=tied))


def _anchors(keyed: Mapping[Key, list[Seen]]) -> dict[Ways, list[tuple[Seen, Seen]]]:
    """By two recordings, in order: what each saw once of a kind."""
    pairs: dict[Ways, list[tuple[Seen, Seen]]] = defaultdict(list)
    for some in keyed.values():
        by_recording: dict[str, list[Seen]] = defaultdict(list)
        for one in some:
            by_recording[one.recording].append(one)
        alone = sorted((name, ones) for name, ones in by_recording.items())
        for place, (name, ones) in enumerate(alone):
            for other_name, others in alone[place + 1 :]:
                here = pairs[name, other_name]
                if len(ones) == len(others) == 1 and may_be_one(ones[0], others[0]):
                    here.append((ones[0], others[0]))
    return dict(sorted(pairs.items()))


def _searched(anchors: list[tuple[Seen, Seen]]) -> int | None:
    """How much later the second recording's clock shows the same, in ns; None where too little lies the same apart."""
    apart = np.sort(np.array([other.first - one.first for one, other in anchors], np.int64))
    apart = apart[np.abs(apart) <= SEARCHED]
    if len(apart) < LEAST_ANCHORS:
        return None
    ends = np.searchsorted(apart, apart + APART, "right")
    counts = ends - np.arange(len(apart))
    best = int(np.argmax(counts))
    return int(np.median(apart[best : ends[best]])) if counts[best] >= LEAST_ANCHORS else None


def _matched(
    keyed: Mapping[Key, list[Seen]], one: str, other: str, apart: int, *, tied: bool
) -> Iterator[tuple[Seen, Seen]]:
    """Pairs of sightings in two recordings, each used once; `tied`: what only one can have tells the distance."""
    for some in keyed.values():
        here, there = (
            sorted((row for row in some if row.recording == name), key=lambda row: row.first) for name in (one, other)
        )
        times, used = [far.first for far in there], set[int]()
        for row in here:
            then = row.first + apart
            places = range(bisect.bisect_left(times, then - APART), bisect.bisect_right(times, then + APART))
            near = [place for place in places if place not in used and may_be_one(row, there[place], tied=tied)]
            if near:
                _, best = min((abs(times[place] - then), place) for place in near)
                used.add(best)
                yield row, there[best]
