"""Facts about hosts that single control packets state: ARP, neighbour and router discovery, PPPoE, LLDP and its like.

Runs over the whole stream of packets in the parent; only the few control packets reach Python.

The shape of a host's first TCP packets, by which systems differ: TTL, window, options and their order.

Of each host one SYN and one SYN-ACK are looked at for each TTL and window, for the first few of them. The options are
read from the bytes before the payload, since packet rows do not carry them. Several shapes of one address are several
systems behind it.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from netaudit.observations.neighbours import CDP_OVER_GRE, EAPOL, LLDP, SADP_RAW, parser_of
from netaudit.packets.layouts import Tunnel
from netaudit.text.addresses import ip_text, mac_text

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.observations.ledger import Ledger

TCP, SYN, ACK = 6, 2, 16
MOST_SHAPES = 8  # packets of one host and kind that are looked at
SHORTEST, LONGEST = 20, 60  # bytes of a header (RFC 9293, 3.1)
PORTS_AND_NUMBER = struct.Struct(">HHI")
TTLS = (32, 64, 128, 255)  # what systems begin with; routers on the way took some
END, NOTHING, SEGMENT, SCALE = 0, 1, 2, 3
# RFC 9293, 3.2; RFC 7323, 2 and 3; RFC 2018, 2
LETTERS = {END: "E", NOTHING: "N", SEGMENT: "M", SCALE: "W", 4: "S", 8: "T"}


def observe_shapes(buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void], ledger: Ledger) -> None:
    """Note the shapes of SYN and SYN-ACK of each host among `packets`."""
    opening = packets[(packets["tcp_flags"] & SYN != 0) & (packets["proto"] == TCP)]
    if not len(opening):
        return
    columns = ("shard", "tcp_flags", "src_hi", "src_lo", "window", "ttl")
    keys = zip(*(opening[name].tolist() for name in columns), strict=True)
    for place, (shard, flags, high, low, window, ttl) in enumerate(keys):
        ledger.at(shard)
        if ledger.new((flags & ACK, high, low), (window, ttl), MOST_SHAPES):
            _note(buffer, opening[place], ledger, "synack" if flags & ACK else "syn", ip_text(high, low))
    ledger.at(-1)


def _note(buffer: npt.NDArray[np.uint8], packet: np.void, ledger: Ledger, field: str, ip: str) -> None:
    payload = int(packet["payload"])
    options = options_before(
        buffer[max(payload - LONGEST, 0) : payload].tobytes(),
        PORTS_AND_NUMBER.pack(int(packet["sport"]), int(packet["dport"]), int(packet["seq"])),
    )
    if options is not None:
        text = shape(int(packet["ttl"]), int(packet["window"]), options)
        place = int(packet["capture"]), int(packet["frame"]), int(packet["ts"])
        ledger.note("tcp", mac_text(int(packet["src_mac"])), ip, field, text, *place)


def options_before(data: bytes, beginning: bytes) -> bytes | None:
    """Options of the header that ends where `data` ends: the one that begins so and says this length of itself."""
    for size in range(SHORTEST, min(LONGEST, len(data)) + 1, 4):
        at = len(data) - size
        if data.startswith(beginning, at) and data[at + 12] >> 4 == size // 4:
            return data[at + SHORTEST :]
    return None


def initial(ttl: int) -> int:
    """The time to live with which a system begins that leaves this one."""
    return next((begin for begin in TTLS if ttl <= begin), 255)


def shape(ttl: int, window: int, options: bytes) -> str:
    """One line: initial TTL, window, segment size and scale (where told), options in their order; whether routed."""
    letters, segment, scale = _read(options)
    words = [f"ttl={initial(ttl)}", f"window={window}"]
    if segment is not None:
        words.append(f"mss={segment}")
    if scale is not None:
        words.append(f"scale={scale}")
    words.append(f"options={letters or '-'}")
    if ttl != initial(ttl):
        words.append("routed")
    return " ".join(words)


def _read(options: bytes) -> tuple[str, int | None, int | None]:
    letters, segment, scale, at = "", None, None, 0
    while at < len(options):
        kind = options[at]
        letters += LETTERS.get(kind, f"?{kind}")
        if kind == END:
            break
        if kind == NOTHING:
            at += 1
            continue
        size = options[at + 1] if at + 1 < len(options) else 0
        if size < 2 or at + size > len(options):
            return letters + "!", segment, scale
        if kind == SEGMENT and size == 4:
            segment = int.from_bytes(options[at + 2 : at + 4], "big")
        elif kind == SCALE and size == 3:
            scale = options[at + 2]
        at += size
    return letters, segment, scale


ARP, ICMPV6 = 0x0806, 58
ROUTER_ADVERTISEMENT, NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 134, 135, 136  # RFC 4861, 4.2 to 4.4
SOURCE_LINK, PREFIX_OPTION = 1, 3  # RFC 4861, 4.6.1 and 4.6.2
DNS_OPTION = 25
ROUTING = {88: "eigrp", 89: "ospf", 112: "vrrp"}  # IP protocols: RFC 7868, 6; RFC 2328, A.1; RFC 9568, 5.1
ROUTING_PROTOCOLS = np.array(sorted(ROUTING), np.uint8)
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
    proto, ethertype = packets["proto"], packets["ethertype"]
    wanted = np.flatnonzero(((proto == 0) & np.isin(ethertype, LINK_TYPES)) | (proto == ICMPV6))
    for packet in packets[wanted]:
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
    _routing(packets, ledger)
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
    speaking = packets[np.isin(packets["proto"], ROUTING_PROTOCOLS)]
    for packet in speaking:
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
