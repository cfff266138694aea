"""What had come from outside before it was sent out again, however often both happened."""

from __future__ import annotations

import pytest

from netaudit.core.contracts.answers import REFUSALS
from netaudit.core.schema import BINDINGS
from netaudit.findings import bearing as bearing_codes
from netaudit.findings.bearing import LATELY, STRANGE_ANSWER, Bearing, Way
from netaudit.findings.ends import Ends
from netaudit.findings.transfers import Transfer
from netaudit.findings.uploads import Looked
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


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (299, set()),
        (300, {bearing_codes.REDIRECTED}),
        (399, {bearing_codes.REDIRECTED}),
        (400, {bearing_codes.TURNED_DOWN}),
        (999, {bearing_codes.TURNED_DOWN}),
        (1000, {bearing_codes.CLOSED}),
        (200, set()),
        (199, {bearing_codes.UNREPLIED}),  # another one follows it
        (None, {bearing_codes.UNREPLIED}),
    ],
)
def test_what_a_status_says(status: int | None, code: set[str]) -> None:
    answer = _message(message_id="a", request_id="m", status=status, method="")
    assert _doubts({}, [_message(), answer]) == code


@pytest.mark.parametrize(
    ("says", "row", "unreplied"),
    [
        ({}, {}, True),
        ({"protocol": "http2"}, {}, True),
        ({"protocol": "mqtt"}, {}, False),
        ({"missing_down": 1}, {}, False),
        ({}, {"method": ""}, False),  # no request
        ({}, {"status": 200}, False),  # an answer itself
        ({}, {"flow_id": "g"}, False),
    ],
)
def test_a_request_of_http_that_was_taken_is_answered(
    says: dict[str, object], row: dict[str, object], unreplied: bool
) -> None:
    assert (_doubts(says, [_message(**row)]) == {bearing_codes.UNREPLIED}) is unreplied


@pytest.mark.parametrize(
    ("says", "upload", "code"),
    [
        ({"payload_down": 1, "packets_down": 0}, True, ""),
        ({"payload_down": 0, "packets_down": 1, "handshake": "SA"}, True, bearing_codes.UNANSWERED),
        ({"payload_down": 0, "packets_down": 2, "handshake": "SA"}, True, bearing_codes.UNREPLIED),  # it acknowledged
        ({"payload_down": 0, "packets_down": 2, "handshake": "SAR"}, True, bearing_codes.REFUSED),
        ({"payload_down": 0, "packets_down": 3, "handshake": "SAR"}, True, bearing_codes.UNREPLIED),
        (
            {"payload_down": 0, "packets_down": 1, "handshake": "SAR"},
            True,
            bearing_codes.UNANSWERED,
        ),  # by its own reset
        ({"payload_down": 0, "packets_down": 1, "handshake": "S"}, True, bearing_codes.UNREPLIED),
        ({"payload_down": 0, "packets_down": 0, "handshake": ""}, True, bearing_codes.ONE_WAY),
        ({"payload_up": 0, "packets_up": 1, "handshake": "SA"}, False, bearing_codes.UNANSWERED),
        ({"payload_up": 0, "packets_up": 2, "handshake": "SA"}, False, bearing_codes.UNREPLIED),
        ({"payload_up": 0, "packets_up": 1, "handshake": "A"}, False, bearing_codes.UNREPLIED),
        ({"payload_down": 0, "transport": "udp"}, True, bearing_codes.DATAGRAMS),
        ({"payload_down": 1, "transport": "udp"}, True, ""),
    ],
)
def test_whether_the_receivers_side_took_it(says: dict[str, object], upload: bool, code: str) -> None:
    whole = {"client_ip": CAM, "server_ip": CLOUD, "client_mac": OWN, "server_mac": ROUTER, "capture_id": "c"}
    tables = filled(
        flows=[flow(**whole | {"packets_up": 9, "packets_down": 9, "payload_up": 9, "payload_down": 9} | says)]
    )
    found = Bearing(tables, ["f"], Ends(tables), lambda ip: "inside" if ip == CAM else "outside")
    ends = (CAM, CLOUD) if upload else (CLOUD, CAM)
    assert found.doubts(Way("f", "m", "c", *ends, upload=upload, first_ts=5)) == {code} - {""}


