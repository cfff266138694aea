"""Messages with a face, a person or a biometric template, by who understands them: an entry, their route, nobody."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.judgements import HIDING
from netaudit.findings.accounts import Line
from netaudit.findings.from_identity_data import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Tables = dict[str, pa.Table]

BY_ENTRY, INFERRED, NOT_AT_ALL = "by entry", "inferred", "not at all"
FACE, PERSON, BOTH = "a face", "a person", "a face and a person"
LEARNED_FROM = "messages that are learned from"
_PEOPLE = ("id_number", "phone", "name", "person_id")
TEMPLATE_ONLY = "a biometric template"


def understanding(tables: Tables, cut: Mapping[str, int]) -> Iterator[Line]:
    """How many messages with a face, a person or both an entry reads, were inferred, or nobody understands.

    `cut` are those of which bounds cut something off, by what: in some of it somebody may stand.
    """
    faces = {message for message, _ in _with_faces(tables)}
    persons = tables["persons"]
    people = set(pc.unique(persons.filter(pc.is_in(persons["kind"], pa.array(_PEOPLE)))["message_id"]).to_pylist())
    stated = pc.and_(pc.equal(persons["kind"], TEMPLATE), pc.not_equal(persons["certainty"], "shape"))
    templates = set(pc.unique(persons.filter(stated)["message_id"]).to_pylist())
    events = tables["events"]
    standings = events["standing"].to_pylist()
    known = dict(zip(events["message_id"].to_pylist(), standings, strict=True))
    shown = {sha256: one for some, one in zip(events["images"].to_pylist(), standings, strict=True) for sha256 in some}
    known = {message: shown[sha256] for message, sha256 in _with_faces(tables) if sha256 in shown} | known
    sums = Counter[tuple[str, str]]()
    for message in faces | people | templates:
        subject = (BOTH if message in people else FACE) if message in faces else PERSON
        subject = subject if message in faces or message in people else TEMPLATE_ONLY
        standing = known.get(message)
        reason = NOT_AT_ALL if standing is None else INFERRED if standing == "inferred" else BY_ENTRY
        sums[subject, reason] += 1
    for (subject, reason), number in sorted(sums.items()):
        yield Line(subject, reason, number, 0, reason != NOT_AT_ALL)
    for reason, number in sorted(cut.items()):
        yield Line(LEARNED_FROM, reason, number, 0, reason not in HIDING)


def _with_faces(tables: Tables) -> list[tuple[str, str]]:
    """Messages and the faces in them."""
    images, objects = tables["images"], tables["objects"]
    shown = images.filter(pc.equal(images["face"], "yes"))["sha256"]
    found = objects.filter(pc.is_in(objects["sha256"], shown.combine_chunks()))
    return list(zip(found["message_id"].to_pylist(), found["sha256"].to_pylist(), strict=True))
