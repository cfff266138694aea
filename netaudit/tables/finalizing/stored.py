"""What the last step puts together: rows of `parts` in, objects out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.content.unwrap import Budget, unwrap
from netaudit.tables.pieces import PART

if TYPE_CHECKING:
    from netaudit.content.budget import Patience
    from netaudit.content.part import Leaf, Part

Load = Callable[[str], bytes | None]  # bytes of a stored part by SHA-256


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
    role: str = PART
    offset: int = -1
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Joined:
    """An object put together from parts."""

    object_id: str
    message_id: str  # of the last part
    part_ids: list[str]
    leaf: Leaf
    shreds: list[str] = field(default_factory=list)  # messages whose own objects are nothing but parts of it
    deep: bool = False  # those within them, too: of forms that carry a chunk each


def open_joined(identity: str, root: Part, chosen: list[StoredPart], patience: Patience) -> Iterator[Joined]:
    """Everything in a file that was put together from some parts; `identity` names it."""
    for leaf in unwrap(root, Budget.of(len(root.data), patience)):
        key = hashlib.blake2b(f"{identity}\0{leaf.part.path}".encode("utf-8", "replace"), digest_size=16).hexdigest()
        yield Joined(key, chosen[-1].message_id, [part.object_id for part in chosen], leaf)
