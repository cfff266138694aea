"""Rows of events: masked, with the hashes of persons, ends and times; the same however it was run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import netaudit
from netaudit.events.rules.loading import load
from netaudit.evidence.rule_drafting.document_examples import message_of, read_message
from netaudit.tables.events import asks, names_one, shown_text

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "wan.pcapng"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    return netaudit.audit(DEMO, tmp_path_factory.mktemp("events") / "case", faces=False)


def test_the_same_person_has_the_same_hash_as_in_persons(case: netaudit.Case) -> None:
    for kind, column in (("id_number", "id_number_hmac"), ("phone", "phone_hmac"), ("name", "name_hmac")):
        known = set(case.persons[case.persons["kind"] == kind]["value_hmac"])
        said = set(case.events[column]) - {""}
        assert said
        assert said <= known


def test_every_event_has_its_ends_its_place_and_its_images(case: netaudit.Case) -> None:
    events = case.events
    assert (events["sender"] != "").all()
    assert (events["receiver"] != "").all()
    assert (events["frame"] > 0).all()
    assert set(events["capture_id"]) == {case.captures["capture_id"][0]}
    assert (events["images"].str.len() == events["image_roles"].str.len()).all()
    assert set(events["images"].explode().dropna()) <= set(case.images["sha256"])
    assert set(events["object_id"]) - {""} <= set(case.objects["object_id"])
    outside = case.endpoints[case.endpoints["scope"] == "outside"]["ip"]
    assert set(events["endpoint_id"]) <= set(outside)


def test_clear_values_are_private_and_name_their_events(case: netaudit.Case) -> None:
    clear = case.clear_events()
    assert set(clear["event_id"]) <= set(case.events["event_id"])
    assert {"person.id_number", "purpose.agent", "url"} <= set(clear["field"])
    if os.name == "posix":  # of Windows: tests/core/system/test_windows_rights.py
        assert (case.folder / "private" / "events.parquet").stat().st_mode & 0o077 == 0
    assert not list((case.folder / "private").glob("targets.*"))


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"path": "/third-face-detect/foreign/face/customer/add", "json": {"projectId": "1", "name": "ZHANG", "agent": "WANG", "reportTime": "2025-06-01 10:00:00"}}, ["agent", "report_time"]),
        ({"path": "/wxb/record", "json": {"projectId": "1", "name": "ZHANG", "riskStatus": "RISK", "firstPhotoTime": "2025-06-01 10:00:00"}}, ["risk_status", "first_photo_time"]),
        ({"path": "/wxb/record", "json": {"projectId": "1", "name": "ZHANG", "verifyTime": "2025-06-01 10:00:00"}}, []),
    ],
)  # fmt: skip
def test_the_question_is_recognised_where_it_is_asked(document: dict[str, object], wanted: list[str]) -> None:
    events = read_message(load().index, message_of(document))
    assert [asks(event) for event in events][:1] == [wanted]


def test_shown_texts_are_masked_by_what_they_are() -> None:
    assert shown_text("name", "ZHANG") == "Z****"
    assert shown_text("agent", "王小二") == "王**"
    assert shown_text("device", "cam-1") == "cam-1"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("17", True),
        ("E-2025-000001", True),
        ("192.168.1.10", False),
        ("192.168.1.10:8080", False),
        ("2001:db8::1", False),
        ("server.example", False),
        ("0000000000000000", False),
        ("-1", False),
        ("STRANGERBABY", False),
    ],
)
def test_addresses_and_words_for_nobody_tell_nobody_apart(value: str, told: bool) -> None:
    message = message_of({"path": "/x", "host": "server.example", "json": {"a": 1}})
    assert names_one(value, message) is told
