"""Where in the packets of a TCP connection the bytes of known images are, and which of them may be changed."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import dataclass

import numpy as np

BASE64_RUN = re.compile(rb"(?:[A-Za-z0-9+/=]|[\r\n\t ]+|%2[FfBb]|%3[Dd]|\\/)+")
BASE64_START = re.compile(rb"(?:/|\\/|%2[Ff])9j(?:/|\\/|%2[Ff])")


@dataclass
class Segment:
    """TCP payload at a place of the template."""

    start: int  # sequence number relative to the first of its direction
    place: int  # offset in the template
    length: int


def client(packets: list[tuple[int, bytes]], members: list[int]) -> bytes:
    first = packets[members[0]][1]
    for index in members:
        frame = packets[index][1]
        if frame[14 + (frame[14] & 15) * 4 + 13] & 0x12 == 0x02:
            return frame[26:30] + frame[34:36]
    sport, dport = struct.unpack_from("!HH", first, 34)
    return first[26:30] + first[34:36] if sport > dport else first[30:34] + first[36:38]


def segments(
    packets: list[tuple[int, bytes]], members: list[int], client: bytes, *, up: bool
) -> list[tuple[int, Segment]]:
    out, base = [], None
    for index in members:
        frame = packets[index][1]
        if (frame[26:30] + frame[34:36] == client) != up:
            continue
        at = 14 + (frame[14] & 15) * 4
        head = at + (frame[at + 12] >> 4) * 4
        end = 14 + struct.unpack_from("!H", frame, 16)[0]
        sequence = struct.unpack_from("!I", frame, at + 4)[0] + bool(frame[at + 13] & 2)
        base = sequence if base is None else base
        if end > head:
            out.append((index, Segment((sequence - base + 2**31) % 2**32 - 2**31, head, end - head)))
    return out


def _stream(packets: list[tuple[int, bytes]], segments: list[tuple[int, Segment]]) -> bytes:
    size = max((s.start + s.length for _, s in segments), default=0)
    out = bytearray(size)
    for index, s in reversed(segments):
        if s.start >= 0:
            out[s.start : s.start + s.length] = packets[index][1][s.place : s.place + s.length]
    return bytes(out)


def find(
    packets: list[tuple[int, bytes]], members: list[int], client: bytes, images: dict[str, int], *, up: bool
) -> list[tuple[bytes, tuple[int, list[int], bool] | None]]:
    """Images of one direction, each with (offset, stream offsets, encoded); None where it cannot be changed."""
    stream = _stream(packets, segments(packets, members, client, up=up))
    sizes = sorted(set(images.values()))
    out: list[tuple[bytes, tuple[int, list[int], bool] | None]] = []
    for view in _views(stream):
        content = stream if len(view) == len(stream) else bytes(np.frombuffer(stream, np.uint8)[view])
        at = content.find(b"\xff\xd8\xff")
        while at >= 0:
            data = next((d for s in sizes if hashlib.sha256(d := content[at : at + s]).hexdigest() in images), None)
            if data is not None:
                site = _site(data)
                out.append(
                    (data, None if site is None else (site, [int(view[at + site + k]) for k in range(3)], False))
                )
            at = content.find(b"\xff\xd8\xff", at + (len(data) if data else 3))
    for match in BASE64_START.finditer(stream):
        run = BASE64_RUN.match(stream, match.start())
        letters, where = _letters(stream, match.start(), run.end() if run else match.end())
        data = base64.b64decode(letters[: len(letters) // 4 * 4])
        if hashlib.sha256(data).hexdigest() in images:
            out.append((data, _letter_site(data, letters, where)))
    return out


def _views(stream: bytes) -> list[np.ndarray]:
    """The stream itself, and each chunked body without its chunk lines (RFC 9112 §7.1)."""
    out = [np.arange(len(stream))]
    for head in re.finditer(
        rb"Transfer-Encoding: chunked\r\n.*?\r\n\r\n|Transfer-Encoding: chunked\r\n\r\n", stream, re.DOTALL
    ):
        at, ranges = head.end(), []
        while (line := re.compile(rb"([0-9A-Fa-f]+)\r\n").match(stream, at)) and (size := int(line[1], 16)):
            ranges.append(np.arange(line.end(), line.end() + size))
            at = line.end() + size + 2
        if len(ranges) > 1:
            out.append(np.concatenate(ranges))
    return out


def _steps(data: bytes) -> range:
    """Where three of the finest steps of a quantisation table begin: any values from 1 on make a sound picture."""
    table = data.find(b"\xff\xdb")
    if table < 0 or data[table + 4] >> 4:  # none, or one of 16 bits
        return range(0)
    return range(table + 5 + 44, table + 5 + 62)


def _site(data: bytes) -> int | None:
    """Offset of three bytes that may be changed."""
    return next(iter(_steps(data)), None)


def _letter_site(data: bytes, letters: bytes, where: np.ndarray) -> tuple[int, list[int], bool] | None:
    """The same, at a group of four letters or digits."""
    for at in _steps(data):
        group = at // 3
        if at % 3 == 0 and letters[group * 4 : group * 4 + 4].isalnum():
            return at, [int(where[group * 4 + k]) for k in range(4)], True
    return None


def _letters(stream: bytes, start: int, end: int) -> tuple[bytes, np.ndarray]:
    """Base64 characters of a run and their stream offsets; escapes stand for one character at their first byte."""
    text = stream[start:end]
    if b"%" in text or b"\\" in text:
        found = [(m[0], m.start()) for m in re.finditer(rb"%..|\\/|[A-Za-z0-9+/=]", text)]
        plain = {b"%2F": b"/", b"%2f": b"/", b"%2B": b"+", b"%2b": b"+", b"%3D": b"=", b"%3d": b"=", b"\\/": b"/"}
        return b"".join(plain.get(token, token) for token, _ in found), start + np.array([at for _, at in found])
    raw = np.frombuffer(text, np.uint8)
    keep = np.flatnonzero(raw > 0x20)
    return raw[keep].tobytes(), start + keep
