"""An image of a journey that was sent on encrypted, by size and time, is its last leg."""

import pyarrow as pa

from netaudit.core.schema import ENCRYPTED_UPLOADS, JOURNEYS, RELAYED_IMAGES
from netaudit.findings.journeys.from_tables import with_relayed

SECOND = 1_000_000_000


def leg(number, message, ts, **more):
    row = dict.fromkeys(JOURNEYS.names)
    return (
        row
        | {
            "journey_id": "J1",
            "leg": number,
            "message_id": message,
            "unit_id": "",
            "first_ts": ts,
            "last_ts": ts,
            "images": ["aa"],
            "ties": [],
        }
        | more
    )


def fitting(message, unit, ts, sha="aa"):
    row = dict.fromkeys(RELAYED_IMAGES.names)
    return row | {
        "message_id": message,
        "unit_id": unit,
        "sha256": sha,
        "sent_ts": ts,
        "sender": "10.0.0.2",
        "receiver": "203.0.113.9",
        "capture_id": "c",
        "first_frame": 7,
        "last_frame": 9,
    }


def joined(legs, images):
    uploads = [
        dict.fromkeys(ENCRYPTED_UPLOADS.names) | {"unit_id": row["unit_id"], "last_ts": row["sent_ts"] + SECOND}
        for row in images
    ]
    tables = (JOURNEYS, legs), (RELAYED_IMAGES, images), (ENCRYPTED_UPLOADS, uploads)
    return with_relayed(*(pa.Table.from_pylist(rows, schema=table.schema()) for table, rows in tables))


def test_a_unit_that_an_image_fits_is_the_last_leg():
    found = joined(
        [leg(1, "m1", 0), leg(2, "m2", SECOND)], [fitting("m2", "u1", 3 * SECOND), fitting("other", "u2", 4 * SECOND)]
    )
    last = (
        found.slice(2)
        .select(["leg", "message_id", "unit_id", "receiver", "frame", "last_frame", "images", "ties"])
        .to_pylist()
    )
    assert last == [
        {"leg": 3, "message_id": "", "unit_id": "u1", "receiver": "203.0.113.9", "frame": 7, "last_frame": 9, "images": ["aa"], "ties": ["size and time"]}
    ]  # fmt: skip


def test_images_of_one_unit_are_one_leg_and_units_come_by_time():
    images = [
        fitting("m1", "late", 9 * SECOND),
        fitting("m1", "soon", 2 * SECOND),
        fitting("m1", "soon", 2 * SECOND, "bb"),
    ]
    found = joined([leg(1, "m1", 0)], images)
    assert found["unit_id"].to_pylist() == ["", "soon", "late"]
    assert found["images"].to_pylist() == [["aa"], ["aa", "bb"], ["aa"]]


def test_nothing_is_added_where_nothing_fits():
    assert joined([leg(1, "m1", 0)], []).num_rows == 1
    assert joined([], [fitting("m1", "u", 0)]).num_rows == 0
