"""Persons in a case: rows while the audit runs, and counts at its end.

Tables get masked values and an HMAC under the case's key, so that the same value is recognised within a case and means
nothing outside it. Clear values are written to `private/` only.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.content.sniff import IMAGE_KINDS
from netaudit.core.masking.mask import mask, mask_words, shortened
from netaudit.core.schema import PERSONS, PERSONS_CLEAR, Row
from netaudit.core.storage.table_streams import TableWriter
from netaudit.events.identity.counting import by_record
from netaudit.events.identity.from_unwrapping import (
    BINARY,
    MOST_ROWS,
    TEMPLATE,
    Personal,
    asks_about,
    asks_in_head,
    canonical,
    is_of_workbook,
    is_overlooked,
    is_part,
    masked,
    not_looked_through,
    of_headers,
    of_name,
    of_parts,
    of_target,
    of_workbook,
    personal,
    settled,
    telling,
)
from netaudit.events.identity.records import ANCHORS
from netaudit.events.identity.value_hash import hash_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pyarrow as pa

    from netaudit.content.part import Leaf
    from netaudit.protocols.message import Message

_PERSON, _CLEAR = PERSONS.row, PERSONS_CLEAR.row
ALIKE = 6  # bits of 64 by which the perceptual hashes of two shots of one scene at most differ
MOST_SHEETS = 16  # parts of spreadsheets of a message
_WORDED = frozenset({"json", "xml", "form", "text"})
LEAST_NAME = 8  # characters of a target or the name of a file that may say something of somebody
MOST_COMPARED = 20_000  # distinct hashes; more are not compared, since every pair is


def headers_asked(message: Message) -> Sequence[tuple[str, str]]:
    """The headers of a message where an identity number may stand in one."""
    return message.headers if asks_in_head(message.form, message.headers) else ()


def _is_echo(leaf: Leaf) -> bool:
    """Whether it has its name from what was asked for and has words of its own: its sender said no number."""
    return leaf.kind in _WORDED and leaf.part.path.partition(" › ")[0] == "response body" and leaf.part.depth <= 1


class PersonRows:
    """Rows of `persons` of one worker. A message is taken leaf by leaf; what is beside a person is known at its end."""

    def __init__(self, folder: Path, part: str) -> None:
        self._key = (folder / "private" / "key").read_bytes()
        self._clear = TableWriter(folder, PERSONS_CLEAR, part, place="private")
        self.writers = (self._clear,)
        self._found: list[tuple[str, Personal]] = []
        self._sheets: list[tuple[str, Leaf]] = []  # parts of a spreadsheet
        self._parts: list[tuple[str, Leaf]] = []  # fields of a multipart form
        self.not_looked_through = 0  # bytes of its documents
        self._binary: set[str] = set()  # objects whose texts were read without a notation

    def append(self, object_id: str, leaf: Leaf) -> None:
        """Look through one object of the message; of a picture its name alone says anything."""
        room = len(self._found) < MOST_ROWS
        if leaf.kind not in IMAGE_KINDS:
            self.not_looked_through += not_looked_through(leaf)
            if room:
                self._read(object_id, leaf)
        if room and len(leaf.part.name) > LEAST_NAME and not _is_echo(leaf):
            self._found += [(object_id, one) for one in of_name(leaf.part.name)]

    def _read(self, object_id: str, leaf: Leaf) -> None:
        self._found += [(object_id, one) for one in personal(leaf)]
        if leaf.kind in BINARY:
            self._binary.add(object_id)
        if len(self._sheets) < MOST_SHEETS and is_of_workbook(leaf):
            self._sheets.append((object_id, leaf))
        if is_part(leaf):
            self._parts.append((object_id, leaf))

    def end(
        self,
        message_id: str,
        target: str = "",
        persons: Iterable[tuple[str, Personal]] = (),
        headers: Sequence[tuple[str, str]] = (),
        head: str = "",
        *,
        entry: bool = False,
        pictured: bool = False,
    ) -> list[Row]:
        """Rows of the message: of its objects, its target and headers, and of persons its events name (`persons`).

        What an event says is left out where a field was read as the same already. Clear values go to private/. For
        `head`, `entry` (known) and `pictured` see `events/identity/templates.py`.
        """
        found, self._found = self._said_once() if self._found else [], []
        self._binary.clear()
        if len(self._parts) > 1 and found:
            known = {(object_id, one.kind) for object_id, one in found}
            places = [object_id for object_id, _ in self._parts]
            together = zip(places, of_parts([leaf for _, leaf in self._parts]), strict=True)
            found += [(place, one) for place, some in together for one in some if (place, one.kind) not in known]
        self._parts.clear()
        if self._sheets:
            sheets = zip(self._sheets, of_workbook([leaf for _, leaf in self._sheets]), strict=True)
            found += [(object_id, one) for (object_id, _), some in sheets for one in some]
            self._sheets.clear()
        found += [("", one) for one in of_headers(headers)] if headers else []
        if len(target) > LEAST_NAME and asks_about(target):
            files = {(one.kind, canonical(one)) for _, one in found if one.path.startswith("file name")}
            found += [("", one) for one in of_target(target) if (one.kind, canonical(one)) not in files]
        if persons:
            known = {(one.kind, canonical(one)) for _, one in found}
            found += [(object_id, one) for object_id, one in persons if (one.kind, canonical(one)) not in known]
        if not found:
            return []
        if any(one.kind == TEMPLATE for _, one in found):
            found = settled(found, head, known=entry, pictured=pictured)
        if not telling([one for _, one in found]):
            return []
        rows: dict[tuple[str, str, str], Row] = {}
        for object_id, one in found[:MOST_ROWS]:
            field = one.path if one.path != "$" else one.key
            place = (object_id, field, one.kind)
            if place in rows:
                continue
            hashed = hash_value(self._key, one)
            rows[place] = _PERSON(
                message_id=message_id, object_id=object_id, kind=one.kind, field=shortened(mask_words, field, 512),
                value_masked=mask(masked(one)), value_hmac=hashed, certainty=one.certainty,
            )  # fmt: skip
            self._clear.append(
                _CLEAR(
                    message_id=message_id, object_id=object_id, kind=one.kind, field=field[:512],
                    value_clear=one.value, value_hmac=hashed,
                )
            )  # fmt: skip
        return list(rows.values())

    def _said_once(self) -> list[tuple[str, Personal]]:
        """What was found, but for bytes around the documents in which their people were read: one record is one."""
        self._found, binary = _without_repeated(self._found), self._binary
        if not binary or not self._found:
            return self._found
        people: dict[str, set[tuple[str, str]]] = {}
        for place, one in self._found:
            if one.kind in {"id_number", "name"}:
                people.setdefault(place, set()).add((one.kind, canonical(one)))
        read = set[tuple[str, str]]().union(*(some for place, some in people.items() if place not in binary))
        twice = {place for place in binary if people.get(place) and people[place] <= read}
        return [(place, one) for place, one in self._found if place not in twice]


def _without_repeated(found: list[tuple[str, Personal]]) -> list[tuple[str, Personal]]:
    """Without numbers that a document's bytes hold, and what is beside them, where the reader of an inner one gave all.

    What a long value says stands in the bytes around it, too.
    """
    if not any(is_overlooked(one) for _, one in found):
        return found
    given = {one.value for _, one in found if one.kind == "id_number" and not is_overlooked(one)}
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place, one in found:
        if one.kind == "id_number" and is_overlooked(one):
            numbers[place, one.around].add(one.value)
    repeated = {around for around, some in numbers.items() if some <= given}
    return [(place, one) for place, one in found if (place, one.around) not in repeated]


def count_people(tables: dict[str, pa.Table]) -> dict[str, Any]:
    """How many persons are told apart, each way of counting for itself, and over which time.

    None of the numbers is "the number of persons": one person may have several ids and pictures, one id may be wrong.
    Face images are null where no faces were looked for, and those alike where they are too many to compare.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    persons, images = tables["persons"], tables["images"]
    counts: dict[str, Any] = {}
    for name, kind, certainty in (
        ("declared_person_ids", "person_id", None),
        ("id_numbers_checked", "id_number", "checked"),
        ("id_numbers_named", "id_number", "named"),
        ("phones", "phone", None),
        ("names", "name", None),
    ):
        chosen = persons.filter(pc.equal(persons["kind"], kind))
        if certainty:
            chosen = chosen.filter(pc.equal(chosen["certainty"], certainty))
        counts[name] = pc.count_distinct(chosen["value_hmac"]).as_py()
    faces = images.filter(pc.equal(images["face"], "yes"))
    judged = not images.num_rows or pc.any(pc.not_equal(images["face"], "not judged")).as_py()
    counts["face_images_exact"] = faces.num_rows if judged else None
    counts["face_images_alike"] = alike(faces["phash"].drop_null().to_pylist()) if judged else None
    anchored = persons.filter(pc.is_in(persons["kind"], pa.array(sorted(ANCHORS))))
    wanted = pc.unique(anchored["message_id"])
    counts["messages"] = len(wanted)
    messages = tables["messages"]
    times = messages["first_ts"].filter(pc.is_in(messages["message_id"], wanted)).cast(pa.int64()).drop_null()
    shown = faces["first_ts"].cast(pa.int64()).drop_null()
    seen = pc.min_max(pa.chunked_array([*times.chunks, *shown.chunks], pa.int64()))
    counts["first_ts"], counts["last_ts"] = seen["min"].as_py(), seen["max"].as_py()
    if "events" not in tables:
        return counts
    read = pc.not_equal(tables["events"]["standing"], "inferred")
    return counts | by_record(tables["events"].filter(read))


def alike(hashes: list[str]) -> int | None:
    """Groups of pictures that look alike: chains of hashes that differ in at most `ALIKE` bits; None when too many."""
    distinct = np.unique(np.array([int(text, 16) for text in hashes if text], np.uint64))
    if len(distinct) > MOST_COMPARED:
        return None
    group = np.arange(len(distinct))
    for place, one in enumerate(distinct):
        near = np.flatnonzero(np.bitwise_count(distinct[place:] ^ one) <= ALIKE) + place
        _unite(group, near)
    return len({_head(group, place) for place in range(len(distinct))})


def _head(group: npt.NDArray[np.int64], place: int) -> int:
    while group[place] != place:
        group[place] = group[group[place]]
        place = int(group[place])
    return place


def _unite(group: npt.NDArray[np.int64], members: npt.NDArray[np.int64]) -> None:
    heads = {_head(group, int(member)) for member in members}
    least = min(heads)
    for head in heads:
        group[head] = least
