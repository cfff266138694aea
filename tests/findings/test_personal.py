"""What calls a device a phone, what speaks against it, and which of it counts."""

from __future__ import annotations

from typing import Any

import pytest

from netaudit.core.contracts.reasons import parsed
from netaudit.core.schema import BINDINGS, CLAIMS, DEVICES, FLOWS, MESSAGES, OBSERVATIONS
from netaudit.findings.ends import Ends
from netaudit.findings.personal import BEHIND, Calling, callings
from netaudit.findings.roles import (
    CAPTURE,
    MOST_PERSONS,
    PERHAPS_PERSONAL,
    PERSONAL_DEVICE,
    SERVER,
    UNKNOWN,
    VIEWER,
    Actors,
    Behaviour,
    Named,
    contested,
    named,
    role,
)  # fmt: skip
from tests.findings.test_moments import filled
from tests.findings.test_roles import answer

PHONE, ONE, OTHER = "192.168.1.50", "203.0.113.1", "203.0.113.2"
FIXED, CHOSEN = "08:54:11:2a:61:0e", "9a:21:5e:0c:77:31"  # link addresses: given by a maker, chosen at random
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120"


@pytest.mark.parametrize(
    ("calling", "facts"),
    [
        (Calling(), []),
        (Calling(answered={(ONE, IPHONE)}), ["personal_agent"]),
        (Calling(answered={(ONE, IPHONE), (ONE, "another")}), ["personal_agent"]),  # the same server
        (Calling(answered={(ONE, IPHONE), (OTHER, IPHONE)}), ["personal_agent", "personal_again"]),
        (Calling(leases={"a"}), []),  # asked for, and nobody gave it
        (Calling(granted=True), []),
        (Calling(leases={"a"}, granted=True), ["personal_lease"]),
        (Calling(announced={"a"}), ["personal_announced"]),
        (Calling(at_random=True, maker="Apple"), ["personal_random"]),
        (Calling(maker="Apple"), ["personal_maker"]),
    ],
)
def test_facts_are_of_different_exchanges(calling: Calling, facts: list[str]) -> None:
    assert [parsed(one).code for one in calling.facts()] == facts


@pytest.mark.parametrize(
    ("calling", "called", "heard", "personal"),
    [
        (Calling(at_random=True), False, False, False),
        (Calling(announced={"a"}, at_random=True), True, False, False),  # nobody answered either
        (Calling(answered={(ONE, IPHONE)}), True, True, False),  # one fact
        (Calling(answered={(ONE, IPHONE)}, at_random=True), True, True, True),
        (Calling(leases={"a"}, granted=True, maker="Apple"), True, True, True),
        (Calling(leases={"a"}, maker="Apple"), False, False, False),
        (Calling(answered={(ONE, IPHONE)}, at_random=True, against={"life": {}}), True, True, False),
    ],
)
def test_two_facts_one_of_which_was_answered_and_none_against_make_it_personal(
    calling: Calling, called: bool, heard: bool, personal: bool
) -> None:
    assert (calling.called, calling.heard, calling.personal) == (called, heard, personal)


def test_its_word_is_the_one_that_was_answered() -> None:
    assert Calling(answered={(ONE, "b"), (OTHER, "a")}, announced={"c"}).word == "a"
    assert Calling(leases={"l"}, granted=True, announced={"z"}).word == "l"
    assert Calling(leases={"l"}, announced={"z"}).word == "z"
    assert Calling(agents={"a"}).word == ""


def heard(
    agents: list[tuple[str, str, Any, str]] = (), facts: list[tuple[str, str, str]] = (), claims: list[Any] = (),
    link: str = FIXED, vendor: str = "",
) -> Calling:  # fmt: skip
    """Of a device: User-Agents (server, agent, payload down, protocol), observations and claims on its class."""
    flows = [
        {"flow_id": f"f{n}", "client_ip": PHONE, "client_mac": link, "server_ip": server, "payload_down": down, "protocol": way}
        for n, (server, _, down, way) in enumerate(agents)
    ]  # fmt: skip
    tables = {
        "flows": filled(FLOWS, flows),
        "messages": filled(MESSAGES, [{"flow_id": f"f{n}", "user_agent": one[1]} for n, one in enumerate(agents)]),
        "observations": filled(
            OBSERVATIONS,
            [{"kind": kind, "mac": link, "ip": PHONE, "field": name, "value": value} for kind, name, value in facts],
        ),
        "bindings": filled(
            BINDINGS, [{"device_id": link, "mac": link, "ip": PHONE, "from_ts": 0, "to_ts": 9, "by": ["arp"]}]
        ),
        "devices": filled(DEVICES, [{"device_id": link, "ips": [PHONE], "vendor": vendor}]),
        "claims": filled(CLAIMS, [{"device_id": link, "claim": "class", "by": "s"} | one for one in claims]),
    }
    return callings(tables, Ends(tables)).get(link, Calling())


