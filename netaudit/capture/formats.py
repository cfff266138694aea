"""What a file is, by its first bytes: a capture that can be read, or, in words, what it looks like instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from netaudit.capture.pcap import HEADER_LENGTH, MAGICS, PcapWalker, header_of
from netaudit.capture.pcapng import MAGIC, PcapngWalker, order_of
from netaudit.system.desktop_files import APPLE_DOUBLE

if TYPE_CHECKING:
    from netaudit.capture.source import Source
    from netaudit.capture.walking import Walker

HOLDERS = (  # (offset, bytes, what it is): captures may be in them
    (0, b"PK\x03\x04", "a zip archive (unpack it first)"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive (unpack it first)"),
    (0, b"Rar!", "a RAR archive (unpack it first)"),
    (257, b"ustar", "a tar archive (unpack it first)"),
    (0, b"\x1f\x9d", "compressed by compress (unpack it first)"),
    (0, b"snoop\0\0\0", "a snoop capture (convert it with editcap -F pcapng)"),
    (0, b"GMBU", "a Network Monitor capture (convert it with editcap -F pcapng)"),
    (0, b"RTSS", "a Network Monitor 1 capture (convert it with editcap -F pcapng)"),
    (0, b"TRSNIFF data", "a Sniffer capture (convert it with editcap -F pcapng)"),
    (0, b"ObserverPktBuffe", "a Network Instruments Observer capture (convert it with editcap -F pcapng)"),
    (0, b"XCP\x00", "a NetXray or Sniffer for Windows capture (convert it with editcap -F pcapng)"),
    (0, b"\xaa\xaa\xaa\xaa", "an InfoVista 5View capture (convert it with editcap -F pcapng)"),
    (6, b"Trace Display Trace File", "a Novell LANalyzer capture (convert it with editcap -F pcapng)"),
    (0, b"TR\x00d", "an HP-UX nettl capture (convert it with editcap -F pcapng)"),
    (0, b"\x05VNF", "a Visual Networks capture (convert it with editcap -F pcapng)"),
    (0, b"\x7fver", "an OmniPeek capture (convert it with editcap -F pcapng)"),
    (0, b"iptrace ", "an AIX iptrace capture (convert it with editcap -F pcapng)"),
    (0, b"+---------+-----", "a K12 text capture (convert it with editcap -F pcapng)"),
    (72, b"\x02\x00\x01\xc0", "a Windows event trace (convert it with etl2pcapng)"),
    (72, b"\x02\x00\x02\xc0", "a Windows event trace (convert it with etl2pcapng)"),
    (0, b"\0\0\0\0\0\0\0\0", "zeros"),
)
LOOKALIKES = (
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"\x89PNG\r\n", "a PNG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a BMP image"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x05\x06", "an empty zip archive"),
    (0, b"RIFF", "a RIFF file (video, sound or WebP)"),
    (4, b"ftyp", "an MP4 or HEIC file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a Windows program"),
    (0, b"PAR1", "a Parquet table"),
    (0, b"ARROW1", "an Arrow table"),
    (0, b"SQLite format 3", "an SQLite database"),
    (0, APPLE_DOUBLE, "what macOS keeps beside a file (AppleDouble)"),
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
    if not head:
        return "not a capture: it is empty"
    if _begins_as_capture(head):
        return f"not a whole capture: its header is cut or corrupt ({len(head)} bytes seen)"
    return f"not a capture: it looks like {looks_like(head)}"


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
    """In words, what a file that begins with `head` seems to be."""
    if _DOCUMENT.match(head):
        return "an office document"
    for offset, magic, what in (*HOLDERS, *LOOKALIKES):
        if head[offset : offset + len(magic)] == magic:
            return what
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        text = head[: error.start].decode("utf-8") if error.start > len(head) - 4 else ""
    if text and all(c.isprintable() or c in "\r\n\t" for c in text):
        return "text"
    return "unknown data, beginning with " + head[:8].hex(" ")
