"""What no peer at hand says: frames written by hand after the standards, so marked synthetic.

LLMNR, DTP, 802.1X, OSPF/VRRP/EIGRP hellos, a DHCPv6 relay, options of DHCP that makers use, a trap of SNMPv1.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from peers import HERE, expected, fact

sys.path.insert(0, str(HERE.parent.parent))

from pcaps.lab import wire
from pcaps.lab.files import write_pcap

START = 1_790_000_000_000_000_000
CAMERA, ROUTER, PC = (
    ("02:0a:5e:63:c0:11", "10.99.0.17"),
    ("02:0a:5e:63:c0:01", "10.99.0.1"),
    ("02:0a:5e:63:c0:21", "10.99.0.33"),
)
EVERYBODY = "01:00:5e:00:00:fc"


def _udp(source: tuple[str, str], target: tuple[str, str], ports: tuple[int, int], payload: bytes) -> bytes:
    inner = wire.udp(source[1], target[1], ports, payload)
    kind = 0x86DD if ":" in source[1] else 0x0800
    return wire.ethernet(source[0], target[0], kind, wire.ip(source[1], target[1], wire.UDP, inner, 64, 1))


def _name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def _dhcp() -> bytes:
    vendor = (99999).to_bytes(4, "big") + bytes([8, 1, 6]) + b"IPC-S9"
    options = [
        (53, b"\1"),
        (57, b"\x02\x40"),
        (60, b"acme-s"),
        (77, b"cameras"),
        (125, vendor),
        (55, bytes([1, 3, 6, 125])),
    ]
    head = (
        bytes([1, 1, 6, 0])
        + b"\0\0\0\x07"
        + bytes(20)
        + wire.mac(CAMERA[0])
        + bytes(10 + 64 + 128)
        + b"\x63\x82\x53\x63"
    )
    return head + b"".join(bytes([code, len(value)]) + value for code, value in options) + b"\xff"


def _relayed() -> bytes:
    def option(code: int, value: bytes) -> bytes:
        return struct.pack(">HH", code, len(value)) + value

    inner = (
        b"\x01\0\0\x09"
        + option(1, b"\0\x03\0\x01" + wire.mac(CAMERA[0]))
        + option(6, b"\0\x17")
        + option(39, b"\0" + _name("cam-s")[:-1])
    )
    return (
        b"\x0c\0" + bytes(16) + wire.packed("fe80::17") + option(79, b"\0\1" + wire.mac(CAMERA[0])) + option(9, inner)
    )


def _trap() -> bytes:
    def ber(tag: int, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return bytes([tag, len(body)]) + body

    enterprise = ber(6, bytes.fromhex("2b06010401868d1f02"))  # 1.3.6.1.4.1.99999.2
    pdu = ber(
        0xA4, enterprise, ber(0x40, wire.packed(CAMERA[1])), ber(2, b"\0"), ber(2, b"\0"), ber(0x43, b"\1"), ber(0x30)
    )
    return ber(0x30, ber(2, b"\0"), ber(4, b"public"), pdu)


def _hello(proto: int, payload: bytes) -> bytes:
    inner = wire.ip(ROUTER[1], "224.0.0.5", proto, payload, 1, 1)
    return wire.ethernet(ROUTER[0], "01:00:5e:00:00:05", 0x0800, inner)


def _frames() -> list[bytes]:
    query = struct.pack(">6H", 9, 0, 1, 0, 0, 0) + _name("wpad") + b"\0\1\0\1"
    answer = (
        struct.pack(">6H", 9, 0x8000, 1, 1, 0, 0)
        + _name("pc-front")
        + b"\0\1\0\1"
        + b"\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4"
        + wire.packed(PC[1])
    )
    dtp = (
        bytes.fromhex("aaaa03 00000c 2004 01") + struct.pack(">HH", 1, 9) + b"hall\0" + struct.pack(">HHB", 2, 5, 0x81)
    )
    start, identity = bytes.fromhex("01010000"), bytes.fromhex("0100 0005 01 01 0005 01")
    everybody6 = ("33:33:00:01:00:02", "ff02::1:2")
    return [
        _udp((CAMERA[0], "0.0.0.0"), (wire.BROADCAST, "255.255.255.255"), (68, 67), _dhcp()),
        _udp(PC, (EVERYBODY, "224.0.0.252"), (51000, 5355), query),
        _udp(PC, CAMERA, (5355, 51001), answer),
        wire.mac("01:00:0c:cc:cc:cc") + wire.mac(ROUTER[0]) + struct.pack(">H", len(dtp)) + dtp,
        wire.ethernet(CAMERA[0], "01:80:c2:00:00:03", 0x888E, start),
        wire.ethernet(ROUTER[0], "01:80:c2:00:00:03", 0x888E, identity),
        _hello(89, bytes.fromhex("0201002c") + bytes(40)),
        _hello(112, bytes.fromhex("2101640100010000") + wire.packed(ROUTER[1])),
        _hello(88, bytes.fromhex("0205") + bytes(30)),
        _udp((ROUTER[0], "fe80::1"), everybody6, (547, 547), _relayed()),
        _udp(CAMERA, PC, (161, 162), _trap()),
    ]


def build() -> None:
    """One capture."""
    write_pcap(Path(HERE) / "synthetic.pcap", [(START + 10_000_000 * i, frame) for i, frame in enumerate(_frames())])
    camera, router, pc = {"mac": CAMERA[0]}, {"mac": ROUTER[0]}, {"mac": PC[0]}
    expected(
        "synthetic.pcap",
        "none: written by hand",
        [
            fact("dhcp", "vendor_class", "acme-s", **camera),
            fact("dhcp", "user_class", "cameras", **camera),
            fact("dhcp", "max_size", "576", **camera),
            fact("dhcp", "vendor_info", "99999 option 1: IPC-S9", **camera),
            fact("dhcp", "params", "1,3,6,125", **camera),
            fact("dhcp", "options", "53,57,60,77,125,55", **camera),
            fact("llmnr_client", "asked", "wpad", **pc),
            fact("llmnr", "name", "pc-front", ip=PC[1]),
            fact("cisco", "speaks", "dtp", **router),
            fact("cisco", "vtp_domain", "hall", **router),
            fact("eapol", "role", "supplicant", **camera),
            fact("eapol", "role", "authenticator", **router),
            fact("routing", "speaks", "ospf", **router),
            fact("routing", "speaks", "vrrp", **router),
            fact("routing", "speaks", "eigrp", **router),
            fact("dhcpv6", "fqdn", "cam-s", ip="fe80::17", **camera),
            fact("snmp", "object_id", "1.3.6.1.4.1.99999.2", **camera),
        ],
        synthetic=True,
    )
