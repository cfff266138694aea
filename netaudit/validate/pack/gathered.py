"""Captures of what the tests of the reading rooms say, without known answers.

A copy has to tell of them what the released one told (A90).
`gathered.bin` holds the things (tests/validate/gathering.py writes it): each a line of JSON and its bytes. Made of them
are conversations, packet by packet; frames as they are, a file for each kind of link; bodies as uploads; whole files.
"""

from __future__ import annotations

import ipaddress
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from netaudit.validate.pack import containers, frames
from netaudit.validate.pack.answers import Made
from netaudit.validate.pack.containers import SECOND, Packet
from netaudit.validate.pack.frames import ACK, FIN, PSH, SYN

MSS = 1400
START = 1_770_000_000 * SECOND
BETWEEN = 1000 * SECOND  # conversations of different tests, so that no datagram is taken for one of the last
MICROSECOND, MILLISECOND = 1000, 1_000_000
TURN = 20 * MILLISECOND  # from one to the next thing that a test brings
PACKETS = 3000  # of a file, about
BODIES = 12  # of a connection
FILES = 24  # of a room: all of them are open at once
MACS = (bytes.fromhex("021122330001"), bytes.fromhex("021122330002"))
Thing = tuple[dict[str, Any], bytes]


def things() -> dict[str, list[Thing]]:
    """What was gathered, by kind, in its order."""
    data = zlib.decompress(files(__package__).joinpath("gathered.bin").read_bytes())
    found: dict[str, list[Thing]] = defaultdict(list)
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        head = json.loads(data[at:end])
        at = end + 1 + head["size"]
        found[head["kind"]].append((head, data[end + 1 : at]))
    return found


def gathered() -> Iterator[Made]:
    """All captures, each in its room: what is audited together."""
    found = things()
    yield from _talks(found["talk"])
    yield from _bodies(found["body"])
    yield from _frames(found["frames"])
    for number, (head, data) in enumerate(found["file"]):
        yield Made(f"file{number:03}{head['suffix']}", data, room=f"files-{number // FILES:02}")


class Line:
    """One conversation while it is sent: TCP with its numbers, or datagrams."""

    def __init__(self, head: dict[str, Any], ts: int) -> None:
        one, other = (_address(text) for text in head["ends"])
        client, server = head["ports"]
        self.ends = ((one, client, other, server), (other, server, one, client))
        self.tcp, self.number = head["proto"] == 6, [1000, 5000]
        self.packets: list[Packet] = []
        if self.tcp and head["opened"] & 1:
            self._segment(ts, 0, SYN)
        if self.tcp and head["opened"] & 2:
            self._segment(ts + 1, 1, SYN | ACK)
        self.number = [1001, 5001]

    def _segment(self, ts: int, way: int, flags: int, data: bytes = b"") -> None:
        packet = frames.tcp(self.ends[way], self.number[way], self.number[not way], flags, data)
        self._put(ts, way, 6, packet)

    def _put(self, ts: int, way: int, protocol: int, data: bytes) -> None:
        packet = frames.ip(self.ends[way][0], self.ends[way][2], protocol, data)
        frame = frames.ethernet(MACS[way], MACS[not way], frames.kind_of(packet), packet)
        self.packets.append(Packet(ts, frame))

    def say(self, ts: int, way: int, data: bytes) -> None:
        """Bytes of one direction."""
        if not self.tcp:
            self._put(ts, way, 17, frames.udp(self.ends[way], data))
            return
        for at in range(0, len(data), MSS):
            piece = data[at : at + MSS]
            self._segment(ts + at, way, ACK | PSH, piece)
            self.number[way] += len(piece)

    def lose(self, way: int, size: int) -> None:
        """Bytes that were sent and are not in the file."""
        self.number[way] += size

    def close(self, ts: int) -> None:
        """FIN of both."""
        for way in (0, 1) if self.tcp else ():
            self._segment(ts + way, way, FIN | ACK)
            self.number[way] += 1


def _address(text: str) -> str:
    """A flow's address as it is written; IPv4 is mapped into IPv6."""
    data = bytes.fromhex(text)
    return str(ipaddress.ip_address(data[12:] if data[:12] == bytes(10) + b"\xff\xff" else data))


