"""Which identity data on its way is a finding, how sure, and what is none."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.findings.from_tables import judge
from netaudit.tables import BY_NAME
from tests.wording import english

TERMINAL, SERVER, PC, PHONE, CRM = "192.168.1.70", "192.168.1.10", "192.168.1.100", "192.168.1.201", "47.98.60.33"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120"
HANDSET = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"


def scope(ip: str) -> str:
    return "inside" if ip.startswith("192.168.") else "outside"


def person(
    message="m1", field="$.idNumber", kind="id_number", certainty="checked", masked="110***********002X", **more
):
    row = {"message_id": message, "object_id": f"o{message}", "kind": kind, "field": field, "certainty": certainty}
    return row | {"value_masked": masked, "value_hmac": f"h-{masked}-{kind}"} | more


def name(message="m1", field="$.name"):
    return person(message, field, "name", "named", "张*")


def message(identity="m1", flow="f1", direction="up", **more):
    row = {"message_id": identity, "flow_id": flow, "capture_id": "c", "protocol": "http", "direction": direction}
    return (
        row
        | {"host": "crm.example", "path": "/p", "user_agent": "", "first_ts": 5, "last_ts": 6, "complete": True}
        | more
    )


def flow(identity="f1", client=TERMINAL, server=CRM):
    return {
        "flow_id": identity, "capture_id": "c", "transport": "tcp", "client_ip": client, "server_ip": server,
        "server_port": 80, "protocol": "http", "first_ts": 1, "last_ts": 9, "client_mac": "02:00:00:00:00:07",
        "packets_up": 9, "packets_down": 9, "payload_up": 900, "payload_down": 90, "handshake": "SA",
    }  # fmt: skip


def document(message="m1", complete=True):
    return {
        "object_id": f"o{message}",
        "message_id": message,
        "sha256": "",
        "size": 90,
        "kind": "json",
        "complete": complete,
        "unwrap_path": "request body › json",
    }


def picture(message="m1", face="yes"):
    digest = f"{len(message):064x}"
    thing = {
        "object_id": f"i{message}",
        "message_id": message,
        "sha256": digest,
        "size": 900,
        "kind": "jpeg",
        "complete": True,
        "unwrap_path": "request body › json $.photo › base64 › jpeg",
    }
    return thing, {"sha256": digest, "face": face, "decodable": True, "problem": ""}


def found(**rows):
    given = {"flows": [flow()], "messages": [message()], "objects": [document()], "persons": [person(), name()]} | rows
    tables = {}
    for title, table in BY_NAME.items():
        schema = table.schema()
        tables[title] = pa.Table.from_pylist(
            [{column: row.get(column) for column in schema.names} for row in given.get(title, [])], schema=schema
        )
    from netaudit.findings.transfers import transfers

    moved = transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"])
    return judge(tables, moved, scope).findings.to_pylist()


def told(**rows):
    return [(row["certainty"], row["act"], row["records"], row["persons"], row["images"]) for row in found(**rows)]


def test_a_record_that_left_whole_is_a_finding_of_certainty_a() -> None:
    (row,) = found()
    assert (row["certainty"], row["act"], row["sender"], row["receiver"]) == ("A", "uploaded outside", TERMINAL, CRM)
    assert (row["records"], row["persons"], row["transfers"], row["images"]) == (1, 1, 1, 0)
    assert (row["document_ids"], row["object_ids"], row["flow_ids"]) == (["om1"], [], ["f1"])
    assert english(row["reason"]) == (
        "records with an identity number: 1, distinct numbers: 1, for crm.example; a name beside the number: 1"
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"persons": [person()]}, "A"),  # its field says what it is
        ({"persons": [person(field="$.q"), name()]}, "A"),  # a name says so
        ({"persons": [person(field="$.q")]}, ""),
        ({"persons": [person(certainty="named"), name()]}, ""),  # a wrong check digit
        ({"persons": [name()]}, ""),
        ({"persons": [name(), person(kind="phone", certainty="named", field="$.phone", masked="138******00")]}, ""),
        ({"persons": [person(masked="990***********0019"), name()]}, "B"),  # of no region
        ({"messages": [message(complete=False)]}, "B"),
        ({"objects": [document(complete=False)]}, "B"),
    ],
)
def test_what_a_record_must_have(rows, expected) -> None:
    assert [row[0] for row in told(**rows)] == ([expected] if expected else [])


def test_a_document_that_is_known_says_what_the_number_is() -> None:
    event = {
        "event_id": "e",
        "message_id": "m1",
        "certainty": "code",
        "id_number_hmac": person()["value_hmac"],
        "recalled": [],
    }
    rows = {"persons": [person(field="$.q")]}
    assert told(**rows, events=[event])[0][0] == "A"
    assert told(**rows, events=[event | {"certainty": "hearsay"}]) == []
    assert told(**rows, events=[event | {"recalled": ["person.id_number"]}]) == []


def test_a_request_that_was_challenged_and_came_again_counts_once() -> None:
    refused = message("r1", direction="down") | {"status": 401, "request_id": "m1"}
    again = message("m2") | {"first_ts": 1_000_000_005}
    rows = {
        "messages": [message(), refused, again],
        "objects": [document(), document("m2")],
        "persons": [person(), name(), person("m2"), name("m2")],
    }
    (row,) = found(**rows)
    assert (row["records"], row["transfers"]) == (1, 1)
    (row,) = found(**rows | {"messages": [message(), refused | {"status": 500}, again]})
    assert (row["records"], row["transfers"]) == (2, 2)
    (row,) = found(**rows | {"messages": [message(), refused], "persons": [person(), name()], "objects": [document()]})
    assert row["records"] == 1  # it never came again: it was sent nevertheless


def test_moved_inside_and_answers_to_outsiders() -> None:
    assert told(flows=[flow(server=SERVER)])[0][:2] == ("A", "moved inside")
    reply = message(direction="down")
    assert told(flows=[flow(client="8.8.8.8", server=SERVER)], messages=[reply])[0][:2] == ("A", "uploaded outside")


def test_what_comes_from_outside_needs_a_ground() -> None:
    reply = message("m2", "f2", "down")
    back = {"flows": [flow(), flow("f2", PC)], "messages": [message(), reply], "objects": [document(), document("m2")]}
    alone = {"persons": [person("m2"), name("m2")]}
    assert told(**back, **alone) == []  # person records alone
    again = {"persons": [person(), name(), person("m2"), name("m2")]}
    assert ("A", "retrieved from outside", 1, 1, 0) in told(**back, **again)  # a person who was sent out comes back
    named = [{"endpoint_id": CRM, "ip": CRM, "scope": "outside", "service": "x", "service_class": "sales_platform"}]
    assert [row[1] for row in told(**back, **alone, endpoints=named)] == ["retrieved from outside"]
    store = [named[0] | {"service_class": "object_store"}]
    assert told(**back, **alone, endpoints=store) == []


def test_a_visitors_own_phone_and_ones_own_form_are_no_findings() -> None:
    page = {"flow": "f2", "identity": "m2", "user_agent": HANDSET}
    two = {"flows": [flow(client=PHONE), flow("f2", PHONE, "1.1.1.1")]}
    assert told(**two, messages=[message(user_agent=HANDSET), message(**page)]) == []
    assert told(flows=[flow(client=PHONE)], messages=[message(user_agent=HANDSET)])[0][0] == "B"  # one fact only
    browser = {"flows": [flow(client=PC)], "messages": [message(user_agent=BROWSER)]}
    assert told(**browser) == []  # one person: may be its user
    two = [person(), name(), person(field="$.list[1].idNumber", masked="310***********0023")]
    assert told(**browser, persons=two)[0][0] == "A"


def test_images_and_records_are_one_story() -> None:
    thing, image = picture()
    (row,) = found(objects=[document(), thing], images=[image])
    assert (row["images"], row["with_identity"], row["records"], row["persons"]) == (1, 1, 1, 1)
    assert row["object_ids"] == ["im1"]
    assert row["document_ids"] == ["om1"]
    assert "sent with an identity number beside: 1" in english(row["reason"])
    assert row["rule"] == "face-image-in-clear/2 identity-in-clear/1"


def test_a_possible_face_counts_in_a_damaged_image_only() -> None:
    thing, image = picture(face="possible")
    rows = {"persons": [], "images": [image]}
    assert told(objects=[thing], **rows) == []
    (row,) = found(objects=[thing | {"complete": False}], **rows)
    assert (row["certainty"], row["images"], row["possible"]) == ("B", 1, 1)
    assert "the face only possible: 1" in english(row["reason"])


def test_a_pushed_image_that_comes_back_was_retrieved() -> None:
    thing, image = picture()
    back = thing | {"object_id": "i2", "message_id": "m2"}
    rows = {
        "flows": [flow(), flow("f2", PC, "47.1.1.1")],
        "messages": [message(), message("m2", "f2", "down", host="other.example")],
        "persons": [],
        "images": [image],
    }
    assert {row[1] for row in told(objects=[thing, back], **rows)} == {"uploaded outside", "retrieved from outside"}
    assert told(objects=[back], **rows) == []
