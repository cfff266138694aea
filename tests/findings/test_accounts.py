"""The accounts balance: every byte that left under one reason, every face in a finding or under one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.findings import accounts
from tests.findings.examples import CAM, CLOUD, filled, finding, flow

ENDS = [{"ip": CAM, "scope": "inside"}, {"ip": CLOUD, "scope": "outside"}]


def sent(**more):
    return flow(**{"client_ip": CAM, "server_ip": CLOUD, "doubts": []} | more)


def lines(account, **rows):
    return list(account(filled(endpoints=ENDS, **rows)))


@pytest.mark.parametrize(
    ("protocol", "transport", "reason", "understood"),
    [
        ("http", "tcp", accounts.UNREAD, False),
        ("ssh", "tcp", accounts.OPAQUE, False),
        ("unknown", "udp", accounts.OPAQUE, False),
        ("", "esp", accounts.OPAQUE, False),
        ("", "icmp", accounts.ECHOES, False),
        ("tls", "tcp", accounts.SENT_HIDDEN, True),
    ],
)
def test_what_is_not_read_has_a_name(protocol, transport, reason, understood):
    size = 100_000
    found = lines(
        accounts.egress,
        flows=[sent(protocol=protocol, transport=transport, payload_up=size, delivered_up=size, unread_up=size)],
    )
    assert [(line.reason, line.size, line.understood) for line in found] == [(reason, size, understood)]
    told = lines(
        accounts.egress,
        flows=[sent(protocol=protocol, transport=transport, payload_up=size, delivered_up=size, unread_up=size)],
        findings=[finding("uploaded outside", "D", flow_ids=["f"])],
    )
    assert [line.reason for line in told] == [accounts.SHAPED]


def test_a_device_with_several_addresses_is_one_sender():
    """What it may carry is the sum over all of them; an address that two devices held is nobody's."""
    mac, other = "08:54:11:00:00:01", "08:54:11:00:00:02"
    held = [(mac, CAM), (mac, "fd00::1"), (mac, "fd00::2"), (other, "fd00::2")]
    rows = [{"device_id": one, "mac": one, "ip": ip, "from_ts": 0, "to_ts": 9} for one, ip in held]
    flows = [
        sent(flow_id=ip, client_ip=ip, payload_up=9_000, delivered_up=9_000, unread_up=9_000) for _, ip in held[:3]
    ]
    ends = [*ENDS, {"ip": "fd00::1", "scope": "inside"}, {"ip": "fd00::2", "scope": "inside"}]
    found = list(accounts.egress(filled(endpoints=ends, flows=flows, bindings=rows)))
    assert [(line.subject, line.reason, line.number, line.size) for line in found] == [
        (f"{mac} > {CLOUD}", accounts.UNREAD, 2, 18_000), (f"fd00::2 > {CLOUD}", accounts.SMALL, 1, 9_000),
    ]  # fmt: skip


@pytest.mark.parametrize(("size", "reason"), [(30_000, accounts.OBSCURE), (9_000, accounts.SMALL)])
def test_what_was_read_and_not_understood_is_told(size, reason):
    found = lines(
        accounts.egress,
        flows=[sent(flow_id="f", delivered_up=40_000, payload_up=40_000), sent(flow_id="g", delivered_up=500)],
        messages=[
            {"message_id": "m", "flow_id": "f", "direction": "up", "obscure": size},
            {"message_id": "n", "flow_id": "f", "direction": "down", "obscure": 90_000},
        ],
    )
    read = 40_500 - size
    assert {(line.reason, line.size, line.understood) for line in found} == {
        (accounts.READ, read, True),
        (reason, size, reason == accounts.SMALL),
    }


def test_no_more_is_not_understood_than_was_read():
    message = {"message_id": "m", "flow_id": "f", "direction": "up", "obscure": 90_000}
    found = lines(accounts.egress, flows=[sent(flow_id="f", delivered_up=20_000)], messages=[message])
    assert [(line.reason, line.size) for line in found] == [(accounts.OBSCURE, 20_000)]


