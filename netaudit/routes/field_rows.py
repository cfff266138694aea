"""Rows of `fields`: what the fields of a route mean, and some of their values in clear."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from netaudit.masking.examples import shown
from netaudit.masking.mask import mask_path, mask_words, visible
from netaudit.routes.learning import skeleton
from netaudit.tables import FIELDS, FIELDS_CLEAR

if TYPE_CHECKING:
    from netaudit.routes.learning import Field
    from netaudit.routes.messages import Route, RouteMessage
    from netaudit.tables import Row

_FIELD, _CLEAR = FIELDS.row, FIELDS_CLEAR.row
LONGEST = 128  # characters
MOST_VALUES = 32  # of a field, in clear


def field_rows(route: Route, messages: list[RouteMessage], fields: dict[str, Field]) -> tuple[list[Row], list[Row]]:
    """Rows of `fields` of a route, and of their values in clear."""
    variants = len({skeleton(one) for one in messages})
    chosen = {path: _chosen(known) for path, known in fields.items()}
    seen: dict[tuple[str, str], tuple[int, int]] = {}
    for one in messages:
        for leaf in one.leaves:
            if not leaf.sha256 and leaf.value in chosen[leaf.form]:
                first, last = seen.get((leaf.form, leaf.value), (one.ns, one.ns))
                seen[leaf.form, leaf.value] = min(first, one.ns), max(last, one.ns)
    rows, clear = [], []
    route_id, target = route.id, mask_path(route.target)
    for path, known in sorted(fields.items()):
        rows.append(
            _FIELD(
                route_id=route_id, sender=route.sender, receiver=route.receiver, protocol=route.protocol,
                method=route.method, target=target, reply=route.reply, messages=len(messages),
                variants=variants, path=visible(mask_words(path), LONGEST), form=known.form, meaning=known.meaning,
                known_by=known.known_by, support=known.support, contradictions=known.contradictions,
                distinct_values=len(known.values), example=visible(_example(known), LONGEST),
            )
        )  # fmt: skip
        for value in sorted(chosen[path]):
            first, last = seen[path, value]
            clear.append(
                _CLEAR(
                    route_id=route_id, path=path, value_clear=value, messages=known.values[value], first_ts=first,
                    last_ts=last,
                )
            )  # fmt: skip
    return rows, clear


def _chosen(one: Field) -> set[str]:
    """The values of a field that are kept: all, or those of the smallest hashes, whatever their order."""
    if len(one.values) <= MOST_VALUES:
        return set(one.values)
    return set(sorted(one.values, key=_digest)[:MOST_VALUES])


def _digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).digest()


def _example(one: Field) -> str:
    return shown(min(one.values, default=""), one.meaning, one.form)
