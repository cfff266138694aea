"""Facts about hosts that single control packets state: ARP, neighbour and router discovery, PPPoE, LLDP and its like.

Runs over the whole stream of packets in the parent; only the few control packets reach Python.
"""

from __future__ import annotations

import ipaddress
import struct
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.text.addresses import ip_text, mac_text
from netaudit.devices.observations.neighbours import CDP_OVER_GRE, EAPOL, LLDP, SADP_RAW, parser_of
from netaudit.devices.observations.tcp_shape import (
    observe_shapes,
)
from netaudit.packets.layouts import Tunnel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from netaudit.devices.observations.ledger import Ledger


ARP, ICMPV6 = 0x0806, 58
ROUTER_ADVERTISEMENT, NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 134, 135, 136  # RFC 4861, 4.2 to 4.4
SOURCE_LINK, PREFIX_OPTION = 1, 3  # RFC 4861, 4.6.1 and 4.6.2
DNS_OPTION = 25
ROUTING = {88: "eigrp", 89: "ospf", 112: "vrrp"}  # IP protocols: RFC 7868, 6; RFC 2328, A.1; RFC 9568, 5.1
ROUTES = np.zeros(256, np.bool_)
ROUTES[list(ROUTING)] = True
HEARD = ROUTES.copy()  # IP protocols, 0 for none, of which packets are looked at one by one
HEARD[[0, ICMPV6]] = True
LINK_TYPES = np.array(
    [ARP, LLDP, SADP_RAW, CDP_OVER_GRE, EAPOL, 0], np.uint16
)  # 0: LLC, in which CDP and spanning tree are


class Room(IntEnum):
    """Rooms of the ledger beside the logical shards, so that a flood of one kind crowds out no other, in any window."""

    LINK = -1
    ARP = -2
    DISCOVERY = -3
    PPPOE = -4
    ROUTING = -5


def observe_packets(buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void], ledger: Ledger) -> None:
    """Note the facts of the control packets among `packets` (PACKET rows that point into `buffer`)."""
    heard = np.flatnonzero(HEARD.take(packets["proto"]))
    proto = packets["proto"][heard]
    wanted = ((proto == 0) & np.isin(packets["ethertype"][heard], LINK_TYPES)) | (proto == ICMPV6)
    for packet in packets[heard[wanted]]:
        start = int(packet["payload"])
        data = buffer[start : start + int(packet["length"])].tobytes()
        room, observe = _observer(packet)
        ledger.at(room)
        try:
            observe(data, packet, ledger)
        except Exception as error:  # noqa: BLE001 - whatever a parser does, it costs this packet's facts only
            ledger.failed(room.name.lower(), error, _place(packet))
    ledger.at(Room.PPPOE)
    _pppoe(packets, ledger)
    ledger.at(Room.ROUTING)
    _routing(packets[heard[ROUTES[proto]]], ledger)
    observe_shapes(buffer, packets, ledger)


def _observer(packet: np.void) -> tuple[Room, Callable[[bytes, np.void, Ledger], None]]:
    if int(packet["proto"]) == ICMPV6:
        return Room.DISCOVERY, _icmpv6
    return (Room.ARP, _arp) if int(packet["ethertype"]) == ARP else (Room.LINK, _neighbour)


def _place(packet: np.void) -> tuple[int, int, int]:
    return int(packet["capture"]), int(packet["frame"]), int(packet["ts"])


def _arp(data: bytes, packet: np.void, ledger: Ledger) -> None:
    """Sender of an ARP request or reply (RFC 826; Ethernet and IPv4 only)."""
    if len(data) < 28 or data[:6] != b"\x00\x01\x08\x00\x06\x04":
        return
    mac, ip = mac_text(int.from_bytes(data[8:14])), str(ipaddress.IPv4Address(data[14:18]))
    if ip != "0.0.0.0":  # noqa: S104  (an address probe, RFC 5227, claims nothing)
        ledger.note("arp", mac, ip, "address", ip, *_place(packet))


