"""Classic pcap: microseconds and nanoseconds, both byte orders, and Kuznetsov's modified record header.

File header (draft-ietf-opsawg-pcap, section 4), 24 bytes: magic, version 2 x u2, two reserved u4, snaplen u4, link
type u4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from netaudit.capture import kernels
from netaudit.capture.layouts import BAD, CUT, FOUND, FULL, MORE, NO_TIME, SUSPECT
from netaudit.capture.linktypes import link_type_name
from netaudit.capture.source import Interface, Source
from netaudit.capture.walking import Bytes, Losses, Rows

HEADER_LENGTH = 24
MAGICS = {  # magic → (nanoseconds per unit of the fraction, length of a record header, name)
    0xA1B2C3D4: (1000, 16, "microseconds"),
    0xA1B23C4D: (1, 16, "nanoseconds"),
    0xA1B2CD34: (1000, 24, "microseconds, modified"),  # + interface index u4, protocol u2, packet type u1, padding u1
}


@dataclass(frozen=True, slots=True)
class Header:
    """The file header."""

    big: bool
    unit: int
    record_header: int
    snaplen: int
    linktype: int
    fcs: int  # bytes of frame check sequence at the end of each frame, 0 not said
    text: str


def header_of(head: bytes) -> Header | None:
    """The header that `head` (>= 24 bytes) begins with, None when this is no pcap."""
    for big, order in ((False, "<"), (True, ">")):
        if len(head) >= HEADER_LENGTH and (kind := MAGICS.get(struct.unpack(order + "I", head[:4])[0])):
            snaplen, link = struct.unpack(order + "II", head[16:24])
            unit, record_header, name = kind
            # bits 28-31 are half the length of the FCS where bit 26 says so (draft, section 4)
            fcs = 2 * (link >> 28) if link >> 26 & 1 else 0
            text = f"pcap, {'big' if big else 'little'}-endian, {name}"
            return Header(big, unit, record_header, snaplen, link & 0xFFFF, fcs, text)
    return None


class PcapWalker:
    """Walks the records of one pcap; see `walking.Walker`. Expects the windows to begin behind the file header."""

    def __init__(self, source: Source, capture: int, header: Header) -> None:
        self.rows = Rows()
        self._header = header
        self._capture = capture
        self._losses = Losses(source)
        self._frame = 0
        self._last_time = NO_TIME
        name = link_type_name(header.linktype)
        source.file_format = header.text
        source.add_link_type(name)
        resolution = "10^-9 s" if header.unit == 1 else "10^-6 s"
        comment = f"frames end with {header.fcs} bytes of check sequence" if header.fcs else ""
        source.interfaces.append(Interface(0, name, header.snaplen, resolution, comment=comment))

    def walk(self, buffer: Bytes, end: int, base: int, at_eof: bool) -> int:  # noqa: FBT001
        """See `walking.Walker`."""
        position, trusted, why = 0, -1, MORE
        h, rows = self._header, self.rows
        while True:
            if self._losses.searching:
                position, found = self._find(buffer, position, end, end, at_eof)
                if found != FOUND:
                    if at_eof:
                        self._losses.end(base + end, sound=False)
                        return end
                    return position
                self._losses.end(base + position, sound=True)
            position, self._frame, self._last_time, rows.used, why = kernels.walk_pcap(
                buffer, position, end, at_eof, trusted, h.big, h.unit, h.record_header, h.linktype,
                self._capture, self._frame, self._last_time, rows.array, rows.used,
            )  # fmt: skip
            if why == MORE:
                return int(position)
            if why == FULL:
                rows.grow()
            elif why == CUT:
                self._losses.cut(base + position, end - position)
                return end
            elif why == BAD:
                self._losses.begin(base + position, "corrupt_header")
                position += 1
            elif why == SUSPECT:
                # Sound records inside what this one claims to be show a corrupt header; else it is only unusual.
                caplen = kernels.u4(buffer, position + 8, h.big)
                limit = min(end, position + h.record_header + caplen)
                place, found = self._find(buffer, position + 1, limit, end, at_eof)
                if found == MORE:
                    return int(position)
                if found == FOUND:
                    self._losses.begin(base + position, "corrupt_header")
                    position = place
                    self._losses.end(base + position, sound=True)
                else:
                    trusted = position

    def _find(self, buffer: Bytes, position: int, limit: int, end: int, at_eof: bool) -> tuple[int, int]:  # noqa: FBT001
        h = self._header
        place, found = kernels.find_record(
            buffer, position, limit, end, at_eof, h.big, h.unit, h.record_header, self._last_time
        )
        return int(place), int(found)