SIZES = st.integers(0, 10**9)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["http", "tls", "", "ssh"]),
            st.booleans(),
            SIZES,
            st.floats(0, 1),
            SIZES,
            SIZES,
            SIZES,
            SIZES,
        ),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_what_left_adds_up(rows):
    flows, total = [], 0
    for number, (protocol, turned, delivered, share, *others) in enumerate(rows):
        way = "down" if turned else "up"
        parts = dict(zip(("duplicate", "conflicting", "evicted", "after_close"), others, strict=True))
        sizes = {f"{name}_{way}": size for name, size in parts.items()}
        sizes |= {f"delivered_{way}": delivered, f"unread_{way}": int(delivered * share)}
        ends = {"client_ip": CLOUD, "server_ip": CAM} if turned else {"client_ip": CAM, "server_ip": CLOUD}
        flows.append(flow(flow_id=str(number), protocol=protocol, doubts=[], **sizes, **ends))
        total += delivered + sum(others)
    assert sum(line.size for line in lines(accounts.egress, flows=flows)) == total


def test_every_face_is_in_a_finding_or_has_a_reason():
    names = ["yes", "possible", "undecodable", "no"]
    images = [{"sha256": name * 16, "face": name, "decodable": True, "problem": "", "why": ""} for name in names]
    objects = [
        {
            "object_id": f"{name}{place}",
            "message_id": "m",
            "sha256": name * 16,
            "size": 9,
            "complete": True,
            "kind": "jpeg",
        }
        for name in names
        for place in range(2)
    ]
    found = lines(
        accounts.faces,
        images=images,
        objects=objects,
        messages=[{"message_id": "m", "flow_id": "f", "protocol": "http", "direction": "up"}],
        flows=[sent()],
        findings=[finding("uploaded outside", "A", object_ids=["yes0"])],
    )
    assert {line.reason: line.number for line in found} == {
        accounts.FOUND: 1, accounts.OWN: 1, accounts.POSSIBLE: 2, accounts.UNJUDGED: 2,
    }  # fmt: skip
    assert {line.reason for line in found if line.understood} == {accounts.FOUND}


def test_a_picture_too_small_for_a_face_forbids_nothing():
    """An icon of a page is not judged, and no calm sentence fails for it; one that nobody looked at does."""
    about = {"face": "not judged", "decodable": True, "problem": ""}
    objects = [
        {"object_id": name, "message_id": "m", "sha256": name, "size": 43, "complete": True, "kind": "gif"}
        for name in ("icon", "photo")
    ]
    found = lines(
        accounts.faces,
        images=[
            {"sha256": "icon", "why": "image_small?n=32", **about},
            {"sha256": "photo", "why": "face detection is off", **about},
        ],
        objects=objects,
        messages=[{"message_id": "m", "flow_id": "f", "protocol": "http", "direction": "up"}],
        flows=[sent()],
        findings=[finding("uploaded outside", "A", object_ids=[])],
    )
    assert [(line.reason, line.number) for line in found] == [(accounts.UNJUDGED, 1)]


def test_contradictions_are_counted():
    flows = [sent(doubts=["conflict", "checksum"], conflicting_up=7), sent(doubts=None), sent(doubts=["cut_short"])]
    found = lines(accounts.contradictions, flows=flows)
    assert [(line.reason, line.number, line.size) for line in found] == [("conflict", 1, 7)]
    assert [(line.reason, line.number) for line in lines(accounts.evicted, flows=flows)] == [("cut_short", 1)]


