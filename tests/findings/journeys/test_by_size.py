"""An image of a journey that was sent on encrypted, by size and time, is its last leg."""

import pyarrow as pa

from netaudit.core.schema import ENCRYPTED_UPLOADS, EVENTS, FLOWS, JOURNEYS, MESSAGES, RELAYED_IMAGES
from netaudit.findings.journeys.from_tables import with_relayed

SECOND = 1_000_000_000
CAMERA, SERVER = "10.0.0.1", "10.0.0.2"


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
        "holder": SERVER,
        "sender": SERVER,
        "receiver": "203.0.113.9",
        "capture_id": "c",
        "first_frame": 7,
        "last_frame": 9,
    }


def joined(legs, images, events=()):
    """Journeys, and the journey of each event; every image is in a message of its own flow, camera to server."""
    uploads = [
        dict.fromkeys(ENCRYPTED_UPLOADS.names) | {"unit_id": row["unit_id"], "last_ts": row["sent_ts"] + SECOND}
        for row in images
    ]
    names = sorted({row["message_id"] for row in [*legs, *images]})
    messages = [
        dict.fromkeys(MESSAGES.names)
        | {"message_id": name, "flow_id": name, "direction": "up", "capture_id": "c", "first_frame": 1, "last_frame": 2}
        | {"first_ts": 5, "last_ts": 6}
        for name in names
    ]
    flows = [dict.fromkeys(FLOWS.names) | {"flow_id": name, "client_ip": CAMERA, "server_ip": SERVER} for name in names]
    tables = (
        (EVENTS, list(events)), (JOURNEYS, legs), (RELAYED_IMAGES, images), (ENCRYPTED_UPLOADS, uploads),
        (MESSAGES, messages), (FLOWS, flows),
    )  # fmt: skip
    noted, found = with_relayed(*(pa.Table.from_pylist(rows, schema=table.schema()) for table, rows in tables))
    return found, dict(zip(noted["event_id"].to_pylist(), noted["journey_id"].to_pylist(), strict=True))


def event(name, message, image, journey=""):
    row = dict.fromkeys(EVENTS.names)
    more = {"event_id": name, "message_id": message, "images": [image], "first_ts": 5, "journey_id": journey}
    return row | more | {"sender": CAMERA, "receiver": SERVER}


def test_a_unit_that_an_image_fits_is_the_last_leg():
    found, _ = joined([leg(1, "m1", 0), leg(2, "m2", SECOND)], [fitting("m2", "u1", 3 * SECOND)])
    columns = ["leg", "message_id", "unit_id", "receiver", "frame", "last_frame", "images", "ties"]
    assert found.slice(2).select(columns).to_pylist() == [
        {"leg": 3, "message_id": "", "unit_id": "u1", "receiver": "203.0.113.9", "frame": 7, "last_frame": 9, "images": ["aa"], "ties": ["size and time"]}
    ]  # fmt: skip


def test_images_of_one_unit_are_one_leg_and_units_come_by_time():
    images = [
        fitting("m1", "late", 9 * SECOND),
        fitting("m1", "soon", 2 * SECOND),
        fitting("m1", "soon", 2 * SECOND, "bb"),
    ]
    found, _ = joined([leg(1, "m1", 0, images=["aa", "bb"])], images)
    assert found["unit_id"].to_pylist() == ["", "soon", "late"]
    assert found["images"].to_pylist() == [["aa", "bb"], ["aa", "bb"], ["aa"]]


def test_an_image_without_a_journey_starts_one_with_its_arrival():
    found, _ = joined([], [fitting("m1", "u1", 3 * SECOND)])
    columns = ["leg", "message_id", "unit_id", "sender", "receiver", "images"]
    assert found.select(columns).to_pylist() == [
        {"leg": 1, "message_id": "m1", "unit_id": "", "sender": CAMERA, "receiver": SERVER, "images": ["aa"]},
        {"leg": 2, "message_id": "", "unit_id": "u1", "sender": SERVER, "receiver": "203.0.113.9", "images": ["aa"]},
    ]
    assert len(set(found["journey_id"].to_pylist())) == 1


def test_two_persons_of_one_message_are_two_journeys():
    images = [fitting("m1", "u1", 3 * SECOND), fitting("m1", "u1", 3 * SECOND, "bb")]
    found, journeys = joined([], images, [event("e1", "m1", "aa"), event("e2", "m1", "bb")])
    assert journeys["e1"] != journeys["e2"]
    rows = found.select(["journey_id", "event_id", "images"]).to_pylist()
    assert [row["images"] for row in rows if row["journey_id"] == journeys["e1"]] == [["aa"], ["aa"]]


def test_the_event_of_an_image_that_came_in_a_part_of_its_own_is_the_first_leg():
    found, journeys = joined(
        [leg(1, "m1", 0, event_id="e1", images=["bb"])],
        [fitting("m2", "u1", 3 * SECOND)],
        [event("e1", "m1", "aa", "J1")],
    )
    assert found["journey_id"].to_pylist() == ["J1", "J1"]
    assert found["unit_id"].to_pylist() == ["", "u1"]
    assert journeys == {"e1": "J1"}


def test_nothing_is_added_where_nothing_fits():
    found, _ = joined([leg(1, "m1", 0)], [])
    assert found.num_rows == 1
