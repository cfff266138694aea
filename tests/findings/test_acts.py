"""What a transfer is, by the scopes of its ends: the predicates that cases and live runs share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from netaudit.findings import acts
from netaudit.findings.acts import KNOWN, LEAST_BYTES, LEAST_KNOWN, SHAPED, Move, Sent, sent_outside
from netaudit.findings.roles import PERSONAL_DEVICE, VIEWER
from netaudit.findings.roles import UNKNOWN as NOT_KNOWN
from netaudit.findings.vocabulary import DELIVERED, MOVED, RETRIEVED, UPLOADED, VIDEO

IN, OUT, MANY, UNKNOWN = "inside", "outside", "multicast", "unknown"


@pytest.mark.parametrize(
    ("protocol", "sender", "receiver", "collected", "expected"),
    [
        ("http", IN, OUT, False, UPLOADED),
        ("http", IN, IN, False, MOVED),
        ("http", OUT, IN, True, RETRIEVED),
        ("http", OUT, IN, False, None),  # a news picture that someone looked at
        ("http", OUT, OUT, True, None),
        ("http", IN, MANY, False, None),
        ("http", UNKNOWN, UNKNOWN, True, None),
        ("rtp", IN, OUT, False, VIDEO),
        ("ps", IN, IN, True, VIDEO),
        ("rtp", OUT, IN, True, None),
        ("rtp", UNKNOWN, UNKNOWN, True, None),
    ],
)
def test_act(protocol, sender, receiver, collected, expected) -> None:
    assert acts.act(protocol, sender, receiver, collected=collected) == expected


@pytest.mark.parametrize(
    ("sender", "receiver", "more", "expected"),
    [
        (IN, OUT, {"still": True}, VIDEO),
        (IN, IN, {"still": True}, VIDEO),
        (IN, MANY, {"still": True}, None),
        (OUT, IN, {"still": True}, None),
        (OUT, IN, {"still": True, "collected": True}, RETRIEVED),  # a picture of a file that came back
        (OUT, IN, {"pushed": True, "collected": True}, DELIVERED),
        (OUT, IN, {"pushed": True}, None),
        (IN, OUT, {"pushed": True}, UPLOADED),
    ],
)
def test_stills_of_files_and_what_is_pushed(sender, receiver, more, expected) -> None:
    assert acts.act("http", sender, receiver, **{"collected": False} | more) == expected


@pytest.mark.parametrize(
    ("face", "complete", "whole", "telling"),
    [
        ("yes", True, True, True), ("yes", False, False, True), ("possible", True, True, False), ("possible", False, True, True),
        ("possible", True, False, True), ("no", False, False, False), ("undecodable", False, False, False),
    ],
)  # fmt: skip
def test_which_images_are_a_ground(face, complete, whole, telling) -> None:
    assert acts.telling(face, complete=complete, whole=whole) is telling


@pytest.mark.parametrize("given", [{"face": "possible"}, {"complete": False}, {"whole": False}, {"lessened": True}])
def test_an_a_is_whole_sure_and_not_doubted(given) -> None:
    assert acts.certainty(complete=True, whole=True) == "A"
    assert acts.certainty(**{"complete": True, "whole": True} | given) == "B"


def test_what_was_sent_before_is_known_by_its_first_time() -> None:
    sent = Sent()
    sent.add(Sent({"a"}, {1: 9, 2: 5}))
    sent.add(Sent({"b"}, {1: 7, 2: 6}))
    assert (sent.whereto, sent.what) == ({"a", "b"}, {1: 7, 2: 5})
    assert [sent.before([1], ts) for ts in (7, 8)] == [False, True]
    assert sent.before([3, 2], 6)
    assert not sent.before([3], 99)


def test_the_inside_device_acts() -> None:
    assert UPLOADED.acting("in", "out") == "in"
    assert RETRIEVED.acting("out", "in") == "in"
    assert (UPLOADED.far("in", "out"), RETRIEVED.far("out", "in")) == ("out", "out")


class Actors:
    def __init__(self, role: str) -> None:
        self.role = lambda ip, flow_id="": (role, "")
        self.ends = SimpleNamespace(disputed=lambda ip, flow_id: "other" if flow_id == "forged" else "")


@pytest.mark.parametrize(
    ("changed", "role", "whereto", "what"),
    [
        ({}, NOT_KNOWN, {"out", "up.example"}, {1, 2}),
        ({"request": False}, NOT_KNOWN, set(), {1, 2}),  # an answer: the image went out, to nobody who collects
        ({}, PERSONAL_DEVICE, set(), set()),
        ({"flow_id": "forged"}, PERSONAL_DEVICE, {"out", "up.example"}, {1, 2}),  # in the name of another
        ({}, VIEWER, {"out", "up.example"}, {1, 2}),
        ({"receiver": "in"}, NOT_KNOWN, set(), set()),
        ({"receiver": "elsewhere"}, NOT_KNOWN, set(), set()),
    ],
)
def test_what_devices_of_the_site_sent_outside(changed, role, whereto, what) -> None:
    scope = {"in": IN, "out": OUT}
    move = Move("in", "out", "up.example", "f", True, 7, (1, 2))._replace(**changed)
    sent = sent_outside([move], lambda ip: scope.get(ip, UNKNOWN), Actors(role))
    assert (sent.whereto, set(sent.what)) == (whereto, what)
    assert sent.before((1, 3), 8) is bool(what)
    assert not sent.before((1, 3), 7), "it had not been sent before"
    if role == VIEWER:
        assert sent_outside([move], lambda ip: scope.get(ip, UNKNOWN), Actors(role), but={VIEWER}).what == {}


@pytest.mark.parametrize(("complete", "whole", "grade"), [(True, True, "A"), (False, True, "B"), (True, False, "B")])
def test_certainty(complete, whole, grade) -> None:
    assert acts.certainty(complete=complete, whole=whole) == grade


@pytest.mark.parametrize(
    ("up", "down", "bursts", "known", "expected"),
    [
        (LEAST_BYTES, LEAST_BYTES // 2, 1, False, SHAPED),
        (LEAST_BYTES, LEAST_BYTES // 2 + 1, 1, False, ""),
        (LEAST_BYTES - 1, 0, 1, False, ""),
        (LEAST_BYTES, 0, 0, True, ""),  # small talk for hours
        (LEAST_KNOWN, 10 * LEAST_KNOWN, 1, True, KNOWN),
        (LEAST_KNOWN - 1, 0, 1, True, ""),
        (LEAST_BYTES, 0, 1, True, SHAPED),
    ],
)
def test_upload_shape(up, down, bursts, known, expected) -> None:
    assert acts.upload_shape(up, down, bursts, known=known) == expected
