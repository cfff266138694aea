from __future__ import annotations

import numpy as np
import pytest

from netaudit.capture.layouts import NO_TIME, RECORD, Window
from netaudit.packets.from_capture import Decoder
from netaudit.packets.layouts import PACKET, Flag, Skip
from tests.packets.frames import address, content, decode, ethernet, ipv4, ipv6, one, tcp, udp, window

FRAME = ethernet(ipv4(tcp(b"hello", seq=17, ack=18, flags=0x19), 6))


def test_every_field_of_a_tcp_packet():
    row, body = one(FRAME + b"\0" * 9, wirelens=[len(FRAME) + 9])
    assert body == b"hello"
    expected = {
        "ts": 1_000_000_000, "frame": 1, "src_hi": 0, "src_lo": address("10.0.0.1"), "dst_hi": 0,
        "dst_lo": address("10.0.0.2"), "src_mac": 0x020000000001, "dst_mac": 0x020000000002, "payload": 7 + 54,
        "length": 5, "wire_length": 5, "frame_length": len(FRAME) + 9, "seq": 17, "ack": 18, "vlan": 0, "capture": 0,
        "interface": 3, "sport": 40000, "dport": 80, "window": 512, "ethertype": 0x0800, "tcp_flags": 0x19, "proto": 6,
        "ttl": 64, "tunnel": 0, "depth": 0, "skip": 0, "flags": Flag.BAD_CHECKSUM, "outer": 7 + 15, "header": 7 + 34,
        "stamp": 0, "urgent": 0, "scale": 0,
    }  # fmt: skip
    assert {name: int(row[name]) for name in expected} == expected
    assert set(expected) | {"shard"} == set(PACKET.names)


def test_the_shard_is_the_same_both_ways_and_spread():
    def shard(frame):
        return int(one(frame)[0]["shard"])

    seen = set()
    for i in range(200):
        a, b = bytes([192, 168, 1, i]), bytes([47, 1, 2, 3])
        there, back = ethernet(ipv4(udp(b""), source=a, target=b)), ethernet(ipv4(udp(b""), source=b, target=a))
        assert shard(there) == shard(back)
        seen.add(shard(there))
    assert len(seen) > 50
    a6, b6 = bytes(range(16)), bytes(range(1, 17))
    assert shard(ethernet(ipv6(udp(b""), source=a6, target=b6), 0x86DD)) == shard(
        ethernet(ipv6(udp(b""), source=b6, target=a6), 0x86DD)
    )
    arp = ethernet(bytes(28), 0x0806)
    assert shard(arp) == shard(arp[6:12] + arp[:6] + arp[12:])


def test_the_period_is_half_open():
    frames = window([FRAME] * 4, ts=0)  # at 0, 1, 2 and 3 ms
    decoder = Decoder(since=1_000_000, until=3_000_000)
    decoded = decoder.feed(frames)
    assert decoded.packets["frame"].tolist() == [2, 3]
    assert dict(decoder.skipped) == {(0, Skip.OUTSIDE_PERIOD): 2}


def test_a_packet_without_time_borrows_that_of_the_one_before_it_in_its_capture():
    decoder = Decoder(since=5)
    first = window([FRAME] * 3, ts=1_000)
    first.records["ts"][0] = NO_TIME
    first.records["ts"][2] = 77
    first.records["capture"][2] = 9
    rows = decoder.feed(first).packets
    assert rows["ts"].tolist() == [0, 1_001_000, 77]
    assert (rows["flags"] & Flag.TIME_UNKNOWN).tolist() == [Flag.TIME_UNKNOWN, 0, 0]
    second = window([FRAME])
    second.records["ts"] = NO_TIME
    rows = decoder.feed(second).packets
    assert rows["ts"].tolist() == [1_001_000]
    assert (rows["flags"] & Flag.TIME_UNKNOWN).tolist() == [Flag.TIME_UNKNOWN]


def test_books_are_kept_by_capture():
    decoder = Decoder()
    decoder.feed(window([FRAME, b"short"], capture=0))
    decoder.feed(window([FRAME, FRAME], capture=4))
    decoder.feed(window([FRAME], linktype=150, capture=4))
    assert dict(decoder.decoded) == {0: 1, 4: 2}
    assert dict(decoder.skipped) == {(0, Skip.TRUNCATED_LINK): 1, (4, Skip.LINKTYPE_UNKNOWN): 1}
    assert dict(decoder.names) == {(4, "linktype_unknown:USER3"): 1}