@pytest.mark.parametrize(
    ("agent", "down", "way", "answered", "desktops"),
    [
        (IPHONE, 9, "http", 1, 0),
        (IPHONE, None, "http2", 1, 0),  # of a version that did not count it
        (IPHONE, 0, "http", 0, 0),
        (WINDOWS, 9, "http3", 0, 1),
        (WINDOWS, 0, "http", 0, 0),
        ("NVR/2.0", 9, "http", 0, 0),
        ("Mozilla/5.0 (Linux; Android 11; rk3288) Chrome/90", 9, "http", 0, 0),  # a board of terminals
        (IPHONE, 9, "rtsp", 0, 0),
    ],
)
def test_user_agents_count_where_they_were_answered(
    agent: str, down: int | None, way: str, answered: int, desktops: int
) -> None:
    found = heard([(ONE, agent, down, way)])
    assert (len(found.answered), len(found.desktops)) == (answered, desktops)
    assert found.agents == ({agent} if way != "rtsp" else set())


@pytest.mark.parametrize(
    ("facts", "granted", "leases", "against"),
    [
        ([("dhcp", "leased", PHONE)], True, set(), set()),
        ([("dhcp", "hostname", "My-iPhone")], False, {"dhcp.hostname=My-iPhone"}, set()),
        ([("dhcp", "hostname", "DESKTOP-7Q2")], False, set(), set()),
        ([("dhcp", "vendor_class", "android-dhcp-13")], False, {"dhcp.vendor_class=android-dhcp-13"}, set()),
        ([("dhcp", "vendor_class", "My-iPhone")], False, set(), set()),  # each word in its place
        ([("dhcp", "hostname", "android-dhcp-13")], False, set(), set()),
        ([("tcp", "leased", PHONE)], False, set(), set()),
        ([("tcp", "syn", "ttl=64 win=65535")], False, set(), set()),
        ([("tcp", "syn", "ttl=128 win=65535")], False, set(), {"life"}),
        ([("tcp", "other", "ttl=128 win=65535")], False, set(), set()),
        ([("tcp", "syn", "ttl=64 win=65535 routed")], False, set(), {BEHIND}),
        ([("tcp", "syn", "ttl=128 win=65535 routed")], False, set(), {BEHIND, "life"}),
        ([("http_server", "server", "Webs")], False, set(), {"serves"}),
        ([("rtsp_server", "realm", "IP Camera")], False, set(), {"serves"}),
        ([("http_server", "path", "/")], False, set(), set()),
    ],
)
def test_what_it_says_by_itself(
    facts: list[tuple[str, str, str]], granted: bool, leases: set[str], against: set[str]
) -> None:
    found = heard(facts=facts)
    assert (found.granted, found.leases, set(found.against)) == (granted, leases, against)


@pytest.mark.parametrize(
    ("claim", "leases", "announced", "against"),
    [
        ({"value": "phone", "facts": ["dhcp.hostname=x"]}, 1, 0, 0),
        ({"value": "tablet", "facts": ["mdns.txt=x", "mdns.srv=y"]}, 0, 2, 0),
        ({"value": "phone", "facts": ["http_client.user_agent=x"]}, 0, 0, 0),  # counts where it was answered
        ({"value": "phone", "facts": ["oui.maker=x"]}, 0, 0, 0),
        ({"value": "phone", "facts": None}, 0, 0, 0),
        ({"value": "phone", "claim": "vendor", "facts": ["mdns.txt=x"]}, 0, 0, 0),
        ({"value": "pc", "facts": ["mdns.txt=x"]}, 0, 0, 0),
        ({"value": "ip_camera", "standing": "taken", "facts": ["rtsp_server.realm=x"]}, 0, 0, 1),
        ({"value": "ip_camera", "standing": "taken", "facts": ["rtsp_server.realm=x", "mdns.txt=y"]}, 0, 0, 1),
        ({"value": "ip_camera", "standing": "taken", "facts": ["mdns.txt=y"]}, 0, 0, 0),  # anybody writes that
        ({"value": "ip_camera", "standing": "supports only", "facts": ["rtsp_server.realm=x"]}, 0, 0, 0),
    ],
)
def test_what_signatures_say_of_its_words(claim: dict[str, object], leases: int, announced: int, against: int) -> None:
    found = heard(claims=[claim])
    assert (len(found.leases), len(found.announced), len(found.against)) == (leases, announced, against)


