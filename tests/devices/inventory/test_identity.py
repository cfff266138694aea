"""Which facts speak of the same device: claims, forwarded frames, leases over time, IPv6, chassis and ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from netaudit.core.schema import FLOWS
from netaudit.devices.inventory import collecting
from netaudit.devices.inventory.bindings import MOST_CLAIMED, Sent, tenures
from netaudit.devices.inventory.identity import identify, made_from

if TYPE_CHECKING:
    import pytest

A, B, ROUTER = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "00:0a:eb:31:c0:02"


def scope(ip: str) -> str:
    return "inside" if ip.startswith(("192.168.", "fe80", "2408:1:")) else "outside"


def test_a_link_address_owns_what_it_claims() -> None:
    who = identify([(1, A, "192.168.1.9")], [], [], [])
    assert who.device_of(A, "192.168.1.9", scope) == A
    assert who.device_of("", "192.168.1.9", scope) == A
    assert who.device_of(A, "", scope) == A


def test_a_router_does_not_own_what_it_forwards() -> None:
    who = identify([(1, ROUTER, "192.168.1.1")], [], [ROUTER], [])
    assert who.device_of(ROUTER, "47.96.10.20", scope) == ""
    assert who.device_of(ROUTER, "192.168.7.5", scope) == "192.168.7.5"
    assert who.device_of(ROUTER, "192.168.1.1", scope) == ROUTER


def test_a_host_that_claimed_another_address_did_not_send_this_one() -> None:
    who = identify([(1, A, "192.168.1.9")], [], [], [])
    assert who.device_of(A, "192.168.2.9", scope) == "192.168.2.9"


def test_a_layer_three_switch_is_none_of_its_hosts() -> None:
    hosts = [f"192.168.{net}.5" for net in (2, 3, 4)]
    sent = [Sent(ROUTER, ip, 1, 9, 5) for ip in hosts]
    who = identify([], sent, hops=(frozenset(), frozenset((ROUTER, ip) for ip in hosts)))
    assert [who.device_of(ROUTER, ip, scope) for ip in hosts] == hosts


def test_a_bridge_that_puts_its_own_address_into_frames_holds_no_lease_of_others() -> None:
    """A repeater of wireless networks: who got the lease is the machine, and what the repeater sends is theirs."""
    leases = [(n, f"02:00:00:00:01:{n:02x}", f"192.168.1.{n}", "dhcp") for n in (5, 6, 7)]
    claims = [*leases, *((20 + n, ROUTER, ip, "arp") for n, (_, _, ip, _) in enumerate(leases))]
    who = identify(claims, [Sent(ROUTER, ip, 30, 90, 9) for _, _, ip, _ in leases])
    assert [who.device_of(ROUTER, ip, scope) for _, _, ip, _ in leases] == [mac for _, mac, _, _ in leases]


def test_a_host_has_many_addresses_of_its_network() -> None:
    own = [f"2408:1::{n:x}:1" for n in range(6)]
    who = identify([(1, A, own[0], "ndp")], [Sent(A, ip, 1, 9, 5) for ip in own])
    assert {who.device_of(A, ip, scope) for ip in own} == {A}


def test_one_frame_in_anothers_name_holds_no_address() -> None:
    sent = [Sent(A, "192.168.1.9", 10, 20, 8), Sent(B, "192.168.1.9", 30, 31, 0), Sent(A, "192.168.1.9", 40, 50, 8)]
    who = identify([], sent)
    assert [(one.since, one.until, one.mac) for one in who.held["192.168.1.9"]] == [(10, 50, A)]
    moved = identify([], [sent[0], Sent(B, "192.168.1.9", 30, 31, 4), sent[2]])
    assert [one.mac for one in moved.held["192.168.1.9"]] == [A, B, A]
    assert moved.device_of("", "192.168.1.9", scope, 30) == B


def test_the_latest_holder_of_an_address_counts() -> None:
    who = identify([(1, A, "192.168.1.9"), (2, B, "192.168.1.9")], [], [], [])
    assert who.device_of("", "192.168.1.9", scope) == B


def test_who_claims_everything_owns_nothing() -> None:
    claims = [(1, A, f"192.168.1.{last}") for last in range(1, MOST_CLAIMED + 3)]
    assert identify(claims).held == {}


def test_addresses_made_from_the_link_address_are_its_own() -> None:
    own, other = "2408:1::20a:ebff:fe31:c002", "2408:1::20a:ebff:fe31:c003"
    assert made_from(ROUTER, own)
    assert not made_from(ROUTER, other)
    who = identify([], [], [ROUTER], [])
    assert who.device_of(ROUTER, own, scope) == ROUTER
    assert who.device_of(ROUTER, other, scope) == other


def test_ports_belong_to_their_chassis_only_within_a_makers_block() -> None:
    port, chassis = "00:74:9c:15:0e:89", "00:74:9c:15:0e:88"
    who = identify([], [], [], [(port, "lldp x"), (chassis, "lldp x"), (A, "lldp x")])
    assert who.device_of(port, "", scope) == chassis
    assert who.device_of(A, "", scope) == A


def test_a_name_that_many_share_is_no_machines() -> None:
    macs = [f"00:74:9c:00:00:{n:02x}" for n in range(9)]
    assert identify([], [], [], [(mac, "ssdp uuid:default") for mac in macs]).alias == {}
    assert len(identify([], [], [], [(mac, "lldp core") for mac in macs]).alias) == 8


def test_groups_and_unset_addresses_are_nobody() -> None:
    who = identify([(1, A, "0.0.0.0"), (1, A, "224.0.0.251"), (1, A, "no address")], [], [], [])
    assert who.held == {}
    assert who.device_of("", "224.0.0.251", scope) == ""


def test_an_address_is_each_holders_in_its_time() -> None:
    who = identify([(10, A, "192.168.1.9"), (50, B, "192.168.1.9")], [], [], [])
    assert [who.device_of("", "192.168.1.9", scope, ts) for ts in (5, 10, 49, 50, 99)] == [A, A, A, B, B]
    assert who.device_of(A, "192.168.1.9", scope, 99) == A  # what it still sends from there is its own
    assert who.device_of(ROUTER, "192.168.1.9", scope, 20) == A


def test_ports_of_one_machine_are_joined_across_names_and_forged_names_join_no_other_maker() -> None:
    a, b, c, other = "00:74:9c:00:00:03", "00:74:9c:00:00:02", "00:74:9c:00:00:01", "08:54:11:00:00:01"
    who = identify([], [], [], [(a, "ssdp u"), (b, "ssdp u"), (b, "dhcp6 d"), (c, "dhcp6 d"), (other, "ssdp u")])
    assert {mac: who.device_of(mac, "", scope) for mac in (a, b, c, other)} == {a: c, b: c, c: c, other: other}


def test_whoever_takes_turns_at_an_address_for_days_costs_no_more_than_his_frames() -> None:
    """Two that claim it by turns a hundred thousand times: each holds it in its moments."""
    turns = [(n, A if n % 2 else B) for n in range(100_000)]
    assert len(tenures(turns, [])) == len(turns)


def test_who_was_answered_less_holds_nothing_at_a_time_of_one_who_was_answered_more() -> None:
    sent = [Sent(A, "192.168.1.9", 0, 50, 3), Sent(B, "192.168.1.9", 20, 30, 9), Sent(B, "192.168.1.9", 60, 70, 1)]
    assert [(one.since, one.until, one.mac) for one in tenures([], sent)] == [(20, 70, B)]


def test_a_flood_under_one_address_takes_no_other_from_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many flows are looked at one by one: what goes beyond is told by its sums, and nobody is forgotten."""
    monkeypatch.setattr(collecting, "MOST_DISPUTED", 8)

    def flow(n: int, ip: str, mac: str, answered: int) -> dict[str, object]:
        return {
            "flow_id": f"f{n}", "client_ip": ip, "client_mac": mac, "server_ip": "47.96.10.20", "server_mac": ROUTER,
            "packets_up": 5, "packets_down": answered, "first_ts": n, "last_ts": n,
        }  # fmt: skip

    flood = [flow(n, "192.168.1.7", (A, B)[n % 2], 0 if n % 2 else 4) for n in range(20)]
    later = [flow(50 + n, "192.168.1.9", (A, B)[n % 2], 4) for n in range(4)]
    flows = pa.Table.from_pylist([*flood, *later], schema=FLOWS.schema())
    found, in_sums = collecting._sent(flows, scope)
    assert in_sums == 20
    assert {(one.mac, one.ip, one.answered) for one in found if one.ip.endswith(".7")} == {
        (A, "192.168.1.7", 50), (B, "192.168.1.7", 0),
    }  # fmt: skip
    assert [one.first for one in found if one.ip.endswith(".9")] == [50, 51, 52, 53]


