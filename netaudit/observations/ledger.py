"""Collects facts about hosts: each once, with its first place and how often it was said.

Bounds are per logical shard (see `at`), so that what is kept does not depend on how the shards are spread over workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any

from netaudit.masking import mask

MOST_FACTS = 2_048  # distinct facts kept of one shard; a flood of invented names must not fill the memory
MOST_VALUES = 48  # distinct values kept of one field of one host in one shard
LONGEST = 512  # characters of a value
MARGIN = 32  # characters behind them that masking sees, so that a number is not cut into harmless halves
MOST_LOOKS = 512  # different things of one shard that `new` remembers
OPEN_FIELDS = frozenset(
    {"name", "address", "leased", "prefix"}
)  # what vantage and names need: bounded by MOST_FACTS only

Key = tuple[int, str, str, str, str, str]


class Ledger:
    """Facts as rows of `observations`, in the first-seen order."""

    def __init__(self, most: int = MOST_FACTS, most_values: int = MOST_VALUES) -> None:
        self._facts: dict[Key, list[Any]] = {}
        self._most, self._most_values = most, most_values
        self._in_shard: Counter[int] = Counter()
        self._of_field: Counter[tuple[int, str, str, str, str]] = Counter()
        self._looks: dict[tuple[int, Hashable], set[Hashable]] = {}
        self._looks_in_shard: Counter[int] = Counter()
        self._shard = -1
        self._dropped: list[Any] = [0, 0, 0, 0]  # place of the first fact dropped, and how many were

    def at(self, shard: int) -> None:
        """Say which logical shard the next facts come from."""
        self._shard = shard

    def note(self, kind: str, mac: str, ip: str, field: str, value: str, capture: int, frame: int, ts: int) -> None:
        """Take down that `field` of the host at `mac`/`ip` is said to be `value`."""
        key = (self._shard, kind, mac, ip, field, mask(value[: LONGEST + MARGIN])[:LONGEST])
        known = self._facts.get(key)
        if known is not None:
            known[3] += 1
        elif self._room(key):
            self._facts[key] = [capture, frame, ts, 1]
        else:
            self._dropped = [*(self._dropped[:3] if self._dropped[3] else (capture, frame, ts)), self._dropped[3] + 1]

    @property
    def dropped(self) -> int:
        """How many facts found no room."""
        return int(self._dropped[3])

    def new(self, what: Hashable, kind: Hashable, most: int) -> bool:
        """Whether `what` is met in this kind for the first time, of at most `most` kinds: to look closely only once."""
        key = (self._shard, what)
        kinds = self._looks.get(key)
        if kinds is None:
            if self._looks_in_shard[self._shard] >= MOST_LOOKS:
                return False
            self._looks_in_shard[self._shard] += 1
            self._looks[key] = {kind}
            return True
        if kind in kinds or len(kinds) >= most:
            return False
        kinds.add(kind)
        return True

    def _room(self, key: Key) -> bool:
        if self._in_shard[key[0]] >= self._most:
            return False
        if key[4] not in OPEN_FIELDS:
            if self._of_field[key[:5]] >= self._most_values:
                return False
            self._of_field[key[:5]] += 1
        self._in_shard[key[0]] += 1
        return True

    def knows(self, kind: str, mac: str, ip: str, field: str, value: str) -> bool:
        """Whether this fact has been noted."""
        return (self._shard, kind, mac, ip, field, value) in self._facts

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Rows of `observations`; a fact of several shards has several, which the last step joins."""
        for (_, kind, mac, ip, field, value), (capture, frame, ts, count) in self._facts.items():
            yield kind, mac, ip, field, value, f"#{capture}", frame, ts, count
        if self.dropped:
            capture, frame, ts, count = self._dropped
            yield "limit", "", "", "dropped", "facts beyond the bounds", f"#{capture}", frame, ts, count
