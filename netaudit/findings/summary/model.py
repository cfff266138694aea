"""Data classes of the summary. They hold facts only; `sentences.py` has the text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

TRANSFER_SEEN = "transfer_seen"
CONSISTENT = "consistent_with_transfer"
NOT_ASSESSABLE = "cannot_be_assessed"
INSIDE_ONLY = "inside_only"
NOT_SEEN = "not_seen"
STATES = (TRANSFER_SEEN, CONSISTENT, NOT_ASSESSABLE, INSIDE_ONLY, NOT_SEEN)  # gravest first

IMAGES, IDENTITY, TEMPLATES, VIDEO, ENCRYPTED = "images", "identity", "templates", "video", "encrypted"
RETURNED, REFUSED, UNANSWERED = "returned", "refused", "unanswered"  # outcomes of what is no completed transfer
CAUSED, DISPUTED = "caused", "disputed"


@dataclass(frozen=True, slots=True)
class Party:
    """A device of the site or a host on the internet."""

    address: str
    name: str = ""  # of a device: as it names itself (masked); of a host: the name it was reached by
    kind: str = ""  # class of a device, where the evidence for it is not weak
    device: bool = True
    id: str = ""  # of a device (`devices.device_id`): its link address where one was seen, else its address


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one device sent, fetched or received: one kind of content, with all its counterparts."""

    act: str  # as `findings.act`
    content: str  # IMAGES, IDENTITY, TEMPLATES, VIDEO or ENCRYPTED
    device: Party
    others: tuple[Party, ...]  # receivers of what the device sent, senders of what it fetched or received
    count: int  # distinct images; records; templates; encrypted uploads
    transfers: int = 0  # times something was transferred
    people: int = 0
    at_least: bool = False  # of `people`: some records cannot be joined
    fields: tuple[str, ...] = ()  # kinds of identity data beside the number: name, phone, face …
    grades: tuple[tuple[str, int], ...] = ()  # how many of `count` are of which certainty
    reasons: tuple[str, ...] = ()  # why some are less certain than the best grade
    doubt: str = ""  # RETURNED, REFUSED, UNANSWERED, CAUSED or DISPUTED
    cause: tuple[str, str] = ("", "")  # of CAUSED and DISPUTED: kind (page, source, disputed) and host
    status: int = 0  # HTTP status of a refusal; 0 when not known
    matched: int = 0  # images that encrypted uploads fit (C), or correlate with
    matched_faces: int = 0
    correlated: bool = False  # sizes and times correlate, and no image is named
    bytes: int = 0
    connections: int = 0
    first_ts: int | None = None
    last_ts: int | None = None
    findings: tuple[str, ...] = ()  # ids of the rows of `findings` that it rests on

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """(sender, receiver) addresses that a sentence about this transfer implies."""
        sent = self.act not in {"retrieved from outside", "delivered from outside"}
        mine, theirs = self.device.address, [one.address for one in self.others]
        return {(mine, one) if sent else (one, mine) for one in theirs}


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that was not recorded, not readable or not judged."""

    kind: str
    share: float | None = None  # of the whole it is a part of, 0 to 1
    n: int = 0
    all: int = 0
    of_traffic: bool = False  # its share is one of the traffic, not of images or messages


@dataclass(frozen=True, slots=True)
class Step:
    """Something that the reader should do next."""

    kind: str
    parties: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """When was recorded, and in which zone times are shown."""

    first_ts: int | None
    last_ts: int | None
    zone: str  # name of a zone, or an offset such as +08:00; empty: UTC
    zone_from: str  # option, devices, or none


@dataclass(frozen=True, slots=True)
class Personal:
    """What personal devices sent: not counted as transfers of the site."""

    devices: tuple[Party, ...] = ()
    images: int = 0
    records: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """The device that sent most data to the internet, and the hosts it sent it to."""

    device: Party
    others: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """Walk-bys that were marked while recording, and uploads after them."""

    n: int  # of them, without an upload that could hold an image; or, with `device`, followed by encrypted uploads
    all: int
    seconds: int
    share: float | None = None  # uploads after at least this share of the walk-bys would have been seen (95 %)
    device: Party | None = None
    other: Party | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of the timeline: events in equal slices of the period."""

    content: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a case says, in the order in which it is read."""

    state: str
    why: str  # of the state: key of its explanation
    period: Period
    images: int = 0  # distinct face images that were seen leaving
    people: int = 0  # people whose identity data was seen leaving
    people_at_least: bool = False
    servers: int = 0  # hosts on the internet that received either
    devices: int = 0  # that sent either
    addresses: int = 0  # of these, known by an address only, which may stand for several
    sent: tuple[Transfer, ...] = ()
    doubtful: tuple[Transfer, ...] = ()
    fetched: tuple[Transfer, ...] = ()
    encrypted: tuple[Transfer, ...] = ()
    other_uploads: int = 0  # encrypted uploads that make no finding: they are few, or go many ways
    inside: tuple[Transfer, ...] = ()
    images_inside: int = 0  # distinct face images that were seen moving between devices of the site
    contact: Contact | None = None  # of a case that cannot be assessed
    personal: Personal = field(default_factory=Personal)
    apart: tuple[Limit, ...] = ()  # face images and numbers that belong to no device or have no meaning that is sure
    marks: tuple[Marks, ...] = ()
    faces: bool = True  # whether faces were looked for
    readable: float | None = None  # share of the recorded content
    hidden: float | None = None  # share of the recorded content that is encrypted
    recorded: float | None = None  # share of the bytes on the wire that the files hold
    limits: tuple[Limit, ...] = ()
    steps: tuple[Step, ...] = ()
    lanes: tuple[Lane, ...] = ()
    judged: tuple[int, int] | None = None  # images judged and found, while the audit runs

    def document(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return asdict(self)

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """All transfers it names."""
        return (*self.sent, *self.doubtful, *self.fetched, *self.encrypted, *self.inside)
