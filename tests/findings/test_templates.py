"""Biometric templates, and names with phone numbers, in whole audits: which are a finding, and which are counted only."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from netaudit.core.schema import ENDPOINTS, EVENTS, FLOWS, IMAGES, MESSAGES, OBJECTS, PERSONS
from netaudit.findings.contacts import ALONE, alone, contacts_of
from netaudit.findings.templates import templates_of, unsaid
from netaudit.findings.vocabulary import kind_of
from tests.events.identity.test_templates import BENIGN, b64, floats, noise, vector
from tests.findings.test_moments import filled
from tests.spoken import Capture, number, reply, request

if TYPE_CHECKING:
    from pathlib import Path

CAM, PC, CLOUD, SERVER = "192.168.1.30", "192.168.1.31", "47.96.10.20", "192.168.1.40"
FINDINGS = ["act", "certainty", "templates", "contacts", "images", "records", "rule"]
JPEG = base64.b64decode(
    "/9j//gANZXhhbXBsZSAwMDH/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
    "AQEBAQH/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z"
)


def audit(folder: Path, *talks: tuple[str, str, tuple[bytes, bytes]]) -> netaudit.Case:
    capture = Capture()
    for sender, receiver, exchange in talks:
        capture.talk(sender, receiver, exchange)
    capture.write(folder / "a.pcap")
    return netaudit.audit(folder / "a.pcap", folder / "case", faces=False)


def said(case: netaudit.Case) -> list[tuple[Any, ...]]:
    rows = case.table("findings").select(FINDINGS).to_pylist()
    return sorted((kind_of(row).name, row["certainty"], row["templates"], row["contacts"]) for row in rows)


def ledger(case: netaudit.Case, name: str) -> list[tuple[str, int, bool]]:
    rows = case.table("ledgers").to_pylist()
    return sorted((row["reason"], row["count"], row["understood"]) for row in rows if row["ledger"] == name)


def push(body: object, path: str = "/v1/report") -> tuple[bytes, bytes]:
    return request("POST", path, body), reply()


def test_a_template_that_leaves_is_a_finding_of_its_own_kind(tmp_path: Path) -> None:
    features = [vector(512), vector(512)]
    case = audit(tmp_path, *((CAM, CLOUD, push({"sn": "A1", "faceFeature": one})) for one in [*features, features[0]]))
    assert said(case) == [("templates_uploaded", "A", 2, 0)]
    assert [(one.content, one.count) for one in case.summary.sent] == [("templates", 2)]


def test_moved_delivered_and_retrieved(tmp_path: Path) -> None:
    feature = {"face_feature": b64(floats(vector(512)))}
    case = audit(
        tmp_path,
        (CAM, SERVER, push(feature)),
        (CAM, CLOUD, push(feature)),
        (PC, CLOUD, (request("GET", "/v1/people"), reply(feature))),
        (CLOUD, CAM, push(feature)),
    )
    assert said(case) == [
        ("templates_delivered", "A", 1, 0),
        ("templates_moved", "A", 1, 0),
        ("templates_retrieved", "A", 1, 0),
        ("templates_uploaded", "A", 1, 0),
    ]


def test_what_only_stands_beside_a_person_is_less_sure(tmp_path: Path) -> None:
    case = audit(tmp_path, (CAM, CLOUD, push({"userId": "u1", "k": vector(256)})))
    assert said(case) == [("templates_uploaded", "B", 1, 0)]


@pytest.mark.parametrize("body", [
    {"pic": b64(JPEG), "feature": b64(noise(512))},  # no face was looked for
    {"user": {"name": "张三"}, "job": {"k": vector(256)}},
    {"name": "张三", "data": [{"k": vector(256)}]},
])  # fmt: skip
def test_what_stands_elsewhere_or_was_not_judged_tells_nothing(body: object, tmp_path: Path) -> None:
    case = audit(tmp_path, (CAM, CLOUD, push(body)))
    assert not [one for one in said(case) if one[2]]
    assert ledger(case, "templates") == [("like a template", 1, False)]


FACES = [("yes", True), ("not judged", False), ("no", False)]


@pytest.mark.parametrize(("face", "found"), FACES)
def test_a_face_beside_tells_of_a_feature_and_of_a_contact(face: str, found: bool) -> None:
    tables = {
        "persons": filled(PERSONS, [
            {"message_id": "m", "object_id": "o", "field": "k", "kind": "biometric", "certainty": "shape", "value_hmac": "t"},
            {"message_id": "n", "field": "name", "kind": "name", "value_hmac": "n"},
            {"message_id": "n", "field": "phone", "kind": "phone", "value_hmac": "p"},
        ]),
        "messages": filled(MESSAGES, [{"message_id": one, "flow_id": "f", "direction": "up"} for one in "mn"]),
        "flows": filled(FLOWS, [{"flow_id": "f", "client_ip": CAM, "server_ip": CLOUD}]),
        "objects": filled(OBJECTS, [{"message_id": one, "object_id": f"i{one}", "sha256": "s"} for one in "mn"]),
        "images": filled(IMAGES, [{"sha256": "s", "face": face}]),
    }  # fmt: skip
    assert bool(templates_of(tables)) is found
    assert bool(contacts_of(tables)) is found


def test_the_form_alone_accuses_nobody_and_is_told(tmp_path: Path) -> None:
    case = audit(tmp_path, (PC, CLOUD, push({"input": "x", "embedding": vector(1024)})))
    assert said(case) == []
    assert ledger(case, "templates") == [("like a template", 1, False)]
    assert "templates" in {one.kind for one in case.summary.limits}


def test_vectors_that_come_from_outside_are_a_row_only(tmp_path: Path) -> None:
    answer = {"object": "list", "data": [{"embedding": vector(1024), "index": 0}]}
    case = audit(tmp_path, (PC, CLOUD, (request("POST", "/v1/embeddings", {"input": "x"}), reply(answer))))
    assert said(case) == []
    assert ledger(case, "templates") == [("like a template, inside or from outside", 1, True)]


def test_ordinary_numbers_make_no_row(tmp_path: Path) -> None:
    case = audit(tmp_path, *((PC, CLOUD, push(body, f"/{n}")) for n, body in enumerate(BENIGN.values())))
    assert not [one for one in said(case) if one[2]]
    assert ledger(case, "templates") == []


CONTACT = {"name": "张三", "phone": "13800138000"}
PASSAGE = {
    "operator": "VerifyPush", "info": {
        "DeviceID": 1, "PersonID": 17, "CreateTime": "2025-06-01T10:15:00", "Similarity1": 92.4,
        "VerifyStatus": 1, "Name": "张三", "Telnum": "13800138000", "Gender": 0,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "path", "told"),
    [
        (CONTACT | {"goods": "tea"}, "/order", False),
        ({"list": [CONTACT, {"name": "李四", "phone": "13900139000"}]}, "/contacts", False),
        (CONTACT | {"facePhoto": b64(JPEG)}, "/any", False),  # no face was looked for
        (
            PASSAGE,
            "/Subscribe/Verify",
            True,
        ),
    ],
)  # fmt: skip
def test_a_name_with_a_phone_number(body: object, path: str, told: bool, tmp_path: Path) -> None:
    case = audit(tmp_path, (CAM, CLOUD, push(body, path)))
    assert [one for one in said(case) if one[3]] == ([("contacts_uploaded", "B", 0, 1)] if told else [])
    assert bool(ledger(case, "contacts")) is not told


def test_names_with_phone_numbers_that_went_other_ways(tmp_path: Path) -> None:
    passage = push(PASSAGE, "/Subscribe/Verify")
    case = audit(
        tmp_path,
        (CAM, SERVER, passage),
        (CAM, CLOUD, passage),
        (CLOUD, CAM, passage),
    )
    assert said(case) == [
        ("contacts_delivered", "B", 0, 1),
        ("contacts_moved", "B", 0, 1),
        ("contacts_uploaded", "B", 0, 1),
    ]


def test_an_identity_number_beside_makes_it_a_record_as_before(tmp_path: Path) -> None:
    case = audit(tmp_path, (CAM, CLOUD, push(CONTACT | {"idNumber": number(1), "facePhoto": b64(JPEG)})))
    assert not [one for one in said(case) if one[3]]
    assert ledger(case, "contacts") == []


SHAPE = {"message_id": "m", "object_id": "o", "kind": "biometric", "certainty": "shape", "value_hmac": "t"}


def rows_of(*persons: dict[str, Any], client: str = CAM, server: str = CLOUD, way: str = "up", **document: Any):
    """Tables of one message with these rows of `persons`."""
    flow = {"flow_id": "f", "client_ip": client, "server_ip": server}
    thing = {"message_id": "m", "object_id": "o", "sha256": "d", "size": 70, "complete": True}
    return {
        "persons": filled(PERSONS, list(persons)), "flows": filled(FLOWS, [flow]), "images": filled(IMAGES, []),
        "messages": filled(MESSAGES, [{"message_id": "m", "flow_id": "f", "direction": way, "complete": True} | document.pop("message", {})]),
        "objects": filled(OBJECTS, [thing | document]),
        "endpoints": filled(ENDPOINTS, [{"ip": CAM, "scope": "inside"}, {"ip": SERVER, "scope": "inside"}, {"ip": CLOUD, "scope": "outside"}]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("template", "beside", "stated"),
    [
        ("$.k", [], False),
        ("$.k", [("name", "$.name")], True),
        ("$.k", [("id_number", "$.id"), ("phone", "$.tel")], True),
        ("$.k", [("plate", "$.plate")], False),
        ("$.k[3]", [("name", "$.name")], True),  # a cell of the list itself
        ("$.data[0].k", [("name", "$.name")], False),  # an element of a list within the record
        ("$.data.k", [("name", "$.name")], True),
        ("$.list[1].k", [("name", "$.list[0].name"), ("name", "$.list[1].name")], True),
        ("$.list[1].k", [("name", "$.list[0].name"), ("name", "$.list[2].name")], False),
        ("/a/b/k", [("name", "/a/b/name")], True),
        ("/a/b[2]/k", [("name", "/a/name")], True),  # elements of XML are numbered and no lists
    ],
)
def test_a_person_beside_it_says_that_it_is_one(template: str, beside: list[tuple[str, str]], stated: bool) -> None:
    people = [{"message_id": "m", "kind": kind, "field": field, "value_hmac": field} for kind, field in beside]
    tables = rows_of(SHAPE | {"field": template}, *people)
    assert bool(templates_of(tables)) is stated
    assert bool(list(unsaid(tables))) is not stated


@pytest.mark.parametrize(
    ("row", "given", "sound", "whole", "size"),
    [
        ({"certainty": "checked"}, {}, True, True, 70),
        ({"certainty": "named"}, {}, True, True, 70),
        ({"certainty": "other"}, {}, False, True, 70),
        ({"certainty": "named"}, {"complete": False}, True, False, 70),
        ({"certainty": "named"}, {"message": {"complete": False}}, True, False, 70),
        ({"certainty": "named", "object_id": "gone"}, {}, True, True, 0),
    ],
)
def test_what_bears_a_template(row: dict[str, str], given: dict[str, Any], sound: bool, whole: bool, size: int) -> None:
    (record,) = templates_of(rows_of(SHAPE | {"field": "$.k"} | row, **given))
    assert (record.sound, record.whole, record.size, record.named) == (sound, whole, size, False)
    assert (record.sender, record.receiver, record.persons) == (CAM, CLOUD, {"t"})


@pytest.mark.parametrize(
    ("ends", "reason", "understood"),
    [
        ({}, "like a template", False),
        ({"way": "down"}, "like a template, inside or from outside", True),
        ({"server": SERVER}, "like a template, inside or from outside", True),
        ({"client": "203.0.113.1"}, "like a template, inside or from outside", True),
    ],
)
def test_what_has_the_form_alone_is_counted_with_its_bytes(ends: dict[str, str], reason: str, understood: bool) -> None:
    (line,) = unsaid(rows_of(SHAPE | {"field": "$.k"}, SHAPE | {"field": "$.j", "object_id": "gone"}, **ends))
    sender, receiver = ends.get("client", CAM), ends.get("server", CLOUD)
    subject = f"{receiver} > {sender}" if "way" in ends else f"{sender} > {receiver}"
    assert tuple(line) == (subject, reason, 2, 70, understood)
    assert list(unsaid(rows_of(SHAPE | {"field": "$.k", "certainty": "named"}, **ends))) == []


@pytest.mark.parametrize(
    ("event", "record"),
    [
        ({}, True),
        ({"certainty": "hearsay"}, False),
        ({"kind": "heartbeat"}, False),
        ({"kind": "subscription"}, False),
        ({"phone_hmac": ""}, False),
        ({"phone_hmac": "another"}, False),
        ({"name_hmac": ""}, False),
        ({"message_id": "another"}, False),
    ],
)
def test_a_contact_is_a_record_where_a_sourced_entry_reads_its_phone_number(
    event: dict[str, str], record: bool
) -> None:
    people = [
        {"message_id": "m", "object_id": "o", "kind": kind, "field": f"$.{kind}", "value_hmac": kind}
        for kind in ("name", "phone")
    ]
    said = {"message_id": "m", "certainty": "code", "kind": "comparison", "phone_hmac": "phone", "name_hmac": "name"}
    tables = rows_of(*people) | {"events": filled(EVENTS, [said | event])}
    found = contacts_of(tables)
    assert [(one.sender, one.receiver, one.size, one.whole, one.sound) for one in found] == [
        (CAM, CLOUD, 70, True, False)
    ] * record
    assert [tuple(line) for line in alone(tables)] == [(f"{CAM} > {CLOUD}", ALONE, 1, 0, True)] * (not record)
    assert [one.whole for one in contacts_of(rows_of(*people, complete=False) | {"events": tables["events"]})] == [False] * record  # fmt: skip
    assert list(alone(rows_of(*people, people[0] | {"kind": "id_number", "certainty": "checked"}))) == []
    assert list(alone(rows_of(people[0]))) == list(alone(rows_of(people[1]))) == []
