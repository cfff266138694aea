"""Ways to send a picture other than in the body of one message: each gives the frames of one sender and its cloud."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Callable
from dataclasses import replace

from tests.hostile.talk import SEGMENT, conversation
from tests.hostile.wire import MS, ROUTER_MAC, State, Step, ip_packet, total

Log = list[tuple[int, bytes]]
Carrier = Callable[[bytes, State, int, int], Log]  # picture, ends, own port, begin
PIECE = 700  # bytes of the picture in a message or datagram
DATA_PORT = 50021
QUERY = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\1a\7example\2cn\0\0\1\0\1"
NTP = b"\x23" + bytes(47)


def _steps(text: bytes) -> list[Step]:
    return [Step(at, text[at : at + SEGMENT]) for at in range(0, len(text), SEGMENT)]


def _talk(
    words: list[tuple[bytes, bytes]], ports: tuple[int, int], state: State, begin: int, hello: bytes = b""
) -> Log:
    """A dialogue: what the client says, and what it is answered each time."""
    text, steps, replies = b"", [], {0: hello} if hello else {}
    for said, answer in words:
        steps += [replace(step, offset=step.offset + len(text)) for step in _steps(said)]
        text += said
        if answer:
            replies[len(text)] = answer
    return conversation(steps, text, ports, state, begin, replies)


def _frame(data: bytes, opcode: int) -> bytes:
    """Masked frame of a WebSocket."""
    key = b"\x11\x22\x33\x44"
    masked = bytes(byte ^ key[at % 4] for at, byte in enumerate(data))
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
    return bytes([0x80 | opcode]) + length + key + masked


def websocket(picture: bytes, state: State, port: int, begin: int) -> Log:
    """Messages of a WebSocket that continue each other."""
    ask = (
        b"GET /up HTTP/1.1\r\nHost: w.example.cn\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    frames = [_frame(b"begin", 1)]
    frames += [_frame(picture[at : at + PIECE], 2) for at in range(0, len(picture), PIECE)]
    return _talk([(ask, answer), *((frame, b"") for frame in [*frames, _frame(b"end", 1)])], (port, 80), state, begin)


def _announced(upload: bytes, command: bytes, answer: bytes, state: State, port: int, begin: int) -> Log:
    data = _talk([(upload, b"")], (port + 1, DATA_PORT), replace(state, log=[]), begin + 60 * MS)
    return _control(command, answer, state, port, begin) + data


def _control(command: bytes, answer: bytes, state: State, port: int, begin: int) -> Log:
    words = [(b"USER a\r\n", b"331 go on\r\n"), (b"PASS b\r\n", b"230 come in\r\n"), (command, answer)]
    return _talk(words, (port, 21), replace(state, log=[]), begin, b"220 FTP\r\n")


def _called_back(upload: bytes, command: bytes, state: State, port: int, begin: int) -> Log:
    """The cloud opens a connection to a port that the device announced, and is sent something there."""
    there = State(client=state.server, server=state.client, mac=state.mac)
    log = _talk([(b"", b"")], (20, port + 1), there, begin + 60 * MS, upload)
    turned = [(at, data[6:12] + data[:6] + data[12:]) for at, data in log]  # the device is the end that answers
    return _control(command, b"200 so be it\r\n", state, port, begin) + turned


def _passive(state: State) -> bytes:
    place = ",".join(str(byte) for byte in (*state.server, *divmod(DATA_PORT, 256)))
    return f"227 Entering Passive Mode ({place})\r\n".encode()


def _post(picture: bytes) -> bytes:
    body = gzip.compress(json.dumps({"face": base64.b64encode(picture).decode()}).encode())
    head = b"POST /a HTTP/1.1\r\nHost: f.example.cn\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def passive(picture: bytes, state: State, port: int, begin: int) -> Log:
    """A request of HTTP to a port that FTP announced for data."""
    return _announced(_post(picture), b"PASV\r\n", _passive(state), state, port, begin)


def extended(picture: bytes, state: State, port: int, begin: int) -> Log:
    """The same with EPSV, and a greeting before the picture."""
    answer = b"229 Entering Extended Passive Mode (|||%d|)\r\n" % DATA_PORT
    return _announced(b"SSH-2.0-x\r\n" + picture, b"EPSV\r\n", answer, state, port, begin)


def active(picture: bytes, state: State, port: int, begin: int) -> Log:
    """A request of HTTP to whoever opens the port that PORT announced."""
    place = ",".join(str(byte) for byte in (*state.client, *divmod(port + 1, 256)))
    return _called_back(_post(picture), f"PORT {place}\r\n".encode(), state, port, begin)


def active_extended(picture: bytes, state: State, port: int, begin: int) -> Log:
    """The same with EPRT, and a greeting before the picture."""
    place = ".".join(map(str, state.client))
    return _called_back(b"SSH-2.0-x\r\n" + picture, f"EPRT |1|{place}|{port + 1}|\r\n".encode(), state, port, begin)


def _datagrams(first: bytes, to: int, picture: bytes, state: State, port: int, begin: int) -> Log:
    parts = [first, *(picture[at : at + PIECE] for at in range(0, len(picture), PIECE))]
    log = []
    for number, part in enumerate(parts):
        udp = struct.pack(">HHHH", port, to, 8 + len(part), 0) + part
        packet = ip_packet(udp, state.client, state.server, Step(), number + 1, 0, more=False)
        packet = packet[:9] + b"\x11\0\0" + packet[12:]
        packet = packet[:10] + struct.pack(">H", total(packet[:20])) + packet[12:]
        log.append((begin + number * MS, ROUTER_MAC + state.mac + b"\x08\x00" + packet))
    return log


def dns(picture: bytes, state: State, port: int, begin: int) -> Log:
    """A question of DNS, then the picture, in datagrams."""
    return _datagrams(QUERY, 53, picture, state, port, begin)


def dns_elsewhere(picture: bytes, state: State, port: int, begin: int) -> Log:
    """The same to another port, with some bytes before the picture."""
    return _datagrams(QUERY, 5000, b"\0\1\2\3" + picture, state, port, begin)


def ntp(picture: bytes, state: State, port: int, begin: int) -> Log:
    """A question for the time, then the picture."""
    return _datagrams(NTP, 123, picture, state, port, begin)


CARRIERS: dict[str, Carrier] = {
    "in messages of a websocket": websocket,
    "over a passive port of FTP": passive,
    "over an extended passive port": extended,
    "over an active port of FTP": active,
    "over an extended active port": active_extended,
    "behind a question of DNS": dns,
    "behind words on another port": dns_elsewhere,
    "behind a question of NTP": ntp,
}
