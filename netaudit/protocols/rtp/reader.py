"""RTP (RFC 3550): pictures and key frames out of media streams, over UDP or inside an RTSP connection."""

from __future__ import annotations

import functools
import importlib.util
import itertools

from netaudit.core.contracts.details import RtpDetails
from netaudit.protocols.carve import CarveReader
from netaudit.protocols.marks import Mark
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.rtp.jpeg import JpegTrack
from netaudit.protocols.rtp.mpeg_ps import PACK, PsTrack
from netaudit.protocols.rtp.sdp import STATIC, Track, parse_track
from netaudit.protocols.rtp.video import MIME, VideoTrack

NAME = "rtp"
PROOF = 8  # packets that must agree before an unannounced stream is believed
STEP = 64  # largest step of the sequence number between them
SOURCES = 8  # streams of one direction
_RTCP = range(72, 80)  # payload types that would clash with RTCP on the same port (RFC 5761, 4)
_GUESSABLE = (*STATIC, *range(96, 128))


@functools.cache
def decodes_video() -> bool:
    """Whether PyAV is there to make stills of key frames."""
    return importlib.util.find_spec("av") is not None


def payload(data: bytes) -> tuple[int, int] | None:
    """Where the payload of a packet begins and ends; None when this is no RTP (RFC 3550, 5.1)."""
    if len(data) < 12 or data[0] >> 6 != 2 or data[1] & 127 in _RTCP:
        return None
    at, end = 12 + 4 * (data[0] & 15), len(data)
    if data[0] & 0x10:
        if at + 4 > end:
            return None
        at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    if data[0] & 0x20:
        end -= data[-1]
    return (at, end) if at <= end else None


_SECOND = bytes(one for one in range(256) if one & 127 in _GUESSABLE)
MARKS = (Mark((bytes(range(0x80, 0xC0)), _SECOND), least=12),)


def recognise(opening: Opening) -> Verdict:
    """A first datagram that may be RTP; the reader itself asks for more of them before it believes."""
    for data in (opening.up, opening.down):
        if data:
            return Verdict.YES if payload(data) and data[1] & 127 in _GUESSABLE else Verdict.NO
    return Verdict.MORE


def guess(data: bytes, payload_type: int) -> str:
    """Codec by static payload type, or by what parameter sets and key frames begin with."""
    if payload_type in STATIC:
        return STATIC[payload_type]
    head = data[:4]
    if head == PACK:
        return "PS"
    if len(head) == 4 and head[1] == 1 and head[0] in (0x40, 0x42, 0x44, 0x26, 0x28, 0x60, 0x62):
        return "H265"
    kind = head[0] & 31 if head else 0
    if head and not head[0] & 0x80 and (kind == 7 and len(head) > 1 and head[1] in (66, 77, 88, 100, 110, 122, 244)):
        return "H264"
    if kind == 24 and len(data) > 4 and data[3] & 31 == 7:
        return "H264"
    return ""


class Source:
    """One synchronisation source: order, losses, and what is made of its payload."""

    def __init__(self, ssrc: int, track: Track | None) -> None:
        self.ssrc = ssrc
        self.announced = track
        self.track: JpegTrack | VideoTrack | PsTrack | None = None
        self.codec = ""
        self.next = -1  # sequence number
        self.named = False
        self.dead = False  # nothing will come of it

    def packet(self, data: bytes, start: int, end: int) -> list[Message]:
        """Take one packet that lies at [start, end) of the stream."""
        place = payload(data)
        if place is None:
            return []
        kind = data[1] & 127
        number = data[2] << 8 | data[3]
        ahead = (number - self.next) & 0xFFFF if self.next >= 0 else 0
        lost = ahead != 0
        if ahead < 0x8000:
            self.next = (number + 1) & 0xFFFF
        body = data[place[0] : place[1]]
        out = [] if self.named and self.track else self._name(body, kind, start, end)
        if self.track is not None and not (ahead >= 0x8000 and not isinstance(self.track, JpegTrack)):
            stamp = int.from_bytes(data[4:8], "big")
            out += self.track.packet(body, stamp, start, end, marker=data[1] >= 128, lost=lost)
        return out

    def _name(self, body: bytes, kind: int, start: int, end: int) -> list[Message]:
        """Find out the codec; the stream is named by a message of its own."""
        announced = self.announced
        matches = announced is not None and announced.payload_type in (kind, -1)
        codec = announced.codec if announced is not None and matches and announced.codec else guess(body, kind)
        if codec:
            self.codec = codec
        if self.codec == "JPEG":
            self.track = JpegTrack()
        elif self.codec == "PS" and decodes_video():
            self.track = PsTrack()
        elif self.codec in MIME and decodes_video():
            self.track = VideoTrack(self.codec, announced.sets if announced is not None and matches else [])
        self.dead = self.track is None and (bool(self.codec) or not 96 <= kind < 128)
        if self.named:
            return []
        self.named = True
        message = Message(NAME, UP, start, end, details=RtpDetails(self.ssrc, kind, self.codec))
        if (self.codec in MIME or self.codec == "PS") and self.track is None:
            message.notes.append("video not looked at: PyAV is not installed")
        return [message]


