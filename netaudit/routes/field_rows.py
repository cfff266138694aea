"""Rows of `fields`: what the fields of a route mean, and some of their values in clear."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.masking.mask import mask, mask_path, mask_words, visible
from netaudit.routes.learning import skeleton
from netaudit.tables import FIELDS, FIELDS_CLEAR

if TYPE_CHECKING:
    from netaudit.routes.learning import Field
    from netaudit.routes.messages import Route, Told
    from netaudit.tables import Row

LONGEST = 128  # characters
MOST_VALUES = 32  # of a field, in clear
SHORTEST_NUMBER = 7  # digits of a number that somebody may be called by
_SHOWN = frozenset({"time", "score", "gender", "age", "device"})  # meanings whose values name nobody


def field_rows(route: Route, told: list[Told], fields: dict[str, Field]) -> tuple[list[Row], list[Row]]:
    """Rows of `fields` of a route, and of their values in clear."""
    variants = len({skeleton(one) for one in told})
    times: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in told:
        for leaf in one.leaves:
            if not leaf.sha256:
                times[leaf.form, leaf.value].append(one.ns)
    rows, clear = [], []
    for path, known in sorted(fields.items()):
        rows.append(
            FIELDS.row(
                route_id=route.id, sender=route.sender, receiver=route.receiver, protocol=route.protocol,
                method=route.method, target=mask_path(route.target), reply=route.reply, messages=len(told),
                variants=variants, path=visible(mask_words(path), LONGEST), form=known.form, meaning=known.meaning,
                known_by=known.known_by, support=known.support, contradictions=known.contradictions,
                distinct_values=len(known.values), example=visible(_example(known), LONGEST),
            )
        )  # fmt: skip
        for value in sorted(known.values, key=_digest)[:MOST_VALUES]:
            seen = times[path, value]
            clear.append(
                FIELDS_CLEAR.row(
                    route_id=route.id, path=path, value_clear=value, messages=known.values[value], first_ts=min(seen),
                    last_ts=max(seen),
                )
            )  # fmt: skip
    return rows, clear


def _digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).digest()


def _example(one: Field) -> str:
    """An example that names nobody: only what kind of value it is, of persons, of texts and of long numbers."""
    value = min(one.values, default="")
    told = one.meaning in _SHOWN or (not one.meaning and one.form in {"int", "decimal"} and _is_short(value))
    return mask(value) if told else f"<{one.form}>" if value else ""


def _is_short(value: str) -> bool:
    """Whether a number has too few digits for one of a person, with or without a fraction or an exponent."""
    return sum(map(str.isdigit, value)) < SHORTEST_NUMBER and "e" not in value.lower()
