"""EZVIZ: "CAS" command frames and "VTM" stream frames (facts 3.5).

CAS bodies are XML, in clear or encrypted; 32 digits of a digest may follow and belong to no frame. VTM frames carry
video in pieces; pictures in either are carved.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import StatedDetails
from netaudit.protocols.cutting import Layout
from netaudit.protocols.message import DOWN, Message
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.vendors.framed_reader import FramedReader, Said

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

NAME, VTM_NAME = "ezviz", "ezviz_vtm"
HEAD, VTM_HEAD = 32, 8
MOST = 4 << 20  # bytes of a CAS frame
MAGIC = b"\x9e\xba\xac\xe9"
COMMANDS = {
    0x2001: "get operation code", 0x2005: "verify", 0x300F: "device message", 0x2011: "preview", 0x2012: "preview",
    0x2013: "pre-start", 0x2014: "pre-start", 0x3105: "stream set-up", 0x3106: "stream set-up",
}  # fmt: skip
CHAIN = 3  # VTM frames one behind the other, before they are believed
CHANNELS = (0x00, 0x01, 0x0A, 0x0B)
_MARK = re.compile(re.escape(MAGIC))
_VTM_MARK = re.compile(rb"\x24[\x00\x01\x0a\x0b]")


def size(head: bytes) -> int:
    """Length of the CAS frame that begins with these 32 bytes; 0 when none does."""
    length = int.from_bytes(head[24:28], "big")
    return HEAD + length if head.startswith(MAGIC) and length <= MOST else 0


def vtm_size(head: bytes) -> int:
    """Length of the VTM frame that begins with these 8 bytes; 0 when none does."""
    return VTM_HEAD + int.from_bytes(head[2:4], "big") if head[0] == 0x24 and head[1] in CHANNELS else 0


LAYOUT = Layout(HEAD, size, _MARK, 4)
VTM_LAYOUT = Layout(VTM_HEAD, vtm_size, _VTM_MARK, 2)


def recognise(opening: Opening) -> Verdict:
    """The magic number."""
    for data in (opening.up, opening.down):
        if data:
            if len(data) < 4:
                return Verdict.MORE if MAGIC.startswith(data) else Verdict.NO
            return Verdict.YES if data.startswith(MAGIC) else Verdict.NO
    return Verdict.MORE


def recognise_vtm(opening: Opening) -> Verdict:
    """Several frames that chain; media interleaved in RTSP has shorter headers and does not."""
    data = opening.up or opening.down
    at = 0
    for _ in range(CHAIN):
        head = data[at : at + VTM_HEAD]
        if (head[:1] not in (b"\x24", b"")) or (len(head) > 1 and head[1] not in CHANNELS):
            return Verdict.NO
        if len(head) < VTM_HEAD:
            return Verdict.MORE
        if head[4] & 0xC0 == 0x80:  # an RTP header where a sequence number is: RTSP's interleaving
            return Verdict.NO
        at += vtm_size(head)
    return Verdict.YES


class EzvizReader(FramedReader):
    """Reads one connection of commands."""

    name = NAME
    layout = LAYOUT

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A command or its answer with its body."""
        if not frame.intact(0, HEAD):
            return [self.message(direction, frame, "")]
        command, status = struct.unpack_from(">HI", frame.data, 18)
        message = self.message(direction, frame, COMMANDS.get(command, f"{command:04x}"), HEAD)
        if message.body[:1] == b"<":
            message.content_type = "application/xml"
        elif message.body:
            message.notes.append("body encrypted or of unknown form")
        pairs: Said = [("speaks", "CAS")]
        message.details = StatedDetails(
            NAME if direction == DOWN else "ezviz_client", pairs, "" if status == 0xFFFFFFFF else status
        )
        return [message]


class VtmReader(FramedReader):
    """Reads one stream of video pieces: pictures only."""

    name = VTM_NAME
    layout = VTM_LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.named = False

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """The first frame names the stream; the payload of all is searched."""
        out = [] if self.named else [self.message(direction, frame, "stream")]
        self.named = True
        return out + self.carve(direction, frame, VTM_HEAD)
