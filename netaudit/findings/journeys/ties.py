"""What ties legs together, and what is too weak to.

An image that is the same byte by byte ties, however much later it comes; so does the address under which an image was
stored. An ID or phone number ties within half an hour, ids of the systems only where one station hands on what it got,
likeness of images only within two minutes and where a station hands on what it got. Nothing is tied by time alone.

Too common to tie: an image that goes the same way more than three times (a library photo, a placeholder), and any key
of more than `MOST_LEGS` legs. Photos from a library never tie, those from identity documents as their number does.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netaudit.findings.journeys.legs import ID_PHOTO, LIBRARY, Legs, Pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.findings.journeys.places import Codes

MOST_LEGS = 64  # of one key, and of one journey
SAME_WAY = 3  # times that an image may go from one address to another
LOOK_BACK = 8  # earlier legs with the same key that a leg is compared with
ALIKE = 3  # bits of 64
REASONS = (
    "same image",
    "address of the image",
    "same event id",
    "same ID number",
    "same ID photo",
    "same phone number",
    "same person id",
    "image alike",
)
SAME_IMAGE, ADDRESS, SAME_EVENT, SAME_NUMBER, SAME_PHOTO, SAME_PHONE, SAME_PERSON, LOOKS_ALIKE = REASONS
SECOND = 1_000_000_000
NEAR, SOON, HALF_HOUR = 120 * SECOND, 600 * SECOND, 1800 * SECOND
MOST_PLAIN = 4  # bits set, or not set, in the hash of a picture with hardly anything in it
_BANDS = 4  # of 16 bits: of two hashes that differ in three bits at most one band is the same
_TIDY = 4096  # images after which those of long ago are forgotten
_BUCKET = 16  # images of one band that are compared with the next one


class Tie(NamedTuple):
    """Two legs, the later one second, and why they belong together."""

    earlier: int
    later: int
    why: str


def ties(legs: Legs) -> Iterator[Tie]:
    """All ties, the strongest kinds first."""
    live = legs.image_role == 0
    yield from _same_image(legs, Pairs(legs.images.leg[live], legs.images.code[live]))
    yield from _addresses(legs)
    yield from _keyed(legs, legs.keys["event_hmac"], SOON, SAME_EVENT, _relayed)
    yield from _keyed(legs, legs.keys["id_number_hmac"], HALF_HOUR, SAME_NUMBER, _any)
    photos = (legs.image_role == ID_PHOTO) | live
    id_photos = Pairs(legs.images.leg[photos], legs.images.code[photos])
    yield from _keyed(legs, _of_codes(id_photos, legs), HALF_HOUR, SAME_PHOTO, _any)
    yield from _keyed(legs, legs.keys["phone_hmac"], HALF_HOUR, SAME_PHONE, _any)
    yield from _keyed(legs, legs.keys["person_hmac"], NEAR, SAME_PERSON, _relayed)
    yield from _alike(legs)


def _of_codes(pairs: Pairs, legs: Legs) -> Pairs:
    """Pairs of images that are an ID photo somewhere."""
    known = np.unique(legs.images.code[legs.image_role == ID_PHOTO])
    chosen = np.isin(pairs.code, known)
    return Pairs(pairs.leg[chosen], pairs.code[chosen])


def _groups(legs: Legs, pairs: Pairs) -> Iterator[tuple[int, list[int]]]:
    """Key and legs, by time, of every key that two legs or more have and not too many."""
    if not len(pairs.leg):
        return
    order = np.lexsort((pairs.leg, legs.ways.ts[pairs.leg], pairs.code))
    leg, code = pairs.leg[order], pairs.code[order]
    starts = np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1]]))
    ends = np.concatenate([starts[1:], [len(code)]])
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start > 1:
            distinct = list(dict.fromkeys(leg[start:end].tolist()))
            if 1 < len(distinct) <= MOST_LEGS:
                yield int(code[start]), distinct


def _common(legs: Legs, group: list[int]) -> bool:
    ways: dict[tuple[int, int], set[int]] = defaultdict(set)
    for leg in group:
        ways[int(legs.ways.sender[leg]), int(legs.ways.receiver[leg])].add(int(legs.message[leg]))
    return max(map(len, ways.values())) > SAME_WAY


def _same_image(legs: Legs, pairs: Pairs) -> Iterator[Tie]:
    library = np.unique(legs.images.code[legs.image_role == LIBRARY])
    chosen = ~np.isin(pairs.code, library)
    for _, group in _groups(legs, Pairs(pairs.leg[chosen], pairs.code[chosen])):
        if not _common(legs, group):
            yield from (Tie(one, other, SAME_IMAGE) for one, other in pairwise(group))


def _addresses(legs: Legs) -> Iterator[Tie]:
    named, stored = legs.named, legs.stored
    both = np.intersect1d(named.code, stored.code)
    chosen, held = np.isin(named.code, both), np.isin(stored.code, both)
    naming = dict(_members(named.leg[chosen], named.code[chosen]))
    for code, holders in _members(stored.leg[held], stored.code[held]):
        group = sorted({*naming.get(code, ()), *holders}, key=lambda leg: (legs.ways.ts[leg], leg))
        if 1 < len(group) <= MOST_LEGS and not _common(legs, holders):
            yield from (Tie(a, b, ADDRESS) for a, b in pairwise(group))
    alone = ~chosen
    for _, group in _groups(legs, Pairs(named.leg[alone], named.code[alone])):
        if not _common(legs, group):
            yield from (Tie(a, b, ADDRESS) for a, b in pairwise(group))


def _members(leg: Codes, code: Codes) -> Iterator[tuple[int, list[int]]]:
    found: dict[int, list[int]] = defaultdict(list)
    for one, key in zip(leg.tolist(), code.tolist(), strict=True):
        found[key].append(one)
    yield from sorted(found.items())


def _keyed(legs: Legs, pairs: Pairs, within: int, why: str, fits: Callable[[Legs, int, int], bool]) -> Iterator[Tie]:
    for _, group in _groups(legs, pairs):
        for place, later in enumerate(group):
            for earlier in reversed(group[max(0, place - LOOK_BACK) : place]):
                if legs.ways.ts[later] - legs.ways.ts[earlier] <= within and fits(legs, earlier, later):
                    yield Tie(earlier, later, why)
                    break


def _any(legs: Legs, earlier: int, later: int) -> bool:
    return bool(legs.message[earlier] != legs.message[later])


def _relayed(legs: Legs, earlier: int, later: int) -> bool:
    """Whether the later leg begins where the earlier one ended."""
    return bool(legs.ways.receiver[earlier] == legs.ways.sender[later])


def _alike(legs: Legs) -> Iterator[Tie]:
    """Copies in another size or quality: few bits of the perceptual hash differ, and who sends it got the original.

    Looked at are images that were not there before; where two others are equally like one, it is tied to neither.
    """
    live = legs.image_role == 0
    leg, code = legs.images.leg[live], legs.images.code[live]
    order = np.lexsort((leg, legs.ways.ts[leg]))
    leg, code = leg[order], code[order]
    seen: dict[tuple[int, int], list[_Look]] = defaultdict(list)  # by band
    first = np.zeros(len(legs.shas), np.bool_)  # images that were there before
    relayed = np.isin(legs.ways.sender[leg], legs.ways.receiver[leg])  # came from where images had gone
    for start in range(0, len(leg), _TIDY):
        some = slice(start, start + _TIDY)
        looks = _looks(legs, leg[some], code[some])
        if start:
            _forget(seen, looks[0].ts - NEAR)
        for look, sender, may in zip(looks, legs.ways.sender[leg[some]].tolist(), relayed[some].tolist(), strict=True):
            if not MOST_PLAIN < look.phash.bit_count() < 64 - MOST_PLAIN:  # a plain picture looks like every other one
                continue
            found = _candidates(seen, look)
            if may and not first[look.code]:
                yield from _likest(look, sender, found)
            first[look.code] = True


class _Look(NamedTuple):
    """An image on a leg."""

    phash: int
    ts: int
    code: int
    leg: int
    receiver: int


def _looks(legs: Legs, leg: Codes, code: Codes) -> list[_Look]:
    columns = legs.phash[code], legs.ways.ts[leg], code, leg, legs.ways.receiver[leg]
    return list(map(_Look, *(column.tolist() for column in columns)))


def _likest(look: _Look, sender: int, others: list[_Look]) -> Iterator[Tie]:
    """The tie of an image that its sender got shortly before, if only one other is most like it."""
    near: dict[int, list[_Look]] = defaultdict(list)  # by distance
    for other in others:
        if other.receiver == sender and look.ts - other.ts <= NEAR and other.code != look.code:
            near[(other.phash ^ look.phash).bit_count()].append(other)
    best = near[min(near)] if near and min(near) <= ALIKE else []
    if len({other.code for other in best}) == 1:
        yield Tie(max(other.leg for other in best), look.leg, LOOKS_ALIKE)


def _forget(seen: dict[tuple[int, int], list[_Look]], before: int) -> None:
    """Drop what is too long ago to tie anything: memory follows two minutes and not the case."""
    for band in [band for band, bucket in seen.items() if bucket[-1].ts < before]:
        del seen[band]


def _candidates(seen: dict[tuple[int, int], list[_Look]], look: _Look) -> list[_Look]:
    """Earlier images that share a band, the last of each; this one is noted."""
    found: list[_Look] = []
    for band in range(_BANDS):
        bucket = seen[band, look.phash >> 16 * band & 0xFFFF]
        found += bucket
        bucket.append(look)
        del bucket[:-_BUCKET]
    return found
