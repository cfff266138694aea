"""What is known of a route beside the message that is being interpreted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.events.inference.inferred import SEVERAL, Picture
from netaudit.events.inference.relations import Relations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.events.inference.fields import Field


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
