"""Hostile frames: seeds of every encapsulation, mutated; run by the tests in ordinary and in checked mode.

`python -m tests.packets.fuzz ROUNDS` runs it alone and prints how many frames it tried.
"""

from __future__ import annotations

import random
import sys

import numpy as np

from netaudit.capture.layouts import Window
from netaudit.packets.from_capture import Decoder
from tests.packets.frames import ethernet, ipv4, ipv6, tcp, udp, window

LINKTYPES = (
    0, 1, 6, 8, 9, 10, 12, 50, 51, 100, 101, 104, 105, 107, 108, 109, 113, 117, 119, 122, 127, 138, 163, 166, 192,
    204, 205, 206, 228, 229, 239, 240, 241, 242, 258, 274, 276, 7, 147, 65535,
)  # fmt: skip
PORTS = (4789, 8472, 4790, 6081, 3544, 1701, 6635, 4754, 2152, 5247, 37008)


def seeds():
    """Frames that reach deep, by link type (Ethernet and raw IP; the others are made of them)."""
    inner = ethernet(ipv4(tcp(b"GET / HTTP/1.1\r\n\r\n"), 6))
    inner6 = ipv6(udp(b"x" * 20))
    vxlan = bytes([8, 0, 0, 0, 0, 0, 9, 0]) + inner
    geneve = bytes([1, 0, 0x65, 0x58, 0, 0, 9, 0, 0, 0, 0, 0]) + inner
    l2tp = (
        bytes.fromhex("4002") + (8 + 4 + len(inner6)).to_bytes(2, "big") + bytes(4) + bytes.fromhex("ff030057") + inner6
    )
    bodies = [vxlan, geneve, l2tp, inner6, bytes([0x0C, 0, 0, 2, 0, 0, 1, 0]) + inner6, bytes(8)]
    frames = [ethernet(ipv4(udp(body, 999, port))) for body in bodies for port in PORTS]
    for header in (
        "00006558",
        "2000655800000001",
        "100088be00000001100a000100000000",
        "100022eb00000001200a00010000000000000000",
    ):
        frames.append(ethernet(ipv4(bytes.fromhex(header) + inner, 47)))
    frames.append(ethernet(ipv4(bytes.fromhex("3081880b000400010000000100000002ff030021") + ipv4(udp(b"pptp")), 47)))
    frames.append(ethernet(bytes.fromhex("0001f0ff 00002140") + inner[14:], 0x8847))
    frames.append(ethernet(bytes.fromhex("00002140 00000000") + inner, 0x8847))
    frames.append(ethernet(bytes.fromhex("110000010000 0021") + ipv4(tcp(), 6), 0x8864))
    frames.append(ethernet(bytes.fromhex("00000009") + inner, 0x88E7, tags=bytes.fromhex("88a80007 81000008")))
    frames.append(ethernet(ipv6(b"\x2c\0\1\4\0\0\0\0\x06\0\0\1\0\0\0\5" + tcp(b"piece"), 0), 0x86DD))
    frames.append(ethernet(ipv4(tcp(b"a" * 24), 6, more=True)))
    frames.append(ethernet(ipv4(ipv4(ipv6(udp(b"deep")), 41), 4)))
    frames.append(ethernet(ipv4(b"\x11\4\0\0" + bytes(20) + udp(b"ah"), 51)))
    snap = bytes.fromhex("aaaa03 000000 0800") + ipv4(tcp(b"wifi"), 6)
    wifi = bytes.fromhex("88020000") + bytes(range(18)) + bytes(4) + snap
    radiotap = bytes.fromhex("0000 0c00 04000000 1000 0000")[:8] + bytes.fromhex("02000000") + wifi
    frames += [wifi, radiotap, bytes.fromhex("00000800 69000000") + wifi, snap, ipv4(tcp(b"raw"), 6), inner6]
    frames.append(
        bytes.fromhex("02000000 0800 0100 00000000") + (4 + len(inner6)).to_bytes(2, "little") + b"\x09\0" + inner6
    )
    return frames


def mutate(random_, frame):
    """A few bytes changed, cut, doubled or grown."""
    data = bytearray(frame)
    for _ in range(random_.choice((0, 1, 1, 2, 4, 8))):
        if data:
            data[random_.randrange(len(data))] = random_.choice(
                (0, 1, 4, 6, 8, 0x45, 0x60, 0x7F, 0x80, 0xFF, random_.randrange(256))
            )
    kind = random_.randrange(6)
    if kind == 0:
        del data[random_.randrange(len(data) + 1) :]
    elif kind == 1:
        at = random_.randrange(len(data) + 1)
        data[at:at] = data[: random_.randrange(64)]
    elif kind == 2:
        data += random_.randbytes(random_.randrange(40))
    return bytes(data)


def fields(decoder, decoded, start):
    """What must not depend on the bytes round the frame: rows with payload offsets from the frame, skips, names."""
    packets = decoded.packets.copy()
    packets["payload"] -= np.uint32(start)
    return packets.tobytes(), decoder.skipped, decoder.names


def run(rounds, seed=1):
    """Decode `rounds` mutated frames, each under two surroundings; gives how many decoded."""
    random_ = random.Random(seed)
    pool = seeds()
    good = 0
    for i in range(rounds):
        frame = mutate(random_, random_.choice(pool))
        linktype = LINKTYPES[i % len(LINKTYPES)] if i % 2 else 1
        wirelen = len(frame) + random_.choice((0, 0, 0, 100, 70_000))
        answers = []
        for ending in (b"", b"\0" * 64):  # the frame is the last thing in the buffer, then not
            made = window([frame], linktype, wirelens=[wirelen])
            buffer = np.frombuffer(made.buffer.tobytes()[:-1] + ending, np.uint8)
            decoder = Decoder()
            decoded = decoder.feed(Window(buffer, made.records))
            decoder.finish()
            assert len(decoded.packets) - sum(decoder.unread.values()) + sum(decoder.skipped.values()) == 1
            for row in decoded.packets:
                assert int(row["payload"]) + int(row["length"]) <= 7 + len(frame)
                assert row["length"] <= row["wire_length"]
                assert row["shard"] < 64
                assert row["depth"] <= 8
            answers.append(fields(decoder, decoded, 0))
        assert answers[0] == answers[1], (linktype, frame.hex())
        good += len(decoded.packets)
    return good


if __name__ == "__main__":
    print(run(int(sys.argv[1])))
