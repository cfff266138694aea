"""MPEG transport streams (ISO/IEC 13818-1, 2.4) in datagrams, by themselves or in SRT: a few key frames a minute.

SRT (draft-sharabayko-srt-01, 3) has a head of 16 bytes before them. Where it says that the payload is encrypted, the
flow is one that nobody can read. From the first datagram on that is none of either, the flow is searched for images.
"""

from __future__ import annotations

import re

from netaudit.messages.marks import ANY, Mark
from netaudit.messages.message import Message, carved_from_here
from netaudit.messages.reader import BaseReader, Opening, Verdict, carve_from
from netaudit.messages.rtp.mpeg_ps import KeyFrames
from netaudit.messages.rtp.reader import decodes_video
from netaudit.messages.rtp.video import CLOCK, LIMIT

NAME, SRT = "mpegts", "srt"
PACKET, SYNC = 188, 0x47
LEAST = 2  # packets of a datagram by which a stream is known
HEAD = 16  # bytes before them in SRT
HANDSHAKE = b"\x80\0\0\0"
SHORTEST = 64  # bytes of a handshake of SRT
ENCRYPTED = 0x18  # bits of the fifth byte of a head of SRT
MOST_TRACKS = 8  # of one direction
# a picture that can be looked at by itself begins with parameter sets, in H.264 or H.265, or is one of that kind
_KEY = re.compile(rb"\x00\x00\x01[\x05\x07\x25\x27\x45\x47\x65\x67\x26\x28\x2a\x40\x42\x44]")
_VIDEO = frozenset(bytes([one]) for one in range(0xE0, 0xF0))  # stream ids (2.4.3.7, table 2-22)
RATE = 250_000  # bytes a second, as if a stream without times were of 2 Mbit/s
LOOK = 96  # bytes of a picture in which that is looked for
MARKS = (
    Mark((b"G",), least=LEAST * PACKET),
    Mark((b"G",), at=HEAD, least=HEAD + LEAST * PACKET),
    Mark((b"\x80", b"\0", b"\0", b"\0", *[ANY] * 12, b"\0", b"\0", b"\0", b"\4\5"), least=SHORTEST),
)


def packets_at(data: bytes, at: int, least: int = LEAST) -> bool:
    """Whether packets of a transport stream, so many at least, fill a datagram from a place on."""
    size = len(data) - at
    return size >= least * PACKET and not size % PACKET and set(data[at::PACKET]) == {SYNC}


def _is_handshake(data: bytes) -> bool:
    return len(data) >= SHORTEST and data[:4] == HANDSHAKE and data[16:19] == b"\0\0\0" and data[19] in {4, 5}


def _is_control(data: bytes) -> bool:
    """Whether a datagram of SRT is what its ends say to each other (types: 3.2; the last one is for users)."""
    return data[:2] == b"\xff\xff" or (data[0] == 0x80 and data[1:2] <= b"\x08")


def recognise(opening: Opening) -> Verdict:
    """Packets of 188 bytes, with a head of SRT before them or without; or a handshake of SRT."""
    data = opening.up or opening.down
    stream = packets_at(data, 0) or (len(data) > HEAD and data[0] < 0x80 and packets_at(data, HEAD))
    return Verdict.YES if stream or _is_handshake(data) else Verdict.NO


class _Track:
    """Pictures of one program element, of which now and then one is kept."""

    def __init__(self, frames: KeyFrames) -> None:
        self.frames = frames
        self.data: bytearray | None = None
        self.start = self.end = self.stamp = self.own = 0  # `own`: bytes of its packets
        self.next = -1  # counter of its next packet

    def begin(self, payload: bytes, start: int, end: int) -> None:
        """A picture begins; it is kept where it is time for one that can be looked at by itself."""
        at = 9 + payload[8] if len(payload) > 14 else len(payload)
        timed = len(payload) > 14 and payload[7] & 0x80
        stamp = _stamp(payload) if timed else start * CLOCK // RATE & 0xFFFF_FFFF
        self.data = (
            None if self.frames.early(stamp) or _KEY.search(payload, at, at + LOOK) is None else bytearray(payload[at:])
        )
        self.stamp, self.start, self.end, self.own = stamp, start, end, PACKET

    def close(self) -> list[Message]:
        """The picture under way is whole."""
        data, self.data = self.data, None
        if data is None or len(data) > LIMIT:
            return []
        out = self.frames.picture("", bytes(data), self.stamp, self.start, self.end)
        for message in out:
            message.foreign = self.end - self.start - self.own
        return out