class Sources:
    """The sources of one direction, or of one interleaved channel."""

    def __init__(self, track: Track | None = None) -> None:
        self.track = track
        self.by_ssrc: dict[int, Source] = {}
        self.dead = False  # nothing more will come of any source

    def packet(self, data: bytes, start: int, end: int) -> list[Message]:
        """Take one packet."""
        if len(data) < 12:
            return []
        ssrc = int.from_bytes(data[8:12], "big")
        source = self.by_ssrc.get(ssrc)
        if source is None:
            if payload(data) is None or len(self.by_ssrc) >= SOURCES:
                return []
            source = self.by_ssrc[ssrc] = Source(ssrc, self.track)
            self.dead = False
        if source.dead:
            return []
        out = source.packet(data, start, end)
        if source.dead:  # told here, since it is asked at every packet
            self.dead = all(one.dead for one in self.by_ssrc.values())
        return out

    def finish(self) -> list[Message]:
        """Give what is left."""
        return [message for source in self.by_ssrc.values() if source.track for message in source.track.finish()]

    def needed_from(self, after: int) -> int:
        """Stream offset of the first picture under way."""
        first = after
        for source in self.by_ssrc.values():
            needed = source.track.needed_from() if source.track else None
            first = first if needed is None else min(first, needed)
        return first


class RtpReader(BaseReader):
    """Reads one UDP flow: announced by RTSP, or believed when its first packets agree; else it is carved."""

    searches = True

    def __init__(self) -> None:
        self.sides = (Sources(), Sources())
        self.held: list[tuple[int, int, bytes]] | None = []  # until the stream is believed
        self.carver: CarveReader | None = None
        self.at = [0, 0]
        self.path = self.host = ""

    def begin(self, opening: Opening) -> None:  # noqa: ARG002
        """An announced stream is believed at once."""
        transfer = self.announced.transfer(self.announced.ts, self.announced.ts) if self.announced is not None else None
        if transfer is not None:
            self.held = None
            self.path = transfer.name
            track = parse_track(transfer.coding)
            self.sides = (Sources(track), Sources(track))

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take one datagram."""
        self.at[direction] = offset + len(data)
        if self.carver is not None:
            return self.carver.feed(direction, offset, data)
        if self.held is None:
            return self._packet(direction, offset, data)
        self.held.append((direction, offset, data))
        verdict = _believed([packet for side, _, packet in self.held if side == self.held[0][0]])
        if verdict is Verdict.MORE and len(self.held) < 4 * PROOF:
            return []
        held, self.held = self.held, None
        if verdict is not Verdict.YES:
            self.carver, self.protocol = CarveReader(), "unknown"
            return [message for event in held for message in self.carver.feed(*event)]
        return [message for event in held for message in self._packet(*event)]

    def _packet(self, direction: int, offset: int, data: bytes) -> list[Message]:
        out = self.sides[direction].packet(data, offset, offset + len(data))
        if self.sides[UP].dead or self.sides[DOWN].dead:
            idle = [side for side in self.sides if side.by_ssrc and not side.dead]
            self.wants_bytes = bool(idle)
        return self._told(out, direction)

    def _told(self, out: list[Message], direction: int) -> list[Message]:
        for message in out:
            message.direction, message.path = direction, self.path
        return out

    def finish(self) -> list[Message]:
        """Give what is left; a stream too short to be believed is carved."""
        if self.held is not None:
            self.carver, self.protocol = CarveReader(), "unknown"
            held, self.held = self.held, None
            out = [message for event in held for message in self.carver.feed(*event)]
            return out + self.carver.finish()
        if self.carver is not None:
            return self.carver.finish()
        return [message for side in (UP, DOWN) for message in self._told(self.sides[side].finish(), side)]

    def needed_from(self, direction: int) -> int:
        """Beginning of the picture under way."""
        if self.carver is not None:
            return self.carver.needed_from(direction)
        if self.held is not None:
            return min((offset for side, offset, _ in self.held if side == direction), default=self.at[direction])
        return self.sides[direction].needed_from(self.at[direction])


def _believed(packets: list[bytes]) -> Verdict:
    """Whether packets agree: one source, one payload type, sequence numbers that grow by little."""
    first = packets[0]
    for before, packet in itertools.pairwise(packets):
        if len(packet) > 1 and packet[0] >> 6 == 2 and packet[1] & 127 in _RTCP:
            continue
        step = int.from_bytes(packet[2:4], "big") - int.from_bytes(before[2:4], "big")
        if payload(packet) is None or packet[8:12] != first[8:12] or (packet[1] ^ first[1]) & 127:
            return Verdict.NO
        if not 0 < step & 0xFFFF <= STEP and -step & 0xFFFF > STEP:
            return Verdict.NO
    return Verdict.YES if len(packets) >= PROOF else Verdict.MORE
