"""HTTP uploads of a real capture as a template: copies with other addresses and other images, whose hashes are known.

In every copy three steps of each image's quantisation table are changed (the codes stay, so that the picture is sound),
raw or through base64, and all checksums are carried along (RFC 1624).
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections import defaultdict
from dataclasses import dataclass, field

import locate
import numpy as np

RECORD = 16
SAFE = bytes(range(1, 0x7F))
# three bytes without 0xFF or 0x00 whose four base64 characters are letters and digits only, so no escaping changes
TRIPLES = [
    t
    for n in range(60_000)
    if base64.b64encode(t := bytes((SAFE[n % 120], SAFE[n // 120 % 120], SAFE[n // 14_400 + 40]))).isalnum()
]


@dataclass
class Picture:
    """An image of the template: its bytes and where three of them can be changed."""

    data: bytes
    at: int  # offset in the image
    places: list[list[int]]  # per changed byte or character, its offsets in the template
    encoded: bool


@dataclass
class Template:
    """Whole TCP flows as pcap records (µs, little-endian), with the columns that copies change."""

    buffer: np.ndarray
    times: np.ndarray  # ns, per packet
    records: np.ndarray  # offset of the record, per packet
    up: np.ndarray  # whether the packet comes from the client
    flow: np.ndarray  # number of the flow
    flows: int
    pictures: list[Picture] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ip = self.records + RECORD + 14
        self.tcp = self.ip + (self.buffer[self.ip].astype(np.int64) & 15) * 4
        self.span = int(self.times.max() - self.times.min()) + 1_000_000

    def copy(self, number: int, *, one_pair: bool = False) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Copy `number`: records, their times relative to its start (ns), SHA-256 of its images."""
        out = self.buffer.copy()
        ip_delta = np.zeros(len(self.records), dtype=np.int64)
        tcp_delta = np.zeros(len(self.records), dtype=np.int64)
        inside = np.where(self.up, self.ip + 12, self.ip + 16)
        outside = np.where(self.up, self.ip + 16, self.ip + 12)
        hosts = [(inside, bytes([192, 168, 1, 50])), (outside, bytes([47, 96, 10, 20]))] if one_pair else []
        for place, address in hosts:
            for half in (0, 2):
                delta = _put(out, place + half, np.full(len(place), int.from_bytes(address[half : half + 2], "big")))
                ip_delta += delta
                tcp_delta += delta
        if not one_pair:  # 192.168.x.y: another third number
            third = out[inside + 2].astype(np.int64)
            out[inside + 2] = 2 + number % 250
            delta = (out[inside + 2].astype(np.int64) - third) << 8
            ip_delta += delta
            tcp_delta += delta
        ports = 1024 + (self.flow + number * self.flows) % 64_000
        tcp_delta += _put(out, np.where(self.up, self.tcp, self.tcp + 2), ports)
        hashes = [self._change(out, picture, number, tcp_delta) for picture in self.pictures]
        _put_checksum(out, self.ip + 10, ip_delta)
        _put_checksum(out, self.tcp + 16, tcp_delta)
        return out, self.times - self.times.min(), hashes

    def _change(self, out: np.ndarray, picture: Picture, number: int, tcp_delta: np.ndarray) -> str:
        fresh = TRIPLES[(number * 7 + 11) % len(TRIPLES)]
        letters = base64.b64encode(fresh) if picture.encoded else fresh
        for value, places in zip(letters, picture.places, strict=True):
            for place in places:
                packet = int(np.searchsorted(self.records, place, side="right")) - 1
                shift = 0 if (place - int(self.tcp[packet])) & 1 else 8
                tcp_delta[packet] += (value - int(out[place])) << shift
                out[place] = value
        return hashlib.sha256(picture.data[: picture.at] + fresh + picture.data[picture.at + 3 :]).hexdigest()


