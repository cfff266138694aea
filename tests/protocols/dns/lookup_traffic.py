"""Random DNS traffic, plain and unusual, whole and damaged, as packets of `tests.streams.wire`."""

from __future__ import annotations

import struct

from tests.devices.observations.test_service_bindings import key_of_ech
from tests.devices.observations.test_service_bindings import record as record_of_service
from tests.streams.wire import packet

SECOND = 1_000_000_000
RESOLVERS = (0xFFFF_C0A8_03FE, 0xFFFF_0808_0808)
CLIENTS = (0xFFFF_C0A8_0301, 0xFFFF_C0A8_0302, 0xFFFF_C0A8_0303)
NAMES = (
    b"\x03www\x07example\x02cn\0", b"\x03WwW\x07Example\x02cn\0", b"\x04h001\x0dexample-cloud\x02cn\0",
    b"\x0b13800138000\x03com\0", b"\x01a\0", b"\x3f" + b"x" * 63 + b"\x02cn\0", (b"\x3e" + b"y" * 62) * 4 + b"\0",
)  # fmt: skip
ODD_NAMES = (
    b"\0", b"\x03a.b\x02cn\0", b"\x06\xe5\xbc\xa0\xe4\xb8\x89\x02cn\0", b"\x01\xff\0", b"\x03a\x00b\x02cn\0", b"\x02<a\0",
    (b"\x3f" + b"z" * 63) * 4 + b"\0", b"\xc0\x0c", b"\xc0\x00", b"\x01*\x02cn\0", b"\x41aa\0", b"\x0511\r\n2\0",
)  # fmt: skip
PORTS = (40_000, 40_001, 40_002, 50_000, 53, 137, 123, 1023, 1024, 5353, 5355, 5060, 161)


QUESTION_FLAGS = (0x0120, 0x0110, 0x0000, 0x0900, 0x0300, 0x0140)
ANSWER_FLAGS = (0x8580, 0x8183, 0x81A0, 0x8380, 0x8080, 0x0180, 0x8182)
OWNERS = (b"\x05other\xc0\x0c", b"\3A-b\2cN\0", b"\xc0\x10", b"\xc0\xff", b"\0", b"\xc0\x0c\0", b"\1*\0")
VALUES = (
    (28, bytes.fromhex("20010db8") + bytes(11) + b"\1"), (28, bytes(10) + b"\xff\xff\1\2\3\4"), (28, bytes(12) + b"\1\2\3\4"),
    (28, bytes(16)), (1, bytes((120, 24, 5, 7))), (5, b"\3cdn\xc0\x0c"), (5, b"\xc0\xff"), (16, b"\3a=b"),
    (33, bytes(6) + b"\1h\0"), (6, b"\xc0\x0c\xc0\x0c" + bytes(20)), (41, b""), (12, b"\1p\0"), (1, b"abc"), (999, b"xy"),
    (65, record_of_service(key_of_ech(b"front.cn"), hints=("192.0.2.7",))), (64, record_of_service()), (65, b"\0\1"),
)  # fmt: skip


def question(rng, name, ident, kind, odd):
    flags = 0x0100 if rng.random() > odd else rng.choice(QUESTION_FLAGS)
    asked = name + struct.pack(">HH", kind, 1)
    if rng.random() < 0.7:
        return struct.pack(">6H", ident, flags, 1, 0, 0, 0) + asked
    option = b"\0" + struct.pack(">HHIH", 41, 1232, rng.choice((0, 0x8000)), 0)
    if rng.random() < odd:
        option = b"\0" + struct.pack(">HHIH", 41, 1232, 0x010000, 12) + struct.pack(">HH", 10, 8) + bytes(8)
    return struct.pack(">6H", ident, flags, 1, 0, 0, 1) + asked + option


def record(rng, odd):
    owner = b"\xc0\x0c" if rng.random() > odd else rng.choice(OWNERS)
    kind, value = (1, bytes((120, 24, 5, 6))) if rng.random() > 2 * odd else rng.choice(VALUES)
    return owner + struct.pack(">HHIH", kind, 1, 300, len(value)) + value


def answer(rng, name, ident, kind, odd):
    flags = 0x8180 if rng.random() > odd else rng.choice(ANSWER_FLAGS)
    records = [record(rng, odd) for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 6)))]
    counts = [len(records), 0, 0]
    if records and rng.random() < 0.2:
        counts = [len(records) - 1, 0, 1]
    body = name + struct.pack(">HH", kind, 1) + b"".join(records)
    return struct.pack(">6H", ident, flags, 1, *counts) + body


def damaged(rng, data):
    """The bytes with something wrong; and how long they were on the wire."""
    change = rng.randrange(4)
    if change == 0:
        at = rng.randrange(len(data))
        return data[:at] + bytes((rng.randrange(256),)) + data[at + 1 :], 0
    if change == 1:
        return data[: rng.randrange(len(data))], 0
    if change == 2:
        return data + rng.randbytes(rng.choice((1, 11))), 0
    cut = rng.randrange(len(data))
    return data[:cut], len(data)


def exchange(rng, odd):
    """(direction, bytes, length on the wire) of a question, its answer, or what comes in their place."""
    name = rng.choice(NAMES) if rng.random() > odd else rng.choice(ODD_NAMES)
    ident = rng.choice((1, 2, 3, 4, 0x3C3C, 0xD0F2, 0xB300, 0xFF00))
    kind = rng.choice((1, 1, 28, 65)) if rng.random() > odd else rng.choice((257, 99, 0, 41, 255))
    steps = (
        rng.choice(("qa", "qa", "qa", "qqa", "qaa", "qQa"))
        if rng.random() > odd
        else rng.choice(("q", "a", "aq", "qb", "n"))
    )
    for step in steps:
        if step == "n":
            yield rng.randrange(2), rng.randbytes(rng.choice((0, 1, 20, 90))), 0
            continue
        if step in "qQ":
            direction = 0
            data = question(rng, name.swapcase() if step == "Q" and name[1:2] == b"w" else name, ident, kind, odd)
        else:
            direction = 1
            data = answer(rng, name, ident ^ (step == "b"), kind, odd)
        yield direction, *((data, 0) if rng.random() > odd else damaged(rng, data))


def conversation(rng, port):
    """Datagrams between one port of a client and one of a resolver, in order; most are as usual as can be."""
    odd = rng.choice((0, 0, 0, 0.05, 0.2))
    client = (rng.choice(CLIENTS), port if rng.random() > 0.1 else rng.choice(PORTS))
    server = (rng.choice(RESOLVERS), 53 if rng.random() > 0.07 else rng.choice((5353, 5355, 1053, 80)))
    return [
        packet(
            *((client, server) if direction == 0 else (server, client)),
            data=data, wire=wire, proto=17, shard=(client[0] + server[0]) % 4,
        )
        for _ in range(rng.choice((1, 1, 2, 4)))
        for direction, data, wire in exchange(rng, odd)
    ]  # fmt: skip


def traffic(rng, conversations):
    """Packets of many conversations, mixed, with times and frames."""
    queues = [conversation(rng, 20_000 + number) for number in range(conversations)]
    packets, now = [], 1_700_000_000 * SECOND
    while queues := [queue for queue in queues if queue]:
        queue = rng.choice(queues[: rng.choice((1, 2, 3, 30))])
        now += rng.choice((0, 1000, 300_000, 300_000, SECOND, -SECOND, 3 * SECOND, 10 * SECOND))
        packets.append({**queue.pop(0), "ts": now, "frame": len(packets) + 1})
    return packets
