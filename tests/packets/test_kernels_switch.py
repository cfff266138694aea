"""Tags of switch chips and headers of meshes: what stands behind them is read as if they were not there."""

from __future__ import annotations

import pytest

from netaudit.packets.layouts import Skip, Tunnel
from tests.packets.frames import address, decode, ethernet, ipv4, ipv6, one, tcp

TO, FROM = bytes.fromhex("020000000002"), bytes.fromhex("020000000001")
ADDRESSES = TO + FROM
BODY = b"behind a tag"
ARP = b"\x08\x06\0\1\x08\0\6\4\0\1" + bytes(20) + bytes(18)


def summed(packet: bytes) -> bytes:
    """An IPv4 packet with its checksum."""
    total = sum(int.from_bytes(packet[at : at + 2]) for at in range(0, 20, 2))
    total = (total & 0xFFFF) + (total >> 16)
    return packet[:10] + ((~(total + (total >> 16))) & 0xFFFF).to_bytes(2) + packet[12:]


PACKET4 = b"\x08\0" + summed(ipv4(tcp(BODY), 6))
PACKET6 = b"\x86\xdd" + ipv6(tcp(BODY), 6)
TAGS = {
    "MediaTek": bytes.fromhex("0002 0000"),
    "MediaTek, tagged": bytes.fromhex("0104 0005"),
    "Qualcomm, received": bytes.fromhex("8003"),
    "Qualcomm, sent": bytes.fromhex("b8c2"),
    "Marvell DSA": bytes.fromhex("c0180000"),
    "Marvell EDSA": bytes.fromhex("dada0000 c0180000"),
    "Broadcom": bytes.fromhex("20000003"),
    "Broadcom, older": bytes.fromhex("8874 40000003"),
    "Realtek RTL8366": bytes.fromhex("8899 a002"),
    "Realtek RTL8365": bytes.fromhex("8899 0400 0000 0002"),
    "HSR": bytes.fromhex("892f 0054 0001"),
    "802.1CB": bytes.fromhex("f1c1 0000 0001"),
}


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
@pytest.mark.parametrize("packet", [PACKET4, PACKET6, b"\x81\0\0\x07" + PACKET4], ids=["IPv4", "IPv6", "VLAN"])
def test_a_tag_is_taken_off(tag: bytes, packet: bytes) -> None:
    row, payload = one(ADDRESSES + tag + packet)
    assert payload == BODY
    assert (row["src_mac"], row["dst_mac"]) == (int.from_bytes(FROM), int.from_bytes(TO))
    assert row["proto"] == 6


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_arp_behind_a_tag(tag: bytes) -> None:
    row, payload = one(ADDRESSES + tag + ARP)
    assert row["ethertype"] == 0x0806
    assert payload.startswith(b"\0\1\x08\0")


@pytest.mark.parametrize(
    ("linktype", "frame"),
    [
        (281, ADDRESSES + bytes(4) + PACKET4), (282, bytes(4) + ADDRESSES + PACKET4), (284, ADDRESSES + bytes(4) + PACKET6),
        (285, ADDRESSES + bytes(8) + PACKET4),
    ],
)  # fmt: skip
def test_link_types_of_switch_ports(linktype: int, frame: bytes) -> None:
    row, payload = one(frame, linktype)
    assert payload == BODY
    assert row["src_mac"] == int.from_bytes(FROM)


@pytest.mark.parametrize(
    "frame",
    [
        ADDRESSES + bytes.fromhex("0002 0000 0800") + ipv4(tcp(BODY), 6)[:10] + b"\x12\x34" + ipv4(tcp(BODY), 6)[12:],
        ADDRESSES + bytes.fromhex("8003 0801") + summed(ipv4(tcp(BODY), 6)),
        ADDRESSES + bytes.fromhex("8003 0800") + bytes(60),
    ],
)
def test_what_is_not_certain_is_told_instead(frame: bytes) -> None:
    decoder, decoded = decode([frame])
    assert not decoder.decoded[0]
    assert not any(row["proto"] for row in decoded.packets)


INNER = ethernet(ipv4(tcp(BODY), 6))


@pytest.mark.parametrize(
    "header",
    [
        b"\x40\x0f\x32\1" + TO,  # unicast
        b"\x42\x0f\x32\1" + TO + FROM + b"\1\0",  # with its source
        b"\x01\x0f\x32\0" + bytes(4) + FROM,  # to all
    ],
)
def test_the_mesh_batman_is_read(header: bytes) -> None:
    row, payload = one(ADDRESSES + b"\x43\x05" + header + INNER)
    assert payload == BODY
    assert row["tunnel"] == Tunnel.BATMAN
    assert row["src_lo"] == address("10.0.0.1")


@pytest.mark.parametrize(
    ("header", "skip"),
    [
        (b"\x00\x0f\x32\0", Skip.CONTROL_FRAME), (b"\x03\x0f\0\0", Skip.CONTROL_FRAME),
        (b"\x41\x0f\x32\1", Skip.TUNNEL_UNKNOWN), (b"\x40\x0e\x32\1", Skip.TUNNEL_UNKNOWN),
    ],
)  # fmt: skip
def test_what_else_a_mesh_says_is_told(header: bytes, skip: Skip) -> None:
    decoder, _ = decode([ADDRESSES + b"\x43\x05" + header + bytes(40)])
    assert decoder.skipped == {(0, skip): 1}
