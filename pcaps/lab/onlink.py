"""What is said on the link itself: ARP, DHCP, LLDP, neighbour discovery, and PPPoE with its IPCP."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

from . import datagrams, web, wire
from .hosts import DOOR_CAMERA, HALL_CAMERA, PREFIX6, ROUTER, SWITCH, Host
from .views import ISP_ADDRESS, ISP_MAC, PPPOE_SESSION, WAN_ADDRESS, WAN_MAC

if TYPE_CHECKING:
    from .files import Frames

MILLI = 1_000_000
GATEWAY = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
ALL_NODES = ("ff02::1", "33:33:00:00:00:01")


def lan(start: int, hosts: list[Host]) -> Frames:
    """DHCP of every named host, ARP of all, LLDP of the switch; the first seconds of an IPv4 office."""
    out: Frames = []
    for index, host in enumerate(hosts):
        at = start + index * 400 * MILLI
        if host.dhcp_name:
            out += _dhcp(at, host, 0x5A000000 + index)
        out += _arp(at + 90 * MILLI, host, ROUTER)
        out += _arp(start + (120_000 + index * 300) * MILLI, host, hosts[0])
    return out + _lldp(start) + _announcements(start, hosts)


def lan6(start: int, hosts: list[Host]) -> Frames:
    """Router advertisements, duplicate address detection, neighbour solicitation; LLDP as before."""
    out: Frames = []
    router = wire.link_local(ROUTER.mac)
    for beat in range(4):
        out.append((start + beat * 180_000 * MILLI, _advertisement(router)))
    for index, host in enumerate(hosts):
        out += _neighbour(start + (500 + index * 150) * MILLI, host, ROUTER)
    return out + _lldp(start)


def wan(start: int) -> Frames:
    """PPPoE discovery, LCP and IPCP: how the router got its address."""
    cookie = struct.pack("!HHHH", 0x0101, 0, 0x0104, 4) + b"bras"
    stages = (
        (0x09, 0, WAN_MAC, wire.BROADCAST),
        (0x07, 0, ISP_MAC, WAN_MAC),
        (0x19, 0, WAN_MAC, ISP_MAC),
        (0x65, PPPOE_SESSION, ISP_MAC, WAN_MAC),
    )
    out: Frames = []
    for step, (code, session, source, target) in enumerate(stages):
        body = struct.pack("!BBHH", 0x11, code, session, len(cookie)) + cookie
        out.append((start + step * 3 * MILLI, wire.ethernet(source, target, wire.ETHERTYPE_PPPOE_DISCOVERY, body)))
    mru = struct.pack("!BBH", 1, 4, 1492)
    nothing, ours, theirs = (bytes([3, 6]) + wire.packed(a) for a in ("0.0.0.0", WAN_ADDRESS, ISP_ADDRESS))
    talk = [
        (True, 0xC021, 1, mru), (False, 0xC021, 2, mru), (False, 0xC021, 1, mru), (True, 0xC021, 2, mru),
        (True, 0x8021, 1, nothing), (False, 0x8021, 3, ours), (True, 0x8021, 1, ours), (False, 0x8021, 2, ours),
        (False, 0x8021, 1, theirs), (True, 0x8021, 2, theirs),
    ]  # fmt: skip
    for step, (up, protocol, code, options) in enumerate(talk):
        control = struct.pack("!BBH", code, step // 2 + 1, 4 + len(options)) + options
        ends = (WAN_MAC, ISP_MAC) if up else (ISP_MAC, WAN_MAC)
        frame = wire.ethernet(*ends, wire.ETHERTYPE_PPPOE_SESSION, wire.pppoe(PPPOE_SESSION, protocol, control))
        out.append((start + (40 + step * 4) * MILLI, frame))
    return out


def _dhcp(at: int, host: Host, ident: int) -> Frames:
    named = [(12, host.dhcp_name.encode()), (60, host.dhcp_class.encode()), (61, b"\x01" + wire.mac(host.mac))]
    wanted = [(55, bytes([1, 3, 6, 12, 15, 28, 42])), *named]
    server = [(54, wire.packed(ROUTER.ip4)), (51, struct.pack("!I", 86400)), (1, wire.packed("255.255.255.0"))]
    server += [(3, wire.packed(ROUTER.ip4)), (6, wire.packed(ROUTER.ip4))]
    asked = [(50, wire.packed(host.ip4)), (54, wire.packed(ROUTER.ip4)), *wanted]
    steps = ((1, wanted), (2, server), (3, asked), (5, server))
    out: Frames = []
    for step, (kind, options) in enumerate(steps):
        mine = kind in {1, 3}
        body = datagrams.dhcp(kind, ident, host.mac, "0.0.0.0" if mine else host.ip4, options)
        ends, ports = ("0.0.0.0", (68, 67)) if mine else (ROUTER.ip4, (67, 68))
        packet = wire.ip(ends, "255.255.255.255", wire.UDP, wire.udp(ends, "255.255.255.255", ports, body), 64, step)
        source = host.mac if mine else ROUTER.mac
        out.append((at + step * 12 * MILLI, wire.ethernet(source, wire.BROADCAST, wire.ETHERTYPE_IPV4, packet)))
    return out


def _arp(at: int, host: Host, target: Host) -> Frames:
    if host == target:
        return []
    question = wire.arp(1, (host.mac, host.ip4), ("00:00:00:00:00:00", target.ip4))
    answer = wire.arp(2, (target.mac, target.ip4), (host.mac, host.ip4))
    return [
        (at, wire.ethernet(host.mac, wire.BROADCAST, wire.ETHERTYPE_ARP, question)),
        (at + MILLI // 3, wire.ethernet(target.mac, host.mac, wire.ETHERTYPE_ARP, answer)),
    ]


def _lldp(start: int) -> Frames:
    body = (
        wire.tlv_lldp(1, b"\x04" + wire.mac(SWITCH.mac))
        + wire.tlv_lldp(2, b"\x05Gi0/24")
        + wire.tlv_lldp(3, struct.pack("!H", 120))
    )
    body += (
        wire.tlv_lldp(5, b"office-switch")
        + wire.tlv_lldp(6, b"Ruijie RG-S2910-24GT4XS")
        + wire.tlv_lldp(7, b"\x00\x04\x00\x04")
    )
    frame = wire.ethernet(SWITCH.mac, "01:80:c2:00:00:0e", wire.ETHERTYPE_LLDP, body + wire.tlv_lldp(0, b""))
    return [(start + beat * 30_000 * MILLI + 777, frame) for beat in range(12)]


def _announcements(start: int, hosts: list[Host]) -> Frames:
    """What the router and the cameras shout: SSDP, SADP, DHDiscover."""
    said = [
        (ROUTER, "239.255.255.250", (1900, 1900),
         web.ssdp_notify(GATEWAY, f"http://{ROUTER.ip4}:1900/igd.xml", "Linux UPnP/1.0")),
        (HALL_CAMERA, "239.255.255.250", (37020, 37020), web.sadp_reply(
            HALL_CAMERA.model, f"{HALL_CAMERA.model}20240101AAWREXAMPLE01", HALL_CAMERA.mac, HALL_CAMERA.ip4)),
        (DOOR_CAMERA, "239.255.255.251", (37810, 37810),
         web.dhdiscover_reply(DOOR_CAMERA.model, "EXAMPLE0000001", DOOR_CAMERA.mac, DOOR_CAMERA.ip4)),
    ]  # fmt: skip
    out: Frames = []
    for index, (host, group, ports, body) in enumerate(said):
        if host in hosts:
            packet = wire.ip(host.ip4, group, wire.UDP, wire.udp(host.ip4, group, ports, body), 4, 0x70 + index)
            target = "01:00:5e:" + bytes([127, 255, int(group.rsplit(".", 1)[1])]).hex(":")
            out.append(
                (start + (8_000 + 500 * index) * MILLI, wire.ethernet(host.mac, target, wire.ETHERTYPE_IPV4, packet))
            )
    return out


def _advertisement(router: str) -> bytes:
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + wire.packed(f"{PREFIX6}::")
    resolver = struct.pack("!BBHI", 25, 3, 0, 600) + wire.packed(ROUTER.ip6)
    body = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + bytes([1, 1]) + wire.mac(ROUTER.mac) + prefix + resolver
    packet = wire.icmpv6(router, ALL_NODES[0], 134, body)
    return wire.ethernet(ROUTER.mac, ALL_NODES[1], wire.ETHERTYPE_IPV6, packet)


def _neighbour(at: int, host: Host, target: Host) -> Frames:
    group = str(ipaddress.ip_address(wire.packed("ff02::1:ff00:0")[:13] + wire.packed(host.ip6)[13:]))
    group_mac = "33:33:" + wire.packed(group)[12:].hex(":")
    probe = wire.icmpv6(
        "::", group, 135, bytes(4) + wire.packed(host.ip6)
    )  # duplicate address detection, RFC 4862 §5.4
    out = [(at, wire.ethernet(host.mac, group_mac, wire.ETHERTYPE_IPV6, probe))]
    if host == target:
        return out
    answer = wire.icmpv6(
        host.ip6,
        target.ip6,
        136,
        struct.pack("!I", 0x60000000) + wire.packed(host.ip6) + bytes([2, 1]) + wire.mac(host.mac),
    )
    question = wire.icmpv6(
        target.ip6, group, 135, bytes(4) + wire.packed(host.ip6) + bytes([1, 1]) + wire.mac(target.mac)
    )
    out.append((at + 60 * MILLI, wire.ethernet(target.mac, group_mac, wire.ETHERTYPE_IPV6, question)))
    out.append((at + 61 * MILLI, wire.ethernet(host.mac, target.mac, wire.ETHERTYPE_IPV6, answer)))
    return out
