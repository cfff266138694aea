"""A visit: what a case says of who was there, what each device sent to whom, and what was marked."""

from __future__ import annotations

import bisect
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

SECOND = 1_000_000_000
FACE, RECORD, PICTURE, CLEAR, HIDDEN, VIDEO = "face", "record", "picture", "clear", "hidden", "video"
FORMS = (FACE, RECORD, PICTURE, CLEAR, HIDDEN, VIDEO)


class CaseLike(Protocol):
    """What is needed of a case."""

    manifest: dict[str, Any]

    def table(self, name: str, columns: Any = None) -> pa.Table:
        """A table of the case."""


@dataclass(frozen=True, slots=True, order=True)
class Sending:
    """Something that left in one go: when its first byte did (ns), bytes, and what could be seen of it (FORMS)."""

    ts: int
    size: int
    form: str


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A connection that was asked for and carried nothing."""

    ts: int
    ip: str  # who was called
    inside: bool


@dataclass(frozen=True, slots=True)
class Device:
    """What a device said of itself, and what is seen of it, for knowing it again."""

    device_id: str
    macs: frozenset[str]
    ips: frozenset[str]
    vendor: str
    model: str
    serial: str
    name: str
    kind: str  # its class
    role: str  # role_hint, or that of a finding

    @property
    def words(self) -> str:
        """How a sentence calls it."""
        what = " ".join(part for part in (self.vendor, self.model or self.name) if part)
        at = min(self.ips, default="") or self.device_id
        return f"{what} ({at})" if what else at


@dataclass(slots=True)
class Channel:
    """All that one device sent to one endpoint: a name asked for, or an address where none was."""

    device: str
    endpoint: str
    inside: bool = False  # the endpoint is a device of the site
    asks: bool = False  # names are asked there, and passed on
    ips: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    sent: list[Sending] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)  # ns: its connections, outside the answered ones
    up: int = 0  # payload, bytes
    down: int = 0
    findings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # kind of finding: ids

    def times(self, forms: Iterable[str] = FORMS, least: int = 0) -> list[int]:
        """When things of such forms and sizes left, in order."""
        chosen = set(forms)
        return sorted(one.ts for one in self.sent if one.form in chosen and one.size >= least)

    def sizes(self, forms: Iterable[str] = FORMS, least: int = 0) -> list[int]:
        """Their sizes, in order."""
        chosen = set(forms)
        return sorted(one.size for one in self.sent if one.form in chosen and one.size >= least)

    def meets(self, other: Channel) -> bool:
        """Whether both lead to the same endpoint: by a name, else by an address."""
        return bool(self.names & other.names) or bool(self.ips & other.ips)


@dataclass(slots=True)
class Visit:
    """One visit, or several of one side joined."""

    names: list[str]
    sides: frozenset[str]  # lan, wan, both, unknown: one for each visit that was joined
    spans: list[tuple[int, int]]  # ns, in order, apart: what was captured
    marks: list[tuple[int, str]]
    devices: dict[str, Device]
    channels: dict[tuple[str, str], Channel]
    heard: dict[str, list[tuple[int, int]]]  # by device: flows in which it said something, calls in vain included
    limits: list[str]  # what keeps an absence from being told, as codes of texts.yaml
    zone: str = ""
    captures: frozenset[str] = frozenset()  # SHA-256
    twice: int = 0  # ns that several of the joined visits captured
    tried: dict[str, list[Call]] = field(default_factory=dict)  # by device: whom it called in vain
    room: int = 0  # what may be kept yet; below 0 something was not
    _from: dict[str, list[Channel]] | None = field(default=None, init=False, repr=False)
    _into: dict[str, list[Channel]] | None = field(default=None, init=False, repr=False)

    @property
    def first(self) -> int:
        """Beginning of the first span."""
        return self.spans[0][0] if self.spans else 0

    @property
    def last(self) -> int:
        """End of the last one."""
        return max((end for _, end in self.spans), default=0)

    @property
    def length(self) -> int:
        """What was captured, ns."""
        return sum(end - start for start, end in self.spans)

    @property
    def recorded(self) -> int:
        """The same, each as often as it was captured: what was sent then is there as often, so no rate is too high."""
        return self.length + self.twice

    def keep(self, channel: Channel, one: Sending) -> None:
        """Keep something that left, where there is room."""
        if self.room > 0:
            channel.sent.append(one)
        self.room -= 1

    def covered(self, first: int, last: int) -> bool:
        """Whether all of it was captured."""
        return any(start <= first and last <= end for start, end in self.spans)

    def said_around(self, device: str, first: int, last: int) -> bool:
        """Whether the device was heard in an interval."""
        spans = self.heard.get(device, [])
        return any(start <= last and first <= end for start, end in spans[: bisect.bisect_right(spans, (last, last))])

    def out(self, device: str) -> list[Channel]:
        """What a device sent outside."""
        return [one for one in self.of(device) if not one.inside]

    def of(self, device: str) -> list[Channel]:
        """All that a device sent; channels are complete when it is first asked."""
        if self._from is None:
            self._from = defaultdict(list)
            for _, one in sorted(self.channels.items()):
                self._from[one.device].append(one)
        return self._from.get(device, [])

    def into(self, device: str) -> list[Channel]:
        """All that others inside sent to a device; channels are complete when it is first asked."""
        if self._into is None:
            self._into = defaultdict(list)
            for _, one in sorted(self.channels.items()):
                if one.inside:
                    self._into[one.endpoint].append(one)
        return self._into.get(device, [])


def apart(spans: Iterable[tuple[int, int]], pause: int = SECOND) -> list[tuple[int, int]]:
    """Spans in order, those that overlap or nearly touch as one: nothing is known of a longer pause."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + pause:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
