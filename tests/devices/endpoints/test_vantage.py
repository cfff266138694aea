"""Which side of the router: by what is seen on the link."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.devices.endpoints.vantage import PRIVATE, Evidence, Vantage, forwards, judge, kind_of

GATE, CAM, PC = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"
CLOUD = ["47.96.10.20", "120.55.1.9", "8.8.8.8", "223.5.5.5", "101.37.1.1"]


def evidence(**given: object) -> Evidence:
    empty = {"pairs": [], "link": [], "arp": [], "leases": [], "prefixes": [], "pppoe": 0}
    return Evidence(**{**empty, **given})


LAN = evidence(
    pairs=[("192.168.1.20", ip) for ip in CLOUD] + [("192.168.1.20", "192.168.1.9")],
    link=[(GATE, ip) for ip in CLOUD] + [(CAM, "192.168.1.20"), (PC, "192.168.1.9")],
    arp=[(CAM, "192.168.1.20")],
)
WAN_PPPOE = evidence(
    pairs=[("100.70.3.4", ip) for ip in CLOUD], link=[(GATE, "100.70.3.4")] + [(CAM, ip) for ip in CLOUD], pppoe=2
)
WAN_PUBLIC = evidence(
    pairs=[("61.1.2.3", ip) for ip in CLOUD],
    link=[(GATE, "61.1.2.3")] + [(CAM, ip) for ip in CLOUD],
    arp=[(GATE, "61.1.2.3"), (CAM, "61.1.2.1")],
)
SIX = evidence(
    pairs=[("2408:1:2:3::20", "2400:3200::1"), ("2408:1:2:3::21", "2600:1901::1")],
    link=[
        (CAM, "2408:1:2:3::20"),
        (PC, "2408:1:2:3::21"),
        (GATE, "2400:3200::1"),
        (GATE, "2600:1901::1"),
        (GATE, "2001:db8::1"),
        (GATE, "2a00:1450::5"),
    ],
    prefixes=["2408:1:2:3::/64"],
)


@pytest.mark.parametrize(
    ("given", "side", "inside", "outside"),
    [
        (LAN, "lan", ["192.168.1.20", "192.168.1.9"], CLOUD),
        (WAN_PPPOE, "wan", ["100.70.3.4"], CLOUD),
        (WAN_PUBLIC, "wan", ["61.1.2.3"], CLOUD),
        (SIX, "lan", ["2408:1:2:3::20", "2408:1:2:3::21"], ["2400:3200::1"]),
    ],
)
def test_side_and_scope(given: Evidence, side: str, inside: list[str], outside: list[str]) -> None:
    found = judge(given)
    assert found.side == side
    assert found.reasons
    assert {found.scope(ip) for ip in inside} == {"inside"}
    assert {found.scope(ip) for ip in outside} == {"outside"}
    for networks in (found.inside, judge(given, ["192.168.0.0/16", "2408:1:2:3::/64"]).inside):
        assert len(set(networks)) == len(networks), "each network is told once"


def test_two_public_addresses_alone_tell_nothing() -> None:
    found = judge(evidence(pairs=[("47.96.10.20", "61.1.2.3")], link=[]))
    assert (found.side, found.scope("61.1.2.3")) == ("unknown", "unknown")


@pytest.mark.parametrize(("asked", "side"), [(3, "wan"), (50, "unknown")])
def test_who_is_asked_by_more_than_he_asks_is_a_server_wherever_it_stands(asked: int, side: str) -> None:
    link = [(CAM, "61.1.2.3"), *((GATE, ip) for ip in CLOUD)]
    sent = {(CAM, "61.1.2.3"): (90, 20)} | {(GATE, ip): (90, asked) for ip in CLOUD}
    found = judge(evidence(pairs=[("61.1.2.3", ip) for ip in CLOUD], link=link, sent=sent))
    assert found.side == side


def test_the_auditor_decides() -> None:
    found = judge(evidence(pairs=[("61.1.2.3", "47.96.10.20")]), ["61.1.2.0/24"])
    assert found.declared
    assert (found.scope("61.1.2.3"), found.scope("47.96.10.20")) == ("inside", "outside")


def test_private_and_pppoe_are_both_sides() -> None:
    found = judge(evidence(pairs=LAN.pairs + WAN_PPPOE.pairs, link=LAN.link, pppoe=2))
    assert found.side == "both"
    assert found.scope("100.70.3.4") == "inside"


@pytest.mark.parametrize(
    ("ip", "kind"),
    [("10.1.1.1", "private"), ("100.64.0.1", "carrier"), ("8.8.8.8", "global"), ("239.255.255.250", "multicast"), ("255.255.255.255", "multicast"),
     ("fe80::1", "private"), ("fd00::1", "private"), ("ff02::fb", "multicast"), ("::", "special"), ("2408::1", "global")],
)  # fmt: skip
def test_kind_of(ip: str, kind: str) -> None:
    assert kind_of(ip) == kind


def test_a_router_forwards_for_many_networks() -> None:
    assert forwards(set(CLOUD))
    assert not forwards({"192.168.1.4", "fe80::1"})
    assert not forwards({"2408:1:2:3::4", "2408:1:2:3:a::5", "fe80::2"})


ATTACKER = "02:00:00:00:00:66"
CLOUD6 = "2400:3200::1"


@pytest.mark.parametrize(
    "forged",
    [
        {"prefixes": ["::/0"]},
        {"prefixes": ["2400:3200::/64"]},
        {"arp": [(ATTACKER, CLOUD6)]},
        {"link": [*SIX.link, (ATTACKER, CLOUD6)]},
    ],
)
def test_one_forged_packet_makes_nothing_of_the_far_side_inside(forged: dict[str, object]) -> None:
    sent = {key: (50, 0) for key in SIX.link if key[0] == GATE} | {
        (CAM, "2408:1:2:3::20"): (60, 3),
        (PC, "2408:1:2:3::21"): (40, 2),
        (ATTACKER, CLOUD6): (1, 0),
    }
    prefixes = [*SIX.prefixes, *forged.get("prefixes", [])]  # type: ignore[misc]
    given = {"pairs": SIX.pairs, "link": SIX.link, "sent": sent, **forged, "prefixes": prefixes}
    found = judge(evidence(**given))
    assert found.scope(CLOUD6) == "outside"
    assert found.scope("2408:1:2:3::20") == "inside"
    assert bool(found.contested) == ("prefixes" in forged)


def test_a_frame_of_pppoe_makes_no_side_where_the_lan_is_seen() -> None:
    alone = judge(evidence(pairs=LAN.pairs, link=LAN.link, arp=LAN.arp, pppoe=1, pppoe_share=0.0001))
    assert alone.side == "lan"
    assert {alone.scope(ip) for ip in CLOUD} == {"outside"}


@settings(max_examples=2000, deadline=None)
@given(
    octets=st.tuples(*[st.sampled_from((0, 1, 10, 31, 63, 64, 100, 127, 128, 168, 169, 172, 192, 254, 255))] * 4),
    noise=st.integers(0, 255),
)
def test_kinds_are_those_of_the_networks(octets, noise):
    for ip in (".".join(map(str, octets)), f"{noise}.{octets[0]}.{octets[1]}.{octets[2]}"):
        address = ipaddress.ip_address(ip)
        shared = address in ipaddress.ip_network("100.64.0.0/10")
        private = any(net.version == 4 and address in net for net in PRIVATE)
        own = "private" if private else "carrier" if shared else "global"
        special = "special" if address.is_unspecified or address.is_loopback else own
        assert kind_of(ip) == ("multicast" if address.is_multicast or ip == "255.255.255.255" else special)


@given(
    inside=st.lists(
        st.sampled_from([*PRIVATE, *map(ipaddress.ip_network, ("8.8.0.0/16", "10.1.0.0/16", "2001:db8::/32"))])
    ),
    whole=st.booleans(),
    ip=st.sampled_from(
        ("10.1.2.3", "10.2.2.3", "172.31.0.1", "8.8.4.4", "9.9.9.9", "fe80::1", "2001:db8::1", "2400::1", "100.64.0.1")
    ),
)
def test_inside_is_what_lies_in_a_network_inside(inside, whole, ip):
    networks = [*PRIVATE, *inside] if whole else inside
    address = ipaddress.ip_address(ip)
    within = any(address.version == net.version and address in net for net in networks)
    assert Vantage("lan", networks, []).scope(ip) == ("inside" if within else "outside")
