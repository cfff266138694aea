"""Facts from frames of the link that speak no IP: LLDP, CDP, spanning tree, Hikvision's raw SADP.

Sans-I/O: each parser takes the bytes behind the link header and gives (kind, field, value).
"""

from __future__ import annotations

import ipaddress
import re
import struct
from collections.abc import Callable, Iterator

LLDP, SADP_RAW = 0x88CC, 0x8033  # EtherTypes: IEEE 802.1AB, 7.2; FACTS 3.1
CDP_OVER_GRE = 0x2000  # protocol type of CDP in GRE, without LLC
SNAP_CDP = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00"  # LLC and SNAP of Cisco Discovery Protocol
LLC_STP = b"\x42\x42\x03\x00\x00"  # LLC of a bridge PDU and its protocol id (IEEE 802.1D, 9.3)
MOST_TLVS = 64
# IEEE 802.1AB, 8.5.8.1, bit 0 first
LLDP_CAPABILITIES = ("other", "repeater", "bridge", "access point", "router", "telephone", "docsis", "station")
CDP_CAPABILITIES = ("router", "bridge", "source-route bridge", "switch", "host", "igmp", "repeater")
CDP_TEXTS = {1: "device_id", 3: "port", 5: "software", 6: "platform"}
CHASSIS_MAC, CHASSIS_ADDRESS = 4, 5  # IEEE 802.1AB, 8.5.2.2
SADP_HEADER = 0x26  # bytes before the XML (FACTS 3.1)
XML_FIELD = re.compile(rb"<(\w{2,40})>([^<]{1,300})</")

Said = Iterator[tuple[str, str, str]]


def parser_of(ethertype: int, data: bytes) -> Callable[[bytes], Said] | None:
    """The parser for a frame, None where it is none of these."""
    if ethertype == LLDP:
        return lldp
    if ethertype == SADP_RAW:
        return sadp
    if ethertype == CDP_OVER_GRE:
        return lambda tail: cdp(SNAP_CDP + tail)
    if ethertype == 0 and data.startswith(SNAP_CDP):
        return cdp
    return stp if ethertype == 0 and data.startswith(LLC_STP) else None


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("utf-8", "replace").strip()


def _tlvs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """TLVs of LLDP: 7 bits of type, 9 of length (IEEE 802.1AB, 8.4); a cut one is left out."""
    at = 0
    for _ in range(MOST_TLVS):
        if at + 2 > len(data):
            return
        head = data[at] << 8 | data[at + 1]
        kind, size = head >> 9, head & 0x1FF
        if kind == 0 or at + 2 + size > len(data):
            return
        yield kind, data[at + 2 : at + 2 + size]
        at += 2 + size


def lldp(data: bytes) -> Said:
    """Chassis, port, name, description, enabled capabilities, management address (IEEE 802.1AB, 8.5)."""
    texts = {4: "port_description", 5: "system_name", 6: "system_description"}
    for kind, value in _tlvs(data):
        if kind in texts and value:
            yield "lldp", texts[kind], _text(value)
        elif kind in {1, 2} and len(value) > 1:
            yield "lldp", "chassis" if kind == 1 else "port", _identifier(kind, value)
        elif kind == 7 and len(value) == 4:
            (enabled,) = struct.unpack(">H", value[2:])
            if names := [name for bit, name in enumerate(LLDP_CAPABILITIES) if enabled >> bit & 1]:
                yield "lldp", "capabilities", ",".join(names)
        elif kind == 8 and len(value) >= 6 and (address := _address(value[1], value[2 : 1 + value[0]])):
            yield "lldp", "management", address


def _identifier(kind: int, value: bytes) -> str:
    subtype, raw = value[0], value[1:]
    mac = CHASSIS_MAC if kind == 1 else 3  # the same thing has another number for ports (8.5.3.2)
    if subtype == mac and len(raw) == 6:
        return raw.hex(":")
    if subtype == mac + 1 and len(raw) > 1:
        return _address(raw[0], raw[1:]) or raw.hex()
    return _text(raw)


def _address(family: int, raw: bytes) -> str:
    """Address by IANA family number: 1 IPv4, 2 IPv6."""
    size = {1: 4, 2: 16}.get(family)
    return str(ipaddress.ip_address(raw[:size])) if size and len(raw) >= size else ""


def cdp(data: bytes) -> Said:
    """Device id, port, software, platform, capabilities, first IPv4 address; version, TTL and checksum come first."""
    at = len(SNAP_CDP) + 4
    for _ in range(MOST_TLVS):
        if at + 4 > len(data):
            return
        kind, size = struct.unpack_from(">HH", data, at)
        if size < 4 or at + size > len(data):
            return
        value = data[at + 4 : at + size]
        if kind in CDP_TEXTS and value:
            yield "cdp", CDP_TEXTS[kind], _text(value)
        elif kind == 4 and len(value) == 4:
            (bits,) = struct.unpack(">I", value)
            if names := [name for bit, name in enumerate(CDP_CAPABILITIES) if bits >> bit & 1]:
                yield "cdp", "capabilities", ",".join(names)
        elif kind == 2 and len(value) >= 13 and value[4:9] == b"\x01\x01\xcc\x00\x04":  # NLPID, length 1, IP, 4 bytes
            yield "cdp", "address", str(ipaddress.IPv4Address(value[9:13]))
        at += size


def stp(data: bytes) -> Said:
    """The bridge that sent a configuration PDU, and whether it is the root (IEEE 802.1D, 9.3.1)."""
    body = data[3:]
    if len(body) >= 25 and body[3] in {0, 2}:
        root, bridge = body[5:13], body[17:25]
        yield "stp", "bridge", bridge[2:].hex(":")
        if root == bridge:
            yield "stp", "root", "itself"


def sadp(data: bytes) -> Said:
    """The XML of a reply (type 1) behind the raw header."""
    if len(data) > SADP_HEADER and data[0] == 0x21 and data[1] == 1:
        for match in list(XML_FIELD.finditer(data, SADP_HEADER))[:MOST_TLVS]:
            yield "sadp", match[1].decode("ascii", "replace"), _text(match[2])
        yield "sadp", "raw", "reply"