@pytest.mark.parametrize(
    ("packets", "payload", "reason"),
    [
        (6, 7_200, accounts.ECHOES),
        (300, 16_800, accounts.OPAQUE),
        (100, 5_600, accounts.SMALL),
        (1, 1_400, accounts.SMALL),
    ],
)
def test_icmp_with_more_payload_than_pings_have_may_carry_a_picture(packets, payload, reason):
    one = sent(
        protocol="", transport="icmp", packets_up=packets, payload_up=payload, delivered_up=payload, unread_up=payload
    )
    found = lines(accounts.egress, flows=[one])
    assert [(line.reason, line.size, line.understood) for line in found] == [
        (reason, payload, reason == accounts.SMALL)
    ]


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("request body › json $.d › base64 › opaque", accounts.SMALL),
        ("request body › json $.base64 › base64 › opaque", accounts.TELLING),
        ("request body › json $.face › base64 › opaque", accounts.TELLING),
    ],
)
def test_a_picture_is_what_the_sender_calls_one_not_what_it_was_opened_by(way, reason):
    found = lines(
        accounts.egress,
        flows=[sent(flow_id="f", delivered_up=9_000, payload_up=9_000)],
        messages=[
            {"message_id": "m", "flow_id": "f", "direction": "up", "obscure": 9_000, "path": "/d", "content_type": ""}
        ],
        objects=[{"object_id": "o", "message_id": "m", "unwrap_path": way, "name": ""}],
    )
    assert [line.reason for line in found] == [reason]


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ({"a": accounts.LEAST}, accounts.OPAQUE),
        ({"a": accounts.LEAST - 1}, accounts.SMALL),
        ({"a": accounts.LEAST // 2, "b": accounts.LEAST // 2}, accounts.OPAQUE),  # of a sender over all its ways
        ({"a": accounts.LEAST // 2, "b": accounts.LEAST // 2 - 1}, accounts.SMALL),
    ],
)
def test_how_much_that_nobody_understood_is_worth_a_word(sizes, reason):
    flows = [
        sent(
            flow_id=name, server_ip=f"203.0.113.{n}", protocol="ssh", payload_up=size, delivered_up=size, unread_up=size
        )
        for n, (name, size) in enumerate(sizes.items())
    ]
    ends = [ENDS[0], *({"ip": f"203.0.113.{n}", "scope": "outside"} for n in range(2))]
    found = list(accounts.egress(filled(endpoints=ends, flows=flows)))
    assert [(line.reason, line.number, line.understood) for line in found] == [
        (reason, 1, reason == accounts.SMALL)
    ] * len(sizes)


@pytest.mark.parametrize(
    ("size", "reason"), [(accounts.LEAST_TELLING, accounts.TELLING), (accounts.LEAST_TELLING - 1, accounts.SMALL)]
)
def test_less_is_worth_a_word_where_it_is_called_a_picture(size, reason):
    message = {
        "message_id": "m",
        "flow_id": "f",
        "direction": "up",
        "obscure": size,
        "path": "/face",
        "content_type": "",
    }
    found = lines(accounts.egress, flows=[sent(flow_id="f", delivered_up=9_000)], messages=[message])
    assert {(line.reason, line.size) for line in found} == {(reason, size), (accounts.READ, 9_000 - size)}


@pytest.mark.parametrize(
    ("packets", "payload", "reason"),
    [
        (10, 10 * accounts.LEAST_ECHO + 1, accounts.ECHOES),
        (10, 10 * accounts.LEAST_ECHO, accounts.SMALL),
        (7, accounts.LEAST_TELLING, accounts.ECHOES),
        (7, accounts.LEAST_TELLING - 1, accounts.SMALL),
    ],
)
def test_how_large_echoes_are_worth_a_word(packets, payload, reason):
    one = sent(
        transport="icmpv6", protocol="", packets_up=packets, payload_up=payload, delivered_up=payload, unread_up=payload
    )
    assert [line.reason for line in lines(accounts.egress, flows=[one])] == [reason]


@pytest.mark.parametrize(
    ("down", "reason"), [(50_000, accounts.SENT_HIDDEN), (50_001, accounts.HIDDEN_OTHER), (0, accounts.SENT_HIDDEN)]
)
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_encrypted_was_mostly_sent_from_twice_as_much_on(down, reason, turned):
    sizes = {"up": 100_000, "down": down}
    if turned:
        sizes = {"up": down, "down": 100_000}
    row = {f"{name}_{way}": size for way, size in sizes.items() for name in ("payload", "delivered", "unread")}
    ends = {"client_ip": CLOUD, "server_ip": CAM} if turned else {}
    (line,) = lines(accounts.egress, flows=[sent(protocol="tls", **row, **ends)])
    assert (line.subject, line.reason, line.size) == (f"{CAM} > {CLOUD}", reason, 100_000)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"protocol": "unknown", "transport": "udp", "server_port": 443}, accounts.SENT_HIDDEN),
        ({"protocol": "unknown", "transport": "udp", "server_port": 8443}, accounts.OPAQUE),
        ({"protocol": "unknown", "transport": "tcp", "server_port": 443}, accounts.OPAQUE),
        ({"protocol": "http", "transport": "udp", "server_port": 443}, accounts.UNREAD),
        ({"protocol": "tls", "doubts": ["clear"]}, accounts.BY_NAME_ONLY),
        ({"protocol": "http", "doubts": ["clear"]}, accounts.BY_NAME_ONLY),
    ],
)
def test_what_nobody_read_is_called_by_what_hides_it(more, reason):
    row = sent(payload_up=20_000, delivered_up=20_000, unread_up=20_000, **more)
    (line,) = lines(accounts.egress, flows=[row])
    assert (line.reason, line.understood) == (reason, reason == accounts.SENT_HIDDEN)


