"""Captures that are small or plain to send and dear to read: one function each, giving chunks of packets.

All of them are one inside network and servers outside; checksums are right. Whatever stands in them is invented.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import synth
from build import BEGIN, Chunk, merge

SEGMENT = 1448
FIN, SYN, PSH, ACK = 1, 2, 8, 16
STEP = 50_000  # ns between segments
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\0\0\0\2\0\x08\2\0\0\0" + struct.pack(">I", zlib.crc32(b"IHDR"))
Rows = list[synth.Rows]


def address(number: int, network: int = 0x0A000000) -> int:
    """An inside host."""
    return network + 256 + number


SERVER = synth.address("47.96.10.20")


def upload(client: int, port: int, data: bytes, *, begin: int = BEGIN, holes: dict[int, int] | None = None,
           step: int = STEP, ends: bool = True, server: int = SERVER, to: int = 80) -> Rows:  # fmt: skip
    """A connection that sends `data` upwards; before byte k of it, `holes[k]` bytes are left out."""
    rows = [_one(begin, client, server, (port, to), 999, 0, b"", SYN)]
    rows += [_one(begin + 1000, server, client, (to, port), 4999, 1000, b"", SYN | ACK)]
    at, now, sequence = 0, begin + 2000, 1000
    for first in [*sorted(holes or {}), len(data)]:
        part, at = data[at:first], first
        rows += _run(part, now, (client, server, port, to), sequence, step)
        now += (len(part) // SEGMENT + 2) * step
        sequence += len(part) + (holes or {}).get(first, 0)
        rows.append(_one(now, server, client, (to, port), 5000, sequence, b"", ACK))
        now += step
    if ends:
        rows += [_one(now, client, server, (port, to), sequence, 5000, b"", FIN | ACK)]
        rows += [_one(now + 1000, server, client, (to, port), 5000, sequence + 1, b"", FIN | ACK)]
    return rows


def _run(data: bytes, begin: int, ends: tuple[int, int, int, int], sequence: int, step: int) -> Rows:
    client, server, port, to = ends
    whole, rows = len(data) // SEGMENT, []
    if whole:
        count = np.arange(whole)
        full = [np.full(whole, value) for value in ends]
        times = begin + count * step
        payload = np.frombuffer(data, np.uint8, whole * SEGMENT).reshape(whole, SEGMENT)
        still = np.full(whole, 5000)
        rows.append(synth.tcp(times, full[0], full[1], (full[2], full[3]), sequence + count * SEGMENT, still, payload))
        some = slice(1, None, 2)
        back = [column[some] for column in full]
        acked = (sequence + (count + 1) * SEGMENT)[some]
        nothing = np.zeros((len(back[0]), 0), np.uint8)
        rows.append(
            synth.tcp(times[some] + 1, back[1], back[0], (back[3], back[2]), back[0] * 0 + 5000, acked, nothing)
        )
    if rest := data[whole * SEGMENT :]:
        place = sequence + whole * SEGMENT
        rows.append(_one(begin + whole * step, client, server, (port, to), place, 5000, rest, PSH | ACK))
    return rows


def _one(at: int, source: int, target: int, ports: tuple[int, int], sequence: int, acknowledged: int, data: bytes,
         flags: int) -> synth.Rows:  # fmt: skip
    payload = np.frombuffer(data, np.uint8).reshape(1, -1)
    numbers = [np.array([value]) for value in (at, source, target, *ports, sequence, acknowledged)]
    return synth.tcp(numbers[0], numbers[1], numbers[2], (numbers[3], numbers[4]), numbers[5], numbers[6], payload,
                     flags=flags)  # fmt: skip


def post(body: bytes, kind: str = "application/octet-stream", length: int = 0, more: str = "") -> bytes:
    """One request."""
    head = f"POST /up HTTP/1.1\r\nHost: store.example.cn\r\nContent-Type: {kind}\r\n{more}"
    if length >= 0:
        head += f"Content-Length: {length or len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def bridged_png() -> Iterator[Chunk]:
    """Open PNGs whose chunk reaches over 30 MB that were never captured, in 64 connections."""
    data = PNG + struct.pack(">I", 31 << 20) + b"IDAT" + b"x" * 2000
    yield merge(_bridged(data))


def bridged_bmp() -> Iterator[Chunk]:
    """The same with a BMP that declares its size."""
    head = struct.pack("<2sIIIIiiHHIIiiII", b"BM", 31 << 20, 0, 54, 40, 3200, 3300, 1, 24, 0, 0, 0, 0, 0, 0)
    yield merge(_bridged(head + b"x" * 2000))


def _bridged(data: bytes) -> Rows:
    rows: Rows = []
    for number in range(64):
        more = data + b"y" * 3000
        holes = {len(data): 30 << 20}
        rows += upload(address(number), 40000 + number, more, holes=holes, ends=False, to=9000,
                       begin=BEGIN + number * 10**7)  # fmt: skip
    return rows


def bridged_bodies() -> Iterator[Chunk]:
    """POSTs of which all but the first and last bytes were never captured, in 64 connections."""
    rows: Rows = []
    for number in range(64):
        data = post(b"\xff\xd8\xff\xe0" + b"x" * 3000, length=31 << 20)
        holes = {len(data): 30 << 20}
        rows += upload(address(number), 40000 + number, data + b"y" * 3000, holes=holes, ends=False,
                       begin=BEGIN + number * 10**7)  # fmt: skip
    yield merge(rows)


def form() -> Iterator[Chunk]:
    """A form of 38 MB with millions of fields."""
    body = b"&".join(b"k%d=v%d" % (n, n) for n in range(2_300_000))
    yield merge(upload(address(1), 40000, post(body, "application/x-www-form-urlencoded")))


def json_list() -> Iterator[Chunk]:
    """A JSON text of 38 MB with millions of small values."""
    body = b'{"a":[' + b",".join(b'{"k":%d}' % n for n in range(2_700_000)) + b"]}"
    yield merge(upload(address(1), 40000, post(body, "application/json")))


def public_addresses() -> Iterator[Chunk]:
    """A datagram to each of a million public addresses."""
    for part in range(10):
        count = 100_000
        number = part * count + np.arange(count)
        target = synth.address("47.0.0.0") + number * 7
        payload = np.full((count, 40), 65, np.uint8)
        ports = np.full(count, 5000), np.full(count, 6000)
        source = np.full(count, address(1))
        yield merge([synth.udp(BEGIN + number * 20_000, source, target, ports, payload)])


def hosts() -> Iterator[Chunk]:
    """A datagram of each of a million inside addresses."""
    for part in range(10):
        count = 100_000
        number = part * count + np.arange(count)
        payload = np.full((count, 40), 65, np.uint8)
        ports = np.full(count, 5000), np.full(count, 6000)
        yield merge([synth.udp(BEGIN + number * 20_000, address(0) + number, np.full(count, SERVER), ports, payload)])


def openings() -> Iterator[Chunk]:
    """A million SYNs of invented hosts to one server."""
    for part in range(10):
        count = 100_000
        number = part * count + np.arange(count)
        ports = 1024 + number % 60_000, np.full(count, 80)
        nothing = np.zeros((count, 0), np.uint8)
        yield merge(
            [
                synth.tcp(
                    BEGIN + number * 20_000,
                    address(0) + number % 5000,
                    np.full(count, SERVER),
                    ports,
                    number * 99_991,
                    number * 0,
                    nothing,
                    flags=SYN,
                )
            ]
        )


def neighbours() -> Iterator[Chunk]:
    """A million addresses that answer by ARP, and a million by neighbour discovery (RFC 826; RFC 4861, 4.4)."""
    count = 100_000
    for part in range(10):
        number = part * count + np.arange(count)
        low = number.astype(">u4").view(np.uint8).reshape(-1, 4)
        arp = _copies(
            "ffffffffffff020000000000 0806 0001 0800 06 04 0002 020000000000 0a000000 ffffffffffff 0a000001", count
        )
        for place in (8, 24):
            arp[:, place : place + 4] = low
        arp[:, 29:32] = low[:, 1:]
        ends = "fe80 0000000000000000 00ff 00000000 ff02 0000000000000000 000000000001"
        told = "8800 0000 20000000 fe80 0000000000000000 00ff 00000000 0201 020000000000"
        nd = _copies(f"333300000001020000000000 86dd 60000000 0020 3a ff {ends} {told}", count)
        for place in (8, 34, 74, 82):
            nd[:, place : place + 4] = low
        _check(nd)
        for data, later in ((arp, 0), (nd, 10_000)):
            size = data.shape[1]
            head = np.tile(np.frombuffer(struct.pack("<IIII", 0, 0, size, size), np.uint8), (count, 1))
            records = np.ascontiguousarray(np.concatenate([head, data], axis=1))
            yield (
                BEGIN + part * 10**10 + np.arange(count) * 20_000 + later,
                np.arange(count + 1) * (16 + size),
                records.reshape(-1),
            )


def _copies(frame: str, count: int) -> np.ndarray:
    return np.tile(np.frombuffer(bytes.fromhex(frame), np.uint8), (count, 1))


def _check(frames: np.ndarray) -> None:
    """Write the checksums of ICMPv6 into frames of IPv6."""
    words = np.ascontiguousarray(frames[:, 22:]).view(">u2").astype(np.uint64).sum(axis=1)
    words += np.uint64(frames.shape[1] - 54 + 58)  # the pseudo header: length and protocol
    for _ in range(2):
        words = (words & np.uint64(0xFFFF)) + (words >> np.uint64(16))
    frames[:, 56:58] = (words ^ np.uint64(0xFFFF)).astype(">u2").view(np.uint8).reshape(-1, 2)


def open_bodies() -> Iterator[Chunk]:
    """Fourteen bodies of 55 MB at the same time, none of which ends."""
    size = 55 << 20
    noise = np.random.default_rng(5).bytes(1 << 20)
    yield from _side_by_side(14, lambda _: post(noise * 55, length=size + 100))


def open_chunks() -> Iterator[Chunk]:
    """A chunk of 64 MB that never ends, in 32 connections."""
    noise = np.random.default_rng(5).bytes(1 << 20)
    head = post(b"", length=-1, more="Transfer-Encoding: chunked\r\n")
    yield from _side_by_side(32, lambda _: head + b"3f00000\r\n" + noise * 20)


def many_open_chunks() -> Iterator[Chunk]:
    """A chunked picture of 32 KiB that never ends, in each of 60,000 connections at the same time."""
    many, part, size = 60_000, 5_000, 1400
    noise = np.random.default_rng(5).bytes(size)
    head = post(b"\xff\xd8\xff", "image/jpeg", -1, "Transfer-Encoding: chunked\r\n").replace(b"\xff\xd8\xff", b"")
    first = (head + b"8000\r\n\xff\xd8\xff\xe0" + noise)[:size]
    gap = many * 4_000
    for turn in range(4):
        for begin in range(0, many, part):
            number = begin + np.arange(part)
            client, server = address(0) + number % 5_000, np.full(part, SERVER)
            ports, to = 20_000 + number // 5_000, np.full(part, 80)
            at = BEGIN + turn * gap + number * 4_000
            still, nothing = np.full(part, 5000), np.zeros((part, 0), np.uint8)
            went = np.full(part, 1000 + turn * size)
            payload = np.tile(np.frombuffer(noise if turn else first, np.uint8), (part, 1))
            rows = [
                synth.tcp(at + 2, client, server, (ports, to), went, still, payload, flags=ACK),
                synth.tcp(at + 3, server, client, (to, ports), still, went + size, nothing),
            ]
            if turn == 0:
                rows += [
                    synth.tcp(at, client, server, (ports, to), still * 0 + 999, still * 0, nothing, flags=SYN),
                    synth.tcp(at + 1, server, client, (to, ports), still - 1, went, nothing, flags=SYN | ACK),
                ]
            yield merge(rows)


def small_chunks() -> Iterator[Chunk]:
    """A body in chunks of one byte."""
    head = post(b"", length=-1, more="Transfer-Encoding: chunked\r\n")
    yield merge(upload(address(1), 40000, head + b"1\r\nx\r\n" * 3_000_000))


def _side_by_side(count: int, make: Callable[[int], bytes]) -> Iterator[Chunk]:
    """Connections of equal length, interleaved in slices so that the bench itself stays small."""
    data, part = [make(number) for number in range(count)], 4 << 20
    for at in range(0, max(map(len, data)), part):
        rows: Rows = []
        for number, text in enumerate(data):
            piece = text[at : at + part]
            begin = BEGIN + at // SEGMENT * 2 * STEP + number
            if at == 0:
                rows += upload(address(number), 40000 + number, piece, begin=begin, ends=False)
            elif piece:
                ends = (address(number), SERVER, 40000 + number, 80)
                rows += _run(piece, begin, ends, 1000 + at, STEP)
        yield merge(rows)


def _frame(kind: int, flags: int, stream: int, data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + data


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"")


def continuations() -> Iterator[Chunk]:
    """HTTP/2 heads that never end (CONTINUATION), in 32 connections."""
    piece = _frame(9, 0, 1, b"\0\1a\x7f\x81\x7e" + b"b" * 16000)
    data = PREFACE + _frame(1, 0, 1, b"\x82") + piece * 1200
    yield from _side_by_side(32, lambda _: data)


def hpack() -> Iterator[Chunk]:
    """HTTP/2 heads of indexed fields: each byte names an entry of 4,000 bytes."""
    out = [PREFACE, _frame(1, 4, 1, b"\x82\x86\x84\x41\x01a\x40\x01a\x7f\xa1\x1e" + b"b" * 4000)]
    out += [_frame(1, 5, 3 + 2 * n, b"\x82\x86\x84" + b"\xbe" * 16000) for n in range(2250)]
    yield merge(upload(address(1), 40000, b"".join(out)))


def nested_gzip() -> Iterator[Chunk]:
    """Messages of 1.4 KB, each gzip of gzip of much that is equal."""
    data = bytes(64 << 20)
    for _ in range(3):
        data = gzip.compress(data, 9, mtime=0)
    yield merge(upload(address(1), 40000, post(data, more="Content-Encoding: gzip\r\n") * 300))


def nested_zip() -> Iterator[Chunk]:
    """Archives of archives of archives."""
    data = bytes(1 << 20)
    for width in (16, 16, 16):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            for number in range(width):
                file.writestr(f"{number}.zip", data)
        data = out.getvalue()
    yield merge(upload(address(1), 40000, post(data) * 50))


def scans() -> Iterator[Chunk]:
    """Progressive JPEGs, each of some thousand scans."""
    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((4000, 3000), 60).convert("L").save(out, "JPEG", progressive=True, quality=30)
    data = out.getvalue()
    cut = data.rindex(b"\xff\xda")
    scan = data[cut : cut + 10] + b"\x00"
    rows: Rows = []
    for number in range(20):
        picture = data[:-2] + scan * (3000 + number) + b"\xff\xd9"
        rows += upload(address(number), 40000, post(picture, "image/jpeg"), begin=BEGIN + number * 10**8)
    yield merge(rows)


_ALL = (
    bridged_png, bridged_bmp, bridged_bodies, form, json_list, public_addresses, hosts, openings, neighbours,
    open_bodies, open_chunks, many_open_chunks, small_chunks, continuations, hpack, nested_gzip, nested_zip, scans,
)  # fmt: skip
CAPTURES = {make.__name__: make for make in _ALL}


def chunks(name: str) -> Iterable[Chunk]:
    """Packets of a capture by its name."""
    return CAPTURES[name]()
