"""Small messages at every length and with every byte another one, and numbers of protocols one after the other.

Bounds are met to the last byte, and tables of numbers entry by entry. Nothing is asked but what the released copy told.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from netaudit.validate.pack import containers, frames, names
from netaudit.validate.pack.answers import Made
from netaudit.validate.pack.containers import SECOND, Packet
from netaudit.validate.pack.draw import Draw
from netaudit.validate.pack.gathered import BODIES, MILLISECOND, Line, Thing, request_of, things

START = 1_780_000_000 * SECOND
SMALL = 100  # bytes of a message
SMALL_TALK, TALKS, OF_TALK = 600, 90, 16
SMALL_BODY, OF_BODY = 400, 8
FLOWS = 1500  # of a file, about
EDGES = (0, 1, 0x7F, 0x80, 0xFF)
ETHERTYPES = (*range(0x0600, 0x0606), *range(0x0800, 0x0810), *range(0x8030, 0x8040), *range(0x8100, 0x8110),
              *range(0x8130, 0x8140), *range(0x8840, 0x8920), *range(0x9000, 0x9010))  # fmt: skip
RECORD_TYPES = (*range(280), *range(32768, 32772))


def altered() -> Iterator[Made]:
    """All of them, in rooms of their own."""
    found = things()
    yield from _files("datagrams", _datagrams(_first(found["talk"])))
    yield from _files("talks", _talks(found["talk"]))
    yield from _files("bodies", _bodies(found["body"]))
    yield Made("numbers.pcap", containers.pcap(list(_numbers()), 1, nano=True), room="numbers")


def variants(draw: Draw, data: bytes) -> Iterator[bytes]:
    """Every beginning, then every byte another one, by turns at an edge, one more and anything."""
    for size in range(1, len(data)):
        yield data[:size]
    for at in range(len(data)):
        value = (draw.one(EDGES), data[at] + 1, data[at] - 1, data[at] ^ 1 << draw.below(8))[at % 4] & 0xFF
        yield data[:at] + bytes([value]) + data[at + 1 :]


def _some(draw: Draw, data: bytes, count: int) -> list[bytes]:
    every = list(variants(draw, data))
    return [draw.one(every) for _ in range(count)] if every else []


def _first(talks: Sequence[Thing]) -> list[tuple[tuple[int, int], list[tuple[int, bytes]]]]:
    """Ports and first datagrams of short exchanges over UDP, one of each kind; and of lookups."""
    found: dict[tuple[int, bytes], tuple[tuple[int, int], list[tuple[int, bytes]]]] = {}
    for head, data in talks:
        if head["proto"] != 17 or len(data) > SMALL:
            continue
        datagrams, at = [], 0
        for way, size in head["steps"]:
            datagrams.append((way, data[at : at + max(size, 0)]))
            at += max(size, 0)
        found.setdefault((head["ports"][1], data[:2]), ((head["ports"][0], head["ports"][1]), datagrams[:2]))
    draw = Draw("altered lookups")
    for number in range(6):
        _, _, _, asked, response = names.lookup(draw, number)
        found[53, bytes([number])] = ((40_000, 53), [(0, asked), (1, response)])
    return list(found.values())


def _line(number: int, ports: tuple[int, int], proto: int) -> Line:
    """A conversation of two hosts of its own."""
    ends = [f"{0xFFFF << 32 | high | number:032x}" for high in (0x0A14_0000, 0xC612_0000)]
    return Line({"ends": ends, "ports": list(ports), "proto": proto, "opened": 3}, START + number * 20 * MILLISECOND)


def _datagrams(found: Sequence[tuple[tuple[int, int], list[tuple[int, bytes]]]]) -> Iterator[list[Packet]]:
    """One of the datagrams altered, the others as they were."""
    number, draw = 0, Draw("altered datagrams")
    for ports, exchange in found:
        for place, (_, data) in enumerate(exchange):
            for other in variants(draw, data):
                number += 1
                line = _line(number, ports, 17)
                for turn, (way, whole) in enumerate(exchange):
                    line.say(
                        START + number * 20 * MILLISECOND + turn * MILLISECOND, way, other if turn == place else whole
                    )
                yield line.packets


def _talks(found: Sequence[Thing]) -> Iterator[list[Packet]]:
    """Short conversations over TCP: what one side says altered or cut off, the other as it was."""
    number, kinds, draw = 0, set[tuple[int, bytes]](), Draw("altered talks")
    for head, data in found:
        kind = head["ports"][1], data[:5]
        if head["proto"] != 6 or len(data) > SMALL_TALK or kind in kinds or len(kinds) >= TALKS:
            continue
        kinds.add(kind)
        for other in _some(draw, data, OF_TALK):
            number += 1
            line, at = _line(number, (head["ports"][0], head["ports"][1]), 6), 0
            ts = START + number * 20 * MILLISECOND + 10
            for turn, (way, size) in enumerate(head["steps"]):
                line.say(ts + turn * MILLISECOND // 2, way, other[at : at + max(size, 0)])
                at += max(size, 0)
            line.close(ts + MILLISECOND * len(head["steps"]))
            yield line.packets


def _bodies(found: Sequence[Thing]) -> Iterator[list[Packet]]:
    """Short bodies altered, as uploads."""
    draw = Draw("altered bodies")
    small = [(head, data) for head, data in found if len(data) <= SMALL_BODY]
    every = [(head, other) for head, data in small for other in _some(draw, data, OF_BODY)]
    for number in range(0, len(every), BODIES):
        line = _line(number, (41_000, 80), 6)
        ts = START + number * 20 * MILLISECOND + 10
        for place, (head, data) in enumerate(every[number : number + BODIES]):
            line.say(ts + place * MILLISECOND, 0, request_of(head, data, number + place))
            line.say(ts + place * MILLISECOND + 500_000, 1, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        line.close(ts + BODIES * MILLISECOND)
        yield line.packets


def _numbers() -> Iterator[Packet]:
    """A frame for each EtherType, protocol of IP and type of DNS record."""
    source, target = bytes.fromhex("021122334401"), bytes.fromhex("021122334402")
    made = [frames.ethernet(source, target, kind, b"\x45\0\0\x30" + bytes(44)) for kind in ETHERTYPES]
    for six in (False, True):
        ends = ("fd00:77::1", "fd00:77::2") if six else ("10.77.0.1", "10.77.0.2")
        for protocol in range(256):
            packet = frames.ip(*ends, protocol, struct.pack(">HH", protocol + 1, 9) + bytes([protocol]) * 36)
            made.append(frames.ethernet(source, target, frames.kind_of(packet), packet))
    for kind in RECORD_TYPES:
        asked = struct.pack(">HHHHHH", kind, 0x0100, 1, 0, 0, 0) + b"\x04host\x07example\x03com\0"
        asked += struct.pack(">HH", kind, 1)
        packet = frames.ip(
            "10.77.0.3", "10.77.0.4", 17, frames.udp(("10.77.0.3", 40000 + kind % 20000, "10.77.0.4", 53), asked)
        )
        made.append(frames.ethernet(source, target, 0x0800, packet))
    for number, frame in enumerate(made):
        yield Packet(START + number * MILLISECOND, frame)


def _files(name: str, conversations: Iterator[list[Packet]]) -> Iterator[Made]:
    """Files of conversations, each a room."""
    packets: list[Packet] = []
    number = count = 0
    for one in conversations:
        packets += one
        count += 1
        if count >= FLOWS or len(packets) > 6 * FLOWS:
            yield _file(f"altered-{name}-{number}", packets)
            packets, number, count = [], number + 1, 0
    if packets:
        yield _file(f"altered-{name}-{number}", packets)


def _file(name: str, packets: list[Packet]) -> Made:
    order = sorted(packets, key=lambda one: one.ts)
    return Made(f"{name}.pcap", containers.pcap(order, 1, nano=True), room=name)
