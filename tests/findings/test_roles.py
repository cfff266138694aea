"""What a host behaves like is said apart from what it is, with what was seen of it."""

from __future__ import annotations

import pytest

from netaudit.findings.identity_records import Record
from netaudit.findings.roles import SERVER, UNKNOWN, Actors, Answered, Behaviour, role
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


def _answer(*persons: str, path: str = "/card/read") -> Record:
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
        ([_answer("a"), _answer("b", path="/card/read?t=7"), _answer("c")], None, True),
        ([_answer("a"), _answer("b"), _answer("c")], Behaviour(fetched=2), True),
        ([_answer("a"), _answer("b")], None, False),  # too few
        ([_answer("a"), _answer("b"), _answer("c", "d")], None, False),  # a list
        ([_answer("a", path="/visitor/1"), _answer("b", path="/visitor/2"), _answer("c")], None, False),
        ([_answer("a"), _answer("b"), _answer("c")], Behaviour(received={1}), False),  # it keeps what it is sent
        ([_answer("a"), _answer("b"), _answer("c")], Behaviour(sent={1}), False),
    ],
)
def test_who_answers_one_question_with_person_after_person_reads_cards(
    answers: list[Record], behaviour: Behaviour | None, reads: bool
) -> None:
    answered = Answered()
    for one in answers:
        answered.take(one)
    assert answered.reads_cards(behaviour) is reads


def test_what_behaves_like_a_reader_of_cards_is_said_apart_from_what_it_is() -> None:
    tables = filled(flows=[flow(client_ip=READER, server_ip=SERVED)], messages=[])
    actors = Actors([], tables)
    for person in "abc":
        actors._note_persons(_answer(person)._replace(sender=SERVED))
    kind, why = actors.role(SERVED)
    assert kind == UNKNOWN
    assert english(why).startswith(
        "behaves like a reader of identity cards, and nothing says that it is one: asked, it gave the numbers of 3"
    )
