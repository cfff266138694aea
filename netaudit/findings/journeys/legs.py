"""Legs: events, and images that went without a known document, with the keys by which they may belong together.

Everything is held as numbers of dictionaries, so that a large case costs some bytes a leg and not some objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.journeys.places import LOOKED_UP, NOWHERE, Codes, Ways, flat, numbers, places, ways

LIVE, ID_PHOTO, LIBRARY = 0, 1, 2  # how much an image says: of this occasion, of this person, of nobody in particular
_ROLES = {"id_photo": ID_PHOTO, "library_photo": LIBRARY}
MOST_NAMED = 8  # hashes of addresses, two of each, that a message may name as one station of a journey
AT_ONCE = 16_384  # rows turned into Python values together
KEYS = ("id_number_hmac", "phone_hmac", "person_hmac", "event_hmac")


@dataclass(slots=True)
class Pairs:
    """Keys of one kind: `leg` has the key `code`."""

    leg: Codes
    code: Codes


@dataclass(slots=True)
class Legs:
    """All legs; those below `events` are rows of the events table, the others are messages with images."""

    events: int
    message: Codes  # of each leg, its row in the messages table
    ways: Ways  # of each leg
    images: Pairs
    image_role: Codes  # of each pair
    shas: pa.Array  # by image code
    phash: npt.NDArray[np.uint64]  # by image code, 0 for none
    keys: dict[str, Pairs]  # KEYS
    named: Pairs  # addresses of images that an event names
    stored: Pairs  # addresses under which a leg's image was sent or fetched
    pushed: npt.NDArray[np.bool_]  # of each leg, whether it went with a request


def gather(
    events: pa.Table, objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table, targets: pa.Table
) -> Legs:
    """Legs of a case. The message of each event is in its table."""
    reporting = places(events["message_id"], messages)
    known = flat(images["sha256"].take(pc.sort_indices(images["sha256"])))
    bare, image_of_bare = _bare(objects, messages, known, reporting)
    leg_of_told, sha_of_told = _exploded(events["images"])
    told, untold = Pairs(reporting[leg_of_told], _codes_in(sha_of_told, known)), Pairs(bare, image_of_bare)
    own = _own_pictures(told, untold, messages)
    taking = np.isin(leg_of_told, _taking(events["inferred"]))
    if taking.any():
        own |= _taken_pictures(Pairs(told.leg[taking], told.code[taking]), untold, messages, flows)
    bare, image_of_bare = bare[~own], image_of_bare[~own]
    held, naming = _addressed(targets, messages, np.concatenate([reporting, bare]))
    unspoken = np.unique(np.concatenate([bare, naming.leg[~np.isin(naming.leg, reporting)]]))
    leg_of_bare = np.searchsorted(unspoken, bare)
    shas, image = _images(sha_of_told, known, image_of_bare)
    roles = pc.fill_null(pc.index_in(_exploded(events["image_roles"])[1], pa.array(["", *_ROLES])), 0)
    message = np.concatenate([reporting, unspoken])
    return Legs(
        len(reporting),
        message,
        ways(message, messages, flows),
        Pairs(np.concatenate([leg_of_told, leg_of_bare + len(reporting)]), image),
        np.concatenate([numbers(roles), np.zeros(len(leg_of_bare), np.int64)]),
        shas,
        _hashes(shas, images),
        {key: _scalar_pairs(events[key]) for key in KEYS},
        *_address_pairs(events["url_hmacs"], held, naming, reporting, unspoken),
        np.asarray(flat(pc.equal(messages["direction"].take(pa.array(message)), "up")).to_numpy(zero_copy_only=False)),
    )


def _images(named: pa.Array, known: pa.Array, bare: Codes) -> tuple[pa.Array, Codes]:
    """Digests of the images that legs have, in the order in which they come, and the code of each leg's.

    `bare` are places in `known`; a digest is long, and many legs have the same.
    """
    encoded = pa.concat_arrays([named, known]).dictionary_encode()
    codes = numbers(encoded.indices)
    codes = np.concatenate([codes[: len(named)], codes[len(named) :][bare]])
    distinct, first, code = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(distinct[order])), rank[code]


def _hashes(shas: pa.Array, images: pa.Table) -> npt.NDArray[np.uint64]:
    """Perceptual hashes of images, 0 for none."""
    found = images["phash"].take(pc.index_in(shas, value_set=flat(images["sha256"])))
    hashes = np.zeros(len(shas), np.uint64)
    for start in range(0, len(shas), AT_ONCE):
        texts = found.slice(start, AT_ONCE).to_pylist()
        hashes[start : start + len(texts)] = [int(text or "0", 16) for text in texts]
    return hashes


def _bare(objects: pa.Table, messages: pa.Table, known: pa.Array, reporting: Codes) -> tuple[Codes, Codes]:
    """Places of messages without events that have images, and the places of these in `known`, in order."""
    spoken = np.zeros(messages.num_rows, np.bool_)
    spoken[reporting] = True
    parts = []
    for start in range(0, len(objects), LOOKED_UP):
        some = objects.select(["message_id", "sha256"]).slice(start, LOOKED_UP)
        some = some.set_column(1, "image", pc.index_in(some["sha256"], value_set=known))
        some = some.filter(pc.is_valid(some["image"]))
        message = places(some["message_id"], messages)
        left = np.flatnonzero(message != NOWHERE)
        left = left[~spoken[message[left]]]
        parts.append((message[left], numbers(some["image"])[left]))
    nothing = np.zeros(0, np.int64)
    message, image = (np.concatenate(column) for column in zip((nothing, nothing), *parts, strict=True))
    order = np.lexsort((image, message))  # one of its own: workers write in any
    return message[order], image[order]


def _own_pictures(named: Pairs, bare: Pairs, messages: pa.Table) -> npt.NDArray[np.bool_]:
    """Of images without an event, which went the same way of the same flow as an event that has them.

    They came in a message of their own behind it, as on a stream of parts: that is no station.
    """
    rows = np.concatenate([named.leg, bare.leg])
    flows = numbers(flat(messages["flow_id"].take(pa.array(rows))).dictionary_encode().indices)
    up = numbers(pc.cast(pc.equal(messages["direction"].take(pa.array(rows)), "up"), pa.int64()))
    way = flows * 2 + up
    image = np.concatenate([named.code, bare.code])
    key = way * (int(image.max(initial=0)) + 2) + image
    count = len(named.leg)
    return np.isin(key[count:], key[:count][named.code != NOWHERE])


def _taking(inferred: pa.ChunkedArray) -> Codes:
    """Rows of events that have images of other messages."""
    row, name = _exploded(inferred)
    return row[np.asarray(pc.equal(name, "images").to_numpy(zero_copy_only=False), np.bool_)]


def _taken_pictures(told: Pairs, bare: Pairs, messages: pa.Table, flows: pa.Table) -> npt.NDArray[np.bool_]:
    """Of images without an event, which went between the same ends as an event that took them: that is no station."""
    both = ways(np.concatenate([told.leg, bare.leg]), messages, flows)
    image = np.concatenate([told.code, bare.code])
    ends = both.sender * (int(both.receiver.max(initial=0)) + 1) + both.receiver
    key = ends * (int(image.max(initial=0)) + 2) + image
    return np.isin(key[len(told.leg) :], key[: len(told.leg)])


def _codes_in(shas: pa.Array, known: pa.Array) -> Codes:
    return numbers(pc.fill_null(pc.index_in(shas, value_set=known), NOWHERE))


def _exploded(lists: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Row numbers and values of a column of lists."""
    whole = flat(lists)
    return numbers(pc.list_parent_indices(whole)), pc.list_flatten(whole)


