"""Legs: events, and images that went without a known document, with the keys by which they may belong together.

Everything is held as numbers of dictionaries, so that a large case costs some bytes a leg and not some objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]
LIVE, ID_PHOTO, LIBRARY = 0, 1, 2  # how much an image says: of this occasion, of this person, of nobody in particular
_ROLES = {"id_photo": ID_PHOTO, "library_photo": LIBRARY}
LOOKED_UP = 65_536  # rows that are looked up in other tables together
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
    message: Codes  # of each leg, codes of `messages`
    messages: pa.Array  # ids of messages in the order of their text, so that codes compare as they do
    ts: Codes
    sender: Codes  # codes of `addresses`
    receiver: Codes
    addresses: list[str]
    images: Pairs
    image_role: Codes  # of each pair
    shas: pa.Array  # by image code
    phash: npt.NDArray[np.uint64]  # by image code, 0 for none
    keys: dict[str, Pairs]  # KEYS
    named: Pairs  # addresses of images that an event names
    stored: Pairs  # addresses under which a leg's image was sent or fetched


def gather(
    events: pa.Table, objects: pa.Table, images: pa.Table, messages: pa.Table, flows: pa.Table, targets: pa.Table
) -> Legs:
    """Legs of a case. `events` have their senders and receivers already."""
    told = events.select(["message_id", "images", "image_roles"])
    known = images["sha256"].take(pc.sort_indices(images["sha256"]))
    bare = _bare(events, objects, _flat(known))
    message = pa.concat_arrays([*told["message_id"].chunks, pc.unique(bare["message_id"])])
    count = told.num_rows
    facts = ways(pa.table({"message_id": message}), messages, flows)
    messages = pc.unique(message)
    messages = messages.take(pc.sort_indices(messages))
    leg_of_bare = _numbers(pc.index_in(_flat(bare["message_id"]), value_set=message.slice(count))) + count
    leg_of_told, sha_of_told = _exploded(told["images"])
    shas, image = _images(sha_of_told, _flat(known), _numbers(bare["image"]))
    roles = pc.fill_null(pc.index_in(_exploded(told["image_roles"])[1], pa.array(["", *_ROLES])), 0)
    role = np.concatenate([_numbers(roles), np.zeros(len(leg_of_bare), np.int64)])
    addresses = pa.concat_arrays([_flat(facts["sender"]), _flat(facts["receiver"])]).dictionary_encode()
    codes = _numbers(addresses.indices)
    return Legs(
        count,
        _numbers(pc.index_in(message, value_set=messages)),
        messages,
        _numbers(pc.fill_null(_flat(facts["first_ts"]).cast(pa.int64()), 0)),
        codes[: len(message)],
        codes[len(message) :],
        addresses.dictionary.to_pylist(),
        Pairs(np.concatenate([leg_of_told, leg_of_bare]), image),
        role,
        shas,
        _hashes(shas, images),
        {key: _scalar_pairs(events[key]) for key in KEYS},
        *_address_pairs(events["url_hmacs"], message.slice(count), targets, count),
    )


def _images(told: pa.Array, known: pa.Array, bare: Codes) -> tuple[pa.Array, Codes]:
    """Digests of the images that legs have, in the order in which they come, and the code of each leg's.

    `bare` are places in `known`; a digest is long, and many legs have the same.
    """
    encoded = pa.concat_arrays([told, known]).dictionary_encode()
    codes = _numbers(encoded.indices)
    codes = np.concatenate([codes[: len(told)], codes[len(told) :][bare]])
    distinct, first, code = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(distinct[order])), rank[code]


def _hashes(shas: pa.Array, images: pa.Table) -> npt.NDArray[np.uint64]:
    """Perceptual hashes of images, 0 for none."""
    found = images["phash"].take(pc.index_in(shas, value_set=_flat(images["sha256"])))
    hashes = np.zeros(len(shas), np.uint64)
    for start in range(0, len(shas), AT_ONCE):
        texts = found.slice(start, AT_ONCE).to_pylist()
        hashes[start : start + len(texts)] = [int(text or "0", 16) for text in texts]
    return hashes


def ways(rows: pa.Table, messages: pa.Table, flows: pa.Table) -> pa.Table:
    """Sender, receiver and time of messages, in the order of `rows` (column message_id); looked up some at a time."""
    ids = pa.chunked_array([_flat(rows["message_id"])])
    parts = [_ways(ids.slice(start, LOOKED_UP), messages, flows) for start in range(0, len(ids), LOOKED_UP)]
    return pa.concat_tables(parts or [_ways(ids, messages, flows)])


def _ways(ids: pa.ChunkedArray, messages: pa.Table, flows: pa.Table) -> pa.Table:
    wanted = pc.unique(ids)
    columns = ["message_id", "flow_id", "direction", "first_ts"]
    said = messages.select(columns).filter(pc.is_in(messages["message_id"], value_set=wanted))
    ends = flows.select(["flow_id", "client_ip", "server_ip"])
    ends = ends.filter(pc.is_in(ends["flow_id"], value_set=pc.unique(said["flow_id"])))
    said = said.take(pc.index_in(ids, value_set=_flat(said["message_id"])))
    ends = ends.take(pc.index_in(said["flow_id"], value_set=_flat(ends["flow_id"])))
    up = pc.equal(said["direction"], "up")
    sender = pc.if_else(up, ends["client_ip"], ends["server_ip"])
    receiver = pc.if_else(up, ends["server_ip"], ends["client_ip"])
    ends_of = (pc.fill_null(sender, ""), pc.fill_null(receiver, ""))
    return pa.table([*ends_of, said["first_ts"]], names=["sender", "receiver", "first_ts"])


def _bare(events: pa.Table, objects: pa.Table, known: pa.Array) -> pa.Table:
    """Objects that are images, by their places in `known`, in messages without events."""
    spoken = pc.unique(events["message_id"])
    parts = []
    for start in range(0, len(objects), LOOKED_UP):
        some = objects.select(["message_id", "sha256"]).slice(start, LOOKED_UP)
        image = pc.index_in(some["sha256"], value_set=known)
        left = pc.and_(pc.is_valid(image), pc.invert(pc.is_in(some["message_id"], value_set=spoken)))
        parts.append(pa.table({"message_id": some["message_id"], "image": image}).filter(left))
    if not parts:
        return pa.table({"message_id": pa.array([], pa.string()), "image": pa.array([], pa.int32())})
    found = pa.concat_tables(parts)  # in an order of its own: workers write in any
    return found.sort_by([("message_id", "ascending"), ("image", "ascending")]).combine_chunks()


def _exploded(lists: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Row numbers and values of a column of lists."""
    flat = _flat(lists)
    return _numbers(pc.list_parent_indices(flat)), pc.list_flatten(flat)


