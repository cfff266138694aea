"""Control packets state facts: ARP, router advertisements, neighbours, PPPoE."""

from __future__ import annotations

import ipaddress
import struct

import numpy as np
import pytest

from netaudit.devices.observations import from_packets
from netaudit.devices.observations.from_packets import observe_packets
from netaudit.devices.observations.ledger import Ledger
from netaudit.packets.layouts import PACKET, Tunnel

MAC = 0x02_00_00_00_00_07
ARP_REPLY = (
    struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + bytes.fromhex("020000000007") + bytes([192, 168, 1, 9]) + bytes(10)
)
PREFIX = struct.pack(">BBBBIII16s", 3, 4, 64, 0xC0, 1, 1, 0, ipaddress.IPv6Address("2408:1::").packed)
ADVERT = struct.pack(">BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + PREFIX
NEIGHBOUR = struct.pack(">BBHI16s", 136, 0, 0, 0, ipaddress.IPv6Address("2408:1::9").packed)


def observe(payload: bytes, **fields: int) -> list[tuple]:
    packet = np.zeros(1, PACKET)
    packet["length"], packet["src_mac"], packet["frame"] = len(payload), MAC, 5
    for name, value in fields.items():
        packet[name] = value
    ledger = Ledger()
    observe_packets(np.frombuffer(payload or b"\0", np.uint8), packet, ledger)
    facts = [row[:5] for row in ledger.rows()]
    assert not [fact for fact in facts if fact[3] == "failed"]
    return facts


def test_arp_states_who_has_an_address() -> None:
    assert observe(ARP_REPLY, ethertype=0x0806) == [
        ("arp", "02:00:00:00:00:07", "192.168.1.9", "address", "192.168.1.9")
    ]


def test_router_advertisement_states_its_prefix() -> None:
    facts = observe(ADVERT, proto=58, ethertype=0x86DD)
    assert ("ra", "02:00:00:00:00:07", "::", "prefix", "2408:1::/64") in facts


def test_neighbour_advertisement_states_an_address() -> None:
    assert observe(NEIGHBOUR, proto=58, ethertype=0x86DD)[0][:3] == ("ndp", "02:00:00:00:00:07", "2408:1::9")


def test_a_router_tells_its_name_servers() -> None:
    option = struct.pack(">BBHI", 25, 3, 0, 600) + ipaddress.IPv6Address("2408:1::53").packed
    facts = observe(ADVERT + option, proto=58, ethertype=0x86DD)
    assert ("ra", "02:00:00:00:00:07", "::", "dns", "2408:1::53") in facts


@pytest.mark.parametrize(("link", "source", "told"), [(MAC, 9, True), (MAC + 1, 9, False), (MAC, 0, False)])
def test_who_asks_states_its_own_address(link: int, source: int, told: bool) -> None:
    payload = b"\x87" + NEIGHBOUR[1:24] + b"\x01\x01" + link.to_bytes(6, "big")
    facts = observe(payload, proto=58, ethertype=0x86DD, src_lo=source)
    assert facts == ([("ndp", "02:00:00:00:00:07", "::9", "address", "::9")] if told else [])


@pytest.mark.parametrize(("proto", "name"), [(88, "eigrp"), (89, "ospf"), (112, "vrrp")])
def test_routers_that_look_for_each_other(proto: int, name: str) -> None:
    assert observe(b"", proto=proto, ethertype=0x0800, src_lo=0xFFFF_C0A8_0101) == [
        ("routing", "02:00:00:00:00:07", "192.168.1.1", "speaks", name)
    ]


def test_pppoe_is_noted_once() -> None:
    ledger = Ledger()
    packets = np.zeros(4, PACKET)
    packets["src_mac"], packets["tunnel"] = MAC, Tunnel.PPPOE
    for _ in range(2):
        observe_packets(np.zeros(1, np.uint8), packets, ledger)
    assert [row[-1] for row in ledger.rows()] == [1]


@pytest.mark.parametrize("payload", [ARP_REPLY, ADVERT, NEIGHBOUR])
@pytest.mark.parametrize("fields", [{"ethertype": 0x0806}, {"proto": 58, "ethertype": 0x86DD}])
def test_cut_control_packets_state_nothing_wrong(payload: bytes, fields: dict[str, int]) -> None:
    for size in range(len(payload)):
        observe(payload[:size], **fields)


def test_a_flood_of_names_is_bounded() -> None:
    ledger = Ledger(most=10)
    for number in range(100):
        ledger.note("dns", "", "1.1.1.1", "name", f"n{number}.example", 0, 1, 0)
    *kept, told = ledger.rows()
    assert len(kept) == 10
    assert told == ("limit", "", "", "dropped", "facts beyond the bounds", "#0", 1, 0, 90)


def test_a_flood_of_one_kind_crowds_out_no_other_in_any_window() -> None:
    """More ARP senders than there is room for, then a router's advertisement and a line's end."""
    count = 3000
    payload = np.frombuffer(ARP_REPLY + ADVERT, np.uint8)
    packets = np.zeros(count + 2, PACKET)
    packets["ethertype"], packets["length"], packets["frame"] = 0x0806, len(ARP_REPLY), np.arange(count + 2)
    buffers = np.tile(payload, (count + 2, 1))
    buffers[:, 8:14] = np.arange(count + 2)[:, None] >> np.array([40, 32, 24, 16, 8, 0]) & 255
    packets["payload"] = np.arange(count + 2) * len(payload)
    packets["payload"][-2:] += len(ARP_REPLY)
    packets["proto"][-2:], packets["ethertype"][-2:], packets["length"][-2:] = 58, 0x86DD, len(ADVERT)
    packets["tunnel"][-1], packets["src_mac"][-1] = Tunnel.PPPOE, MAC

    def told(step: int) -> list[tuple]:
        ledger = Ledger()
        for start in range(0, len(packets), step):
            observe_packets(buffers.reshape(-1), packets[start : start + step], ledger)
        return sorted(ledger.rows())

    whole = told(len(packets))
    assert {row[0] for row in whole} == {"arp", "ra", "pppoe", "limit"}
    assert told(7) == whole


def test_a_parser_that_fails_costs_its_packet_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr(from_packets, "_arp", broken)
    packet, ledger = np.zeros(1, PACKET), Ledger()
    packet["ethertype"], packet["length"] = 0x0806, len(ARP_REPLY)
    observe_packets(np.frombuffer(ARP_REPLY, np.uint8), packet, ledger)
    assert [row[:5] for row in ledger.rows()] == [("limit", "", "", "failed", "arp: IndexError")]
