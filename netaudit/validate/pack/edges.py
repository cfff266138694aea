"""Frames with every byte another one, numbers of headers one after the other, pictures sent bare, files in compression.

Nothing is asked but what the released copy told. Frames of zstd (RFC 8878) and lz4 without compression, and the sums at
their ends (XXH32, XXH64), are written here.
"""

from __future__ import annotations

import base64
import functools
import struct
from collections.abc import Callable, Iterator, Sequence

from netaudit.validate.pack import containers, frames, pictures
from netaudit.validate.pack.answers import Made
from netaudit.validate.pack.containers import SECOND, Packet
from netaudit.validate.pack.draw import Draw
from netaudit.validate.pack.gathered import MILLISECOND, Line, request_of

A32, B32, C32, D32, E32 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
A64, B64, C64 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
D64, E64 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def _turned(value: int, by: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return (value << by | value >> bits - by) & (1 << bits) - 1


def xxh32(data: bytes) -> int:
    """XXH32 with seed 0."""
    mask, at = (1 << 32) - 1, 0
    if len(data) >= 16:
        lanes = [(A32 + B32) & mask, B32, 0, -A32 & mask]
        while at + 16 <= len(data):
            for lane, word in enumerate(struct.unpack_from("<4I", data, at)):
                lanes[lane] = _turned(lanes[lane] + word * B32, 13, 32) * A32 & mask
            at += 16
        found = sum(_turned(lane, by, 32) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
    else:
        found = E32
    found += len(data)
    while at + 4 <= len(data):
        found = _turned(found + struct.unpack_from("<I", data, at)[0] * C32, 17, 32) * D32
        at += 4
    for byte in data[at:]:
        found = _turned(found + byte * E32, 11, 32) * A32
    found &= mask
    found = (found ^ found >> 15) * B32 & mask
    found = (found ^ found >> 13) * C32 & mask
    return found ^ found >> 16


def _round(lane: int, word: int) -> int:
    return _turned(lane + word * B64, 31, 64) * A64 & (1 << 64) - 1


def xxh64(data: bytes) -> int:
    """XXH64 with seed 0."""
    mask, at = (1 << 64) - 1, 0
    if len(data) >= 32:
        lanes = [(A64 + B64) & mask, B64, 0, -A64 & mask]
        while at + 32 <= len(data):
            for lane, word in enumerate(struct.unpack_from("<4Q", data, at)):
                lanes[lane] = _round(lanes[lane], word)
            at += 32
        found = sum(_turned(lane, by, 64) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            found = ((found & mask) ^ _round(0, lane)) * A64 + D64
    else:
        found = E64
    found += len(data)
    while at + 8 <= len(data):
        found = _turned((found & mask) ^ _round(0, struct.unpack_from("<Q", data, at)[0]), 27, 64) * A64 + D64
        at += 8
    if at + 4 <= len(data):
        found = _turned((found & mask) ^ struct.unpack_from("<I", data, at)[0] * A64 & mask, 23, 64) * B64 + C64
        at += 4
    for byte in data[at:]:
        found = _turned((found & mask) ^ byte * E64 & mask, 11, 64) * A64
    found &= mask
    found = (found ^ found >> 33) * B64 & mask
    found = (found ^ found >> 29) * C64 & mask
    return found ^ found >> 32


def _blocks(data: bytes, size: int) -> Iterator[tuple[bytes, bool]]:
    for at in range(0, len(data), size):
        yield data[at : at + size], at + size >= len(data)


def zstd_frame(data: bytes, block: int, *, summed: bool = False, single: bool = True) -> bytes:
    """Blocks as they are, or of one byte many times; with the size of what is in them, or with a window."""
    descriptor = (0x20 if single else 0) | (0x04 if summed else 0) | (0x80 if single else 0)
    out = struct.pack("<IB", 0xFD2FB528, descriptor) + (struct.pack("<I", len(data)) if single else b"\x58")
    for part, last in _blocks(data, block):
        same = part == part[:1] * len(part)
        out += (len(part) << 3 | (2 if same else 0) | last).to_bytes(3, "little") + (part[:1] if same else part)
    return out + (struct.pack("<I", xxh64(data) & 0xFFFFFFFF) if summed else b"")


def lz4_frame(data: bytes, block: int) -> bytes:
    """Blocks as they are, with a sum of the whole."""
    head = b"\x64\x40"  # version 1, independent blocks, sum of the content; at most 64 KiB in a block
    out = b"\x04\x22\x4d\x18" + head + bytes([xxh32(head) >> 8 & 0xFF])
    for part, _ in _blocks(data, block):
        out += struct.pack("<I", len(part) | 1 << 31) + part
    return out + bytes(4) + struct.pack("<I", xxh32(data))


START = 1_785_000_000 * SECOND
HEADS, STEP = 76, 3  # bytes of a frame that are altered; between lengths at which it ends
OF_KINDS = ("rare", "tunnels", "links")
LINKS = (*range(300), 0x8000)
SMALL = (24, 16)  # of a picture
EDGES = (0, 1, 0x7F, 0x80, 0xFF)
PACKED = {"type": "application/json", "encoding": "zstd", "name": ""}  # of a body
ENDS = (bytes.fromhex("0211223344a1"), bytes.fromhex("0211223344a2"))


def edges(known: Sequence[Made]) -> Iterator[Made]:
    """All of them, in rooms of their own."""
    yield from _frames(known)
    yield from _numbers()
    yield _bare()
    yield from _packed(known)
    yield from _cut()


def _frames(known: Sequence[Made]) -> Iterator[Made]:
    """Of every way in which a packet lies in a file one, altered byte by byte and cut off."""
    for made in known:
        if made.room not in OF_KINDS or made.write is None:
            continue
        whole = [one for one in made.packets if len(one.data) >= HEADS] or list(made.packets)
        data = min(whole, key=lambda one: len(one.data)).data
        draw = Draw(f"edges {made.name}")
        packets = [Packet(0, other, len(data)) for other in _variants(draw, data)]
        dated = [Packet(START + at * MILLISECOND, one.data, one.wire) for at, one in enumerate(packets)]
        yield Made(f"edges-{made.name}", made.write(dated), room=f"edges-{made.room}")


def _variants(draw: Draw, data: bytes) -> Iterator[bytes]:
    within = min(len(data), HEADS)
    for at in range(within):
        value = (data[at] + 1, data[at] - 1, draw.one(EDGES), data[at] ^ 1 << draw.below(8))[draw.below(4)] & 0xFF
        yield data[:at] + bytes([value]) + data[at + 1 :]
    for size in range(1, within, STEP):
        yield data[:size]


def _inner(number: int) -> bytes:
    ends = ("10.79.0.1", 1024 + number % 60000, "10.79.0.2", 9)
    return frames.ip(ends[0], ends[2], 17, frames.udp(ends, struct.pack(">I", number)))


def _numbered(name: str, link: int, made: Sequence[bytes]) -> Made:
    packets = [Packet(START + at * MILLISECOND, one) for at, one in enumerate(made)]
    return Made(f"{name}.pcap", containers.pcap(packets, link, nano=True), room="numbers-of-links")


def _numbers() -> Iterator[Made]:
    """Fields of link headers that say what follows, with all values that a byte has, or many of a word."""
    low, words = range(256), (*range(0x110), *range(0x200, 0x2A0), *range(0x8020, 0x8060), *range(0xC020, 0xC030))
    yield _numbered("ppp", containers.PPP, [b"\xff\x03" + struct.pack(">H", one) + _inner(one) for one in words])
    yield _numbered("null", containers.NULL, [struct.pack("<I", one) + _inner(one) for one in low])
    yield _numbered("nlpid", 107, [b"\x18\x41\x03" + bytes([one]) + _inner(one) for one in low])
    places = (*range(16), 0xF8, 0x0C, 0x80C2, 0xFFFFFF)
    snaps = [b"\xaa\xaa\x03" + struct.pack(">I", one)[1:] + b"\x08\0" for one in places]
    yield _numbered("snap", containers.ETHERNET, [_llc(head + _inner(at)) for at, head in enumerate(snaps)])
    yield _numbered("llc", containers.ETHERNET, [_llc(bytes([one, one, 3]) + _inner(one)) for one in low])
    kinds = [_cooked(one, 0x800) + _inner(one) for one in range(0, 1024, 4)]
    yield _numbered("cooked", containers.SLL, kinds)
    yield _numbered("cooked-types", containers.SLL, [_cooked(1, one) + _inner(one) for one in low])
    heads = [struct.pack(">HH", flags << 8, 0x800) + bytes(4 * (flags & 0xF0).bit_count()) for flags in low]
    gre = [frames.ip("10.79.1.1", "10.79.1.2", 47, head + _inner(at)) for at, head in enumerate(heads)]
    yield _numbered("gre", containers.RAW, gre)
    order, listed = "<", [one for one in LINKS if one < 0x8000]
    data = containers.section(order) + b"".join(containers.interface(order, one, 9) for one in listed)
    for number, link in enumerate(listed):
        for turn, packet in enumerate((_inner(link), bytes(range(64)))):
            one = Packet(START + (2 * number + turn) * MILLISECOND, packet, interface=number)
            data += containers.enhanced(order, one, 10**9)
    yield Made("linktypes.pcapng", data, room="numbers-of-links")


def _cooked(hardware: int, kind: int) -> bytes:
    return struct.pack(">HHH8sH", 0, hardware, 6, b"\2\0\0\0\0\7\0\0", kind)


def _llc(data: bytes) -> bytes:
    return ENDS[1] + ENDS[0] + struct.pack(">H", len(data)) + data


def _bare() -> Made:
    """Pictures over TCP without any protocol: whole, cut off, altered, with a loss, in base64, one behind the other."""
    draw, streams = Draw("bare"), list[list[tuple[int, bytes]]]()
    for make in pictures.KINDS.values():
        data = make(draw, *SMALL)
        streams += [[(0, b"\x01\x02head" + data + b"tail")], [(0, data), (0, data[:40]), (-60, b""), (0, data[100:])]]
        streams += [[(0, data[:size])] for size in range(1, 64, 3)]
        streams += [[(0, _other(draw, data, at)), (0, b"x" * 20)] for at in (*range(40), *range(40, len(data), 41))]
        streams += [[(0, data[:at]), (-7, b""), (0, data[at + 7 :])] for at in (3, 12, 25, 50, 90, len(data) - 12)]
        text = base64.b64encode(data)
        streams += [[(0, text)], [(0, b'{"a":"' + text + b'","b":1}')], [(0, text[:300]), (-4, b""), (0, text[304:])]]
        streams += [[(0, text[:size])] for size in (1, 2, 3, 4, 9, 10, 11, 12, 255, 256, 257)]
        streams += [[(0, b"\r\n".join(text[at : at + 76] for at in range(0, len(text), 76)) + b"\r\n\r\nx")]]
    streams += [[(0, request_of(PACKED, other, at))] for at, other in enumerate(_zstd_bodies(draw))]
    webp = b"RIFF" + struct.pack("<I", 40) + b"WEBPVP8 " + bytes(32)
    streams += [[(0, webp[:size] + b"zz")] for size in range(1, len(webp) + 1, 2)]
    packets: list[Packet] = []
    for number, steps in enumerate(streams):
        ends = [f"{0xFFFF << 32 | high | number:032x}" for high in (0x0A15_0000, 0xC613_0000)]
        ts = START + number * 20 * MILLISECOND
        line = Line({"ends": ends, "ports": [30_000 + number % 30_000, 9_500], "proto": 6, "opened": 3}, ts)
        for turn, (size, data) in enumerate(steps):
            if size < 0:
                line.lose(0, -size)
            else:
                line.say(ts + (turn + 1) * MILLISECOND, 0, data)
        line.close(ts + 10 * MILLISECOND)
        packets += line.packets
    return Made("bare.pcap", containers.pcap(sorted(packets, key=lambda one: one.ts), 1, nano=True), room="bare")


def _zstd_bodies(draw: Draw) -> Iterator[bytes]:
    text = b'{"name":"' + draw.word(60).encode() + b'","none":"' + bytes([48]) * 90 + b'"}'
    for summed, single in ((False, True), (True, True), (True, False)):
        one = zstd_frame(text, 40, summed=summed, single=single)
        yield from (one, one + one, one + b"more")
        yield from (one[:size] for size in range(1, len(one), 5))
        yield from (_other(draw, one, at) for at in range(14))


def _other(draw: Draw, data: bytes, at: int) -> bytes:
    return data[:at] + bytes([(data[at] + draw.one((1, 128, 255))) & 0xFF]) + data[at + 1 :]


def _cut() -> Iterator[Made]:
    """A file of two packets that ends at every byte of its second one, of every kind of file."""
    packets = [Packet(START + at * MILLISECOND, ENDS[1] + ENDS[0] + b"\x08\0" + _inner(at)) for at in range(2)]
    written: dict[str, Callable[..., bytes]] = {
        "pcap": containers.pcap, "big.pcap": functools.partial(containers.pcap, order=">", nano=True),
        "pcapng": containers.pcapng, "big.pcapng": functools.partial(containers.pcapng, order=">"),
    }  # fmt: skip
    for name, write in written.items():
        first, both = (len(write(packets[:count], link=containers.ETHERNET)) for count in (1, 2))
        data = write(packets, link=containers.ETHERNET)
        for size in range(first - 4, both, 1 if name[:3] != "big" else 5):
            yield Made(f"ends-{size}.{name}", data[:size], room=f"ends-{name.replace('.', '-')}")


def _packed(known: Sequence[Made]) -> Iterator[Made]:
    """A small capture in frames of zstd and lz4, in members of gzip; cut off, damaged, with other things behind."""
    source = next(one for one in known if one.name == "cut250.cap").data
    pack: dict[str, Callable[[bytes], bytes]] = {
        "zst": functools.partial(zstd_frame, block=900),
        "zst-sum": functools.partial(zstd_frame, block=5000, summed=True),
        "zst-window": functools.partial(zstd_frame, block=700, single=False),
        "lz4": functools.partial(lz4_frame, block=1500),
        "gz": containers.gzipped,
    }
    for name, packer in pack.items():
        one = packer(source)
        half = len(source) // 2
        forms = {
            "whole": one, "twice": packer(source[:half]) + packer(source[half:]), "padded": one + bytes(20),
            "cut": one[: len(one) - 9], "short": one[:11], "followed": one + b"something else that is no capture",
            "wrong": one[:half] + bytes([one[half] ^ 0x55]) + one[half + 1 :],
            "head": one[:6] + bytes([one[6] ^ 1]) + one[7:],
        }  # fmt: skip
        if name.startswith("zst"):
            forms["skips"] = b"\x50\x2a\x4d\x18" + struct.pack("<I", 30) + bytes(30) + one
        for form, data in forms.items():
            yield Made(f"packed-{form}.pcap.{name}", data, room="packed")