def encoded(column: pa.ChunkedArray) -> tuple[list[str], Codes]:
    """Distinct values of a column, and the place of each row's among them."""
    whole = _flat(column).dictionary_encode()
    return whole.dictionary.to_pylist(), _numbers(whole.indices)


def _scalar_pairs(column: pa.ChunkedArray) -> Pairs:
    encoded = _flat(pc.fill_null(column, "")).dictionary_encode()
    codes = _numbers(encoded.indices)
    leg = np.flatnonzero(codes != pc.index(encoded.dictionary, "").as_py())
    return Pairs(leg, codes[leg])


def _address_pairs(named: pa.ChunkedArray, bare: pa.Array, targets: pa.Table, count: int) -> tuple[Pairs, Pairs]:
    """Addresses that events name, and those of the legs from `count` on, which are the messages `bare`."""
    leg, values = _exploded(named)
    place = pc.index_in(_flat(targets["message_id"]), value_set=bare)
    there = pc.is_valid(place)
    encoded = pa.concat_arrays([values, _flat(targets["target_hmac"]).filter(there)]).dictionary_encode()
    codes = _numbers(encoded.indices)
    return Pairs(leg, codes[: len(leg)]), Pairs(_numbers(place.filter(there)) + count, codes[len(leg) :])


def _flat(column: Any) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        whole = column.combine_chunks()
        return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    return column


def _numbers(array: Any) -> Codes:
    return np.asarray(_flat(array).to_numpy(zero_copy_only=False), np.int64)
