"""Faces that stay the same for hours: what one sender sent again and again, alike in size and in pixels.

A poster, a picture on a screen or a bust does so; somebody who sits there moves. Told of pictures that are hardly more
than a face, since in a scene the rest is alike, too. Such images are counted apart and left out nowhere: a poster in
front of a camera says as well as a visitor what the camera does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from netaudit.findings.accounts import MOST_SUBJECTS, OTHERS, Line
from netaudit.findings.transfers import transfers

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    Tables = dict[str, pa.Table]

ALIKE = "alike for hours"
LARGEST = 480  # pixels of the long side: larger pictures show more than a face
CLOSE = 4  # bits of 64 by which perceptual hashes of shots of one picture differ at most
SIZES = 0.04  # share by which their sides do
LEAST, LEAST_HOURS = 5, 3  # shots, and hours of the clock in which there are some
LASTING = 2 * 3600 * 1_000_000_000  # ns between the first and the last
MOST_FACES = 512  # of one sender that are told apart
HOUR = 3600 * 1_000_000_000


@dataclass(slots=True)
class Face:
    """Shots that are alike."""

    phash: int
    sides: tuple[int, int]
    first: int
    last: int
    count: int
    size: int
    hours: set[int]

    def fits(self, phash: int, sides: tuple[int, int]) -> bool:
        """Whether a shot is one more of them."""
        near = all(abs(a - b) <= SIZES * a + 1 for a, b in zip(self.sides, sides, strict=True))
        return near and (self.phash ^ phash).bit_count() <= CLOSE

    @property
    def stays(self) -> bool:
        """Whether it was there for hours."""
        return self.count >= LEAST and len(self.hours) >= LEAST_HOURS and self.last - self.first >= LASTING


def posters(tables: Tables) -> Iterator[Line]:
    """Of each sender: images of faces that stayed alike for hours, and their bytes."""
    lasting = {sender: [one for one in faces if one.stays] for sender, faces in _faces(tables).items()}
    found = sorted((sender for sender in lasting if lasting[sender]), key=lambda one: (-len(lasting[one]), one))
    for place, sender in enumerate(found):
        subject = sender if place < MOST_SUBJECTS else OTHERS
        yield Line(
            subject, ALIKE, sum(one.count for one in lasting[sender]), sum(one.size for one in lasting[sender]), True
        )


def _faces(tables: Tables) -> dict[str, list[Face]]:
    """The faces that each sender sent with its own requests, shots that are alike together, in the order of time."""
    images = tables["images"]
    small = pc.less_equal(pc.max_element_wise(images["width"], images["height"]), LARGEST)
    chosen = images.filter(pc.and_(pc.equal(images["face"], "yes"), pc.fill_null(small, False)))
    rows = chosen.select(["sha256", "phash", "width", "height"]).to_pylist()
    known = {row["sha256"]: (int(row["phash"], 16), (row["width"], row["height"])) for row in rows if row["phash"]}
    found: dict[str, list[Face]] = defaultdict(list)
    if not known:
        return found
    sent = (
        (row.first_ts, row.object_id, row.sender, row.sha256, row.size)
        for row in transfers(tables["objects"], images, tables["messages"], tables["flows"])
        if row.upload and row.sha256 in known
    )
    for at, _, sender, sha256, size in sorted(sent):
        faces, (phash, sides) = found[sender], known[sha256]
        for face in faces:
            if face.fits(phash, sides):
                face.last, face.count, face.size = at, face.count + 1, face.size + size
                face.hours.add(at // HOUR)
                break
        else:
            if len(faces) < MOST_FACES:
                faces.append(Face(phash, sides, at, at, 1, size, {at // HOUR}))
    return found