@pytest.mark.parametrize(
    ("link", "vendor", "claims", "random", "maker", "against"),
    [
        (FIXED, "Apple", [], False, "Apple", 0),
        (CHOSEN, "", [], True, "", 0),
        (FIXED, "Dell Inc.", [], False, "", 0),
        (FIXED, "Hikvision", [], False, "", 1),  # by its link address
        (FIXED, "Hikvision", [{"claim": "vendor", "value": "Hikvision", "facts": ["sadp.type=x"]}], False, "", 0),
        (FIXED, "Hikvision", [{"claim": "vendor", "value": "Hikvision", "facts": ["oui.maker=x"]}], False, "", 1),
        (FIXED, "Hikvision", [{"claim": "vendor", "value": "Dahua", "facts": ["sadp.type=x"]}], False, "", 1),
    ],
)
def test_whose_its_link_address_is(
    link: str, vendor: str, claims: list[dict[str, object]], random: bool, maker: str, against: int
) -> None:
    found = heard([(ONE, "NVR/2.0", 9, "http")], link=link, vendor=vendor, claims=claims)
    assert (found.at_random, found.maker, len(found.against)) == (random, maker, against)


SURE = Calling(answered={(ONE, IPHONE)}, at_random=True)
THIN = Calling(answered={(ONE, IPHONE)})


@pytest.mark.parametrize(
    ("behaviour", "device", "calling", "kind", "why"),
    [
        (None, None, None, UNKNOWN, "no_http"),
        (Behaviour(), None, None, UNKNOWN, "too_little"),
        (None, None, SURE, PERSONAL_DEVICE, "personal"),
        (None, None, THIN, PERHAPS_PERSONAL, "contested_alone"),
        (Behaviour(sent={1, 2, 3}), None, THIN, PERHAPS_PERSONAL, "contested_alone"),
        (Behaviour(device_paths={"/ISAPI/"}), None, SURE, CAPTURE, "contested_path"),
        (Behaviour(received={1}), None, SURE, SERVER, "contested_sent"),
        (None, None, Calling(answered={(ONE, IPHONE)}, against={"life": {"shape": "x"}}), UNKNOWN, "contested_life"),
        (None, None, Calling(answered={(ONE, IPHONE)}, against={BEHIND: {}, "maker": {}}), UNKNOWN, "contested_maker"),
        (None, None, Calling(agents={WINDOWS}), VIEWER, "desktop"),
        (None, Named(CAPTURE, "named"), SURE, CAPTURE, "named"),
        (Behaviour(received={1}), Named(CAPTURE, "named"), None, CAPTURE, "named"),
        (None, Named(PERSONAL_DEVICE, "named"), None, UNKNOWN, "no_http"),  # by two facts only
        (None, Named(VIEWER, "named"), None, VIEWER, "named"),
        (Behaviour(), Named(VIEWER, "named"), SURE, PERSONAL_DEVICE, "personal"),
        (Behaviour(received={1}), Named(VIEWER, "named"), None, SERVER, "received"),
        (Behaviour(received={1, 2}, sent={2, 3}), None, None, SERVER, "passed_on"),
    ],
)
def test_a_sure_class_comes_first_then_what_speaks_against_a_phone_then_what_it_does(
    behaviour: Behaviour | None, device: Named | None, calling: Calling | None, kind: str, why: str
) -> None:
    found = role(behaviour, device, calling)
    assert (found[0], parsed(found[1]).code) == (kind, why)
    assert (contested(behaviour, device, calling) == found[1]) is why.startswith("contested")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({}, CAPTURE),
        ({"class_confidence": "declared"}, CAPTURE),
        ({"class_confidence": "weak"}, None),
        ({"role_hint": ""}, None),
        ({"role_hint": "network"}, None),
    ],
)
def test_a_class_carries_a_role_where_it_is_sure(row: dict[str, object], kind: str | None) -> None:
    said = {"device_id": "d", "class": "ip_camera", "class_confidence": "strong", "role_hint": CAPTURE, "vendor": "V"}
    by = [{"device_id": "d", "claim": "class", "standing": "taken", "by": f"s{n}"} for n in range(4)]
    by += [{"device_id": "d", "claim": "class", "standing": "rejected", "by": "x"}]
    found = named(filled(DEVICES, [said | row]), filled(CLAIMS, by)).get("d")
    assert (found and (found.role, found.kind)) == (kind and (kind, "ip_camera"))
    if found is not None:
        arguments = parsed(found.why).arguments
        assert (arguments["what"], arguments["ids"]) == ("V", "s0, s1, s2")
    (bare,) = named(filled(DEVICES, [said | {"vendor": ""}])).values()
    assert parsed(bare.why).arguments["what"] == "maker unknown"