def test_what_became_of_bytes_that_left():
    row = sent(
        delivered_up=20_000, unread_up=9_000, duplicate_up=700, conflicting_up=50, evicted_up=6, after_close_up=1
    )
    found = lines(accounts.egress, flows=[row])
    assert {(line.reason, line.size, line.understood) for line in found} == {
        (accounts.READ, 11_000, True), (accounts.SMALL, 9_050, True), (accounts.REPEATED, 700, True),
        (accounts.DROPPED, 7, False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("face", "ends", "up", "score", "reason", "understood"),
    [
        ("yes", (CAM, CLOUD), True, 0.9, accounts.OWN, False),
        ("yes", (CAM, CLOUD), True, 0.1, accounts.UNSURE, False),
        ("possible", (CAM, CLOUD), True, 0.9, accounts.POSSIBLE, False),
        ("undecodable", (CAM, CLOUD), True, 0.9, accounts.UNJUDGED, False),
        ("yes", (CAM, CLOUD), False, 0.9, accounts.VIEWED, True),
        ("yes", (CAM, "192.168.1.9"), False, 0.9, accounts.SHOWN, False),
        ("yes", (CAM, "192.168.1.9"), True, 0.9, accounts.OWN, False),
        ("yes", (CAM, "239.1.1.1"), True, 0.9, accounts.SPREAD, False),
        ("yes", (CLOUD, "203.0.113.1"), True, 0.9, accounts.UNPLACED, False),
        ("yes", (CAM, "0.0.0.0"), True, 0.9, accounts.UNPLACED, False),
        ("possible", (CAM, "0.0.0.0"), True, 0.9, accounts.UNPLACED, False),
        ("holder", (CAM, CLOUD), True, 0.9, accounts.AS_HOLDER, True),
        ("no", (CAM, CLOUD), True, 0.9, None, False),
    ],
)
def test_why_a_face_is_in_no_finding(face, ends, up, score, reason, understood):
    scopes = {
        CAM: "inside",
        "192.168.1.9": "inside",
        CLOUD: "outside",
        "203.0.113.1": "outside",
        "239.1.1.1": "multicast",
    }
    face = accounts.AS_HOLDER if face == "holder" else face
    rows = {
        "endpoints": [{"ip": ip, "scope": scope} for ip, scope in scopes.items()]
        + [{"ip": "0.0.0.0", "scope": "special"}],
        "images": [{"sha256": "s", "face": face, "decodable": True, "problem": "", "face_score": score}],
        "objects": [
            {"object_id": f"o{n}", "message_id": "m", "sha256": "s", "size": 9, "complete": True} for n in range(2)
        ],
        "messages": [{"message_id": "m", "flow_id": "f", "protocol": "http", "direction": "up" if up else "down"}],
        "flows": [sent(client_ip=ends[0], server_ip=ends[1])],
    }
    found = list(accounts.faces(filled(**rows)))
    sender = ends[0] if up else ends[1]
    assert [tuple(line) for line in found] == [(sender, reason, 2, 18, understood)] * (reason is not None)


def test_of_a_flood_of_pairs_the_largest_are_told_and_all_others_together():
    flows = [
        sent(flow_id=f"f{n}", server_ip=f"10.9.{n >> 8}.{n & 255}", delivered_up=n + 1)
        for n in range(accounts.MOST_SUBJECTS + 2)
    ]
    ends = [ENDS[0], *({"ip": row["server_ip"], "scope": "outside"} for row in flows)]
    found = list(accounts.egress(filled(endpoints=ends, flows=flows)))
    assert [(line.reason, line.size) for line in found if line.subject == accounts.OTHERS] == [
        (accounts.READ, 1), (accounts.READ, 2),
    ]  # fmt: skip
    assert len(found) == accounts.MOST_SUBJECTS + 2
