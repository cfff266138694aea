"""What had come from outside before it was sent out again, however often both happened."""

from __future__ import annotations

import pytest

from netaudit.contracts.answers import REFUSALS
from netaudit.findings import bearing as bearing_codes
from netaudit.findings.bearing import LATELY, STRANGE_ANSWER, Bearing, Way
from netaudit.findings.ends import Ends
from netaudit.findings.transfers import Transfer
from netaudit.findings.uploads import Looked
from netaudit.tables import BINDINGS
from tests.findings.examples import CAM, CLOUD, filled, flow
from tests.findings.test_moments import filled as filled_table

PICTURE = 7
TOLD = dict.fromkeys(Transfer._fields, "") | {
    "sender": CLOUD,
    "receiver": CAM,
    "flow_id": "f",
    "sha256": f"{PICTURE:016x}",
}


def bearing(*came: int) -> Bearing:
    tables = filled(flows=[flow(client_ip=CAM, server_ip=CLOUD)])
    found = Bearing(tables, ["f"], Ends(tables), lambda ip: "inside" if ip == CAM else "outside")
    for ts in came:
        found.note_arrival(Transfer(**TOLD | {"first_ts": ts, "last_ts": ts + 1}))
    return found


def sent(ts: int) -> Way:
    digest = Transfer(**TOLD).digest
    return Way("f", "m", "c", CAM, CLOUD, upload=True, first_ts=ts, digest=digest)


@pytest.mark.parametrize(
    ("came", "ts", "echoed"),
    [
        ((), 5, False),
        ((6,), 5, False),
        ((5,), 5, True),
        ((5,), 5 + LATELY, True),
        ((5,), 6 + LATELY, False),
        ((3 * LATELY, 5), 9, True),  # in whatever order they are noted
        ((5, 3 * LATELY), 2 * LATELY, False),
    ],
)
def test_only_what_came_lately_came_from_outside(came: tuple[int, ...], ts: int, echoed: bool) -> None:
    assert bearing(*came).came_from_outside(sent(ts)) is echoed


def test_a_picture_that_goes_back_and_forth_all_day_costs_no_more_than_its_ways() -> None:
    found = bearing(*range(0, 200_000, 2))
    assert all(found.came_from_outside(sent(ts)) for ts in range(1, 200_001, 2))


@pytest.mark.parametrize(
    ("faces", "told"),
    [
        ("yes yes no", 2),
        ("yes no", 0),
        ("yes yes possible possible", 0),  # in half of the pictures nobody is sure of one
        ("yes yes possible", 2),
        ("sure yes possible possible no", 2),
        ("yes damaged damaged", 3),  # of a damaged one no more can be asked
    ],
)
def test_faint_faces_are_a_ground_where_most_pictures_of_a_way_show_one(faces: str, told: int) -> None:
    looked = Looked()
    for word in faces.split():
        whole = word != "damaged"
        face = {"sure": "yes", "damaged": "possible"}.get(word, word)
        looked.note(Transfer(**TOLD | {"face": face, "sure": word == "sure", "complete": whole, "whole_image": whole}))
    assert len(looked.telling()) == told


ROUTER, STRANGER, OWN = "00:0a:eb:31:c0:02", "96:50:00:aa:10:04", "08:54:11:00:00:01"


def doubts(behind: int, mac: str, *, forwards: bool = False, held: bool = False) -> frozenset[str]:
    """Of an upload that this link address answers, where so many others outside are behind the router."""
    others = [
        flow(client_ip=CAM, server_ip=f"203.0.113.{n}", server_mac=ROUTER, flow_id=f"o{n}", packets_down=3)
        for n in range(behind)
    ]
    own = flow(client_ip=CAM, client_mac="08:54:11:00:00:01", server_ip=CLOUD, server_mac=mac, packets_up=9)
    tables = filled(flows=[*others, own | {"packets_down": 9, "payload_down": 200}])
    ends = Ends(tables)
    if held:
        ends._holders._device_of[ROUTER] = ROUTER
    if forwards:
        ends._holders._many.add(mac)
    found = Bearing(tables, ["f"], ends, lambda ip: "inside" if ip == CAM else "outside")
    return found.doubts(sent(5))


