"""Collects facts about hosts: each once, with its first place and how often it was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netaudit.masking import mask

MOST_FACTS = 200_000  # distinct facts kept; a flood of invented names must not fill the memory


class Ledger:
    """Facts as rows of `observations`, in the first-seen order."""

    def __init__(self, most: int = MOST_FACTS) -> None:
        self._facts: dict[tuple[str, str, str, str, str], list[Any]] = {}
        self._most = most
        self.dropped = 0

    def note(self, kind: str, mac: str, ip: str, field: str, value: str, capture: int, frame: int, ts: int) -> None:
        """Take down that `field` of the host at `mac`/`ip` is said to be `value`."""
        key = (kind, mac, ip, field, mask(value[:512]))
        known = self._facts.get(key)
        if known is not None:
            known[3] += 1
        elif len(self._facts) < self._most:
            self._facts[key] = [capture, frame, ts, 1]
        else:
            self.dropped += 1

    def knows(self, kind: str, mac: str, ip: str, field: str, value: str) -> bool:
        """Whether this fact has been noted."""
        return (kind, mac, ip, field, value) in self._facts

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Rows of `observations`."""
        for (kind, mac, ip, field, value), (capture, frame, ts, count) in self._facts.items():
            yield kind, mac, ip, field, value, f"#{capture}", frame, ts, count
