"""The packet table: one row per packet, and its codes."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

SHARDS = 64  # logical shards: fixed, whatever the number of workers

PACKET = np.dtype(
    [
        ("ts", "i8"),  # UTC nanoseconds
        ("frame", "u8"),
        ("src_hi", "u8"),  # addresses as two big-endian halves; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)
        ("src_lo", "u8"),
        ("dst_hi", "u8"),
        ("dst_lo", "u8"),
        ("src_mac", "u8"),  # 48 bits, 0 where the link has none
        ("dst_mac", "u8"),
        (
            "payload",
            "u4",
        ),  # offset in the buffer of the first payload byte (transport payload; for non-IP that of the link)
        ("length", "u4"),  # captured payload bytes
        ("wire_length", "u4"),  # payload bytes on the wire by the headers (>= length; snaplen cuts the rest)
        ("frame_length", "u4"),  # the whole frame on the wire
        ("seq", "u4"),  # TCP
        ("ack", "u4"),  # TCP
        ("vlan", "u4"),  # outer id | inner id << 16; 0 none
        ("outer", "u4"),  # 1 + offset in the buffer of the first IP header, that of the bearer where there are tunnels
        ("header", "u4"),  # offset of the TCP or UDP header, in the buffer the packet was decoded from
        ("stamp", "u4"),  # TCP timestamp (RFC 7323), where `flags` say so
        ("capture", "u2"),
        ("interface", "u2"),
        ("sport", "u2"),
        ("dport", "u2"),
        ("window", "u2"),  # TCP, unscaled
        ("urgent", "u2"),  # TCP urgent pointer where URG is set, else 0
        # of the innermost link payload: 0x0800, 0x86DD, 0x0806 …; 0 for LLC, payload then from the LLC header;
        # 0x880B for PPP control (LCP, IPCP …), payload then from the PPP protocol field
        ("ethertype", "u2"),
        ("tcp_flags", "u1"),  # FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32
        ("proto", "u1"),  # IP protocol after extension headers; 0 with ethertype set where there is no IP
        ("ttl", "u1"),
        ("tunnel", "u1"),  # Tunnel code of the innermost tunnel left behind, 0 none
        ("depth", "u1"),  # tunnels left behind
        ("skip", "u1"),  # Skip code; 0 decoded
        ("flags", "u1"),  # Flag bits
        ("scale", "u1"),  # 1 + window scale that a SYN offers (RFC 7323, 2), 0 none
        ("shard", "u1"),  # logical shard 0..63, symmetric in the two addresses
    ],
    align=True,
)


class Flag(IntEnum):
    """Bits of PACKET.flags."""

    CUT = 1  # snaplen cut the payload
    REASSEMBLED = 2  # put together from IP fragments
    BAD_CHECKSUM = 4  # of IP, TCP or UDP: no reason to drop it (offloading), but to doubt it where others are good
    LENGTH_GUESSED = 8  # IP length 0 (offloading): taken from the frame
    TIME_UNKNOWN = 16  # the record has no time: that of the packet before it in its capture
    GOOD_CHECKSUM = 32  # all its checksums were there and right; neither bit: cut, or none sent
    STAMPED = 64  # has a TCP timestamp
    CONTESTED = 128  # of a datagram whose fragments contradict each other: one of two readings


class Skip(IntEnum):
    """Why a packet is not decoded; 0 is decoded. Names become `skipped.reason` in lower case."""

    DECODED = 0
    LINKTYPE_UNKNOWN = 1
    TRUNCATED_LINK = 2
    TRUNCATED_IP = 3
    MALFORMED_IP = 4
    TRUNCATED_TRANSPORT = 5
    MALFORMED_TRANSPORT = 6
    FRAGMENT = 7  # a piece of a datagram that was put together (counted here, its bytes are used)
    FRAGMENT_INCOMPLETE = 8
    TUNNEL_UNKNOWN = 9
    TUNNEL_TOO_DEEP = 10
    MALFORMED_LINK = 11
    ENCRYPTED = 12  # MACsec, protected 802.11, encrypted PPP, ESP without an IP header
    CONTROL_FRAME = 13  # 802.11 management and control, link aggregation, PPP control … (`unread.py`)
    OUTSIDE_PERIOD = 14  # --since / --until
    NOT_READ = 15  # taken apart, but nobody reads what it carries: an EtherType, an IP protocol


class Tunnel(IntEnum):
    """Codes of PACKET.tunnel; names become `flows.tunnel` in lower case."""

    NONE = 0
    PPPOE = 1
    GRE = 2
    ERSPAN1 = 3
    ERSPAN2 = 4
    ERSPAN3 = 5
    VXLAN = 6
    GENEVE = 7
    MPLS = 8
    IPIP = 9
    SIX_IN_FOUR = 10
    TEREDO = 11
    L2TP = 12
    AH = 13
    PPP = 14
    BATMAN = 15
    CAPWAP = 16


class Foreign(IntEnum):
    """What is recognised but not taken apart; names become the second half of `Decoder.names` in lower case."""

    NONE = 0
    GTP = 1
    CAPWAP = 2
    TZSP = 3
    TRILL = 7
    GRE_ROUTING = 8
    NSH = 9
    ESP = 16
    MACSEC = 17
    WLAN = 18  # protected 802.11 frames
    BATMAN = 10
    PPP = 19  # PPP encryption control protocol payload, MPPE


GRE_DETAIL = 0x10000  # added to the GRE protocol type in MISSED.detail

MISSED = np.dtype(
    [
        ("record", "u4"),  # row of Window.records
        ("detail", "u4"),  # link type, Foreign code, or GRE_DETAIL + GRE protocol type
        ("skip", "u1"),
    ],
    align=True,
)

FRAGMENT = np.dtype(
    [
        ("start", "u4"),  # IP header, offset in the buffer
        ("data", "u4"),  # first byte behind the headers
        ("length", "u4"),  # captured bytes from there
        ("wire_length", "u4"),  # the same by the IP header
        ("offset", "u4"),  # of these bytes in the datagram
        ("id", "u4"),
        ("next_at", "u4"),  # IPv6: where the byte is that names the fragment header
        ("record", "u4"),  # row of Window.records
        ("place", "u4"),  # rows decoded before it
        ("detail", "u4"),  # as MISSED.detail; the kernel's scratch for packets that are no fragments
        ("more", "u1"),
        ("next", "u1"),  # IP protocol behind the fragment header
        ("version", "u1"),  # 4 or 6
    ],
    align=True,
)
