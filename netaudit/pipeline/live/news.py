"""What the live engine tells, and what shows it: frozen rows, and the protocol between engine and screen.

The engine runs in its own thread and calls `show` for everything that happens, in the order in which it happens;
it asks `moments` and `stopping` at every tick. Every string in the news is masked by the engine.
It may still hold control characters or markup: whoever shows it makes it harmless for its medium.

Times `ts` are capture times in ns since 1970 UTC, `seen_ts` is the clock of this computer when the row was made.
Sizes are bytes. Unknown texts are empty, unknown counts are None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Rate:
    """Where the capture stands, once a tick; counts are since the start, rates of the last tick."""

    elapsed_s: float
    ts: int
    """Time of the latest packet, 0 before the first."""
    packets: int
    bytes: int
    packets_per_s: float
    bits_per_s: float
    drops_kernel: int | None
    """Packets the kernel had no room for; None where nobody says."""
    drops_interface: int | None
    """Packets the interface says it lost."""
    drops_own: int
    """Packets that netaudit itself let go: recorded (or not) but not in the audit."""
    recorded_files: int
    recorded_bytes: int
    behind_bytes: int
    """Recorded, and not yet audited."""
    images_waiting: int
    """Uploads of images that were told of and wait for their judgement; more than 10,000 wait for the end."""
    disk_free: int
    images_found: int = 0
    """Uploads of images so far: of these all but `images_waiting` are judged, and what is told rests on them."""


@dataclass(frozen=True, slots=True)
class DeviceNews:
    """A device appeared or became better known; the latest row of a `device_id` holds."""

    device_id: str
    mac: str
    ip: str
    name: str
    vendor: str
    device_class: str
    """A word of signatures/vocabulary/classes.txt."""
    model: str
    confidence: str
    """declared, strong, weak or unknown: as devices.class_confidence."""


@dataclass(frozen=True, slots=True)
class UploadNews:
    """Something left a sender: an image in clear, or an upload-shaped burst of which the content is not visible.

    An image is told of at once, and once more when it was judged: the latest row of an `object_id` holds.
    """

    ts: int
    seen_ts: int
    sender_ip: str
    receiver_ip: str
    receiver_name: str
    service: str
    scope: str
    """Where the receiver is: inside, outside, multicast or unknown."""
    kind: str
    """Image format; empty when the content is not visible."""
    size: int
    face: str
    """As images.face: yes, possible, no, as its parent, undecodable or not judged; waiting: a further row will tell;
    empty when the content is not visible."""
    certainty: str
    """A, B or D as findings.certainty, empty when it is no ground for a finding."""
    act: str
    """As findings.act."""
    clear: bool
    """Whether the content is visible."""
    object_id: str
    flow_id: str
    again: bool = False
    """Whether the same upload was told of before, and this row replaces that one."""
    identity: bool = False
    """Whether the same message carries an identity number with the right check digit."""
    pushed: bool = False
    """Whether this very image, with a face, had been sent outside before."""


@dataclass(frozen=True, slots=True)
class EndpointNews:
    """An address of the far side appeared or became better known; the latest row of an `ip` holds."""

    ip: str
    name: str
    country: str
    service: str
    service_class: str
    scope: str


@dataclass(frozen=True, slots=True)
class AlertNews:
    """What would be a finding if the audit ended now; a later row of the same finding_id replaces it."""

    certainty: str
    act: str
    sender_ip: str
    receiver: str
    images: int
    reason: str
    records: int = 0
    """Records with an identity number."""
    persons: int = 0
    """Distinct numbers in them."""
    finding_id: str = ""
    """As findings.finding_id of the case."""
    withdrawn: bool = False
    """Whether it is none after all: the case, which has seen everything, has no such finding."""
    templates: int = 0
    """Distinct biometric templates."""
    contacts: int = 0
    """Records with a name and a phone number."""
    kind: str = ""
    """What kind of finding it is, by its name in the vocabulary: uploaded, retrieved, matched, counted, hidden …"""


@dataclass(frozen=True, slots=True)
class CountNews:
    """What a device has sent encrypted to one endpoint, counted; the latest row of sender and receiver holds.

    Visitors' own devices are one row together, which says neither who nor to whom.
    """

    sender_ip: str
    receiver_ip: str
    receiver_name: str
    devices: int
    uploads: int
    """Requests of 2 KiB and more, never images."""
    bytes_low: int
    """Bytes of what was encrypted, at least."""
    bytes_high: int
    first_ts: int
    last_ts: int
    hours_from: int
    """When the first of the hours begins."""
    per_hour: tuple[int, ...]
    """Uploads in each hour; at most the first 744."""
    shape: str
    """As upload_counts.shape."""
    moments: int = 0
    """Moments marked that can be asked; 0 when they were not compared."""
    followed: int = 0
    """Those after which an upload began within `window_s`."""
    window_s: int = 0
    p: float | None = None
    """Chance of so many, corrected; while it runs it is looked at again and again: only the case's figure holds."""
    standing: str = ""
    """As moment_tests.standing."""
    final: bool = False
    """Whether the case says so."""


@dataclass(frozen=True, slots=True)
class MomentNews:
    """A moment was stored: the engine's answer to what `Show.moments` gave."""

    number: int
    """From 1."""
    ts: int
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the run itself. `code` names a text of `pipeline/live/texts.yaml`; `figures` fill its places."""

    level: Level
    code: str
    figures: Mapping[str, int | float | str] = field(default_factory=dict)


News = Rate | DeviceNews | UploadNews | EndpointNews | AlertNews | CountNews | MomentNews | Note


class Mark(NamedTuple):
    """A moment that the user marked."""

    ts: int
    """When the key was pressed (not when typing ended), ns since 1970 UTC."""
    text: str
    source: str
    """screen or stdin."""


class Show(Protocol):
    """Shows news and passes on what the user wants. The engine calls it from one thread, not the one that shows."""

    def show(self, news: News) -> None:
        """Take one piece of news; never waits for the screen, never raises for what is in the news."""

    def moments(self) -> list[Mark]:
        """Moments marked since last asked, oldest first; the engine stores them (`evidence/case/moments.py`)."""

    def stopping(self) -> bool:
        """Whether the user wants to stop."""

    def close(self) -> None:
        """The engine has ended: nothing more will be shown. May be called more than once."""
