"""One way by which something left, and what became of it: what judging is asked about, and what it answers."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.findings.recheck.visit import FACE, HIDDEN, PICTURE, RECORD, VIDEO, Channel

if TYPE_CHECKING:
    from netaudit.findings.recheck.matching import Match
    from netaudit.findings.recheck.power import Power
    from netaudit.findings.recheck.visit import Visit

GONE, STILL, NEW, MOVED = "gone", "still", "new", "moved"
ENCRYPTED, OTHER, UNSEEN = "now encrypted", "now other", "could not have been seen"
STATUSES = (STILL, NEW, MOVED, ENCRYPTED, OTHER, UNSEEN, GONE)  # gravest first
IMAGES, RECORDS, VIDEOS, UPLOADS, INSIDE = "images", "records", "video", "uploads", "inside"
FORMS_OF = {IMAGES: (FACE,), RECORDS: (RECORD,), VIDEOS: (VIDEO,), UPLOADS: (HIDDEN,), INSIDE: (FACE,)}
KINDS_OF = {
    "uploaded": IMAGES, "video": VIDEOS, "matched": UPLOADS, "counted": UPLOADS, "together": UPLOADS,
    "following": UPLOADS, "hidden": UPLOADS, "moved": INSIDE,
}  # fmt: skip
BOUND = frozenset({"bound"})  # what of the visit before keeps an absence from being told
LEAST_HIDDEN = 1024  # bytes: less of what is hidden is no upload
ALIKE = 1.5  # so much larger or smaller may a picture be to be like those with a face


@dataclass(frozen=True, slots=True)
class Counted:
    """What a route carried in a visit."""

    count: int = 0
    bytes: int = 0
    median: int = 0
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of one route. `bears` are codes of texts.yaml with their figures."""

    status: str
    purpose: str
    device: str  # as a sentence calls it
    device_id: str
    endpoint: str
    form: str = ""  # how it moved or became another
    now_device: str = ""
    now_endpoint: str = ""
    known_by: str = ""
    before: Counted = field(default_factory=Counted)
    after: Counted = field(default_factory=Counted)
    power: Power | None = None
    together: Power | None = None  # of all devices that share the marks and the endpoint
    devices: int = 1  # so many are those
    bears: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    limits: list[tuple[str, dict[str, object]]] = field(default_factory=list)  # of what is called gone: what stays open
    findings_before: list[str] = field(default_factory=list)
    findings_after: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Route:
    """A route of the visit before, and what became of its device."""

    channel: Channel
    purpose: str
    match: Match | None
    again: list[Channel]  # the same device to the same endpoint, after

    far: frozenset[str] = frozenset()  # addresses of its endpoint, after

    exchanges: list[tuple[int, int]] = field(default_factory=list)  # when something else that passes shows its way
    way: list[tuple[int, int]] = field(default_factory=list)  # the same, calls in vain included

    def calls(self, after: Visit) -> list[int]:
        """When its device called its endpoint in vain, in order."""
        tried = after.tried.get(self.match.device, ()) if self.match else ()
        return sorted(one.ts for one in tried if one.ip in self.far)

    @property
    def sent(self) -> list[int]:
        """When it carried something."""
        return self.channel.times(FORMS_OF[self.purpose], LEAST_HIDDEN if self.purpose == UPLOADS else 0)

    @property
    def alike(self) -> list[int]:
        """When it carried that, or a picture of such a size in which no clear face was found.

        Neither is met where it is called gone, and a face that was overlooked is a pass that was followed all the same.
        """
        if self.purpose not in (IMAGES, INSIDE) or not (sizes := self.sizes):
            return self.sent
        least, most = sizes[0] / ALIKE, sizes[-1] * ALIKE
        more = [one.ts for one in self.channel.sent if one.form == PICTURE and least <= one.size <= most]
        return sorted([*self.sent, *more])

    @property
    def sizes(self) -> list[int]:
        """Bytes of each."""
        return self.channel.sizes(FORMS_OF[self.purpose], LEAST_HIDDEN if self.purpose == UPLOADS else 0)


def named(visit: Visit, device: str) -> str:
    """A device in words, by its id where it has none."""
    known = visit.devices.get(device)
    return known.words if known else device


def end_of(visit: Visit, channel: Channel) -> str:
    """How a sentence calls the endpoint: a device inside by what it is."""
    return named(visit, channel.endpoint) if channel.inside else channel.endpoint


def sums_of(rows: list[tuple[int, int]]) -> Counted:
    """What some rows count, and how many bytes, together."""
    if not rows:
        return Counted()
    sizes = [size for _, size in rows]
    return Counted(len(rows), sum(sizes), int(statistics.median(sizes)), min(rows)[0], max(rows)[0])
