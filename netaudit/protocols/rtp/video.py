"""Key frames of H.264 (RFC 6184) and H.265 (RFC 7798) over RTP, a few a minute, as elementary streams for a decoder."""

from __future__ import annotations

from netaudit.protocols.message import Message

PER_MINUTE = 6  # key frames of one stream, by its own clock
CLOCK = 90_000  # ticks a second (RFC 6184, 8.2.1)
LIMIT = 8 << 20  # bytes of one key frame
UNITS = 1024  # NAL units of one key frame
SETS = 16  # parameter sets that are kept
START = b"\x00\x00\x00\x01"
INSIDE = START[1:]  # never within a unit (ITU-T H.264, 7.4.1): where it stands, a sloppy sender joined several
MIME = {"H264": "video/h264", "H265": "video/h265"}


class VideoTrack:
    """Gathers one stream's parameter sets and, now and then, a key frame."""

    def __init__(self, codec: str, sets: list[bytes]) -> None:
        self.codec = codec
        self.late = codec == "H265"
        self.sets: dict[bytes, bytes] = {}
        for unit in sets:
            self._keep(unit)
        self.stamp = -1  # of the key frame under way
        self.start = self.end = self.size = 0
        self.units: list[bytearray] = []
        self.whole = False
        self.open = False  # a fragmented unit is under way
        self.given_at = -1
        self.damaged = 0

    # -- packets ------------------------------------------------------------------------------------------------------

    def packet(self, data: bytes, stamp: int, start: int, end: int, *, marker: bool, lost: bool) -> list[Message]:
        """Take a payload; `lost` tells that packets before it are missing."""
        out: list[Message] = []
        if self.stamp >= 0 and (stamp != self.stamp or lost):
            out = self._close(whole=stamp != self.stamp and not lost)
        if self.stamp < 0 and not self._wanted(data, stamp):
            return out
        if self.stamp < 0:
            self.stamp, self.start, self.units, self.size, self.open = stamp, start, [], 0, False
        self.end = end
        self._units(data)
        return out + (self._close(whole=True) if marker else [])

    def needed_from(self) -> int | None:
        """Stream offset of the key frame under way."""
        return self.start if self.stamp >= 0 else None

    def finish(self) -> list[Message]:
        """A key frame that the capture's end cut is not used."""
        return self._close(whole=False)

    def _kind(self, data: bytes) -> int:
        return data[0] >> 1 & 63 if self.late else data[0] & 31

    def _wanted(self, data: bytes, stamp: int) -> bool:
        """Whether a packet begins a key frame or carries parameter sets, and it is time for one."""
        if len(data) < 4:
            return False
        kind = self._kind(data)
        if kind == (49 if self.late else 28):  # a fragment: its own kind follows
            head = data[2] if self.late else data[1]
            key = bool(head & 0x80) and self._is_key(head & (63 if self.late else 31))
        elif kind == (48 if self.late else 24):
            key = any(
                self._is_key(self._kind(unit)) or self._is_set(self._kind(unit)) for unit in self._aggregated(data)
            )
        else:
            key = self._is_key(kind) or self._is_set(kind)
        return key and (self.given_at < 0 or (stamp - self.given_at) & 0xFFFF_FFFF >= 60 * CLOCK // PER_MINUTE)

    def _is_key(self, kind: int) -> bool:
        return 16 <= kind <= 21 if self.late else kind == 5

    def _is_set(self, kind: int) -> bool:
        return 32 <= kind <= 34 if self.late else kind in (7, 8)

    def _aggregated(self, data: bytes) -> list[bytes]:
        at = 2 if self.late else 1
        out: list[bytes] = []
        while at + 2 < len(data) and len(out) < 64:
            size = int.from_bytes(data[at : at + 2], "big")
            if size:
                out.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        return out

    def _units(self, data: bytes) -> None:
        if len(data) < 3:
            return
        kind = self._kind(data)
        if kind == (48 if self.late else 24):
            for unit in self._aggregated(data):
                self._unit(unit)
        elif kind == (49 if self.late else 28):
            self._fragment(data)
        elif kind < (48 if self.late else 24):
            self._unit(data)

    def _fragment(self, data: bytes) -> None:
        """FU-A (RFC 6184, 5.8) or FU (RFC 7798, 4.4.3)."""
        head = data[2] if self.late else data[1]
        if head & 0x80:
            first = (
                bytes((data[0] & 0x81 | (head & 63) << 1, data[1]))
                if self.late
                else bytes((data[0] & 0xE0 | head & 31,))
            )
            self._unit(first)
            self.open = True
        if self.open and self.units:
            piece = data[3:] if self.late else data[2:]
            self.size += len(piece)
            if self.size <= LIMIT:
                self.units[-1] += piece

    def _unit(self, unit: bytes) -> None:
        self.open = False
        self.size += len(unit)
        if self.size <= LIMIT and len(self.units) < UNITS and unit:
            self.units.append(bytearray(unit))

    # -- key frames ---------------------------------------------------------------------------------------------------

    def _keep(self, unit: bytes) -> None:
        """Remember a parameter set by its kind and first bytes, which hold its number."""
        if unit and self._is_set(self._kind(unit)) and len(unit) <= 4096:
            key = unit[:2] if self._kind(unit) == 8 else unit[:1]
            if len(self.sets) < SETS or key in self.sets:
                self.sets[key] = unit

    def _close(self, *, whole: bool) -> list[Message]:
        if self.stamp < 0:
            return []
        stamp, self.stamp = self.stamp, -1
        units, self.units = [part for unit in self.units for part in _parted(bytes(unit))], []
        if not whole or self.size > LIMIT or len(units) >= UNITS:
            self.damaged += any(self._is_key(self._kind(unit)) for unit in units)
            return []
        for unit in units:
            self._keep(unit)
        slices = [unit for unit in units if not self._is_set(self._kind(unit))]
        if not self.sets or not any(self._is_key(self._kind(unit)) for unit in slices):
            return []
        self.given_at = stamp
        sets = sorted(self.sets.values(), key=self._kind)
        body = b"".join(START + unit for unit in [*sets, *slices])
        message = Message("rtp", 0, self.start, self.end, content_type=MIME[self.codec], body=body, body_size=len(body))
        message.notes.append(f"one key frame; at most {PER_MINUTE} a minute of a stream are looked at")
        return [message]


def _parted(unit: bytes) -> list[bytes]:
    """The units in one that was sent, each without the zeros before the next one's start."""
    return [part for one in unit.split(INSIDE, UNITS) if (part := one.rstrip(b"\0"))] if INSIDE in unit else [unit]