class _Side:
    """One direction."""

    def __init__(self) -> None:
        self.tracks: dict[int, _Track] = {}
        self.at = 0

    def feed_packets(self, data: bytes, offset: int, end: int) -> list[Message]:
        """Take the packets of a datagram that lies at [offset, end) of the stream."""
        out: list[Message] = []
        for at in range(0, len(data) - PACKET + 1, PACKET):
            pid, begins = (data[at + 1] & 0x1F) << 8 | data[at + 2], data[at + 1] & 0x40
            track = self.tracks.get(pid)
            if track is None and not begins:
                continue
            if track is not None and not begins and track.data is None:
                continue
            out += self._packet(pid, track, data[at : at + PACKET], offset, end)
        return out

    def _packet(self, pid: int, track: _Track | None, packet: bytes, offset: int, end: int) -> list[Message]:
        at = 5 + packet[4] if packet[3] & 0x20 else 4
        payload = packet[at:] if packet[3] & 0x10 else b""
        if not payload:
            return []
        out: list[Message] = []
        if track is not None and packet[3] & 15 != track.next:
            track.data = None  # something of the picture is missing
        if packet[1] & 0x40:
            if track is not None:
                out = track.close()
            elif payload[:3] == b"\0\0\1" and payload[3:4] in _VIDEO and len(self.tracks) < MOST_TRACKS:
                track = self.tracks[pid] = _Track(KeyFrames(NAME))
            if track is not None:
                track.begin(payload, offset, end)
        elif track is not None and track.data is not None:
            track.data += payload if len(track.data) <= LIMIT else b""
            track.end, track.own = end, track.own + PACKET
        if track is not None:
            track.next = (packet[3] + 1) & 15
        return out


def _stamp(payload: bytes) -> int:
    """Lower 32 bits of the time to present (2.4.3.7), in ticks of 90 kHz."""
    a, b, c = payload[9], payload[10] << 8 | payload[11], payload[12] << 8 | payload[13]
    return ((a >> 1 & 7) << 30 | (b >> 1) << 15 | c >> 1) & 0xFFFF_FFFF


class TsReader(BaseReader):
    """Reads one flow. The last picture of a direction is not used: nobody knows whether it is whole."""

    def __init__(self) -> None:
        self.sides = (_Side(), _Side())
        self.named = [False, False]
        self.head = -1  # bytes before the packets of a datagram, once there was one

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take one datagram."""
        side = self.sides[direction]
        end = side.at = offset + len(data)
        if self.head < 0:
            self.head = 0 if packets_at(data, 0) else HEAD
            self.protocol = SRT if self.head else ""
        if self.head and _is_control(data):
            return []
        if not packets_at(data, self.head, least=1):
            self.hand_over = carve_from(direction, offset, data)
            if any(self.named):
                return [carved_from_here(NAME, direction, offset, "a datagram that is no transport stream")]
            if self.head and len(data) > 4 and data[4] & ENCRYPTED:
                self.protocol = "unknown"
            return []
        out = []
        if not self.named[direction]:
            self.named[direction] = True
            out.append(Message(NAME, direction, offset, end, content_type="video/mp2t"))
            if not decodes_video():
                out[0].notes.append("video not looked at: PyAV is not installed")
        for message in side.feed_packets(data[self.head :], offset, end):
            message.direction = direction
            out.append(message)
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the first picture under way."""
        side = self.sides[direction]
        return min((track.start for track in side.tracks.values() if track.data is not None), default=side.at)