def actors(
    *flows: tuple[str, str, str], shared: frozenset[str] = frozenset(), routed: bool = False, **device: Any
) -> Actors:
    """Of an address, by flows (id, server, agent); `routed`: a router stands behind it; `device`: what is known of it."""
    rows = [
        {"flow_id": name, "client_ip": PHONE, "client_mac": FIXED, "server_ip": server, "payload_down": 9}
        for name, server, _ in flows
    ]
    fact = {"kind": "tcp", "mac": FIXED, "ip": PHONE, "field": "syn", "value": "ttl=64 win=1 routed"}
    tables = {
        "flows": filled(FLOWS, rows),
        "messages": filled(MESSAGES, [{"flow_id": name, "user_agent": agent} for name, _, agent in flows]),
        "observations": filled(OBSERVATIONS, [fact] if routed else []),
        "bindings": filled(
            BINDINGS, [{"device_id": FIXED, "mac": FIXED, "ip": PHONE, "from_ts": 0, "to_ts": 9, "by": ["arp"]}]
        ),
    }
    if device:
        row = {"device_id": FIXED, "ips": [PHONE], "class_confidence": "strong", "role_hint": ""}
        tables["devices"] = filled(DEVICES, [row | device])
    return Actors((), tables, shared)


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ({"class": "ip_camera", "role_hint": CAPTURE}, CAPTURE),  # it only writes that it routes
        ({"class": "pc", "role_hint": VIEWER}, PERSONAL_DEVICE),
        ({"class": "phone", "role_hint": PERSONAL_DEVICE}, PERSONAL_DEVICE),
        ({"vendor": "Hikvision"}, UNKNOWN),  # what speaks against it is no phone's
    ],
)
def test_no_phone_stands_behind_what_is_known_as_a_camera(device: dict[str, str], kind: str) -> None:
    found = actors(("f", ONE, IPHONE), ("g", OTHER, IPHONE), routed=True, **device)
    assert found.role(PHONE, "f")[0] == kind


@pytest.mark.parametrize(
    ("flows", "shared", "routed", "kind"),
    [
        ([("f", ONE, IPHONE)], True, False, PERSONAL_DEVICE),
        ([("f", ONE, WINDOWS)], True, False, UNKNOWN),
        ([("f", ONE, IPHONE)], False, True, UNKNOWN),  # behind a box inside, two servers have to say so
        ([("f", ONE, IPHONE), ("g", OTHER, IPHONE)], False, True, PERSONAL_DEVICE),
        ([("f", ONE, IPHONE), ("g", ONE, IPHONE)], False, True, UNKNOWN),
        ([("f", ONE, IPHONE)], False, False, PERHAPS_PERSONAL),
    ],
)
def test_where_an_address_stands_for_many_each_flow_speaks_for_itself(
    flows: list[tuple[str, str, str]], shared: bool, routed: bool, kind: str
) -> None:
    found = actors(*flows, shared=frozenset({PHONE} if shared else ()), routed=routed)
    assert found.role(PHONE, "f")[0] == kind
    assert found.role(ONE, "f")[0] == UNKNOWN
    assert found.device(PHONE, "f") == (PHONE if shared or routed else FIXED)
    assert found.undecided(PHONE, "f") is (kind == PERHAPS_PERSONAL)
    assert bool(found.contested(PHONE, "f")) is not shared


@pytest.mark.parametrize("persons", [MOST_PERSONS, MOST_PERSONS + 1])
def test_who_sends_the_numbers_of_several_persons_is_no_visitor(persons: int) -> None:
    found = actors(("f", ONE, IPHONE))
    record = answer(*(f"p{n}" for n in range(persons)))
    found._note_persons(record._replace(sender=PHONE, message=record.message | {"direction": "up"}))
    assert ("persons" in found.callings[FIXED].against) is (persons > MOST_PERSONS)
