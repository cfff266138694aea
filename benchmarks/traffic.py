"""What the video_heavy and small_packets captures consist of, one kind of traffic a function.

Each takes a generator of random numbers, a time to begin at (ns) and how much is wanted, and gives rows of packets.
"""

from __future__ import annotations

import struct

import numpy as np
import synth

SLICE = 300 * 10**9 // 40  # ns of video_heavy made at a time


def _times(rng: np.random.Generator, begin: int, count: int, seconds: float) -> np.ndarray:
    return begin + np.sort(rng.integers(0, int(seconds * 1e9), count))


def rtp_video(rng: np.random.Generator, begin: int, size: int) -> list[synth.Rows]:
    """RTP over UDP, eight cameras to one recorder."""
    count = size // (1400 + 12 + 58) // 8
    out = []
    for camera in range(8):
        payload = synth.rtp(rng, count, 1400, 96, 0x1000 + camera, 3000)
        source, target = (np.full(count, synth.address(a)) for a in (f"192.168.1.{60 + camera}", "192.168.1.9"))
        ports = np.full(count, 50_000 + 2 * camera), np.full(count, 40_000 + 2 * camera)
        out.append(synth.udp(_times(rng, begin, count, SLICE / 1e9), source, target, ports, payload))
    return out


def _bulk(
    rng: np.random.Generator, begin: int, ends: tuple[int, int, int, int], payload: np.ndarray, offset: int
) -> list[synth.Rows]:
    """One-way TCP data and an acknowledgement of every second segment; ends are (source, target, sport, dport)."""
    count, size = payload.shape
    full = [np.full(count, value) for value in ends]
    times = _times(rng, begin, count, SLICE / 1e9)
    sequence = 1000 + offset + np.arange(count) * size
    data = synth.tcp(times, full[0], full[1], (full[2], full[3]), sequence, full[0] * 0 + 5000, payload)
    some = slice(1, None, 2)
    nothing = np.zeros((len(times[some]), 0), dtype=np.uint8)
    back = [column[some] for column in full]
    acks = synth.tcp(
        times[some] + 1, back[1], back[0], (back[3], back[2]), back[0] * 0 + 5000, sequence[some] + size, nothing
    )
    return [data, acks]


def interleaved(rng: np.random.Generator, begin: int, size: int, part: int) -> list[synth.Rows]:
    """RTP in RTSP's TCP connection (RFC 7826 §14): `$`, channel, length, packet."""
    count = size // (1416 + 70 + 38) // 4
    out = []
    for camera in range(4):
        payload = np.empty((count, 1416), dtype=np.uint8)
        payload[:, :4] = np.frombuffer(b"$\0" + struct.pack("!H", 1412), np.uint8)
        payload[:, 4:] = synth.rtp(rng, count, 1400, 96, 0x2000 + camera, 3000)
        if part == 0:
            payload[0] = np.frombuffer(
                b"RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 12345678\r\n\r\n".ljust(1416, b"\n"), np.uint8
            )
        ends = (synth.address(f"192.168.1.{80 + camera}"), synth.address("192.168.1.9"), 554, 42_000 + camera)
        out += _bulk(rng, begin, ends, payload, part * count * 1416)
    return out