def test_arrays_are_read_only_and_empty_windows_are_fine():
    decoded = Decoder().feed(Window(np.zeros(0, np.uint8), np.zeros(0, RECORD)))
    assert len(decoded.packets) == 0
    assert decoded.packets.dtype == PACKET
    _, decoded = decode([FRAME])
    assert not decoded.packets.flags.writeable
    assert not decoded.buffer.flags.writeable
    assert decoded.packets.flags.c_contiguous


def test_records_that_lie_about_the_buffer():
    lying = window([FRAME])
    for offset, caplen in ((7, 2**32 - 1), (2**32 - 1, 60), (len(lying.buffer), 60), (7, 0)):
        lying.records["offset"], lying.records["caplen"] = offset, caplen
        decoder = Decoder()
        decoded = decoder.feed(lying)
        assert len(decoded.packets) + sum(decoder.skipped.values()) == 1


@pytest.mark.parametrize("cut", range(len(FRAME) + 1))
def test_what_the_snaplen_left(cut):
    decoder, decoded = decode([FRAME[:cut]], wirelens=[len(FRAME)])
    if cut < 14:
        assert dict(decoder.skipped) == {(0, Skip.TRUNCATED_LINK): 1}
    elif cut < 34:
        assert dict(decoder.skipped) == {(0, Skip.TRUNCATED_IP): 1}
    elif cut < 38:
        assert dict(decoder.skipped) == {(0, Skip.TRUNCATED_TRANSPORT): 1}
    else:
        row = decoded.packets[0]
        assert (row["sport"], row["dport"]) == (40000, 80)
        assert row["wire_length"] == 5
        assert content(decoded, 0) == b"hello"[: max(0, cut - 54)]
        assert bool(row["flags"] & Flag.CUT) == (cut < len(FRAME))


def test_an_ip_length_of_zero_is_taken_from_the_frame():
    frame = bytearray(FRAME)
    frame[16:18] = b"\0\0"
    row, body = one(bytes(frame))
    assert body == b"hello"
    assert row["flags"] == Flag.LENGTH_GUESSED


@pytest.mark.parametrize("protocol", [6, 17])
@pytest.mark.parametrize("version", [4, 6])
def test_checksums_are_told(protocol, version):
    """Good, bad by any bit, and neither: cut, or a datagram without one."""
    head = tcp(b"odd", sport=7) if protocol == 6 else udp(b"odd", sport=7)
    ends = b"\x0a\0\0\1\x0a\0\0\2" if version == 4 else bytes(15) + b"\1" + bytes(15) + b"\2"
    words = ends + len(head).to_bytes(4, "big") + bytes([0, 0, 0, protocol]) + head + b"\0" * (len(head) % 2)
    total = sum(int.from_bytes(words[i : i + 2], "big") for i in range(0, len(words), 2))
    place = 16 if protocol == 6 else 6
    right = head[:place] + (~(total % 0xFFFF) & 0xFFFF).to_bytes(2, "big") + head[place + 2 :]

    def flags(segment, **more):
        frame = ethernet(ipv4(segment, protocol)) if version == 4 else ethernet(ipv6(segment, protocol), 0x86DD)
        return one(frame, **more)[0]["flags"]

    assert flags(right) == Flag.GOOD_CHECKSUM
    for at in (0, 5, place, len(right) - 1):
        wrong = bytearray(right)
        wrong[at] ^= 4 if at != 5 or protocol == 6 else 0
        assert flags(bytes(wrong)) == (Flag.BAD_CHECKSUM if bytes(wrong) != right else Flag.GOOD_CHECKSUM)
    assert flags(head) == (Flag.BAD_CHECKSUM if protocol == 6 else 0)
    assert not flags(right, wirelens=[3000]) & Flag.BAD_CHECKSUM


def test_a_jumbogram():
    body = tcp(b"x" * 70_000, sport=1, dport=2)
    options = b"\x06\0\xc2\4" + (8 + len(body)).to_bytes(4, "big")
    packet = bytes([0x60, 0, 0, 0, 0, 0, 0, 64]) + bytes(32) + options + body
    row, got = one(ethernet(packet + b"padding", 0x86DD))
    assert len(got) == 70_000
    assert row["flags"] == Flag.BAD_CHECKSUM
    without = bytes([0x60, 0, 0, 0, 0, 0, 6, 64]) + bytes(32) + body
    row, got = one(ethernet(without, 0x86DD))
    assert len(got) == 70_000
    assert row["flags"] == Flag.LENGTH_GUESSED
