"""Sightings of one connection by what only one can have: the random of its ClientHello, or its sequence numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from netaudit.devices.endpoints.sighted import APART, SPACE, Key, Pair, Seen, may_be_one, private_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pyarrow as pa

    I8 = npt.NDArray[np.int64]

MOST_BEGUN = 4096  # of connections that had begun before the capture did, so many are looked at
LEAST_START = 1 << 16  # a number where connections begin; lower ones are those of stacks that count from nothing
CHANCE = 1e-6  # that numbers of another connection lie where those of one do
PROXY = 4096  # bytes that a proxy is asked with, and answers, before it hands on what is sent
RANDOM, NUMBERS = "same random of the ClientHello", "same sequence numbers"


def by_random(seen: list[Seen], hellos: pa.Table | None) -> Iterator[Pair]:
    """Pairs with the same random of a ClientHello, whatever their sequence numbers."""
    if hellos is None or "random" not in hellos.column_names:
        return
    of, names = {one.flow_id: one for one in seen}, dict[str, str]()
    keyed: dict[str, dict[str, Seen]] = defaultdict(dict)
    columns = [hellos[name].to_pylist() for name in ("flow_id", "random", "sni")]
    for flow_id, random, name in zip(*columns, strict=True):
        if random and random != random[:2] * (len(random) // 2) and flow_id in of:
            keyed[random][flow_id] = of[flow_id]
            names[flow_id] = (name or "").lower()
    for some in keyed.values():
        sides = Counter((one.recording, private_ends(one)) for one in some.values())
        if max(sides.values()) > 1:
            continue  # a stack whose randoms are none
        for pair in _two(list(some.values()), RANDOM):  # whatever sequence numbers a proxy between gives it
            one, other = pair.one, pair.other
            same = names[one.flow_id] == names[other.flow_id] != "" or one.server[:3] == other.server[:3]
            if same and _carried_alike(one, other):
                yield pair


def _carried_alike(one: Seen, other: Seen) -> bool:
    """Whether two captures show as much, but for what either missed: holes, or the end where it saw none."""
    for way in range(2):
        less, more = sorted((one, other), key=lambda each: each.sizes[way])
        missed = sum(each.spans[way] - each.sizes[way] for each in (one, other))
        if less.ended and more.sizes[way] - less.sizes[way] > missed + PROXY:
            return False
    return True


def by_numbers(seen: list[Seen]) -> Iterator[Pair]:
    """Pairs that begin with the same sequence numbers in both directions."""
    keyed: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.starts is not None and min(one.starts) >= LEAST_START:
            keyed[one.server[0], one.server[-1], one.starts].append(one)
    for some in keyed.values():
        yield from (pair for pair in _two(some, NUMBERS) if may_be_one(pair.one, pair.other))


def _two(some: list[Seen], by: str) -> Iterator[Pair]:
    """Pairs of what each recording, or each side of a translation, shows once."""
    sides: dict[Key, list[Seen]] = defaultdict(list)
    for one in some:
        sides[one.recording, private_ends(one)].append(one)
    alone = [ones[0] for _, ones in sorted(sides.items()) if len(ones) == 1]
    for place, one in enumerate(alone):
        for other in alone[place + 1 :]:
            if one.recording != other.recording or _both_at_once(one, other):
                yield Pair(one, other, by)


def _both_at_once(one: Seen, other: Seen) -> bool:
    """Whether one recording shows the same before and behind a translation."""
    return abs(other.first - one.first) <= APART and one.sizes == other.sizes


def by_ranges(seen: list[Seen]) -> Iterator[Pair]:
    """Connections that had begun before a capture did: their numbers lie within what the other capture shows."""
    servers: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.starts is not None:
            servers[one.server].append(one)
    begun: dict[Key, list[Seen]] = defaultdict(list)
    for one in [one for one in seen if one.starts is not None and not one.opened][:MOST_BEGUN]:
        begun[one.server].append(one)
    for server, some in begun.items():
        others = servers[server]
        starts, spans = (np.array([getattr(one, name) for one in others], np.int64) for name in ("starts", "spans"))
        for one in some if len(others) > 1 else ():
            fitting = [other for other in _overlapping(one, others, starts, spans) if may_be_one(one, other)]
            fitting = [other for other in fitting if other.recording != one.recording]
            if len(fitting) == 1 and len(others) * _chance(one, fitting[0]) <= CHANCE:
                first, second = sorted((one, fitting[0]), key=lambda each: each.recording)
                yield Pair(first, second, NUMBERS)


def _overlapping(one: Seen, others: list[Seen], starts: I8, spans: I8) -> list[Seen]:
    """Those whose sequence numbers lie where those of the connection do, in both directions."""
    ahead = (starts - np.array(one.starts, np.int64)) % SPACE
    both = ((ahead <= np.array(one.spans)) | (SPACE - ahead <= spans)).all(axis=1)
    return [others[place] for place in np.flatnonzero(both)]


def _chance(one: Seen, other: Seen) -> float:
    """How likely the numbers of two connections that have nothing to do with each other overlap so."""
    up, down = (min(1.0, (one.spans[way] + other.spans[way] + 1) / SPACE) for way in range(2))
    return up * down
