"""Pictures within pictures: thumbnails and previews that cameras and programs put beside the picture they are of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.content.sniff import IMAGE_KINDS
from netaudit.core.contracts.unwrapping_steps import CARVED, holder_of

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 65_536  # objects looked at together
MOST = 4  # pictures that hold the same one; beyond, it is judged by itself
_COLUMNS = ["message_id", "unwrap_path", "sha256"]


def holders(objects: pa.Table) -> dict[str, frozenset[str]]:
    """Of each image that was found in other pictures only: these, by SHA-256."""
    found: dict[str, set[str]] = defaultdict(set)
    alone: set[str] = set()
    for rows in _images(objects, within=True):
        pictures = _pictures(objects, rows)
        for message, path, sha256 in zip(*(rows[name].to_pylist() for name in _COLUMNS), strict=True):
            holder = pictures.get((message, holder_of(path)))
            if holder is None or holder == sha256:
                alone.add(sha256)
            else:
                found[sha256].add(holder)
    alone |= {sha256 for sha256, some in found.items() if len(some) > MOST}
    if found:
        some = pa.array(found, pa.string())
        for rows in _images(objects, within=False):
            alone.update(pc.unique(rows["sha256"].filter(pc.is_in(rows["sha256"], some))).to_pylist())
    return {sha256: frozenset(some) for sha256, some in found.items() if sha256 not in alone}


def _images(objects: pa.Table, *, within: bool) -> Iterator[pa.Table]:
    """Objects that are images, some at a time: those that something was found in by its marks, or all others."""
    kinds = pa.array(sorted(IMAGE_KINDS))
    objects = objects.select([*_COLUMNS, "kind"])
    for start in range(0, objects.num_rows, AT_ONCE):
        some = objects.slice(start, AT_ONCE)
        some = some.filter(pc.is_in(some["kind"], kinds))
        carved = pc.match_substring(some["unwrap_path"], CARVED)
        some = some.filter(carved if within else pc.invert(carved))
        if some.num_rows:
            yield some


def _pictures(objects: pa.Table, rows: pa.Table) -> dict[tuple[str, str], str]:
    """Images by message and way, of the messages of some objects."""
    wanted = pc.unique(rows["message_id"])
    pictures = {}
    objects = objects.select([*_COLUMNS, "kind"])
    some = objects.filter(pc.is_in(objects["message_id"], value_set=wanted))
    some = some.filter(pc.is_in(some["kind"], pa.array(sorted(IMAGE_KINDS))))
    for message, path, sha256 in zip(*(some[name].to_pylist() for name in _COLUMNS), strict=True):
        pictures[message, path] = sha256
    return pictures
