"""Facts from frames of the link that speak no IP: LLDP, CDP, spanning tree, Hikvision's raw SADP.

Sans-I/O: each parser takes the bytes behind the link header and gives (kind, field, value).
"""

from __future__ import annotations

import ipaddress
import re
import struct
from collections.abc import Callable, Iterator

from netaudit.core.text.charset import decoded

LLDP, SADP_RAW = 0x88CC, 0x8033  # EtherTypes: IEEE 802.1AB, 7.2; facts 3.1
CDP_OVER_GRE = 0x2000  # protocol type of CDP in GRE, without LLC
EAPOL = 0x888E  # IEEE 802.1X
SNAP_CISCO = b"\xaa\xaa\x03\x00\x00\x0c"
CISCO = {b"\x01\x04": "pagp", b"\x01\x0b": "pvst", b"\x01\x11": "udld", b"\x20\x03": "vtp", b"\x20\x04": "dtp"}
EAP_PACKET, EAPOL_START, EAPOL_KEY = 0, 1, 3
EAP_ROLES = {
    1: "authenticator",
    2: "supplicant",
    3: "authenticator",
    4: "authenticator",
}  # by the code of the EAP packet
SNAP_CDP = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00"  # LLC and SNAP of Cisco Discovery Protocol
LLC_STP = b"\x42\x42\x03\x00\x00"  # LLC of a bridge PDU and its protocol id (IEEE 802.1D, 9.3)
STP_VERSIONS = {0: "stp", 2: "rstp", 3: "mstp"}
MOST_TLVS = 64
# IEEE 802.1AB, 8.5.8.1, bit 0 first
LLDP_CAPABILITIES = ("other", "repeater", "bridge", "access point", "router", "telephone", "docsis", "station")
CDP_CAPABILITIES = ("router", "bridge", "source-route bridge", "switch", "host", "igmp", "repeater")
CDP_TEXTS = {1: "device_id", 3: "port", 5: "software", 6: "platform"}
CHASSIS_MAC, CHASSIS_ADDRESS = 4, 5  # IEEE 802.1AB, 8.5.2.2
TIA, IEEE_802_1 = b"\x00\x12\xbb", b"\x00\x80\xc2"
MED_INVENTORY = {
    5: "hardware", 6: "firmware", 7: "software", 8: "serial", 9: "manufacturer", 10: "model", 11: "asset",
}  # fmt: skip
CDP_NAMES, CDP_NUMBERS = {9: "vtp_domain", 20: "system_name"}, {10: "native_vlan", 14: "voice_vlan"}
MOST_ADDRESSES = 8  # of one frame
SADP_HEADER = 0x26  # bytes before the XML (facts 3.1)
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
    if ethertype == EAPOL:
        return eapol
    if ethertype == 0 and data[:6] == SNAP_CISCO and data[6:8] in CISCO:
        return cisco
    return stp if ethertype == 0 and data.startswith(LLC_STP) else None


def _text(raw: bytes) -> str:
    return decoded(raw.rstrip(b"\0")).strip()


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
        elif kind == 127 and len(value) > 4:
            yield from _organisation(value[:3], value[3], value[4:])
        elif kind == 8 and len(value) >= 6 and (address := _address(value[1], value[2 : 1 + value[0]])):
            yield "lldp", "management", address


def _organisation(oui: bytes, subtype: int, value: bytes) -> Said:
    """TLVs of other bodies: the inventory of LLDP-MED (ANSI/TIA-1057, 10.2.6), the port's VLAN (IEEE 802.1Q, D.2.1)."""
    if oui == TIA and subtype in MED_INVENTORY:
        yield "lldp", MED_INVENTORY[subtype], _text(value)
    elif oui == IEEE_802_1 and subtype == 1 and len(value) == 2:
        yield "lldp", "vlan", str(int.from_bytes(value, "big"))


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
        elif kind in CDP_NAMES and value:
            yield "cdp", CDP_NAMES[kind], _text(value)
        elif kind in CDP_NUMBERS and len(value) >= 2:
            yield "cdp", CDP_NUMBERS[kind], str(int.from_bytes(value[-2:], "big"))
        elif kind in {2, 22}:  # addresses, management addresses
            for address in _cdp_addresses(value):
                yield "cdp", "address" if kind == 2 else "management", address
        at += size


def _cdp_addresses(value: bytes) -> list[str]:
    """IPv4 by NLPID 0xCC, IPv6 by its EtherType in SNAP; of other protocols only the length counts."""
    found: list[str] = []
    at = 4
    while at + 2 <= len(value) and len(found) < MOST_ADDRESSES:
        protocol = value[at + 2 : at + 2 + value[at + 1]]
        at += 2 + value[at + 1]
        size = int.from_bytes(value[at : at + 2], "big")
        raw = value[at + 2 : at + 2 + size]
        if (protocol == b"\xcc" and len(raw) == 4) or (protocol.endswith(b"\x86\xdd") and len(raw) == 16):
            found.append(str(ipaddress.ip_address(raw)))
        at += 2 + size
    return found


def cisco(data: bytes) -> Said:
    """Other link protocols of Cisco's: which one the sender speaks, and the VTP domain that DTP names."""
    name = CISCO[data[6:8]]
    yield "cisco", "speaks", name
    body = data[8:]
    if name == "dtp" and len(body) > 5 and body[1:3] == b"\0\1":  # version, then TLVs; the first is the domain
        size = int.from_bytes(body[3:5], "big")
        if domain := _text(body[5 : 1 + size]):
            yield "cisco", "vtp_domain", domain
    elif name == "vtp" and len(body) > 4 and body[3] <= 32 and (domain := _text(body[4 : 4 + body[3]])):
        yield "cisco", "vtp_domain", domain


def eapol(data: bytes) -> Said:
    """Which side of an 802.1X exchange it is (IEEE 802.1X-2020, 11.3; RFC 3748, 4); identities are not read."""
    if len(data) < 4 or data[0] > 3:
        return
    kind, body = data[1], data[4:]
    if kind == EAP_PACKET and body and body[0] in EAP_ROLES:
        yield "eapol", "role", EAP_ROLES[body[0]]
    elif kind == EAPOL_START:
        yield "eapol", "role", "supplicant"
    elif kind == EAPOL_KEY and len(body) > 2 and body[0] in {2, 254}:  # IEEE 802.11, 12.7.2: only it sets Key ACK
        yield "eapol", "role", "authenticator" if body[2] & 0x80 else "supplicant"


def stp(data: bytes) -> Said:
    """The bridge that sent a configuration PDU, and whether it is the root (IEEE 802.1D, 9.3.1)."""
    body = data[3:]
    if len(body) >= 25 and body[3] in {0, 2}:
        yield "stp", "version", STP_VERSIONS.get(body[2], str(body[2]))
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
