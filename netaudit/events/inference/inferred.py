"""An event that no entry reads: what is known of it, and what of the whole audit is asked about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.signatures.field_words import meanings

if TYPE_CHECKING:
    from netaudit.events.inference.messages import RouteMessage
PERSON = ("name", "id_number", "phone", "person_id", "gender", "age", "birthday", "address", "group")
PURPOSE = ("agent", "agent_company", "salesperson", "risk", "report_time", "first_photo_time")
TELLING = frozenset({"name", "id_number", "phone", "person_id", "time", "gender", "age"})
SEVERAL = 3


class Picture(NamedTuple):
    """What is known of an image."""

    face: str
    width: int
    height: int


@dataclass(slots=True)
class Inferred:
    """What one record says; values in clear, each with the leaf it is from."""

    message: RouteMessage
    place: str  # of the record in its message
    path: str = ""  # of the message, in clear
    kind: str = ""
    act: str = ""
    values: dict[str, str] = field(default_factory=dict)  # by meaning
    keys: dict[str, str] = field(default_factory=dict)  # under which key each was said
    shot_time: int | None = None
    zone: str = ""
    images: list[tuple[str, str]] = field(default_factory=list)  # SHA-256, role
    named: set[str] = field(default_factory=set)  # images whose role their fields say
    urls: list[str] = field(default_factory=list)
    announced: set[str] = field(default_factory=set)  # meanings that another message says
    ties: set[str] = field(default_factory=set)  # names of files and digests, by which it belongs to another message

    def drop_time(self) -> None:
        """Forget the time, which is not that of the event."""
        self.values.pop("time", None)
        self.shot_time, self.zone = None, ""

    @property
    def tells(self) -> bool:
        """Whether it says more than that there are pictures, and when, as names of files do."""
        return bool(self.values.keys() & TELLING - {"time"})

    @property
    def is_bare(self) -> bool:
        """Whether it is a picture without a document."""
        return bool(self.images) and not self.tells


SHAPED = {one.name: one for one in meanings()}
