"""Captures of HTTP conversations, packet by packet, for tests that ask what a whole audit makes of them."""

from __future__ import annotations

import itertools
import json
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SEGMENT = 1400


def number(serial: int, born: str = "19880312") -> str:
    """An ID number of nobody, with the right check digit: district 119999 does not exist."""
    stem = f"119999{born}{serial:03d}"
    return stem + "10X98765432"[sum(int(d) * w for d, w in zip(stem, WEIGHTS, strict=True)) % 11]


def request(method: str, path: str, body: object = b"", kind: str = "application/json", **headers: str) -> bytes:
    """A request; what is neither bytes nor text is sent as JSON."""
    data = _data(body)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {headers.pop('host', 'crm.example.com')}"]
    lines += [f"Content-Type: {kind}"] if data and kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(data)}", "", ""]).encode() + data


def reply(
    body: object = b'{"code":0}', kind: str = "application/json", status: str = "200 OK", **headers: str
) -> bytes:
    """An answer."""
    data = _data(body)
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(data)}", "", ""]).encode() + data


def _data(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


class Capture:
    """TCP conversations one after the other, a second apart."""

    def __init__(self) -> None:
        self._packets: list[tuple[float, bytes]] = []
        self._clock = 1_748_744_000.0
        self._ports = itertools.count(40_000)

    def talk(self, client: str, server: str, *exchanges: tuple[bytes, bytes], port: int = 80) -> None:
        """One connection: each exchange is what the client says and what it is answered."""
        ends = {True: (client, server, next(self._ports), port)}
        ends[False] = (server, client, port, ends[True][2])
        at = {True: 1000, False: 5000}
        self._say(ends[True], at[True], 0, 0x02)
        self._say(ends[False], at[False], at[True] + 1, 0x12)
        at = {True: 1001, False: 5001}
        for exchange in exchanges:
            for up, data in zip((True, False), exchange, strict=True):
                for start in range(0, len(data), SEGMENT):
                    piece = data[start : start + SEGMENT]
                    self._say(ends[up], at[up], at[not up], 0x18, piece)
                    at[up] += len(piece)
                self._say(ends[not up], at[not up], at[up], 0x10)
        self._say(ends[True], at[True], at[False], 0x11)
        self._say(ends[False], at[False], at[True] + 1, 0x11)
        self._clock += 1

    def _say(self, end: tuple[str, str, int, int], number: int, seen: int, flags: int, data: bytes = b"") -> None:
        source, target, source_port, target_port = end
        tcp = struct.pack("!HHIIBBHHH", source_port, target_port, number, seen, 5 << 4, flags, 65535, 0, 0) + data
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + _address(source) + _address(target)
        self._clock += 0.0005
        self._packets.append((self._clock, _link(target) + _link(source) + b"\x08\0" + ip + tcp))

    def datagram(self, source: str, target: str, data: bytes, ports: tuple[int, int] = (40_001, 40_002)) -> None:
        """One datagram of UDP, from the first port to the second."""
        udp = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + _address(source) + _address(target)
        self.frame(_link(target) + _link(source) + b"\x08\0" + ip + udp)

    def frame(self, data: bytes) -> None:
        """A frame as it stands, from its addresses on."""
        self._clock += 0.0005
        self._packets.append((self._clock, data))

    def write(self, path: Path) -> Path:
        """The capture as a file; checksums are zero, as offloading leaves them."""
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
            for clock, data in self._packets:
                file.write(struct.pack("<IIII", int(clock), int(clock % 1 * 1e6), len(data), len(data)) + data)
        return path


def _address(ip: str) -> bytes:
    return bytes(map(int, ip.split(".")))


def _link(ip: str) -> bytes:
    """What is outside comes from the router."""
    return b"\x02\0\0\0" + (_address(ip)[2:] if ip.startswith("192.168.") else b"\0\x01")
