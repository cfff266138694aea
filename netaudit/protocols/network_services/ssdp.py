"""SSDP: announcements, searches and answers of UPnP over UDP (UPnP Device Architecture 1.1, 1.2 and 1.3)."""

from __future__ import annotations

from netaudit.protocols.http1.head import BLANK_LINE
from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import Message
from netaudit.protocols.reader import DatagramReader, Opening, Verdict

STARTS = (b"NOTIFY * HTTP/1.", b"M-SEARCH * HTTP/1.", b"HTTP/1.1 200 ")
MOST_HEADERS = 64
LONGEST = 8192  # bytes of a datagram that are read


MARKS = tuple(Mark(literal(start)) for start in STARTS)


def recognise(opening: Opening) -> Verdict:
    """A start line of SSDP; an answer only when it names a service or an advertisement, too."""
    data = opening.up or opening.down
    if not data.startswith(STARTS):
        return Verdict.NO
    message = parse(data)
    if message is None or (message.status and not message.header("usn") and not message.header("st")):
        return Verdict.NO
    return Verdict.YES


def parse(data: bytes) -> Message | None:
    """One SSDP message, None for other bytes. Direction and offsets are the caller's to set."""
    if not data.startswith(STARTS):
        return None
    lines = data[:LONGEST].decode("utf-8", "replace").split("\n")
    blank = BLANK_LINE.search(data, 0, LONGEST)
    message = Message("ssdp", 0, 0, blank.end() if blank is not None else len(data))
    if lines[0].startswith("HTTP/"):
        message.status = 200
    else:
        message.method = lines[0].split(" ", 1)[0]
    for line in lines[1 : MOST_HEADERS + 1]:
        if not line.strip():
            break
        name, colon, value = line.partition(":")
        if colon:
            message.headers.append((name.strip().lower(), value.strip()))
    return message


class SsdpReader(DatagramReader):
    """Reads one message from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)