def _talks(found: Sequence[Thing]) -> Iterator[Made]:
    """Conversations that a test held at the same time are at the same time; all others lie far apart."""
    packets: list[Packet] = []
    ts, number, span = START, 0, (-1, 0, 0)  # of which test, and from when to when
    for head, data in found:
        if len({len(_address(text).split(":")) == 1 for text in head["ends"]}) > 1 or not head["times"]:
            continue
        first, last = head["times"][0], head["times"][-1]
        if span[0] != head["of"] or first > span[2]:
            if len(packets) > PACKETS:
                yield _written(f"talk{number:02}.pcap", packets, f"talks-{number:02}")
                packets, number = [], number + 1
            ts, span = ts + BETWEEN, (head["of"], first, last)
        span = (span[0], span[1], max(span[2], last))
        packets += _talk(head, data, ts - span[1] * TURN)
    if packets:
        yield _written(f"talk{number:02}.pcap", packets, f"talks-{number:02}")


def _talk(head: dict[str, Any], data: bytes, ts: int) -> list[Packet]:
    """One of them, its turns in their times."""
    line, at = Line(head, ts + head["times"][0] * TURN - 2), 0
    for number, ((way, size), time) in enumerate(zip(head["steps"], head["times"], strict=True)):
        when = ts + time * TURN + number * MICROSECOND * 100
        if size > 0:
            line.say(when, way, data[at : at + size])
            at += size
        else:
            line.lose(way, -size)
    line.close(ts + head["times"][-1] * TURN + TURN // 2)
    return line.packets


def _written(name: str, packets: Sequence[Packet], room: str, link: int = containers.ETHERNET) -> Made:
    """A capture in order of time."""
    order = sorted(packets, key=lambda one: one.ts)
    return Made(name, containers.pcap(order, link, nano=True), room=room)


def _bodies(found: Sequence[Thing]) -> Iterator[Made]:
    """Bodies as uploads over HTTP/1, each answered."""
    packets: list[Packet] = []
    for number in range(0, len(found), BODIES):
        ends = [
            f"0000000000000000000000000000000000ffff{value:08x}"[-32:] for value in (0x0A0A0002 + number, 0xC6336407)
        ]
        line = Line({"ends": ends, "ports": [41000 + number, 80], "proto": 6, "opened": 3}, START + number * SECOND)
        for place, (head, data) in enumerate(found[number : number + BODIES]):
            ts = START + number * SECOND + (place + 1) * 50 * MILLISECOND
            line.say(ts, 0, request_of(head, data, number + place))
            line.say(ts + MILLISECOND * 20, 1, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        line.close(START + (number + BODIES) * SECOND)
        packets += line.packets
        if len(packets) > PACKETS:
            yield _written(f"body{number:05}.pcap", packets, f"bodies-{number:05}")
            packets = []
    if packets:
        yield _written("body-rest.pcap", packets, "bodies-rest")


def request_of(head: dict[str, Any], data: bytes, number: int) -> bytes:
    """An upload of a body, with what was said of it."""
    fields = [f"POST /{number} HTTP/1.1", "Host: up.example.com"]
    fields += [f"Content-Type: {head['type']}"] if head["type"] else []
    fields += [f"Content-Encoding: {head['encoding']}"] if head["encoding"] else []
    name = head["name"].replace('"', "")
    fields += [f'Content-Disposition: attachment; filename="{name}"'] if name else []
    return "\r\n".join([*fields, f"Content-Length: {len(data)}", "", ""]).encode() + data


def _frames(found: Sequence[Thing]) -> Iterator[Made]:
    """Frames as they are, a file for each kind of link; one after the other in time."""
    packets: dict[int, list[Packet]] = defaultdict(list)
    links = sorted({head["link"] for head, _ in found})
    for number, (head, data) in enumerate(found):
        at, ts = 0, START + (links.index(head["link"]) * len(found) + number) * BETWEEN
        for place, (size, wire) in enumerate(head["sizes"]):
            packets[head["link"]].append(Packet(ts + place * MILLISECOND, data[at : at + size], wire))
            at += size
    for link in links:
        yield _written(f"frames{link}.pcap", packets[link], "frames", link)