def _scalar_pairs(column: pa.ChunkedArray) -> Pairs:
    encoded = flat(pc.fill_null(column, "")).dictionary_encode()
    codes = numbers(encoded.indices)
    leg = np.flatnonzero(codes != pc.index(encoded.dictionary, "").as_py())
    return Pairs(leg, codes[leg])


@dataclass(slots=True)
class _Addresses:
    """Messages, by their places, and keyed hashes of addresses."""

    leg: Codes
    address: pa.Array


def _addressed(targets: pa.Table, messages: pa.Table, carrying: Codes) -> tuple[_Addresses, _Addresses]:
    """Under which addresses images of the messages `carrying` went, and which messages name one of these.

    Who names many is a list: that its pictures are looked at one after the other makes no journey of them all.
    """
    named = flat(pc.fill_null(targets["named"], False))
    held = _hashed(targets.filter(pc.invert(named)), messages)
    there = np.isin(held.leg, carrying)
    held = _Addresses(held.leg[there], held.address.filter(pa.array(there)))
    naming = _hashed(targets.filter(named), messages)
    known = np.asarray(pc.is_in(naming.address, value_set=held.address).to_numpy(zero_copy_only=False), np.bool_)
    leg, times = np.unique(naming.leg[known], return_counts=True)
    known &= np.isin(naming.leg, leg[times <= MOST_NAMED])
    return held, _Addresses(naming.leg[known], naming.address.filter(pa.array(known)))


def _hashed(targets: pa.Table, messages: pa.Table) -> _Addresses:
    """Places of messages, and each of the two hashes of the addresses."""
    at = places(targets["message_id"], messages)
    both = [flat(pc.fill_null(targets[name], "")) for name in ("target_hmac", "picture_hmac")]
    leg, address = np.concatenate([at, at]), pa.concat_arrays(both)
    there = (leg != NOWHERE) & np.asarray(pc.not_equal(address, "").to_numpy(zero_copy_only=False), np.bool_)
    return _Addresses(leg[there], address.filter(pa.array(there)))


def _address_pairs(
    urls: pa.ChunkedArray, held: _Addresses, naming: _Addresses, reporting: Codes, unspoken: Codes
) -> tuple[Pairs, Pairs]:
    """Addresses that legs name, and those under which their images went.

    A message of several events names its addresses for none of them in particular, and its images went for none.
    """
    leg, address = _exploded(urls)
    codes = numbers(pa.concat_arrays([address, naming.address, held.address]).dictionary_encode().indices)
    of_event, of_naming, of_held = np.split(codes, [len(address), len(address) + len(naming.address)])
    message, first, times = np.unique(reporting, return_index=True, return_counts=True)
    only = message[times == 1]

    def legs_of(rows: Codes) -> tuple[Codes, npt.NDArray[np.bool_]]:
        """The leg of each message that has one, and which have."""
        own, alone = np.isin(rows, unspoken), np.isin(rows, only)
        legs = np.where(own, np.searchsorted(unspoken, rows) + len(reporting), 0)
        legs[alone] = first[np.searchsorted(message, rows[alone])]
        return legs, own | alone

    naming_leg, names = legs_of(naming.leg)
    holding_leg, holds = legs_of(held.leg)
    named = Pairs(np.concatenate([leg, naming_leg[names]]), np.concatenate([of_event, of_naming[names]]))
    return named, Pairs(holding_leg[holds], of_held[holds])
