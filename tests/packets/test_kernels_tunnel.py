"""Encapsulations built by scapy: one inner packet, met through each of them."""

from __future__ import annotations

import warnings

import pytest

from netaudit.packets.layouts import Flag, Skip, Tunnel
from tests.packets.frames import address, content, decode, one

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scapy.contrib.erspan import ERSPAN_I, ERSPAN_II, ERSPAN_III
    from scapy.contrib.geneve import GENEVE, GeneveOptions
    from scapy.contrib.gtp import GTP_U_Header
    from scapy.contrib.mpls import MPLS, EoMCW
    from scapy.contrib.nsh import NSH
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.ipsec import AH, ESP
    from scapy.layers.l2 import GRE, GRE_PPTP, Dot1AD, Dot1Q, Ether
    from scapy.layers.l2tp import L2TP
    from scapy.layers.ppp import PPP, PPPoE, PPPoED
    from scapy.layers.vxlan import VXLAN
    from scapy.packet import Raw

BODY = b"POST /face HTTP/1.1\r\n\r\n"
OUTER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
IP4 = IP(src="172.16.0.1", dst="172.16.0.2", ttl=9)
IP6 = IPv6(src="fd00::1", dst="fd00::2")
INNER = IP(src="192.168.1.64", dst="47.93.1.2", ttl=63) / TCP(sport=40001, dport=8080, seq=99, flags="PA") / Raw(BODY)
INNER6 = IPv6(src="2408::1", dst="2408::2", hlim=63) / TCP(sport=40001, dport=8080, seq=99, flags="PA") / Raw(BODY)
FRAME = Ether(src="02:aa:00:00:00:01", dst="02:aa:00:00:00:02")
PSEUDOWIRE = Raw(bytes(FRAME / INNER))

AIR = bytes.fromhex("08010000 020000000009 02aa00000001 02aa00000002 1000 aaaa03000000 0800")  # to the access point

OUTER_MACS = (0x020000000001, 0x020000000002)
INNER_MACS = (0x02AA00000001, 0x02AA00000002)
ERSPAN_GRE = {"seqnum_present": 1, "sequence_number": 5}

