"""Counting people, each number for what it is, and records joined to their photos."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from netaudit.content.part import Leaf, Part
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.core.schema import BY_NAME
from netaudit.core.storage.table_streams import read_streams
from netaudit.events.identity.records import records
from netaudit.events.identity.values import Personal
from netaudit.evidence.case.writing import make_folders
from netaudit.tables.persons import ALIKE, PersonRows, _without_repeated, alike, count_people

if TYPE_CHECKING:
    from pathlib import Path

RIGHT, WRONG = "11010519491231002X", "990101198502020029"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folders(tmp_path / "case")
    return tmp_path / "case"


def leaf(document: object, kind: str = "json", name: str = "") -> Leaf:
    data = document.encode() if isinstance(document, str) else json.dumps(document).encode()
    return Leaf(Part(data, Way.of("request body"), name), kind)


def table(name: str, rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(
        [{column: row.get(column) for column in BY_NAME[name].names} for row in rows], schema=BY_NAME[name].schema()
    )


def persons_of(rows: list[tuple]) -> pa.Table:
    return table("persons", [dict(zip(BY_NAME["persons"].names, row, strict=True)) for row in rows])


def test_clear_values_go_under_private_only(folder):
    taken = PersonRows(folder, "0")
    taken.append("o1", leaf({"name": "李四光", "idNumber": RIGHT, "time": "t"}))
    rows = taken.end("m1")
    for writer in taken.writers:
        writer.close()
    assert [row[2] for row in rows] == ["name", "id_number", "time"]
    assert not any(RIGHT in str(row) or "李四光" in str(row) for row in rows)
    clear = pa.ipc.open_stream(folder / "private" / "persons.0.arrows").read_all()
    assert clear["value_clear"].to_pylist() == ["李四光", RIGHT, "t"]
    assert clear["value_hmac"].to_pylist() == [row[5] for row in rows]
    assert not read_streams(folder, "persons").num_rows


def test_the_fields_of_a_multipart_body_make_one_record(folder):
    taken = PersonRows(folder, "0")
    taken.append("o1", leaf("2026-03-14", "text", "snapDate"))
    taken.append("o2", leaf(RIGHT, "text", "idNumber"))
    assert [(row[1], row[2], row[3]) for row in taken.end("m1")] == [
        ("o1", "time", "snapDate"),
        ("o2", "id_number", "idNumber"),
    ]
    taken.append("o3", leaf("2026-03-14", "text", "snapDate"))
    assert taken.end("m2") == []  # nobody in it, and nothing of the message before


def test_bytes_around_a_document_make_no_second_record(folder):
    taken = PersonRows(folder, "0")
    frame = f"\x01card\x02{RIGHT}\x03".encode()
    taken.append("o1", Leaf(Part(frame, Way.of("request body"), ""), "opaque"))
    taken.append("o2", leaf({"name": "李四光", "idNumber": RIGHT}))
    assert [(row[1], row[2]) for row in taken.end("m1")] == [("o2", "name"), ("o2", "id_number")]
    taken.append("o1", Leaf(Part(frame, Way.of("request body"), ""), "opaque"))
    assert [(row[1], row[2]) for row in taken.end("m2")] == [("o1", "id_number")]  # nobody else says it


def test_the_same_value_is_known_within_a_case_only(folder, tmp_path):
    make_folders(tmp_path / "other")
    here, there = PersonRows(folder, "0"), PersonRows(tmp_path / "other", "0")
    hashes = []
    for rows, document in (
        (here, {"idNumber": RIGHT}), (here, {"IDNumber": RIGHT.lower()}), (here, {"q": WRONG, "idNum": WRONG}),
        (there, {"idNumber": RIGHT}),
    ):  # fmt: skip
        rows.append("o", leaf(document))
        hashes.append(rows.end("m")[0][5])
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3
    assert all(len(one) == 32 for one in hashes)


def test_each_count_is_called_what_it_is(folder):
    taken = PersonRows(folder, "0")
    rows: list[tuple] = []
    for number, document in enumerate(
        [
            {"idNumber": RIGHT, "name": "李四光", "mobile": "13800138000"},
            {"idNumber": RIGHT, "phone": "+86 13800138000"},
            {"idNumber": WRONG, "personId": "7"},
        ]
    ):
        taken.append(f"o{number}", leaf(document))
        rows += taken.end(f"m{number}")
    images = [{"sha256": str(n), "face": face, "phash": phash, "first_ts": 5} for n, (face, phash) in enumerate(
        [("yes", "00" * 8), ("yes", "01" + "00" * 7), ("yes", "ff" * 8), ("yes", None), ("no", "0f" * 8)]
    )]  # fmt: skip
    messages = [{"message_id": f"m{n}", "first_ts": 10 + n} for n in range(4)]
    counts = count_people(
        {"persons": persons_of(rows), "images": table("images", images), "messages": table("messages", messages)}
    )
    assert counts == {
        "declared_person_ids": 1, "id_numbers_checked": 1, "id_numbers_named": 1, "phones": 1, "names": 1,
        "face_images_exact": 4, "face_images_alike": 2, "messages": 3, "first_ts": 5, "last_ts": 12,
    }  # fmt: skip


def test_no_people_are_counted_as_none():
    counts = count_people({name: table(name, []) for name in ("persons", "images", "messages")})
    assert counts["face_images_exact"] == counts["names"] == counts["messages"] == 0
    assert counts["first_ts"] is None


def test_pictures_are_alike_up_to_a_few_bits():
    assert alike([]) == 0
    assert alike([f"{0:016x}", f"{2**ALIKE - 1:016x}"]) == 1
    assert alike([f"{0:016x}", f"{2 ** (ALIKE + 1) - 1:016x}"]) == 2
    chain = [f"{2 ** (ALIKE * n) - 1:016x}" for n in range(5)]  # each like the next
    assert alike(chain[::-1]) == 1
    assert alike([f"{n:016x}" for n in range(20_001)]) is None


def joined(rows: list[tuple], pictures: list[tuple[str, str]]) -> list[dict]:
    objects = [
        {"object_id": sha256, "message_id": "m", "sha256": sha256, "unwrap_path": path} for sha256, path in pictures
    ]
    images = [{"sha256": sha256, "face": "yes" if sha256[0] == "f" else "no"} for sha256, _ in pictures]
    messages = [{"message_id": "m", "host": "h", "path": "/p", "first_ts": 3}]
    return records(persons_of(rows), table("objects", objects), table("messages", messages), table("images", images))


def test_a_record_has_the_images_of_its_message(folder):
    taken = PersonRows(folder, "0")
    taken.append("o", leaf({"deviceId": "d", "card": {"name": "李四光", "idNumber": RIGHT}}))
    (one,) = joined(taken.end("m"), [("f1", "request body › json $.face › base64 › jpeg"), ("n1", "x")])
    assert one["images"] == ["f1", "n1"]
    assert one["face_images"] == ["f1"]
    assert (one["name"], one["device"], one["id_checked"], one["record"]) == ("李**", "d", True, "$.card")
    assert one["host"] == "h"


def test_several_records_have_the_images_at_their_places(folder):
    taken = PersonRows(folder, "0")
    people = [{"name": "李四光", "idNumber": RIGHT}, {"name": "王五常", "idNumber": WRONG}]
    taken.append("o", leaf({"deviceId": "d", "list": people}))
    paths = [(f"f{n}", f"request body › json $.list[{n}].photo › base64 › jpeg") for n in (1, 0)]
    first, second = joined(taken.end("m"), paths)
    assert (first["name"], first["images"], first["device"]) == ("李**", ["f0"], "d")
    assert (second["name"], second["images"], second["id_checked"]) == ("王**", ["f1"], False)


def test_faces_that_were_not_looked_for_are_not_counted_as_none():
    images = table("images", [{"sha256": "a", "face": "not judged"}])
    counts = count_people({"persons": table("persons", []), "messages": table("messages", []), "images": images})
    assert counts["face_images_exact"] is counts["face_images_alike"] is None


def test_a_document_that_is_too_long_to_be_looked_through_is_counted(folder) -> None:
    """Of words, not of pictures: a number beside a large photograph is read."""
    taken = PersonRows(folder, "0")
    long = leaf({"people": [{"name": "李四光", "idNumber": RIGHT, "seen": number} for number in range(20_000)]})
    taken.append("o1", long)
    assert taken.not_looked_through == len(long.part.data) > 1 << 20
    taken.append("o2", leaf({"idNumber": RIGHT, "photo": "QUJD" * 400_000}))
    assert taken.not_looked_through == len(long.part.data)
    assert [row[2] for row in taken.end("m")] == ["id_number"]
    for writer in taken.writers:
        writer.close()


def test_a_sender_that_names_its_field_as_ours_hides_nobody(folder) -> None:
    """What was found beyond the reader of a document is known by ourselves, not by a path that the sender writes."""
    taken = PersonRows(folder, "0")
    taken.append("o1", leaf({"name": "李四光", "idNumber": RIGHT}))
    taken.append("o2", leaf("(user)phone=13800138000&(user)idNumber=" + RIGHT, "form"))
    assert {"phone", "id_number"} <= {row[2] for row in taken.end("m") if row[1] == "o2"}
    for writer in taken.writers:
        writer.close()


def test_only_what_stands_beside_a_repeated_number_is_left_out(folder) -> None:
    found = [
        ("o1", Personal("id_number", "$.idNumber", "idNumber", RIGHT, "checked")),
        ("o2", Personal("id_number", "bytes[0][0].id", "id", RIGHT, "checked", "bytes[0]")),
        ("o2", Personal("name", "bytes[0][0].name", "name", "李四光", "named", "bytes[0]")),
        ("o2", Personal("id_number", "bytes[1][0].id", "id", WRONG, "checked", "bytes[1]")),
        ("o2", Personal("phone", "bytes[2][0].phone", "phone", "13800138000", "named", "bytes[2]")),
    ]
    assert [one.around for _, one in _without_repeated(found)] == ["", "bytes[1]", "bytes[2]"]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("name of node: alpha\n" * 10_000, False), ("a\n" * 30_000 + "name: alpha\n" * 1000, True),
        ("a\n" * 60_000, False), ("a=1 b=2 c=3 name=x\n" * 9000, True),
    ],
)  # fmt: skip
def test_a_text_with_more_lines_or_fields_than_are_read_is_counted(folder, text: str, cut: bool) -> None:
    taken = PersonRows(folder, "0")
    taken.append("o", Leaf(Part(text.encode(), Way.of("request body"), ""), "text"))
    assert taken.not_looked_through == (len(text) if cut else 0)
    for writer in taken.writers:
        writer.close()
