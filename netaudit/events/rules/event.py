"""One event that a rule reads from a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from netaudit.events.rules.entries import Entry
    from netaudit.events.rules.nodes import Image


class Claimed(NamedTuple):
    """An image with its role in an event."""

    role: str
    image: Image


@dataclass(slots=True)
class Event:
    """What one record of a message says; values in clear."""

    event_id: str
    message_id: str
    entry: Entry
    object_id: str  # the document it was read from; empty for what the head says alone
    place_path: str  # of the record in its document
    device: str = ""
    place: str = ""
    event_ref: str = ""
    shot_time: int | None = None
    shot_time_text: str = ""
    zone: str = ""
    score: float | None = None
    result: str = ""  # of a check or comparison, as sent
    direction: str = ""  # through a door: in, out, or as sent
    direction_text: str = ""
    target: str = ""  # whereto pushes are told to go, as it was said: a URL, or parts of an address beside each other
    person: dict[str, str] = field(default_factory=dict)
    purpose: dict[str, str] = field(default_factory=dict)
    images: list[Claimed] = field(default_factory=list)
    urls: list[tuple[str, str]] = field(default_factory=list)  # (role, URL)
    links: dict[str, str] = field(default_factory=dict)  # roles of pictures by the names that the record links to
    complete: bool = True