TUNNELS = {
    "plain": (OUTER / INNER, 0, 0, OUTER_MACS),
    "gre": (OUTER / IP4 / GRE() / INNER, Tunnel.GRE, 1, OUTER_MACS),
    "gre over ipv6": (OUTER / IP6 / GRE() / INNER, Tunnel.GRE, 1, OUTER_MACS),
    "gre with everything": (
        OUTER / IP4 / GRE(chksum_present=1, key_present=1, key=7, **ERSPAN_GRE) / INNER, Tunnel.GRE, 1, OUTER_MACS),
    "gre tap": (OUTER / IP4 / GRE(proto=0x6558, key_present=1, key=7) / FRAME / INNER, Tunnel.GRE, 1, INNER_MACS),
    "gre mpls": (OUTER / IP4 / GRE(proto=0x8847) / MPLS(s=1) / INNER, Tunnel.MPLS, 2, OUTER_MACS),
    "pptp": (
        OUTER / IP4 / GRE_PPTP(call_id=3, seqnum_present=1, acknum_present=1, sequence_number=1, ack_number=1)
        / Raw(b"\xff\x03\x00\x21" + bytes(INNER)), Tunnel.PPP, 2, OUTER_MACS),
    "erspan 1": (OUTER / IP4 / GRE(proto=0x88BE) / ERSPAN_I() / FRAME / INNER, Tunnel.ERSPAN1, 1, INNER_MACS),
    "erspan 2": (OUTER / IP4 / GRE(proto=0x88BE, **ERSPAN_GRE) / ERSPAN_II() / FRAME / INNER, Tunnel.ERSPAN2, 1, INNER_MACS),
    "erspan 3": (OUTER / IP4 / GRE(proto=0x22EB, **ERSPAN_GRE) / ERSPAN_III() / FRAME / INNER, Tunnel.ERSPAN3, 1, INNER_MACS),
    "erspan 3 with platform header": (
        OUTER / IP4 / GRE(proto=0x22EB, **ERSPAN_GRE) / Raw(bytes.fromhex("200a0001 00000000 00000001 30000000 00000000"))
        / FRAME / INNER, Tunnel.ERSPAN3, 1, INNER_MACS),
    "vxlan": (OUTER / IP4 / UDP(dport=4789) / VXLAN(vni=5) / FRAME / INNER, Tunnel.VXLAN, 1, INNER_MACS),
    "vxlan 8472": (OUTER / IP4 / UDP(dport=8472) / VXLAN(vni=5) / FRAME / INNER6, Tunnel.VXLAN, 1, INNER_MACS),
    "vxlan over ipv6": (OUTER / IP6 / UDP(dport=4789) / VXLAN(vni=5) / FRAME / INNER, Tunnel.VXLAN, 1, INNER_MACS),
    "vxlan gpe": (
        OUTER / IP4 / UDP(dport=4790) / Raw(bytes.fromhex("0c000001 00000500")) / INNER, Tunnel.VXLAN, 1, OUTER_MACS),
    "vxlan gpe nsh": (
        OUTER / IP4 / UDP(dport=4790) / Raw(bytes.fromhex("0c000004 00000500")) / NSH(nextproto=3) / FRAME / INNER,
        Tunnel.VXLAN, 1, INNER_MACS),
    "capwap": (  # RFC 5415, 4.3: frames of 802.3, with what the access point says of the air
        OUTER / IP4 / UDP(sport=5247, dport=49152) / Raw(bytes.fromhex("0020021000000000 04c0d2b100000000")) / FRAME / INNER,
        Tunnel.CAPWAP, 1, INNER_MACS),
    "capwap of the air": (
        OUTER / IP4 / UDP(dport=5247) / Raw(bytes.fromhex("0010030000000000") + AIR) / INNER, Tunnel.CAPWAP, 1, INNER_MACS),
    "capwap of the air, swapped": (
        OUTER / IP4 / UDP(dport=5247) / Raw(bytes.fromhex("0010430000000000") + AIR[1::-1] + AIR[2:]) / INNER,
        Tunnel.CAPWAP, 1, INNER_MACS),
    "geneve": (
        OUTER / IP4 / UDP(dport=6081) / GENEVE(proto=0x6558, vni=5, options=[GeneveOptions(data=b"abcd")]) / FRAME / INNER,
        Tunnel.GENEVE, 1, INNER_MACS),
    "geneve ip": (OUTER / IP4 / UDP(dport=6081) / GENEVE(proto=0x0800) / INNER, Tunnel.GENEVE, 1, OUTER_MACS),
    "mpls": (OUTER / MPLS(label=17, s=0) / MPLS(label=18, s=1) / INNER, Tunnel.MPLS, 1, OUTER_MACS),
    "mpls ipv6": (OUTER / MPLS(label=17, s=1) / INNER6, Tunnel.MPLS, 1, OUTER_MACS),
    "pseudowire": (OUTER / MPLS(label=17, s=1) / PSEUDOWIRE, Tunnel.MPLS, 1, INNER_MACS),
    "pseudowire with control word": (OUTER / MPLS(label=17, s=1) / EoMCW(seq=3) / PSEUDOWIRE, Tunnel.MPLS, 1, INNER_MACS),
    "pseudowire to an address like IP": (
        OUTER / MPLS(label=17, s=1) / Raw(bytes(Ether(src="02:aa:00:00:00:01", dst="45:00:00:00:00:02") / INNER)),
        Tunnel.MPLS, 1, (0x02AA00000001, 0x450000000002)),
    "ip in ip": (OUTER / IP4 / INNER, Tunnel.IPIP, 1, OUTER_MACS),
    "ip in ipv6": (OUTER / IP6 / INNER, Tunnel.IPIP, 1, OUTER_MACS),
    "6in4": (OUTER / IP4 / INNER6, Tunnel.SIX_IN_FOUR, 1, OUTER_MACS),
    "6in6": (OUTER / IP6 / INNER6, Tunnel.SIX_IN_FOUR, 1, OUTER_MACS),
    "teredo": (OUTER / IP4 / UDP(sport=3544, dport=50000) / INNER6, Tunnel.TEREDO, 1, OUTER_MACS),
    "teredo with origin": (
        OUTER / IP4 / UDP(dport=3544) / Raw(bytes.fromhex("0001 0000") + bytes(9) + bytes(8) + bytes(INNER6)),
        Tunnel.TEREDO, 1, OUTER_MACS),
    "l2tp": (OUTER / IP4 / UDP(sport=1701, dport=1701) / L2TP(tunnel_id=1, session_id=2) / PPP(proto=0x21) / INNER,
        Tunnel.L2TP, 1, OUTER_MACS),
    "ah": (OUTER / IP4 / AH(nh=6, spi=1, seq=1, icv=bytes(12), payloadlen=4) / INNER[TCP], Tunnel.AH, 1, OUTER_MACS),
    "pppoe": (OUTER / PPPoE(sessionid=1) / PPP(proto=0x21) / INNER, Tunnel.PPPOE, 1, OUTER_MACS),
    "pppoe ipv6": (OUTER / PPPoE(sessionid=1) / PPP(proto=0x57) / INNER6, Tunnel.PPPOE, 1, OUTER_MACS),
    "vlan in vxlan in qinq": (
        OUTER / Dot1AD(vlan=100) / Dot1Q(vlan=7) / IP4 / UDP(dport=4789) / VXLAN() / FRAME / Dot1Q(vlan=9) / INNER,
        Tunnel.VXLAN, 1, INNER_MACS),
    "gre in vxlan in pppoe": (
        OUTER / PPPoE(sessionid=1) / PPP(proto=0x21) / IP4 / UDP(dport=4789) / VXLAN() / FRAME / IP4 / GRE() / INNER,
        Tunnel.GRE, 3, INNER_MACS),
}  # fmt: skip