def tls_video(rng: np.random.Generator, begin: int, size: int, part: int) -> list[synth.Rows]:
    """TLS application data in full records, four connections up to one service."""
    count = size // (1448 + 70 + 38) // 4
    out = []
    for camera in range(4):
        total = count * 1448
        stream = synth.noise(rng, total // 1448 + 1, 1448).reshape(-1)[:total].copy()
        shift = part * total % 16389
        for byte, value in enumerate(b"\x17\x03\x03\x40\x00"):
            stream[(-shift) % 16389 + byte :: 16389] = value
        if part == 0:
            hello = synth.client_hello(rng, "video.cloud-store.cn")
            filler = 16389 - len(hello) - 5
            stream[: len(hello) + 5] = np.frombuffer(hello + b"\x17\x03\x03" + struct.pack("!H", filler), np.uint8)
        ends = (synth.address(f"192.168.1.{90 + camera}"), synth.address("47.110.1.5"), 43_000 + camera, 443)
        out += _bulk(rng, begin, ends, stream.reshape(count, 1448), part * total)
    return out


def keep_alives(rng: np.random.Generator, begin: int, count: int) -> list[synth.Rows]:
    """Probes one byte below the next number (RFC 9293 §3.8.4) and their answers, 500 idle connections."""
    half = count // 2
    times, client = _times(rng, begin, half, 9.9), rng.integers(0, 500, half)
    inside, outside = synth.address("192.168.8.0") + 1 + client % 200, np.full(half, synth.address("120.24.5.6"))
    up, down, nothing = 30_000 + client, np.full(half, 443), np.zeros((half, 0), dtype=np.uint8)
    number, other = 70_000 + client, 90_000 + client
    probe = synth.tcp(times, inside, outside, (up, down), number - 1, other, nothing)
    return [probe, synth.tcp(times + 20_000, outside, inside, (down, up), other, number, nothing)]


def voice(rng: np.random.Generator, begin: int, count: int) -> list[synth.Rows]:
    """G.729 in RTP: 20 bytes each 20 ms, 20 callers."""
    out = []
    for caller in range(20):
        each = count // 20
        ends = [np.full(each, synth.address(a)) for a in (f"192.168.2.{10 + caller}", "192.168.2.5")]
        ports = np.full(each, 16_384 + 2 * caller), np.full(each, 18_000 + 2 * caller)
        payload = synth.rtp(rng, each, 20, 18, 0x3000 + caller, 160)
        out.append(synth.udp(_times(rng, begin, each, 9.9), *ends, ports, payload))
    return out


def dns(rng: np.random.Generator, begin: int, count: int) -> list[synth.Rows]:
    """Questions and answers of one length: hNNNN.example-cloud.cn."""
    half = count // 2
    times, ident, host = _times(rng, begin, half, 9.9), rng.integers(0, 65536, half), rng.integers(0, 10_000, half)
    tail = b"\x05h0000\x0dexample-cloud\x02cn\0" + struct.pack("!HH", 1, 1)
    question = np.tile(np.frombuffer(struct.pack("!HHHHHH", 0, 0x0100, 1, 0, 0, 0) + tail, np.uint8), (half, 1))
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + bytes([120, 24, 5, 6])
    answer = np.tile(np.frombuffer(struct.pack("!HHHHHH", 0, 0x8180, 1, 1, 0, 0) + tail + record, np.uint8), (half, 1))
    for rows in (question, answer):
        rows[:, 0], rows[:, 1] = ident >> 8, ident & 0xFF
        for digit in range(4):
            rows[:, 14 + digit] = 48 + host // 10 ** (3 - digit) % 10
    client, server = synth.address("192.168.3.0") + 1 + ident % 200, np.full(half, synth.address("192.168.3.254"))
    ports = 20_000 + rng.integers(0, 40_000, half), np.full(half, 53)
    asked = synth.udp(times, client, server, ports, question)
    return [asked, synth.udp(times + 300_000, server, client, ports[::-1], answer)]


FIN, SYN, PSH, ACK = 1, 2, 8, 16
PACKETS, STEP_NS = 7, 200_000  # of an exchange, between two of them


def exchanges(begin: int, first: int, count: int, hosts: int = 200) -> list[synth.Rows]:
    """One POST of a small JSON text a connection, answered, from so many hosts inside: PACKETS each."""
    number = first + np.arange(count)
    client = synth.address("10.5.0.0") + 1 + number % hosts
    server, port = np.full(count, synth.address("203.0.113.7")), 1024 + number // hosts % 60_000
    up, down = (client, server, (port, np.full(count, 80))), (server, client, (np.full(count, 80), port))
    ours, theirs = number * 7919, np.full(count, 500)
    body = b'{"id":0000000,"ok":true,"t":0000000}'
    head = b"POST /api/v1/up?n=0000000 HTTP/1.1\r\nHost: up.example.com\r\nUser-Agent: cam/1.0\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    asked = np.tile(np.frombuffer(head + body, np.uint8), (count, 1))
    places = [head.index(b"n=") + 2, len(head) + 6, len(head) + body.index(b'"t":') + 4]
    for digit in range(7):
        for place, value in zip(places, (number, number, number * 3), strict=True):
            asked[:, place + digit] = 48 + value // 10 ** (6 - digit) % 10
    asked[:, head.index(b"cam/1.") + 6] = 48 + number % 5
    reply = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
    answered = np.tile(np.frombuffer(reply, np.uint8), (count, 1))
    nothing = np.zeros((count, 0), np.uint8)
    sent, got = ours + 1 + asked.shape[1], theirs + 1 + len(reply)
    said = (
        (up, ours, theirs * 0, nothing, SYN),
        (down, theirs, ours + 1, nothing, SYN | ACK),
        (up, ours + 1, theirs + 1, asked, PSH | ACK),
        (down, theirs + 1, sent, answered, PSH | ACK),
        (up, sent, got, nothing, FIN | ACK),
        (down, got, sent + 1, nothing, FIN | ACK),
        (up, sent + 1, got + 1, nothing, ACK),
    )
    times = begin + np.arange(count) * PACKETS * STEP_NS
    return [
        synth.tcp(times + turn * STEP_NS, *ends, sequence, acknowledged, payload, flags=flags)
        for turn, (ends, sequence, acknowledged, payload, flags) in enumerate(said)
    ]


def mqtt(rng: np.random.Generator, begin: int, count: int, part: int) -> list[synth.Rows]:
    """PUBLISH at QoS 0 (MQTT 3.1.1 §3.3) from 100 sensors, each in its own connection, and bare acknowledgements."""
    topic, out = b"sensor/room/temp", []
    each = count // 200
    for sensor in range(100):
        body = struct.pack("!H", len(topic)) + topic + b'{"t":21.5,"id":%04d}' % sensor
        message = bytes([0x30, len(body)]) + body
        payload = np.tile(np.frombuffer(message, np.uint8), (each, 1))
        times = _times(rng, begin, each, 9.9)
        ends = [np.full(each, synth.address(a)) for a in (f"192.168.4.{10 + sensor}", "192.168.4.2")]
        ports = np.full(each, 50_000 + sensor), np.full(each, 1883)
        sequence = 1 + (part * each + np.arange(each)) * len(message)
        still, nothing = np.full(each, 1), np.zeros((each, 0), dtype=np.uint8)
        out.append(synth.tcp(times, *ends, ports, sequence, still, payload))
        out.append(synth.tcp(times + 100, *ends[::-1], ports[::-1], still, sequence + len(message), nothing))
    return out