def test_who_answers_for_somebody_outside_is_a_router() -> None:
    assert doubts(6, STRANGER) == {STRANGE_ANSWER}
    assert doubts(6, ROUTER) == doubts(6, STRANGER, forwards=True) == frozenset()
    assert doubts(2, STRANGER) == frozenset()  # two routers, or too little to tell
    assert doubts(2, STRANGER, held=True) == {STRANGE_ANSWER}  # one of them has an address here, the other has none
    assert doubts(1, STRANGER, held=True) == doubts(2, ROUTER, held=True) == frozenset()


def _doubts(flow_says: dict[str, object], messages: list[dict[str, object]] | None = None) -> frozenset[str]:
    """Of one upload in a flow of which this is known."""
    whole = {"client_ip": CAM, "client_mac": "08:54:11:00:00:01", "server_ip": CLOUD, "server_mac": ROUTER}
    whole |= {"packets_up": 9, "packets_down": 9, "payload_up": 900, "payload_down": 90}
    tables = filled(flows=[flow(**whole | flow_says)], messages=messages or [])
    found = Bearing(tables, ["f"], Ends(tables), lambda ip: "inside" if ip == CAM else "outside")
    return found.doubts(sent(5))


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ({"doubts": ["stranger_up"]}, bearing_codes.STRANGER),
        ({"doubts": ["tail_up"]}, bearing_codes.TAIL),
        ({"doubts": ["short_up"]}, bearing_codes.SHORT),
        ({"doubts": ["sums_up"]}, bearing_codes.SUMS),
        ({"doubts": ["conflict"], "conflicting_up": 5}, bearing_codes.CONFLICT),
    ],
)
def test_what_a_connection_says_against_its_bytes_makes_no_a(says: dict[str, object], code: str) -> None:
    assert _doubts(says) == {code}
    assert bearing_codes.lessened(_doubts(says))
    other_way = {name.replace("_up", "_down"): value for name, value in says.items()}
    other_way["doubts"] = [one.replace("_up", "_down") for one in says["doubts"]]  # type: ignore[attr-defined]
    assert not _doubts(other_way)


def test_frames_that_go_to_their_own_sender_are_turned() -> None:
    held = [{"device_id": OWN, "mac": OWN, "ip": CAM, "from_ts": 0, "to_ts": 99}]
    held += [{"device_id": mac, "mac": mac, "ip": ""} for mac in (ROUTER, OWN)]  # the turned frames themselves say so
    for sender, receiver, doubt in ((OWN, ROUTER, set()), (ROUTER, OWN, {bearing_codes.OTHER_LINK})):
        ends = {"client_ip": CAM, "client_mac": sender, "server_ip": CLOUD, "server_mac": receiver}
        tables = filled(
            flows=[flow(**ends, packets_up=9, packets_down=9, payload_up=900, payload_down=90)], messages=[]
        )
        tables["bindings"] = filled_table(BINDINGS, held)
        found = Bearing(tables, ["f"], Ends(tables), lambda ip: "inside" if ip == CAM else "outside")
        assert found.doubts(sent(5)) == doubt


def _message(**more: object) -> dict[str, object]:
    return {"flow_id": "f", "message_id": "m", "request_id": "", "method": "POST", "status": 0, "notes": []} | more


def test_what_answers_refuse_is_said_and_an_answer_that_never_came() -> None:
    asked = _message()
    assert _doubts({}, [asked]) == {bearing_codes.UNREPLIED}
    assert _doubts({"missing_down": 5}, [asked]) == frozenset()  # it may have been missed
    continued = _message(message_id="a", request_id="m", status=100)
    assert _doubts({}, [asked, continued]) == {bearing_codes.UNREPLIED}
    unheard = {"packets_down": 1, "payload_down": 0, "handshake": "SA"}
    assert _doubts(unheard, [asked]) == {bearing_codes.UNANSWERED}  # what nobody acknowledged is not said to be so
    one_way = unheard | {"packets_down": 0, "capture_id": sent(5).capture_id}
    assert _doubts(one_way, [asked]) == {bearing_codes.ONE_WAY}
    assert _doubts(unheard | {"handshake": "SAR", "packets_down": 2}, [asked]) == {bearing_codes.REFUSED}
    assert _doubts(unheard | {"transport": "udp"}, [asked]) == {bearing_codes.DATAGRAMS}
    for note in REFUSALS:
        answer = _message(message_id="a", request_id="m", status=200, notes=[note])
        assert _doubts({}, [asked, answer]) == {note}
        assert note in bearing_codes.REASONS
    assert _doubts({}, [asked, _message(message_id="a", request_id="m", status=200)]) == frozenset()