@pytest.mark.parametrize("name", TUNNELS)
def test_the_inner_packet_is_found(name):
    packet, tunnel, depth, macs = TUNNELS[name]
    for frame in (bytes(packet), bytes(packet) + b"\0" * 6):  # and with padding behind
        row, body = one(frame)
        assert body == BODY
        assert (row["tunnel"], row["depth"]) == (tunnel, depth)
        assert (row["sport"], row["dport"], row["proto"], row["flags"]) == (
            40001,
            8080,
            6,
            Flag.BAD_CHECKSUM if name == "ah" else Flag.GOOD_CHECKSUM,
        )
        assert row["seq"] == (99 if name != "ah" else row["seq"])
        assert (row["src_mac"], row["dst_mac"]) == macs
        assert row["frame_length"] == len(frame)
        if bytes(INNER6) in frame:
            assert (row["src_hi"], row["src_lo"], row["ethertype"]) == (0x2408 << 48, 1, 0x86DD)
        elif name != "ah":
            assert (row["src_lo"], row["dst_lo"]) == (address("192.168.1.64"), address("47.93.1.2"))
            assert (row["ttl"], row["ethertype"]) == (63, 0x0800)


def test_the_innermost_ethernet_names_the_vlan():
    assert one(bytes(TUNNELS["vlan in vxlan in qinq"][0]))[0]["vlan"] == 9
    untagged = OUTER / Dot1AD(vlan=100) / Dot1Q(vlan=7) / IP4 / UDP(dport=4789) / VXLAN() / FRAME / INNER
    assert one(bytes(untagged))[0]["vlan"] == 100 | 7 << 16


@pytest.mark.parametrize("levels", [8, 9])
def test_eight_tunnels_and_no_more(levels):
    packet = INNER
    for _ in range(levels):
        packet = IP(src="1.1.1.1", dst="2.2.2.2") / packet
    decoder, decoded = decode([bytes(OUTER / packet)])
    if levels == 8:
        assert decoded.packets["depth"].tolist() == [8]
    else:
        assert dict(decoder.skipped) == {(0, Skip.TUNNEL_TOO_DEEP): 1}


