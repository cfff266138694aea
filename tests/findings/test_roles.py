"""What a host behaves like is said apart from what it is, with what was seen of it."""

from __future__ import annotations

import pytest

from netaudit.findings.identity_records import Record
from netaudit.findings.roles import (
    CAPTURE,
    MOST_RECEIVERS,
    SERVER,
    TERMINAL,
    UNKNOWN,
    Actors,
    Answered,
    Behaviour,
    role,
)
from netaudit.findings.transfers import Transfer
from tests.findings.examples import filled, flow
from tests.wording import english

SECOND = 1_000_000_000
SERVED, READER = "10.0.0.12", "10.0.0.33"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


@pytest.mark.parametrize(
    ("at", "when"),
    [([0, 7, 9, 60, 200], "uneven"), ([0, 60, 120, 180, 240], "even"), ([5, 5, 5], "even"), ([0, 1], "even")],
)
def test_a_sender_of_faces_behaves_like_a_capture_device(at: list[int], when: str) -> None:
    behaviour = Behaviour(sent={1, 2, 3}, to={"a"}, times=[one * SECOND for one in at])
    kind, why = role(behaviour)
    assert kind == UNKNOWN
    assert english(why).startswith("behaves like a capture device, and nothing says that it is one: it sent 3 distinct")
    assert f"at {when} times (receivers: 1)" in english(why)


def test_who_is_sent_images_behaves_like_a_server() -> None:
    kind, why = role(Behaviour(received={1, 2}, sent={2}))
    assert kind == SERVER
    assert english(why).startswith("behaves like a server: 2 distinct images")


def test_few_images_say_nothing() -> None:
    assert role(Behaviour(sent={1, 2})) == (UNKNOWN, "too_little")


def _portrait(**more: object) -> Transfer:
    said = dict.fromkeys(Transfer._fields, "") | {
        "sender": SERVED,
        "receiver": READER,
        "flow_id": "f",
        "sha256": "7" * 64,
    }
    return Transfer(**said | {"upload": False, "path": "/staff/3.jpg", "face": "yes", "first_ts": 1} | more)


@pytest.mark.parametrize(
    ("row", "others", "agent", "handed_out"),
    [
        ({}, [], DESKTOP, True),
        ({"path": "/ISAPI/snap/1"}, [], DESKTOP, False),
        ({"upload": True}, [], DESKTOP, False),
        ({}, [], "NVR/2.0", False),
        ({}, [{"sender": "10.0.0.9", "receiver": SERVED, "upload": True}], DESKTOP, False),  # it was sent pictures
        ({}, [{"sender": SERVED, "receiver": "10.0.0.9", "upload": True}], DESKTOP, False),  # it sends some
    ],
)
def test_who_hands_out_portraits_to_a_browser_moves_nothing(row, others, agent, handed_out) -> None:
    asked = {"flow_id": "f", "message_id": "m", "user_agent": agent, "direction": "up"}
    ends = {"client_ip": READER, "server_ip": SERVED, "payload_down": 9, "packets_up": 3, "packets_down": 3}
    tables = filled(flows=[flow(**ends)], messages=[asked])
    assert Actors([_portrait(**one) for one in others], tables).hands_out(_portrait(**row)) is handed_out


def answer(*persons: str, path: str = "/card/read") -> Record:
    message = {"path": path, "direction": "down", "flow_id": "f", "message_id": "m"}
    said = dict.fromkeys(Record._fields, True) | {
        "message": message,
        "persons": frozenset(persons),
        "receiver": "10.0.0.9",
    }
    return Record(**said)


@pytest.mark.parametrize(
    ("answers", "behaviour", "reads"),
    [
        ([answer("a"), answer("b", path="/card/read?t=7"), answer("c")], None, True),
        ([answer("a"), answer("b"), answer("c")], Behaviour(fetched=2), True),
        ([answer("a"), answer("b")], None, False),  # too few
        ([answer("a"), answer("b"), answer("c", "d")], None, False),  # a list
        ([answer("a", path="/visitor/1"), answer("b", path="/visitor/2"), answer("c")], None, False),
        ([answer("a"), answer("b"), answer("c")], Behaviour(received={1}), False),  # it keeps what it is sent
        ([answer("a"), answer("b"), answer("c")], Behaviour(sent={1}), False),
    ],
)
def test_who_answers_one_question_with_person_after_person_reads_cards(
    answers: list[Record], behaviour: Behaviour | None, reads: bool
) -> None:
    answered = Answered()
    for one in answers:
        answered.feed(one)
    assert answered.reads_cards(behaviour) is reads


