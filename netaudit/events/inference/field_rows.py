"""Rows of `fields`: what the fields of a route mean, and some of their values in clear."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.core.masking.examples import shown
from netaudit.core.masking.mask import mask_path, mask_words, visible
from netaudit.core.schema import FIELDS, FIELDS_CLEAR
from netaudit.events.inference.fields import skeleton

if TYPE_CHECKING:
    from netaudit.events.inference.fields import Field, Fields
    from netaudit.events.inference.messages import Route, RouteMessage

LONGEST = 128  # characters
MOST_VALUES = 32  # of a field, in clear
Columns = dict[str, list[Any]]  # by the names of a table's columns


class Told(NamedTuple):
    """What rows say of the fields of a route, whoever sends it."""

    columns: Columns
    chosen: list[tuple[str, str, int]]  # path, value and in how many messages, of values that are kept in clear
    cut: bool  # whether a field has more values than are kept


def told(messages: list[RouteMessage], fields: Fields) -> Told:
    """What rows say of the fields of these messages, or of others that say the same."""
    if fields.told is None:
        variants = len({skeleton(one) for one in messages}) if len(messages) > 1 else 1
        ordered = sorted(fields.items())
        known = [field for _, field in ordered]
        columns: Columns = {
            "messages": [len(messages)] * len(known),
            "variants": [variants] * len(known),
            "path": [visible(mask_words(path), LONGEST) for path, _ in ordered],
            "form": [one.form for one in known],
            "meaning": [one.meaning for one in known],
            "known_by": [one.known_by for one in known],
            "support": [one.support for one in known],
            "contradictions": [one.contradictions for one in known],
            "distinct_values": [len(one.values) for one in known],
            "example": [visible(_example(one), LONGEST) for one in known],
        }
        chosen = [(path, value, one.values[value]) for path, one in ordered for value in sorted(_chosen(one))]
        fields.told = Told(columns, chosen, any(len(one.values) > MOST_VALUES for one in known))
    found: Told = fields.told
    return found


class FieldRows:
    """Rows of `fields` and of their values in clear, as columns: most say the same as those of another route."""

    def __init__(self) -> None:
        self.columns: Columns = {name: [] for name in FIELDS.names}
        self.clear: Columns = {name: [] for name in FIELDS_CLEAR.names}

    def __len__(self) -> int:
        """How many fields there are."""
        return len(self.columns["route_id"])

    def append(self, route: Route, messages: list[RouteMessage], fields: Fields) -> None:
        """Add those of a route."""
        columns, chosen, _ = told(messages, fields)
        of_route = {
            "route_id": route.id, "sender": route.sender, "receiver": route.receiver, "protocol": route.protocol,
            "method": route.method, "target": mask_path(route.target), "reply": route.reply,
        }  # fmt: skip
        for name, value in of_route.items():
            self.columns[name] += [value] * len(fields)
        for name, values in columns.items():
            self.columns[name] += values
        seen = _seen(messages, chosen)
        self.clear["route_id"] += [of_route["route_id"]] * len(chosen)
        for (path, value, count), (first, last) in zip(chosen, seen, strict=True):
            self.clear["path"].append(path)
            self.clear["value_clear"].append(value)
            self.clear["messages"].append(count)
            self.clear["first_ts"].append(first)
            self.clear["last_ts"].append(last)


def _seen(messages: list[RouteMessage], chosen: list[tuple[str, str, int]]) -> list[tuple[int, int]]:
    """When the values that are kept were said first and last."""
    if len(messages) == 1:
        return [(messages[0].ns, messages[0].ns)] * len(chosen)
    seen: dict[tuple[str, str], tuple[int, int]] = {}
    wanted = {(path, value) for path, value, _ in chosen}
    for message in messages:
        ns = message.ns
        for leaf in message.leaves:
            if not leaf.sha256 and (said := (leaf.form, leaf.value)) in wanted:
                first, last = seen.get(said, (ns, ns))
                seen[said] = min(first, ns), max(last, ns)
    return [seen[path, value] for path, value, _ in chosen]


def _chosen(one: Field) -> set[str]:
    """The values of a field that are kept: all, or those of the smallest hashes, whatever their order."""
    if len(one.values) <= MOST_VALUES:
        return set(one.values)
    return set(sorted(one.values, key=_digest)[:MOST_VALUES])


def _digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).digest()


def _example(one: Field) -> str:
    return shown(min(one.values, default=""), one.meaning, one.form)