PORTS = (4789, 8472, 4790, 6081, 3544, 1701, 4754, 2152, 5247, 37008)


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize(
    "text", [b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", bytes(60), b"\xff" * 60, b"\x08" * 60]
)
def test_a_port_alone_makes_no_tunnel(port, text):
    row, body = one(bytes(OUTER / IP4 / UDP(sport=5, dport=port) / Raw(text)))
    assert body == text
    assert (row["sport"], row["dport"], row["depth"]) == (5, port, 0)


NAMED = {
    "encrypted:macsec": Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x88E5) / Raw(b"x" * 40),
    "encrypted:ppp": OUTER / PPPoE(sessionid=1) / PPP(proto=0xFD) / Raw(b"x" * 40),
    "tunnel_unknown:gtp": OUTER / IP4 / UDP(dport=2152) / GTP_U_Header(teid=5, gtp_type=255) / INNER,
    "tunnel_unknown:capwap": OUTER / IP4 / UDP(dport=5247) / Raw(bytes.fromhex("00100200 00000000") + b"x" * 30),
    "tunnel_unknown:tzsp": OUTER / IP4 / UDP(dport=37008) / Raw(bytes.fromhex("0100 0001 01") + bytes(FRAME / INNER)),
    "tunnel_unknown:gre_0x4242": OUTER / IP4 / GRE(proto=0x4242) / Raw(b"x" * 40),
    "tunnel_unknown:gre_routing": OUTER / IP4 / GRE(proto=0x0800, routing_present=1, chksum_present=1) / Raw(b"x" * 40),
}


def test_fragments_of_capwap_are_told_and_what_keeps_it_alive_is_no_frame() -> None:
    outer = OUTER / IP4 / UDP(dport=5247)
    decoder, _ = decode([bytes(outer / Raw(bytes.fromhex("0010028000010000") + bytes(FRAME / INNER)))])
    assert dict(decoder.names) == {(0, "tunnel_unknown:capwap"): 1}
    alive = bytes.fromhex("0010020800000000 001600230010") + bytes(16)
    assert one(bytes(outer / Raw(alive)))[1] == alive


@pytest.mark.parametrize("name", NAMED)
def test_what_is_not_taken_apart_is_counted_by_name(name):
    decoder, _ = decode([bytes(NAMED[name])])
    assert dict(decoder.names) == {(0, name): 1}
    reason = Skip.ENCRYPTED if name.startswith("encrypted") else Skip.TUNNEL_UNKNOWN
    assert dict(decoder.skipped) == {(0, reason): 1}


@pytest.mark.parametrize(
    ("packet", "protocol"),
    [
        (ESP(spi=1, seq=1, data=b"x" * 40), 50),
        (IP(src="1.1.1.1", dst="2.2.2.2", proto=115) / Raw(b"x" * 48), 115),
        (IP(src="1.1.1.1", dst="2.2.2.2", proto=97) / Raw(b"x" * 48), 97),
    ],
)
def test_what_hides_its_content_is_counted_between_its_ends(packet, protocol):
    row, body = one(bytes(OUTER / IP4 / packet if protocol == 50 else OUTER / packet))
    assert (row["proto"], len(body)) == (protocol, 48)


def test_ppp_control_and_discovery_are_kept_as_plain_frames():
    address_offer = bytes.fromhex("8021 0201000a 0306 0a000001")
    row, body = one(bytes(OUTER / PPPoE(sessionid=1, len=12) / Raw(address_offer)))
    assert body == address_offer
    assert (row["ethertype"], row["proto"], row["tunnel"]) == (0x880B, 0, Tunnel.PPPOE)
    row, body = one(bytes(OUTER / PPPoED(code=9)))
    assert (row["ethertype"], row["proto"], body) == (0x8863, 0, bytes(PPPoED(code=9)))


def test_arp_in_a_tunnel_leaves_no_address_of_the_outer_packet():
    arp = bytes.fromhex("0001080006040001") + bytes(20)
    row, body = one(
        bytes(OUTER / IP4 / UDP(dport=4789) / VXLAN() / Ether(src="02:aa:00:00:00:01", type=0x0806) / Raw(arp))
    )
    assert body == arp
    assert [int(row[name]) for name in ("ethertype", "proto", "src_lo", "dst_lo", "sport", "dport", "ttl")] == [
        0x0806
    ] + [0] * 6


def test_icmp_behind_a_tunnel_has_no_ports():
    row, body = one(
        bytes(OUTER / IP4 / UDP(sport=7, dport=4789) / VXLAN() / FRAME / IP(proto=1) / Raw(b"\x08\0" + bytes(6)))
    )
    assert (row["proto"], row["sport"], row["dport"], len(body)) == (1, 0, 0, 8)


def test_many_at_once_keep_their_order():
    frames = [bytes(packet) for packet, *_ in TUNNELS.values()]
    _, decoded = decode(frames)
    assert decoded.packets["frame"].tolist() == list(range(1, len(frames) + 1))
    assert {content(decoded, i) for i in range(len(frames))} == {BODY}
