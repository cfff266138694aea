"""The section on events: by device, the question they ask, journeys with legs and frames; masked, capped, hostile."""

from __future__ import annotations

import pytest

from netaudit.core.signatures.checking import PROVENANCE
from netaudit.events.rules.entries import ACTS, KINDS, PURPOSE
from netaudit.findings.journeys import ties
from netaudit.findings.journeys.from_tables import BY_SIZE
from netaudit.report.sections_endpoints import Hosts
from netaudit.report.sections_events import MOST_JOURNEYS, MOST_LEGS, MOST_SENDERS, events
from netaudit.report.texts import Texts
from netaudit.report.wording import Wording
from tests.report.fakes import CAMERA, CLOUD, SECOND, SERVER, T0, FakeCase


def event(number: int, sender: str = CAMERA, receiver: str = SERVER, **said: object) -> dict[str, object]:
    plain = {"kind": "face_capture", "act": "pushes", "document": "some-camera", "certainty": "code", "frame": 10 + number,
             "capture_id": "c", "images": [f"{number:064x}"], "image_roles": ["face"]}  # fmt: skip
    return plain | {
        "event_id": f"e{number}", "message_id": f"m{number}", "sender": sender, "receiver": receiver,
        "first_ts": T0 + number * SECOND, **said,
    }  # fmt: skip


def leg(journey: str, number: int, **said: object) -> dict[str, object]:
    return {"journey_id": journey, "leg": number, "event_id": "", "sender": CAMERA, "receiver": SERVER, "first_ts": T0 + number,
            "frame": number, "last_frame": number + 2, "images": ["ab" * 32], "ties": ["same image"], **said}  # fmt: skip


def shown(rows: dict[str, list[dict[str, object]]], lang: str = "en") -> dict[str, object]:
    case, w = FakeCase(rows), Wording(lang)
    return events(case, Hosts(case, w), {"c": "a.pcap"}, w)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_device_says_is_one_row(lang: str) -> None:
    told = shown(
        {"events": [event(1, place="hall"), event(2, place="hall"), event(3, sender=SERVER, receiver=CLOUD)]}, lang
    )
    assert told["n"] == 3
    first = next(one for one in told["senders"] if one["sender"]["ip"] == CAMERA)
    assert (first["n"], first["images"], first["places"]) == ("2", "2", "hall")
    assert not told["uncertain"]


def test_the_question_is_shown_with_what_was_said_first() -> None:
    asked = event(
        1, sender=SERVER, receiver=CLOUD, asks=["agent", "risk_status"], agent="W**", risk_status="RISK",
        first_photo_time=T0, report_time=T0 + SECOND, name="Z**", certainty="recalled",
    )  # fmt: skip
    told = shown({"events": [asked]})
    question = told["questions"][0]
    assert ("agent", "W**") in question["said"]
    assert question["order"] == "photographed before being reported"
    assert question["uncertain"]
    assert told["uncertain"]
    assert question["frame"] == "11"
    assert told["asked_fields"] == "agent, risk status"


def test_a_journey_has_its_legs_with_frames_and_reasons() -> None:
    legs = [leg("J1", 1, event_id="e1", ties=[]), leg("J1", 2, sender=SERVER, receiver=CLOUD)]
    endpoints = [{"ip": CLOUD, "scope": "outside"}, {"ip": SERVER, "scope": "inside"}]
    inside = [leg("J0", 1), leg("J0", 2)]
    told = shown({"events": [event(1, name="Z**")], "journeys": inside + legs, "endpoints": endpoints})
    journey = told["journeys"][0]
    assert journey["id"] == "J1"  # the one that leaves comes first
    assert [(one["what"], one["frame"]) for one in journey["legs"]] == [
        ("face capture", "1–3"),
        ("image without a known document", "2–4"),
    ]
    assert journey["legs"][1]["ties"] == ["same image"]
    assert journey["persons"] == [("name", "Z**")]


def test_much_is_cut_and_counted() -> None:
    many = [event(n, sender=f"10.0.{n // 250}.{n % 250}") for n in range(MOST_SENDERS + 5)]
    legs = [leg(f"J{n:03d}", k) for n in range(MOST_JOURNEYS + 2) for k in range(1, MOST_LEGS + 4)]
    told = shown({"events": many, "journeys": legs})
    assert told["senders_more"] == 5
    assert (len(told["journeys"]), told["journeys_more"]) == (MOST_JOURNEYS, 2)
    assert told["journeys"][0]["more"] == 3


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_word_of_the_tables_is_known(lang: str) -> None:
    t = Texts(lang)
    assert set(KINDS) == set(t.group("event_kind"))
    assert {*PROVENANCE, "inferred"} == set(t.group("layout"))
    assert set(PURPOSE) == set(t.group("asks"))
    assert {*ties.REASONS, BY_SIZE} == set(t.group("tie"))
    assert ACTS


def test_whereto_events_are_told_to_go_stands_beside_the_device() -> None:
    told = shown(
        {"events": [event(n, kind="subscription", images=[], target=f"HTTP 203.0.113.{n} 80") for n in range(1, 6)]}
    )
    assert told["senders"][0]["targets"] == "HTTP 203.0.113.1 80, HTTP 203.0.113.2 80, HTTP 203.0.113.3 80 (+2)"
    hostile = shown({"events": [event(1, kind="subscription", target="<script>\u202e" + "x" * 500)]})
    assert len(hostile["senders"][0]["targets"]) <= 80
    assert "\u202e" not in hostile["senders"][0]["targets"]
