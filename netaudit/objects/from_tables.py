"""The door from the tables: what only the whole audit can put together, uploads that came in parts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netaudit.objects.part import Leaf, Part
from netaudit.objects.unwrap import Budget, unwrap

MOST_BYTES = 256 << 20  # of one upload; more is left in parts


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A row of `parts`."""

    upload: str
    number: int
    name: str
    message_id: str
    object_id: str
    sha256: str
    size: int
    complete: bool
    ts: int


@dataclass(slots=True)
class Joined:
    """An object put together from parts."""

    object_id: str
    message_id: str  # of the last part
    part_ids: list[str]
    leaf: Leaf


def join_uploads(parts: list[StoredPart], load: Callable[[str], bytes | None]) -> Iterator[Joined]:
    """Objects in the uploads, whole where every part from 1 on is there and whole.

    `load` gives the bytes of a stored part by SHA-256. A part that was sent twice counts as it was sent last.
    Whether a last part is missing cannot be told from the parts: the object's own end tells, where its format has one.
    """
    uploads: dict[str, dict[int, StoredPart]] = defaultdict(dict)
    for part in sorted(parts, key=lambda part: (part.ts, part.message_id)):
        uploads[part.upload][part.number] = part
    for upload, by_number in sorted(uploads.items()):
        chosen = [by_number[number] for number in sorted(by_number)]
        if sum(part.size for part in chosen) <= MOST_BYTES:
            yield from _join(upload, chosen, load)


def _join(upload: str, chosen: list[StoredPart], load: Callable[[str], bytes | None]) -> Iterator[Joined]:
    data = bytearray()
    unknown: int | None = None
    for place, part in enumerate(chosen, 1):
        piece = load(part.sha256)
        if unknown is None and (part.number != place or not part.complete or piece is None):
            unknown = len(data)
        data += piece or b""
    numbers = f"{chosen[0].number}-{chosen[-1].number}" if len(chosen) > 1 else str(chosen[0].number)
    root = Part(bytes(data), f"upload parts {numbers}", name=chosen[-1].name, unknown_from=unknown)
    for leaf in unwrap(root, Budget()):
        identity = hashlib.blake2b(f"{upload}\0{leaf.part.path}".encode("utf-8", "replace"), digest_size=16).hexdigest()
        yield Joined(identity, chosen[-1].message_id, [part.object_id for part in chosen], leaf)