def test_stations_behind_a_repeater_are_counted_as_addresses() -> None:
    """It claims both addresses and uses them at a time; one host that changed its address, or leased both, does not."""
    claims = [(1, A, "192.168.1.81"), (2, A, "192.168.1.152")]
    at_once = [Sent(A, "192.168.1.81", 3, 50, 9), Sent(A, "192.168.1.152", 40, 90, 9)]
    who = identify(claims, at_once)
    assert [who.device_of(A, ip, scope) for ip in ("192.168.1.81", "192.168.1.152")] == [
        "192.168.1.81",
        "192.168.1.152",
    ]
    assert A in who.speakers.many
    later = [Sent(A, "192.168.1.81", 3, 50, 9), Sent(A, "192.168.1.152", 60, 90, 9)]
    who = identify([(1, A, "192.168.1.81"), (55, A, "192.168.1.152")], later)
    assert {who.device_of(A, ip, scope) for ip in ("192.168.1.81", "192.168.1.152")} == {A}
    leased = [(ts, mac, ip, "dhcp") for ts, mac, ip in claims]
    assert identify(leased, at_once).device_of(A, "192.168.1.81", scope) == A
    elsewhere = [Sent(A, "192.168.1.81", 3, 50, 9), Sent(A, "192.168.2.152", 40, 90, 9)]
    who = identify([(1, A, "192.168.1.81"), (2, A, "192.168.2.152")], elsewhere)
    assert who.device_of(A, "192.168.2.152", scope) == A
