"""One device of the inventory, while its claims are collected."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.core.signatures.conditions import Fact


@dataclass(slots=True)
class Device:
    """One device while its facts are collected. Times are UTC nanoseconds."""

    id: str
    macs: set[str] = field(default_factory=set)
    ips: set[str] = field(default_factory=set)
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    agents: list[Fact] = field(default_factory=list)  # User-Agents of its address, also where that stands for many
    openings: list[Fact] = field(default_factory=list)  # shapes of its first TCP packets, likewise
    forwarded: dict[str, int] = field(default_factory=dict)  # inside addresses that it forwards for → row, -1 for flows
    first: int = 1 << 62
    last: int = 0

    def seen(self, first: int, last: int) -> None:
        """Widen its time."""
        self.first, self.last = min(self.first, first), max(self.last, last)