def make(packets: list[tuple[int, bytes]], images: dict[str, int]) -> Template:
    """Template of the TCP/IPv4 flows in which every image can be found and changed; `images`: size by SHA-256."""
    flows: dict[tuple[bytes, bytes], list[int]] = defaultdict(list)
    for index, (_, frame) in enumerate(packets):
        if frame[12:14] == b"\x08\x00" and frame[23] == 6 and struct.unpack_from("!H", frame, 16)[0]:
            a, b = frame[26:30] + frame[34:36], frame[30:34] + frame[36:38]
            flows[min(a, b), max(a, b)].append(index)
    chosen: list[tuple[list[int], bytes]] = []
    for members in flows.values():
        client = locate.client(packets, members)
        found = [f for side in (True, False) for f in locate.find(packets, members, client, images, up=side)]
        if found and all(where is not None for _, where in found):
            chosen.append((members, client))
    order = sorted((index, number) for number, (members, _) in enumerate(chosen) for index in members)
    template = _lay_out(packets, order, [client for _, client in chosen], len(chosen))
    places = {index: int(record) for (index, _), record in zip(order, template.records, strict=True)}
    for members, client in chosen:
        for up in (True, False):
            template.pictures += _pictures(packets, members, client, images, places, up=up)
    return template


def _pictures(
    packets: list[tuple[int, bytes]],
    members: list[int],
    client: bytes,
    images: dict[str, int],
    places: dict[int, int],
    *,
    up: bool,
) -> list[Picture]:
    segments = locate.segments(packets, members, client, up=up)
    out = []
    for data, where in locate.find(packets, members, client, images, up=up):
        assert where is not None
        at, offsets, encoded = where
        covered = [
            [
                places[index] + RECORD + s.place + o - s.start
                for index, s in segments
                if s.start <= o < s.start + s.length
            ]
            for o in offsets
        ]
        out.append(Picture(data, at, covered, encoded))
    return out


def _lay_out(
    packets: list[tuple[int, bytes]], order: list[tuple[int, int]], clients: list[bytes], flows: int
) -> Template:
    pieces, times, records, up, at = [], [], [], [], 0
    for index, number in order:
        ts, frame = packets[index]
        frame = _sound(frame)
        pieces.append(struct.pack("<IIII", ts // 10**9, ts % 10**9 // 1000, len(frame), len(frame)) + frame)
        times.append(ts)
        records.append(at)
        up.append(frame[26:30] + frame[34:36] == clients[number])
        at += RECORD + len(frame)
    buffer = np.frombuffer(b"".join(pieces), np.uint8)
    return Template(buffer, np.array(times), np.array(records), np.array(up), np.array([n for _, n in order]), flows)


def _sound(frame: bytes) -> bytes:
    """The frame with right checksums (captures of virtual interfaces hold half-made ones)."""
    at = 14 + (frame[14] & 15) * 4
    end = 14 + struct.unpack_from("!H", frame, 16)[0]
    head = frame[14:24] + b"\0\0" + frame[26:at]
    segment = frame[at : at + 16] + b"\0\0" + frame[at + 18 : end]
    ip = struct.pack("!H", ~_fold(_sum(head)) & 0xFFFF)
    tcp = struct.pack("!H", ~_fold(_sum(frame[26:34] + struct.pack("!HH", 6, len(segment)) + segment)) & 0xFFFF)
    return frame[:24] + ip + frame[26 : at + 16] + tcp + frame[at + 18 :]


def _sum(data: bytes) -> int:
    return int(np.frombuffer(data + b"\0" * (len(data) & 1), dtype=">u2").sum(dtype=np.int64))


def _fold(value: int) -> int:
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def _put(out: np.ndarray, places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Write 16-bit words, big-endian; by how much each changed."""
    old = out[places].astype(np.int64) << 8 | out[places + 1]
    out[places] = values >> 8
    out[places + 1] = values & 0xFF
    return values - old


def _put_checksum(out: np.ndarray, places: np.ndarray, delta: np.ndarray) -> None:
    """Carry the change of the words into the checksum (RFC 1624 equation 3)."""
    old = out[places].astype(np.int64) << 8 | out[places + 1]
    total = (~old & 0xFFFF) + delta % 0xFFFF
    for _ in range(3):
        total = (total & 0xFFFF) + (total >> 16)
    _put(out, places, ~total & 0xFFFF)