def _neighbour(data: bytes, packet: np.void, ledger: Ledger) -> None:
    """LLDP, CDP, spanning tree, raw SADP: about the port that sent the frame; through a tunnel nobody knows which."""
    parse = parser_of(int(packet["ethertype"]), data)
    if parse is not None:
        mac = mac_text(0 if packet["tunnel"] == Tunnel.GRE else int(packet["src_mac"]))
        for kind, field, value in parse(data):
            ledger.note(kind, mac, "", field, value, *_place(packet))


def _icmpv6(data: bytes, packet: np.void, ledger: Ledger) -> None:
    if not data:
        return
    mac, ip = mac_text(int(packet["src_mac"])), ip_text(int(packet["src_hi"]), int(packet["src_lo"]))
    if data[0] == NEIGHBOUR_ADVERTISEMENT and len(data) >= 24:
        target = str(ipaddress.IPv6Address(data[8:24]))
        ledger.note("ndp", mac, target, "address", target, *_place(packet))
    elif data[0] == NEIGHBOUR_SOLICITATION and len(data) >= 24:
        _solicitation(data, mac, ip, packet, ledger)
    elif data[0] == ROUTER_ADVERTISEMENT and len(data) >= 16:
        ledger.note("ra", mac, ip, "router", "advertised", *_place(packet))
        for field, value in _advertised(data[16:]):
            ledger.note("ra", mac, ip, field, value, *_place(packet))


def _solicitation(data: bytes, mac: str, ip: str, packet: np.void, ledger: Ledger) -> None:
    """Who asks states its own address when it gives its link address along; a probe (from "::") claims nothing yet."""
    for kind, option in _options(data[24:]):
        if kind == SOURCE_LINK and ip != "::" and option[2:8].hex(":") == mac:
            ledger.note("ndp", mac, ip, "address", ip, *_place(packet))


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Options of neighbour discovery, whole, with type and length in eights of bytes before them (RFC 4861, 4.6)."""
    at = 0
    while at + 8 <= len(data):
        size = data[at + 1] * 8
        if size == 0 or at + size > len(data):
            return
        yield data[at], data[at : at + size]
        at += size


def _advertised(options: bytes) -> Iterator[tuple[str, str]]:
    """On-link prefixes and name servers (RFC 8106, 5.1) of a router advertisement."""
    for kind, option in _options(options):
        if kind == PREFIX_OPTION and len(option) == 32 and option[2] <= 128:
            (value,) = struct.unpack(">16s", option[16:32])
            yield "prefix", str(ipaddress.IPv6Network((value, option[2]), strict=False))
        elif kind == DNS_OPTION:
            yield from (("dns", str(ipaddress.IPv6Address(option[i : i + 16]))) for i in range(8, len(option) - 15, 16))


def _routing(packets: npt.NDArray[np.void], ledger: Ledger) -> None:
    """Who sends the packets by which routers find each other: OSPF, EIGRP, VRRP."""
    for packet in packets:
        mac, ip = mac_text(int(packet["src_mac"])), ip_text(int(packet["src_hi"]), int(packet["src_lo"]))
        ledger.note("routing", mac, ip, "speaks", ROUTING[int(packet["proto"])], *_place(packet))


def _pppoe(packets: npt.NDArray[np.void], ledger: Ledger) -> None:
    """The first PPPoE session packet of each sender: the two ends of a subscriber line."""
    inside = packets[packets["tunnel"] == Tunnel.PPPOE]
    if not len(inside):
        return
    _, first = np.unique(inside["src_mac"], return_index=True)
    for packet in inside[np.sort(first)]:
        mac = mac_text(int(packet["src_mac"]))
        if not ledger.knows("pppoe", mac, "", "session", "seen"):  # once, however the stream is cut into batches
            ledger.note("pppoe", mac, "", "session", "seen", *_place(packet))
