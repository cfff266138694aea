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
    bare = _bare(events, objects, images)
    message = pa.concat_arrays([*told["message_id"].chunks, pc.unique(bare["message_id"])])
    count = told.num_rows
    facts = ways(pa.table({"message_id": message}), messages, flows)
    messages = pc.unique(message)
    messages = messages.take(pc.sort_indices(messages))
    leg_of_bare = _numbers(pc.index_in(_flat(bare["message_id"]), value_set=message.slice(count))) + count
    leg_of_told, sha_of_told = _exploded(told["images"])
    shas = pa.concat_arrays([sha_of_told, *bare["sha256"].chunks]).dictionary_encode()
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
        Pairs(np.concatenate([leg_of_told, leg_of_bare]), _numbers(shas.indices)),
        role,
        shas.dictionary,
        _hashes(shas.dictionary, images),
        {key: _scalar_pairs(events[key]) for key in KEYS},
        *_address_pairs(events["url_hmacs"], message.slice(count), targets, count),
    )


def _hashes(shas: pa.Array, images: pa.Table) -> npt.NDArray[np.uint64]:
    """Perceptual hashes of images, 0 for none."""
    found = images["phash"].take(pc.index_in(shas, value_set=_flat(images["sha256"])))
    hashes = np.zeros(len(shas), np.uint64)
    for start in range(0, len(shas), AT_ONCE):
        texts = found.slice(start, AT_ONCE).to_pylist()
        hashes[start : start + len(texts)] = [int(text or "0", 16) for text in texts]
    return hashes


def ways(rows: pa.Table, messages: pa.Table, flows: pa.Table) -> pa.Table:
    """Sender, receiver, times and frames of messages, in the order of `rows` (column message_id)."""
    wanted = pc.unique(rows["message_id"])
    columns = ["message_id", "flow_id", "direction", "first_ts"]
    said = messages.select(columns).filter(pc.is_in(messages["message_id"], value_set=wanted))
    ends = flows.select(["flow_id", "client_ip", "server_ip"])
    ends = ends.filter(pc.is_in(ends["flow_id"], value_set=pc.unique(said["flow_id"])))
    said = said.take(pc.index_in(rows["message_id"], value_set=_flat(said["message_id"])))
    ends = ends.take(pc.index_in(said["flow_id"], value_set=_flat(ends["flow_id"])))
    up = pc.equal(said["direction"], "up")
    sender = pc.if_else(up, ends["client_ip"], ends["server_ip"])
    receiver = pc.if_else(up, ends["server_ip"], ends["client_ip"])
    said = said.append_column("sender", pc.fill_null(sender, ""))
    return said.append_column("receiver", pc.fill_null(receiver, ""))


def _bare(events: pa.Table, objects: pa.Table, images: pa.Table) -> pa.Table:
    """Objects that are images, in messages without events."""
    carried = objects.select(["message_id", "sha256"]).filter(
        pc.is_in(objects["sha256"], value_set=_flat(images["sha256"]))
    )
    spoken = pc.is_in(carried["message_id"], value_set=pc.unique(events["message_id"]))
    left = carried.filter(pc.invert(spoken))  # in an order of its own: workers write in any
    return left.sort_by([("message_id", "ascending"), ("sha256", "ascending")]).combine_chunks()


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
