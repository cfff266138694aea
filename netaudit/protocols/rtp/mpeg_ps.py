"""MPEG program streams (ISO/IEC 13818-1, 2.5) in RTP, as GB/T 28181 carries video: a few key frames a minute."""

from __future__ import annotations

import re

from netaudit.protocols.message import Message
from netaudit.protocols.rtp.video import CLOCK, LIMIT, MIME, PER_MINUTE

PACK = b"\x00\x00\x01\xba"
SYSTEM, MAP = 0xBB, 0xBC  # stream ids of the system header and of the program stream map
CODECS = {0x1B: "H264", 0x24: "H265"}  # stream types (2.4.4.10, table 2-34)
LOOK = 4096  # bytes of a first packet in which the map of a key frame is looked for
_START = re.compile(rb"\x00\x00\x01([\xb9-\xff])")
_UNIT = re.compile(rb"\x00\x00\x01([\x00-\xff])", re.DOTALL)


def key_frame_begins(data: bytes) -> bool:
    """Whether an access unit is one with system header or map, as senders put before key frames."""
    head = data[:LOOK]
    return head.startswith(PACK) and (b"\x00\x00\x01\xbb" in head or b"\x00\x00\x01\xbc" in head)


def elementary(data: bytes) -> tuple[str, bytes]:
    """Codec (empty when no map tells) and video of a run of packs; what is none of it is passed over."""
    codec, video = "", bytearray()
    at = 0
    while (match := _START.search(data, at)) is not None:
        at, kind = match.start(), match[1][0]
        if kind == 0xBA:
            at += 14 + (data[at + 13] & 7 if at + 13 < len(data) and data[at + 4] >> 6 == 1 else 0)
            continue
        if kind == 0xB9:  # the end of the program
            at += 4
            continue
        size = int.from_bytes(data[at + 4 : at + 6], "big")
        end = at + 6 + size if size else len(data)
        if kind == MAP:
            codec = _mapped(data[at:end]) or codec
        elif 0xE0 <= kind <= 0xEF and at + 9 <= len(data):
            video += data[at + 9 + data[at + 8] : end]
        at = max(end, at + 4)
    return codec, bytes(video)


def _mapped(data: bytes) -> str:
    """The codec of the first video stream in a program stream map (2.5.4)."""
    at = 10 + int.from_bytes(data[8:10], "big")
    end = min(at + 2 + int.from_bytes(data[at : at + 2], "big"), len(data))
    at += 2
    while at + 4 <= end:
        if data[at] in CODECS:
            return CODECS[data[at]]
        at += 4 + int.from_bytes(data[at + 2 : at + 4], "big")
    return ""


def units(video: bytes, codec: str) -> set[int]:
    """Kinds of the NAL units in an elementary stream."""
    if codec == "H265":
        return {match[1][0] >> 1 & 63 for match in _UNIT.finditer(video)}
    return {match[1][0] & 31 for match in _UNIT.finditer(video)}


def guess(video: bytes) -> str:
    """The codec by its parameter sets, where no map was seen."""
    if {7, 8, 5} <= units(video, "H264"):
        return "H264"
    return "H265" if {32, 33, 34} <= units(video, "H265") else ""


class KeyFrames:
    """Makes messages of a stream's key frames, at most `PER_MINUTE` by its own clock."""

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.given_at = -1
        self.codec = ""

    def early(self, stamp: int) -> bool:
        """Whether the last one was given a moment ago (ticks of 90 kHz)."""
        return self.given_at >= 0 and (stamp - self.given_at) & 0xFFFF_FFFF < 60 * CLOCK // PER_MINUTE

    def message(self, data: bytes, stamp: int, start: int, end: int) -> list[Message]:
        """The key frame in an access unit; nothing where there is none or its codec is not known."""
        return self.picture(*elementary(data), stamp, start, end)

    def picture(self, codec: str, video: bytes, stamp: int, start: int, end: int) -> list[Message]:
        """The same of an elementary stream; `codec` is empty where nothing tells it."""
        self.codec = codec or self.codec or guess(video)
        keys = {5} if self.codec == "H264" else {16, 17, 18, 19, 20, 21}
        if self.codec not in MIME or not keys & units(video, self.codec):
            return []
        self.given_at = stamp
        kind = MIME[self.codec]
        message = Message(self.protocol, 0, start, end, content_type=kind, body=video, body_size=len(video))
        message.notes.append(f"one key frame; at most {PER_MINUTE} a minute of a stream are looked at")
        return [message]


class PsTrack:
    """Gathers, now and then, the packets of one time stamp that make a key frame."""

    def __init__(self) -> None:
        self.stamp = -1  # of the key frame under way
        self.start = self.end = 0
        self.data = bytearray()
        self.frames = KeyFrames("rtp")

    def packet(self, data: bytes, stamp: int, start: int, end: int, *, marker: bool, lost: bool) -> list[Message]:
        """Take a payload; `lost` tells that packets before it are missing."""
        out: list[Message] = []
        if self.stamp >= 0 and (stamp != self.stamp or lost):
            out = self._close(whole=stamp != self.stamp and not lost)
        if self.stamp < 0:
            if self.frames.early(stamp) or not key_frame_begins(data):
                return out
            self.stamp, self.start, self.data = stamp, start, bytearray()
        self.end = end
        if len(self.data) <= LIMIT:
            self.data += data
        del marker  # many senders never set it: the next time stamp ends the frame
        return out

    def needed_from(self) -> int | None:
        """Stream offset of the key frame under way."""
        return self.start if self.stamp >= 0 else None

    def finish(self) -> list[Message]:
        """A key frame that the capture's end cut is not used."""
        return self._close(whole=False)

    def _close(self, *, whole: bool) -> list[Message]:
        if self.stamp < 0:
            return []
        stamp, self.stamp = self.stamp, -1
        data, self.data = bytes(self.data), bytearray()
        if not whole or len(data) > LIMIT:
            return []
        return self.frames.message(data, stamp, self.start, self.end)
