"""Session descriptions (RFC 8866): which payload type of which track is coded how."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

TRACKS = 32  # of one description
STATIC = {
    0: "PCMU",
    3: "GSM",
    4: "G723",
    8: "PCMA",
    9: "G722",
    14: "MPA",
    18: "G729",
    26: "JPEG",
    32: "MPV",
    33: "MP2T",
    34: "H263",
}
_FORMAT = re.compile(r"[0-9]{1,9}")  # of a payload type
_SPROP = re.compile(r"sprop-(?:parameter-sets|vps|sps|pps)\s*=\s*([A-Za-z0-9+/=,]{4,4096})")


@dataclass(slots=True)
class Track:
    """One media description."""

    control: str = ""
    codec: str = ""  # upper case: "JPEG", "H264", "H265" …
    payload_type: int = -1
    sets: list[bytes] = field(
        default_factory=list
    )  # parameter sets told outside the stream (RFC 6184, 8.1; RFC 7798, 7.1)

    def text(self) -> str:
        """One line that `parse_track` reads."""
        return f"{self.payload_type} {self.codec} {','.join(base64.b64encode(part).decode() for part in self.sets)}"


def parse_track(text: str) -> Track:
    """The track that `Track.text` wrote down."""
    number, codec, sets = text.split(" ")
    return Track("", codec, int(number), [base64.b64decode(part) for part in sets.split(",") if part])


def parse(body: bytes) -> list[Track]:
    """Tracks of a description; any bytes give an answer."""
    tracks: list[Track] = []
    for line in body[: 64 << 10].decode("utf-8", "replace").splitlines():
        kind, _, value = line.strip().partition("=")
        if kind == "m" and len(tracks) < TRACKS:
            words = value.split()
            number = int(words[3]) if len(words) > 3 and _FORMAT.fullmatch(words[3]) else -1
            tracks.append(Track("", STATIC.get(number, ""), number & 127 if number >= 0 else -1))
        elif kind == "a" and tracks:
            _attribute(tracks[-1], value)
    return tracks


def _attribute(track: Track, value: str) -> None:
    name, _, rest = value.partition(":")
    if name == "control":
        track.control = rest.strip()
    elif name == "rtpmap":
        number, _, coding = rest.partition(" ")
        if number.strip() == str(track.payload_type):
            track.codec = re.sub(r"[^A-Z0-9-]", "", coding.partition("/")[0].strip().upper())[:16]
    elif name == "fmtp":
        for found in _SPROP.finditer(rest):
            for part in found[1].split(","):
                try:
                    track.sets.append(base64.b64decode(part + "=" * (-len(part) % 4)))
                except binascii.Error:
                    continue
        track.sets = track.sets[:16]
