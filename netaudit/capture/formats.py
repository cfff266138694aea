"""What a file is, by its first bytes: a capture that can be read, or what it looks like instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from netaudit.capture.pcap import HEADER_LENGTH, MAGICS, PcapWalker, header_of
from netaudit.capture.pcapng import MAGIC, PcapngWalker, order_of
from netaudit.core.contracts.reasons import reason
from netaudit.core.system.desktop_files import APPLE_DOUBLE

if TYPE_CHECKING:
    from netaudit.capture.source import Source
    from netaudit.capture.walking import Walker

HOLDERS = (  # (offset, bytes, what it is): captures may be in them
    (0, b"PK\x03\x04", "zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!", "rar"),
    (257, b"ustar", "tar"),
    (0, b"\x1f\x9d", "compress"),
    (0, b"snoop\0\0\0", "snoop"),
    (0, b"GMBU", "netmon"),
    (0, b"RTSS", "netmon_1"),
    (0, b"TRSNIFF data", "sniffer"),
    (0, b"ObserverPktBuffe", "observer"),
    (0, b"XCP\x00", "netxray"),
    (0, b"\xaa\xaa\xaa\xaa", "5view"),
    (6, b"Trace Display Trace File", "lanalyzer"),
    (0, b"TR\x00d", "nettl"),
    (0, b"\x05VNF", "visual"),
    (0, b"\x7fver", "omnipeek"),
    (0, b"iptrace ", "iptrace"),
    (0, b"+---------+-----", "k12"),
    (72, b"\x02\x00\x01\xc0", "etl"),
    (72, b"\x02\x00\x02\xc0", "etl"),
    (0, b"\0\0\0\0\0\0\0\0", "zeros"),
)
LOOKALIKES = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n", "png"),
    (0, b"GIF8", "gif"),
    (0, b"BM", "bmp"),
    (0, b"%PDF", "pdf"),
    (0, b"PK\x05\x06", "zip_empty"),
    (0, b"RIFF", "riff"),
    (4, b"ftyp", "mp4"),
    (0, b"\x7fELF", "program"),
    (0, b"MZ", "windows_program"),
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"),
    (0, b"SQLite format 3", "sqlite"),
    (0, APPLE_DOUBLE, "apple_double"),
)
# first members of documents that are zip archives (ISO/IEC 29500-2; OpenDocument 1.3, part 2, 3.3; EPUB 3.3, 4.2)
_DOCUMENT = re.compile(rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|_rels/\.rels|mimetypeapplication/)", re.DOTALL)
NAMED = re.compile(r"\.(pcap(ng)?|cap|ntar|dmp)\d*(\.(gz|zst|lz4|xz|bz2))?$", re.IGNORECASE)
LONGEST_LOOK = 300


class Reader(Protocol):
    """A stream of bytes: `Stored`, or `Expanded` on top of it."""

    problem: str

    def readinto(self, view: memoryview) -> int:
        """Fill some of `view` and return how much; 0 at the end."""


def walker_for(head: bytes, source: Source, capture: int) -> tuple[Walker, int] | str:
    """The walker for a capture that begins with `head`, and the bytes to skip before it; or why there is none."""
    if header := header_of(head):
        return PcapWalker(source, capture, header), HEADER_LENGTH
    if order := order_of(head):
        return PcapngWalker(source, capture, order), 0
    return _none(head, source.compression)


def _none(head: bytes, compression: str) -> str:
    if not head:
        return reason("not_capture_empty")
    if _begins_as_capture(head):
        return reason("not_whole_capture", n=len(head))
    if not (looks := looks_like(head)):
        return reason("not_capture_unknown", hex=head[:8].hex(" "))
    if compression != "none":
        return reason("not_capture_packed", looks=looks, packing=compression)
    return reason("not_capture", looks=looks)


def _begins_as_capture(head: bytes) -> bool:
    return head[:4] == MAGIC or any(head[:4] in (m.to_bytes(4, "big"), m.to_bytes(4, "little")) for m in MAGICS)


def may_hold_captures(head: bytes) -> bool:
    """Whether what begins with `head`, and cannot be read, may hold captures all the same."""
    if _DOCUMENT.match(head):
        return False
    return _begins_as_capture(head) or any(head[at : at + len(magic)] == magic for at, magic, _ in HOLDERS)


def is_capture_name(name: str) -> bool:
    """Whether a file calls itself a capture."""
    return NAMED.search(name) is not None


def looks_like(head: bytes) -> str:
    """What a file that begins with `head` seems to be, as a code (`looks` of the report's words); empty: unknown."""
    if _DOCUMENT.match(head):
        return "office"
    for offset, magic, what in (*HOLDERS, *LOOKALIKES):
        if head[offset : offset + len(magic)] == magic:
            return what
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        text = head[: error.start].decode("utf-8") if error.start > len(head) - 4 else ""
    if text and all(c.isprintable() or c in "\r\n\t" for c in text):
        return "text"
    return ""
