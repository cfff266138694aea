"""Counts by kind of record and day: what documents say, and never a picture as a person."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import EVENTS
from netaudit.events.identity.counting import DAY, RECORDS, by_record, record_kind


def event(kind="comparison", **more):
    row = {"kind": kind, "document": "x", "person_group": "", "images": [], "first_ts": 5}
    row |= dict.fromkeys(("id_number_hmac", "person_hmac", "name_hmac", "phone_hmac"), "")
    return row | more


def counted(*rows):
    schema = EVENTS.schema()
    return by_record(pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (event("id_verification", id_number_hmac="n"), "id_check"),
        (event("enrolment", person_hmac="p"), "enrolment"),
        (event("face_capture", images=["a"]), "stranger"),
        (event("face_capture", person_hmac="p"), "unknown"),
        (event(person_group="visitors"), "visitor"),
        (event(person_group="访客库"), "visitor"),
        (event(person_group="staff"), "staff"),
        (event(document="zkteco-attendance"), "staff"),
        (event(document="zkteco-realtime", person_hmac="p"), "staff"),
        (event(document="zkteco-table-photo", images=["a"]), "staff"),
        (event("enrolment", document="zkteco-users", person_hmac="p"), "enrolment"),
        (event(person_group="checkIn"), "staff"),
        (event(person_group="考勤组"), "staff"),
        (event(person_group="undefined"), "unknown"),
        (event(person_group="7"), "unknown"),
    ],
)
def test_the_kind_is_what_the_document_says(row, expected) -> None:
    assert record_kind(row) == expected
    assert expected in RECORDS


def test_each_number_is_counted_once_and_images_for_themselves() -> None:
    rows = [
        event("id_verification", id_number_hmac="n", images=["a"]),
        event("id_verification", id_number_hmac="n", images=["a", "b"], first_ts=DAY + 1),
        event("face_capture", images=["c"], first_ts=DAY + 2),
        event("heartbeat"),
        event("query"),
    ]
    said = counted(*rows)
    assert [(one["record"], one["events"], one["id_numbers"], one["images"]) for one in said["records"]] == [
        ("id_check", 2, 1, 2),
        ("stranger", 1, 0, 1),
    ]
    assert [(one["day"], one["events"]) for one in said["days"]] == [(0, 1), (DAY, 2)]
    assert said["records"][0]["first_ts"] == 5
    assert said["records"][0]["last_ts"] == DAY + 1


def test_nobody_is_counted_where_nobody_is() -> None:
    assert counted() == {"records": [], "days": []}
