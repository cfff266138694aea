"""Rows of `fields`: what the fields of a route mean, and some of their values in clear."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from netaudit.masking.examples import shown
from netaudit.masking.mask import mask_path, mask_words, visible
from netaudit.routes.learning import skeleton
from netaudit.tables import FIELDS, FIELDS_CLEAR

if TYPE_CHECKING:
    from netaudit.routes.learning import Field, Fields
    from netaudit.routes.messages import Route, RouteMessage
    from netaudit.tables import Row

_FIELD, _CLEAR = FIELDS.row, FIELDS_CLEAR.row
LONGEST = 128  # characters
MOST_VALUES = 32  # of a field, in clear


class Column(NamedTuple):
    """What rows say of a field, whoever sends it."""

    path: str
    shown: str
    field: Field
    form: str
    example: str
    chosen: list[str]


class Told(NamedTuple):
    """What rows say of the fields of a route."""

    variants: int
    columns: list[Column]
    cut: bool  # whether one has more values than are kept


def told(messages: list[RouteMessage], fields: Fields) -> Told:
    """What rows say of the fields of these messages, or of others that say the same."""
    if fields.told is None:
        variants = len({skeleton(one) for one in messages}) if len(messages) > 1 else 1
        columns = [
            Column(
                path, visible(mask_words(path), LONGEST), known, known.form, visible(_example(known), LONGEST),
                sorted(_chosen(known)),
            )
            for path, known in sorted(fields.items())
        ]  # fmt: skip
        fields.told = Told(variants, columns, any(len(one.values) > MOST_VALUES for one in fields.values()))
    return fields.told


def field_rows(route: Route, messages: list[RouteMessage], fields: Fields) -> tuple[list[Row], list[Row]]:
    """Rows of `fields` of a route, and of their values in clear."""
    variants, columns, _ = told(messages, fields)
    route_id, target = route.id, mask_path(route.target)
    rows = [
        _FIELD(
            route_id=route_id, sender=route.sender, receiver=route.receiver, protocol=route.protocol,
            method=route.method, target=target, reply=route.reply, messages=len(messages),
            variants=variants, path=one.shown, form=one.form, meaning=one.field.meaning,
            known_by=one.field.known_by, support=one.field.support, contradictions=one.field.contradictions,
            distinct_values=len(one.field.values), example=one.example,
        )
        for one in columns
    ]  # fmt: skip
    seen = _seen(messages, columns)
    clear = [
        _CLEAR(route_id, one.path, value, one.field.values[value], *seen[one.path, value])
        for one in columns
        for value in one.chosen
    ]
    return rows, clear


def _seen(messages: list[RouteMessage], columns: list[Column]) -> dict[tuple[str, str], tuple[int, int]]:
    """When the values that are kept were said first and last."""
    if len(messages) == 1:
        return dict.fromkeys(
            ((one.path, value) for one in columns for value in one.chosen), (messages[0].ns, messages[0].ns)
        )
    chosen = {one.path: frozenset(one.chosen) for one in columns}
    seen: dict[tuple[str, str], tuple[int, int]] = {}
    for message in messages:
        ns = message.ns
        for leaf in message.leaves:
            if not leaf.sha256 and leaf.value in chosen[leaf.form]:
                first, last = seen.get((leaf.form, leaf.value), (ns, ns))
                seen[leaf.form, leaf.value] = min(first, ns), max(last, ns)
    return seen


def _chosen(one: Field) -> set[str]:
    """The values of a field that are kept: all, or those of the smallest hashes, whatever their order."""
    if len(one.values) <= MOST_VALUES:
        return set(one.values)
    return set(sorted(one.values, key=_digest)[:MOST_VALUES])


def _digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).digest()


def _example(one: Field) -> str:
    return shown(min(one.values, default=""), one.meaning, one.form)
