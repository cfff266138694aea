"""An event that no entry reads: what is known of it, and what of the whole audit is asked about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.signatures.field_words import meanings
from netaudit.events.inference.relations import Relations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.events.inference.learning import Field
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


@dataclass(slots=True)
class Around:
    """What is known beside a message."""

    pictures: dict[str, Picture]
    held: dict[str, set[str]]  # addresses, and the pictures that went under them
    shows_faces: bool = False  # pictures of its route have or may have faces
    telling: bool = False  # its sender is inside, or one to whom persons or faces were sent
    wanted: bool = False  # a record names its address, or it answers who asked for a snapshot
    peopled: bool = False  # several records of its route are of persons or show faces
    known: bool = False  # an entry reads an event in it, whatever else it says
    relations: Relations = field(default_factory=Relations)

    def mostly_faces(self, shown: Iterable[str]) -> bool:
        """Whether a third of some pictures, of those that were judged, have or may have a face."""
        judged = [one.face for sha256 in shown if (one := self.pictures.get(sha256)) is not None]
        faces = judged.count("yes") + judged.count("possible")
        return faces > 0 and judged.count("no") <= 2 * faces

    def are_of_people(self, fields: dict[str, Field], shown: Iterable[str]) -> bool:
        """Whether fields of a route, or its pictures, are those of several persons."""
        numbered = [one.messages for one in fields.values() if one.meaning == "id_number"]
        faces = [sha256 for sha256 in shown if sha256 in self.pictures and self.pictures[sha256].face == "yes"]
        return max([len(faces), *numbered]) >= SEVERAL

    def faces(self, shown: Iterable[str]) -> set[str]:
        """What is said of the faces in pictures."""
        return {self.pictures[sha256].face for sha256 in shown if sha256 in self.pictures}


SHAPED = {one.name: one for one in meanings()}
