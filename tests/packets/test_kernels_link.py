"""Link layers: the same IP packet behind each header of the registry."""

from __future__ import annotations

import warnings

import pytest

from netaudit.packets.layouts import Skip
from tests.packets.frames import address, decode, ethernet, ipv4, ipv6, one, tcp, udp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
    from scapy.layers.l2 import LLC, SNAP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1AH, Dot1Q, Ether, Loopback
    from scapy.layers.ppp import HDLC, PPP
    from scapy.packet import Raw

BODY = b"link"
PACKET4 = ipv4(tcp(BODY), 6)
PACKET6 = ipv6(tcp(BODY), 6)
SNAPPED = bytes(LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0800)) + PACKET4
A, B, C = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"
WIFI = bytes(Dot11(type=2, subtype=0, FCfield=1, addr1=C, addr2=A, addr3=B)) + SNAPPED
WIFI_QOS = bytes(Dot11(type=2, subtype=8, FCfield=2, addr1=B, addr2=C, addr3=A) / Dot11QoS()) + SNAPPED
WIFI_WDS = bytes(Dot11(type=2, subtype=0, FCfield=3, addr1=C, addr2=C, addr3=B, addr4=A)) + SNAPPED
MACS = (0x020000000001, 0x020000000002)
SOURCE = (MACS[0], 0)
NONE = (0, 0)
PPI = bytes.fromhex("0000 0800 69000000")
PRISM = bytes.fromhex("44000000 90000000") + bytes(136)
AVS = bytes.fromhex("80211001 00000040") + bytes(56)
NFLOG = bytes.fromhex("0200 0000 0800 0100 00000000 1000 0800 0006 0000 020000000001 0000")
PKTAP = (108).to_bytes(4, "little") + bytes(4) + (1).to_bytes(4, "little") + bytes(96)
ADDRESSES = bytes.fromhex("020000000002 020000000001")

LINKS = {
    "ethernet": (1, ethernet(PACKET4), MACS),
    "ethernet llc snap": (1, ADDRESSES + len(SNAPPED).to_bytes(2, "big") + SNAPPED + bytes(9), MACS),
    "mac in mac": (1, bytes(Ether(src=C, dst=C) / Dot1AD(vlan=3) / Dot1AH(isid=9)) [:22] + ethernet(PACKET4), MACS),
    "raw 12": (12, PACKET4, NONE),
    "raw 14": (14, PACKET6, NONE),
    "raw 101": (101, PACKET4, NONE),
    "ipv4": (228, PACKET4, NONE),
    "ipv6": (229, PACKET6, NONE),
    "null little": (0, bytes(Loopback(type=2)) + PACKET4, NONE),
    "null big": (0, b"\0\0\0\x02" + PACKET4, NONE),
    "null bsd ipv6": (0, (30).to_bytes(4, "little") + PACKET6, NONE),
    "loop": (108, b"\0\0\0\x18" + PACKET6, NONE),
    "sll": (113, bytes(CookedLinux(src=bytes.fromhex("020000000001"), lladdrlen=6, proto=0x0800)) + PACKET4, SOURCE),
    "sll vlan": (113, bytes(CookedLinux(proto=0x8100)) + b"\0\5\x08\0" + PACKET4, NONE),
    "sll2": (276, bytes(CookedLinuxV2(src=bytes.fromhex("020000000001"), lladdrlen=6, proto=0x86DD)) + PACKET6, SOURCE),
    "ppp": (9, bytes(HDLC() / PPP(proto=0x21)) + PACKET4, NONE),
    "ppp bare": (9, b"\0\x57" + PACKET6, NONE),
    "ppp compressed": (9, b"\x21" + PACKET4, NONE),
    "ppp hdlc": (50, bytes(HDLC() / PPP(proto=0x21)) + PACKET4, NONE),
    "cisco in ppp hdlc": (50, b"\x0f\0\x08\0" + PACKET4, NONE),
    "ppp pppd": (166, b"\0\x03\0\x21" + PACKET4, NONE),
    "ppp with direction": (204, b"\1\xff\x03\0\x21" + PACKET4, NONE),
    "ppp ether": (51, bytes.fromhex("11000001 0000 0021") + PACKET4, NONE),
    "cisco hdlc": (104, b"\x0f\0\x86\xdd" + PACKET6, NONE),
    "frame relay": (107, b"\x18\x41\x03\xcc" + PACKET4, NONE),
    "frame relay cisco": (107, b"\x18\x41\x08\0" + PACKET4, NONE),
    "frame relay snap": (107, b"\x18\x41\x03\0\x80\0\0\0\x08\0" + PACKET4, NONE),
    "802.11": (105, WIFI, MACS),
    "802.11 qos": (105, WIFI_QOS, MACS),
    "802.11 wds": (105, WIFI_WDS, MACS),
    "radiotap": (127, bytes(RadioTap(present="Flags", Flags="FCS")) + WIFI + b"\1\2\3\4", MACS),
    "radiotap padded": (127, bytes(RadioTap(present="TSFT+Flags", Flags="pad")) + WIFI_QOS[:26] + bytes(2) + SNAPPED, MACS),
    "ppi": (192, PPI + WIFI, MACS),
    "prism": (119, PRISM + WIFI, MACS),
    "avs in prism": (119, AVS + WIFI, MACS),
    "avs": (163, AVS + WIFI, MACS),
    "nflog": (239, NFLOG + (4 + len(PACKET4)).to_bytes(2, "little") + b"\x09\0" + PACKET4, SOURCE),
    "mpls": (219, bytes.fromhex("00011140") + PACKET4, NONE),
    "pktap": (258, PKTAP + ethernet(PACKET4), MACS),
    "token ring": (6, b"\x10\x40" + ADDRESSES + SNAPPED, MACS),
    "fddi": (10, b"\x50" + ADDRESSES + SNAPPED, MACS),
    "atm": (100, SNAPPED, NONE),
    "atm bridged": (100, bytes.fromhex("aaaa03 0080c2 0007 0000") + ethernet(PACKET4), MACS),
    "slip": (8, bytes(16) + PACKET4, NONE),
    "pflog": (117, b"\x3d\x02" + bytes(62) + PACKET4, NONE),
    "enc": (109, (2).to_bytes(4, "little") + bytes(8) + PACKET4, NONE),
    "ieee1394": (138, bytes(16) + b"\x08\0" + PACKET4, NONE),
    "ipoib": (242, bytes(40) + b"\x86\xdd\0\0" + PACKET6, NONE),
    "netanalyzer": (240, bytes(4) + ethernet(PACKET4) + bytes(4), MACS),
    "mpacket": (274, bytes(8) + ethernet(PACKET4), MACS),
}  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_the_packet_is_found_behind_its_link_header(name):
    linktype, frame, macs = LINKS[name]
    row, body = one(frame, linktype)
    assert body == BODY
    assert (row["proto"], row["sport"], row["dport"], row["depth"]) == (6, 40000, 80, name in {"ppp ether", "mpls"})
    if row["ethertype"] == 0x0800:
        assert (row["src_lo"], row["dst_lo"]) == (address("10.0.0.1"), address("10.0.0.2"))
    assert (row["src_mac"], row["dst_mac"]) == macs


