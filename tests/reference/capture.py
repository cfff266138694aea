"""Slow twins of the capture stage: pcap and pcapng read by struct, one record after the other, from whole bytes."""

from __future__ import annotations

import struct
from typing import NamedTuple


class Packet(NamedTuple):
    """A packet as the capture stage must see it."""

    ts: int | None  # nanoseconds, None where the file has no time
    frame: int
    wirelen: int
    linktype: int
    interface: int
    data: bytes


def pcap(data: bytes) -> list[Packet]:
    """Whole records of a sound pcap, which may be cut at its end."""
    magic_little = struct.unpack("<I", data[:4])[0]
    order = "<" if magic_little in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34) else ">"
    magic = struct.unpack(order + "I", data[:4])[0]
    unit = 1 if magic == 0xA1B23C4D else 1000
    header = 24 if magic == 0xA1B2CD34 else 16
    linktype = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    packets: list[Packet] = []
    at = 24
    while at + header <= len(data):
        seconds, fraction, caplen, wirelen = struct.unpack(order + "IIII", data[at : at + 16])
        body = data[at + header : at + header + caplen]
        if len(body) < caplen:
            break
        packets.append(Packet(seconds * 10**9 + fraction * unit, len(packets) + 1, wirelen, linktype, 0, body))
        at += header + caplen
    return packets


def ticks_to_ns(ticks: int, resolution: int, offset_seconds: int = 0) -> int | None:
    """A pcapng time in nanoseconds, rounded down, by Python's unbounded integers."""
    power = resolution & 0x7F
    whole = ticks * 10**9
    time = (whole >> power if resolution & 0x80 else whole // 10**power) + 0
    if time > 2**62 or time + offset_seconds * 10**9 > 2**62:
        return None
    return time + offset_seconds * 10**9


def pcapng(data: bytes) -> list[Packet]:
    """Packets of a sound pcapng, which may be cut at its end."""
    packets: list[Packet] = []
    interfaces: list[tuple[int, int, int, int, int]] = []
    order, at, declared = "<", 0, 0
    frame = 0
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, total = struct.unpack(order + "II", data[at : at + 8])
        block = data[at : at + total]
        if len(block) < total:
            break
        body = block[8:-4]
        if kind == 1:
            linktype, _, snaplen = struct.unpack(order + "HHI", body[:8])
            resolution, offset, option = 6, 0, 8
            while option + 4 <= len(body):
                code, length = struct.unpack(order + "HH", body[option : option + 4])
                value = body[option + 4 : option + 4 + length]
                if code == 0:
                    break
                if code == 9:
                    resolution = value[0]
                if code == 14:
                    offset = struct.unpack(order + "q", value)[0]
                option += 4 + (length + 3) // 4 * 4
            interfaces.append((linktype, snaplen, resolution, offset, declared))
            declared += 1
        elif kind in (2, 6):
            number = struct.unpack(order + ("I" if kind == 6 else "H"), body[: 4 if kind == 6 else 2])[0]
            high, low, caplen, wirelen = struct.unpack(order + "IIII", body[4:20])
            linktype, _, resolution, offset, serial = (0xFFFF, 0, 6, 0, 0xFFFFFFFF)
            if number < len(interfaces):
                linktype, _, resolution, offset, serial = interfaces[number]
            frame += 1
            time = ticks_to_ns(high << 32 | low, resolution, offset)
            packets.append(Packet(time, frame, wirelen, linktype, serial, body[20 : 20 + caplen]))
        elif kind == 3:
            wirelen = struct.unpack(order + "I", body[:4])[0]
            linktype, snaplen, serial = (
                (interfaces[0][0], interfaces[0][1], interfaces[0][4]) if interfaces else (0xFFFF, 0, 0xFFFFFFFF)
            )
            caplen = min(wirelen, len(body) - 4, snaplen or wirelen)
            frame += 1
            packets.append(Packet(None, frame, wirelen, linktype, serial, body[4 : 4 + caplen]))
        elif kind in (0xBAD, 0x40000BAD, 9):
            frame += 1
        at += total
    return packets
