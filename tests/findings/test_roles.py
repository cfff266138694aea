"""What a host behaves like is said apart from what it is, with what was seen of it."""

from __future__ import annotations

import pytest

from netaudit.findings.roles import SERVER, UNKNOWN, Behaviour, role

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("at", "when"),
    [([0, 7, 9, 60, 200], "uneven"), ([0, 60, 120, 180, 240], "even"), ([5, 5, 5], "even"), ([0, 1], "even")],
)
def test_a_sender_of_faces_behaves_like_a_capture_device(at: list[int], when: str) -> None:
    behaviour = Behaviour(sent={1, 2, 3}, to={"a"}, times=[one * SECOND for one in at])
    kind, why = role(behaviour)
    assert kind == UNKNOWN
    assert why.startswith("behaves like a capture device, and nothing says that it is one: it sent 3 distinct")
    assert f"at {when} times (receivers: 1)" in why


def test_who_is_sent_images_behaves_like_a_server() -> None:
    kind, why = role(Behaviour(received={1, 2}, sent={2}))
    assert kind == SERVER
    assert why.startswith("behaves like a server: 2 distinct images")


def test_few_images_say_nothing() -> None:
    assert role(Behaviour(sent={1, 2})) == (UNKNOWN, "too little was seen of it")
