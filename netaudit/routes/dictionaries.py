"""Keys that another message of the same addresses explains: what its values call them is what they are called.

Terminals say once what their tags or columns mean, and write numbers from then on.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.routes.messages import leaf
from netaudit.signatures.field_words import names_field

if TYPE_CHECKING:
    from netaudit.routes.messages import Leaf, RouteMessage

LEAST, SHARE = 3, 0.6  # keys that a message explains, and their part of its leaves


def explained(messages: list[RouteMessage]) -> None:
    """Call the keys of messages as a dictionary of their addresses does, where it calls each in one way."""
    told: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    others = []
    for one in messages:
        if names := _names(one):
            for key, name in names:
                told[one.route[:2]][key].add(name)
        else:
            others.append(one)
    for one in others if told else ():
        called = told.get(one.route[:2], {})
        known = {key: next(iter(names)) for key, names in called.items() if len(names) == 1}
        if known:
            one.leaves = [_called(each, known) for each in one.leaves]


def _names(one: RouteMessage) -> list[tuple[str, str]]:
    """Keys with what they are called, where a message is a dictionary."""
    own = [each for each in one.leaves if each.key and not each.head and not each.sha256]
    names = [(each.key, each.value.strip()) for each in own if names_field(each.value.strip())]
    distinct = len({key for key, _ in names}) == len(names) >= max(LEAST, SHARE * len(own))
    return names if distinct else []


def _called(each: Leaf, known: dict[str, str]) -> Leaf:
    name = known.get(each.key)
    if name is None or each.head:
        return each
    holder, point, last = each.path.rpartition(".")
    return leaf(f"{holder}{point}{last.replace(each.key, name)}", name, each.value, each.sha256)