@pytest.mark.parametrize(
    ("tags", "vlan"),
    [
        (Dot1Q(vlan=5), 5),
        (Dot1Q(vlan=0), 0),
        (Dot1Q(vlan=0) / Dot1Q(vlan=6), 6),
        (Dot1AD(vlan=5) / Dot1Q(vlan=6), 5 | 6 << 16),
        (Dot1Q(vlan=5) / Dot1Q(vlan=6) / Dot1Q(vlan=7), 5 | 7 << 16),
    ],
)
def test_vlan_tags(tags, vlan):
    row, body = one(bytes(Ether(src=A, dst=B) / tags / Raw(PACKET4)).replace(b"\0\0E\0\0", b"\x08\0E\0\0"))
    assert body == BODY
    assert row["vlan"] == vlan


def test_the_old_qinq_type():
    row, body = one(ethernet(PACKET4, tags=bytes.fromhex("91000064 81000007")))
    assert body == BODY
    assert row["vlan"] == 100 | 7 << 16


@pytest.mark.parametrize(
    ("kind", "kept"), [(0x0806, 0x0806), (0x88CC, 0x88CC), (0x888E, 0x888E), (0x8863, 0x8863), (0x8033, 0x8033)]
)
def test_frames_without_ip_are_kept(kind, kept):
    row, body = one(ethernet(b"0123456789", kind))
    assert body == b"0123456789"
    assert (row["ethertype"], row["proto"], row["src_lo"], row["src_mac"]) == (kept, 0, 0, MACS[0])


def test_llc_frames_are_kept_from_their_llc_header():
    bridge = bytes.fromhex("424203") + bytes(35)
    row, body = one(ADDRESSES + len(bridge).to_bytes(2, "big") + bridge + bytes(8))
    assert body == bridge
    assert row["ethertype"] == 0
    discovery = bytes.fromhex("aaaa03 00000c 2000") + b"cdp"
    assert one(ADDRESSES + len(discovery).to_bytes(2, "big") + discovery)[1] == discovery


@pytest.mark.parametrize(
    ("linktype", "frame", "skip"),
    [
        (105, bytes(Dot11(type=0, subtype=8, addr1=A, addr2=B, addr3=C)), Skip.CONTROL_FRAME),
        (105, bytes(Dot11(type=1, subtype=13, addr1=A)), Skip.CONTROL_FRAME),
        (105, bytes(Dot11(type=2, subtype=4, addr1=A, addr2=B, addr3=C)), Skip.CONTROL_FRAME),
        (105, bytes(Dot11(type=2, FCfield=0x40, addr1=A, addr2=B, addr3=C)) + SNAPPED, Skip.ENCRYPTED),
        (105, bytes(Dot11(type=2, addr1=A, addr2=B, addr3=C, SC=1)) + SNAPPED, Skip.FRAGMENT_INCOMPLETE),
        (105, b"\x0b" + WIFI[1:], Skip.MALFORMED_LINK),
        (1, ADDRESSES + b"\0\0", Skip.MALFORMED_LINK),
        (6, b"\x10\0" + ADDRESSES + SNAPPED, Skip.CONTROL_FRAME),
        (109, bytes.fromhex("02000000 00000000 00080000") + PACKET4, Skip.ENCRYPTED),
        (147, PACKET4, Skip.LINKTYPE_UNKNOWN),
        (192, bytes.fromhex("0000 0800 ffffffff") + WIFI, Skip.LINKTYPE_UNKNOWN),
    ],
)
def test_what_is_no_data(linktype, frame, skip):
    decoder, _ = decode([frame], linktype)
    assert dict(decoder.skipped) == {(0, skip): 1}


def test_the_first_subframe_of_an_aggregate():
    head = bytes(Dot11(type=2, subtype=8, FCfield=1, addr1=C, addr2=C, addr3=C)) + b"\x80\0"
    subframe = ADDRESSES + len(SNAPPED).to_bytes(2, "big") + SNAPPED
    row, body = one(head + subframe + subframe, 105)
    assert body == BODY
    assert (row["src_mac"], row["dst_mac"]) == MACS


def test_padding_behind_ip_is_no_payload():
    row, body = one(ethernet(ipv4(udp(b"x"))) + bytes(30))
    assert body == b"x"
    assert row["length"] == row["wire_length"] == 1