def test_what_behaves_like_a_reader_of_cards_is_said_apart_from_what_it_is() -> None:
    tables = filled(flows=[flow(client_ip=READER, server_ip=SERVED)], messages=[])
    actors = Actors([], tables)
    for person in "abc":
        actors._note_persons(answer(person)._replace(sender=SERVED))
    kind, why = actors.role(SERVED)
    assert kind == UNKNOWN
    assert english(why).startswith(
        "behaves like a reader of identity cards, and nothing says that it is one: asked, it gave the numbers of 3"
    )


@pytest.mark.parametrize(
    ("at", "when"),
    [
        ([0, 1, 100], "uneven"),  # whole seconds are moments of their own
        ([0, 100], "even"),  # one wait says nothing
        ([0, 10, 30.8], "uneven"),  # a deviation of 0.351 of the mean
        ([0, 10, 30.7], "even"),  # of 0.349
    ],
)
def test_waits_that_vary_by_more_than_a_third_are_of_people(at: list[float], when: str) -> None:
    behaviour = Behaviour(sent={1, 2, 3}, to={"a"}, times=[int(one * 10) * SECOND for one in at])
    assert f"at {when} times" in english(role(behaviour)[1])


@pytest.mark.parametrize(
    ("receivers", "told"), [(MOST_RECEIVERS, MOST_RECEIVERS), (MOST_RECEIVERS + 1, MOST_RECEIVERS)]
)
def test_of_a_flood_of_receivers_as_many_are_told_as_are_kept(receivers: int, told: int) -> None:
    sent = [_portrait(receiver=f"203.0.113.{n}", upload=True, sha256=f"{n % 3 + 1}" * 64) for n in range(receivers)]
    actors = Actors(sent, filled(flows=[flow(client_ip=SERVED, server_ip=READER)]))
    assert f"(receivers: {told})" in english(actors.role(SERVED)[1])


@pytest.mark.parametrize(
    ("row", "behaviour"),
    [
        ({"face": "yes"}, {"sent"}),
        ({"face": "not judged"}, {"sent"}),  # faces were not looked for
        ({"face": "no"}, set()),
        ({"face": "possible"}, set()),
        ({"face": "no", "path": "/ISAPI/Event"}, {"paths"}),
        ({"face": "yes", "path": "/a/ISAPI/Event"}, {"sent"}),
        ({"upload": False, "path": "/ISAPI/Event"}, set()),  # a path that it was asked for is none it pushes to
    ],
)
def test_what_a_host_does_is_what_it_sends_with_requests(row: dict[str, object], behaviour: set[str]) -> None:
    tables = filled(flows=[flow(client_ip=SERVED, server_ip=READER)])
    actors = Actors([_portrait(**{"upload": True} | row)], tables)
    seen = actors._seen[SERVED]
    assert (bool(seen.sent), bool(seen.device_paths)) == ("sent" in behaviour, "paths" in behaviour)
    taken = actors._seen[READER]
    assert (len(taken.received), taken.fetched) == ((1, 0) if row.get("upload", True) else (0, 1))


@pytest.mark.parametrize(
    ("device", "handed_out"),
    [
        ({}, True),
        ({"class": "nvr", "role_hint": "server"}, False),  # it holds pictures of who was captured
        ({"class": "nvr", "role_hint": "server", "class_confidence": "weak"}, True),
        ({"class": "nas", "role_hint": "server"}, True),
        ({"class": "ip_camera", "role_hint": CAPTURE}, False),
        ({"class": "id_terminal", "role_hint": TERMINAL}, False),
    ],
)
def test_what_captures_or_holds_captures_hands_nothing_out(device: dict[str, object], handed_out: bool) -> None:
    asked = {"flow_id": "f", "message_id": "m", "user_agent": DESKTOP, "direction": "up"}
    ends = {"client_ip": READER, "server_ip": SERVED, "payload_down": 9, "packets_up": 3, "packets_down": 3}
    row = {"device_id": SERVED, "ips": [SERVED], "class_confidence": "strong"} | device
    tables = filled(flows=[flow(**ends)], messages=[asked], devices=[row] if device else [])
    assert Actors([], tables).hands_out(_portrait()) is handed_out
    assert Actors([], tables, frozenset({SERVED})).hands_out(_portrait()) is False