@pytest.mark.parametrize(("both", "one_way"), [(0, True), (4, True), (5, False), (6, False)])
def test_a_capture_of_one_direction_is_told_by_all_its_connections(both: int, one_way: bool) -> None:
    """Of a hundred connections, at least one in twenty shows both sides; such as carried nothing do not count."""
    rows = [
        flow(flow_id=f"f{n}", capture_id="c", packets_up=3, packets_down=3 * (n < both), payload_up=1, payload_down=0)
        for n in range(100)
    ]
    rows += [flow(flow_id=f"g{n}", capture_id="c", packets_up=3, packets_down=3) for n in range(50)]
    rows += [
        flow(flow_id=f"h{n}", capture_id="c", transport="udp", packets_up=3, packets_down=3, payload_up=1)
        for n in range(50)
    ]
    assert bool(bearing_codes._one_way(filled(flows=rows)["flows"])) is one_way


@pytest.mark.parametrize(
    ("most", "other", "strange"),
    [(4, 1, True), (4, 2, False), (8, 2, True), (8, 3, False), (3, 1, False)],
)
def test_a_router_has_more_than_a_quarter_of_those_behind_the_largest(most: int, other: int, strange: bool) -> None:
    rows = [
        flow(flow_id=f"{mac}{n}", client_ip=CAM, server_ip=f"203.0.{net}.{n}", server_mac=mac, packets_down=1)
        for mac, net, count in ((ROUTER, 113, most), (STRANGER, 114, other))
        for n in range(count)
    ]
    rows += [flow(flow_id="x", client_ip=CAM, server_ip="198.51.100.1", server_mac=STRANGER, packets_down=0)]
    tables = filled(flows=rows)
    found = bearing_codes._routers(tables["flows"], lambda ip: "inside" if ip == CAM else "outside", Ends(tables))
    assert (bool(found) and STRANGER not in found) is strange


@pytest.mark.parametrize(
    ("again", "sender", "turned"),
    [
        ({"of_flow_id": "f", "server_ip": CAM}, CAM, True),
        ({"of_flow_id": "f", "server_ip": "203.0.113.1"}, CAM, False),
        ({"of_flow_id": "f", "server_ip": ""}, CAM, False),
        ({"of_flow_id": "g", "server_ip": CAM}, CAM, False),
        ({"of_flow_id": "f", "server_ip": CAM}, CLOUD, False),  # what an answer carries came to whom it is for
    ],
)
def test_what_another_capture_shows_turned_back_inside(again: dict[str, str], sender: str, turned: bool) -> None:
    whole = {"client_ip": CAM, "client_mac": OWN, "server_ip": CLOUD, "server_mac": ROUTER, "packets_up": 9}
    tables = filled(
        flows=[flow(**whole, packets_down=9, payload_up=900, payload_down=90)], messages=[], sightings=[again]
    )
    found = Bearing(tables, ["f"], Ends(tables), lambda ip: "inside" if ip == CAM else "outside")
    ends = (CAM, CLOUD) if sender == CAM else (CLOUD, CAM)
    told = found.doubts(Way("f", "m", "c", *ends, upload=sender == CAM, first_ts=5))
    assert (bearing_codes.TURNED_BACK in told) is turned


@pytest.mark.parametrize(
    ("doubts", "anybodys"),
    [
        ({bearing_codes.OTHER_LINK}, True),
        ({bearing_codes.UNANSWERED}, True),
        *(
            ({bearing_codes.OTHER_LINK, one}, False)
            for one in (bearing_codes.UNANSWERED, bearing_codes.REFUSED, bearing_codes.DATAGRAMS, bearing_codes.ONE_WAY)
        ),
        ({bearing_codes.OTHER_LINK, bearing_codes.UNREPLIED}, True),
    ],
)
def test_whose_it_is_cannot_be_told_where_another_link_wrote_and_nobody_took_it(
    doubts: set[str], anybodys: bool
) -> None:
    assert bearing_codes.nobodys(frozenset(doubts)) is not anybodys


def test_what_is_only_said_lessens_nothing() -> None:
    said = {
        bearing_codes.UNREPLIED,
        bearing_codes.TURNED_DOWN,
        bearing_codes.REDIRECTED,
        bearing_codes.CLOSED,
        *REFUSALS,
    }
    assert not any(bearing_codes.lessened(frozenset({one})) for one in said)
    assert set(bearing_codes.REASONS) == bearing_codes.LESSEN | said
    assert bearing_codes.said({bearing_codes.TAIL: 2, bearing_codes.BARE: 1}) == ["doubt_tail?n=2", "doubt_bare?n=1"]


def test_a_capture_without_link_addresses_says_so_and_a_side_is_enough() -> None:
    assert _doubts({"client_mac": "", "server_mac": ""}) == {bearing_codes.NO_LINK}
    assert _doubts({"client_mac": ""}) == frozenset()
    assert _doubts({"server_mac": ""}) == frozenset()
