"""Routes whose messages say the same are learned once: polls, and many devices of one kind that were set up alike.

What fields mean follows from keys and values of all messages of a route, from how far times lie from the packets'
clock and, beside numbers of identity, from the year. Who sent them, and which pictures they carry, changes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.events.inference.fields import ENTRY, Fields
from netaudit.events.inference.learning import TOPICS, fields_of, named_after_devices, offset
from netaudit.events.inference.shapes import form_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from netaudit.events.inference.messages import RouteMessage

MOST = 8_192  # fields that are kept; a route has up to some hundreds
Meant = dict[str, str]  # value → meaning


class Learned:
    """Fields of the routes that were met lately."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Fields] = {}
        self._held = 0

    def fields(self, messages: list[RouteMessage], meant: list[Meant]) -> Fields:
        """Fields of the messages of one route, with their meanings; several routes may have the same.

        `meant`: of each message what its values mean, as entries say.
        """
        said = (messages[0].route.protocol in TOPICS, *map(_said, messages, meant))
        known = self._known.get(said)
        if known is None:
            known = fields_of(messages)
            _as_entries_say(known, messages, meant)
            named_after_devices(known)
            self._held += len(known)
            if self._held > MOST:
                self._known.clear()
                self._held = len(known)
            self._known[said] = known
        return known


def _as_entries_say(fields: Fields, messages: list[RouteMessage], meant: list[Meant]) -> None:
    """Where an entry reads a value, the field that has it means what the entry says."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    total = Counter[str]()
    for one, meanings in zip(messages, meant, strict=True):
        for leaf in one.leaves if meanings else ():
            total[leaf.form] += 1
            if meaning := meanings.get(leaf.value.strip()):
                votes[leaf.form][meaning] += 1
    for path, some in votes.items():
        meaning, support = min(some.items(), key=lambda pair: (-pair[1], pair[0]))
        checked = fields[path].meaning == "id_number"  # whatever else such a number is to its sender
        if support * 2 > total[path] and not checked:
            fields[path].say(meaning, ENTRY, 4, support, total[path])


def _said(one: RouteMessage, meant: Meant) -> Hashable:
    """What of a message fields are learned from."""
    values = tuple([leaf.value for leaf in one.leaves])
    times, numbered = _clocked(values)
    offsets = tuple([offset(values[at], one.ns) for at in times])
    year = datetime.fromtimestamp(one.ns / 1e9, UTC).year if numbered else 0
    return one.outline, values, offsets, year, tuple(meant.items()) if meant else ()


@lru_cache(maxsize=128)
def _clocked(values: tuple[str, ...]) -> tuple[tuple[int, ...], bool]:
    """Which of some values are times, and whether any is a number of identity."""
    forms = [form_of(value) for value in values]
    return tuple(at for at, form in enumerate(forms) if form == "time"), "id number" in forms
