"""Messages that carry a face or a person, by who understands them: an entry, what was inferred of their route, nobody."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.accounts import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

Tables = dict[str, pa.Table]

BY_ENTRY, INFERRED, NOT_AT_ALL = "by entry", "inferred", "not at all"
FACE, PERSON, BOTH = "a face", "a person", "a face and a person"
WORDS: dict[str, tuple[str, str]] = {
    BY_ENTRY: ("由已知格式读懂", "read by a known layout"),
    INFERRED: ("按字段含义推断", "inferred from its fields"),
    NOT_AT_ALL: ("未能读懂其含义", "not understood"),
}
_PEOPLE = ("id_number", "phone", "name", "person_id")


def understanding(tables: Tables) -> Iterator[Line]:
    """How many messages with a face, a person or both an entry reads, were inferred, or nobody understands."""
    faces = set(_with_faces(tables))
    persons = tables["persons"]
    people = set(pc.unique(persons.filter(pc.is_in(persons["kind"], pa.array(_PEOPLE)))["message_id"]).to_pylist())
    events = tables["events"]
    known = dict(zip(events["message_id"].to_pylist(), events["standing"].to_pylist(), strict=True))
    sums = Counter[tuple[str, str]]()
    for message in faces | people:
        subject = BOTH if message in faces and message in people else FACE if message in faces else PERSON
        standing = known.get(message)
        reason = NOT_AT_ALL if standing is None else INFERRED if standing == "inferred" else BY_ENTRY
        sums[subject, reason] += 1
    for (subject, reason), number in sorted(sums.items()):
        yield Line(subject, reason, number, 0, reason != NOT_AT_ALL)


def _with_faces(tables: Tables) -> list[str]:
    images, objects = tables["images"], tables["objects"]
    shown = images.filter(pc.equal(images["face"], "yes"))["sha256"]
    if not len(shown):
        return []
    found: list[str] = pc.unique(
        objects.filter(pc.is_in(objects["sha256"], shown.combine_chunks()))["message_id"]
    ).to_pylist()
    return found
