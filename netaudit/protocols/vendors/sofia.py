"""Xiongmai's "Sofia" (facts 5.5): JSON in 20-byte frames over TCP 34567 and 15002, discovery over UDP 34569.

Pictures and video come in the same frames; the pictures are carved out of them.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.details import StatedDetails
from netaudit.core.text.json_document import JsonDocument, is_word
from netaudit.protocols.cutting import Layout
from netaudit.protocols.marks import Mark
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import DatagramReader, Opening, Verdict
from netaudit.protocols.vendors.framed_reader import FramedReader, Said, midway

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

NAME = "sofia"
PORTS = (34567, 15002)
HEAD = 20
MOST = 8 << 20  # bytes of a frame
IDS = range(1000, 5000)  # message ids, from login (1000) on; newer ones lie beyond 2000
LOGIN, LOGIN_REPLY, INFO_REPLY, ALARM = 1000, 1001, 1021, 1504
MOST_TITLES = 64  # names of channels
SEARCH, SEARCH_REPLY = 1530, 1531
METHODS = {
    1000: "login", 1001: "login reply", 1006: "keep alive", 1007: "keep alive reply", 1020: "info", 1021: "info reply",
    1504: "alarm", 1530: "search", 1531: "search reply", 1560: "snapshot", 1561: "snapshot reply",
}  # fmt: skip
_MARK = re.compile(rb"\xff[\x00\x01]\x00\x00")
_DOCUMENT = re.compile(
    rb"\{\s{0,16}(?:\}|\"[A-Za-z_][^\"\x00-\x1f]{0,80}\"\s{0,8}:)"
)  # a piece of a picture may begin with a brace
_HEADER = struct.Struct("<BB2xIIBBHI")
_COMMON = ("MAC", "HostName", "TCPPort", "HttpPort", "SN")
_SYSTEM = ("SerialNo", "HardWare", "SoftWareVersion", "DeviceModel")
_ALARM = ("SerialID", "Event", "Descrip")


def size(head: bytes) -> int:
    """Length of the frame that begins with these 20 bytes; 0 when none does."""
    mark, version, _, _, pieces, piece, ident, length = _HEADER.unpack(head)
    sane = mark == 0xFF and version < 2 and not head[2] and not head[3] and (piece < pieces or not pieces)
    return HEAD + length if sane and ident in IDS and length <= MOST else 0


LAYOUT = Layout(HEAD, size, _MARK, 4)


def recognise(opening: Opening) -> Verdict:
    """A header with a sane id and length at the beginning, and a document behind it where one must be."""
    found = [_begins(data) for data in (opening.up, opening.down) if data]
    if not found or Verdict.NO in found:
        return midway(opening, LAYOUT, PORTS) if found else Verdict.MORE
    return Verdict.YES if Verdict.YES in found else Verdict.MORE


def _begins(data: bytes) -> Verdict:
    if len(data) > HEAD:
        length = size(data[:HEAD])
        if not length:
            return Verdict.NO
        text = data[14:16] in _WITH_TEXT and length > HEAD
        return Verdict.YES if not text or data[HEAD] == 0x7B else Verdict.NO
    if not size(data) if len(data) == HEAD else not _MARK.match(data + b"\xff\x00\x00\x00"[len(data) :]):
        return Verdict.NO
    return Verdict.MORE


_WITH_TEXT = {
    ident.to_bytes(2, "little") for ident in (LOGIN, LOGIN_REPLY, 1006, 1007, 1020, INFO_REPLY, ALARM, SEARCH_REPLY)
}


SEARCH_MARKS = (Mark((b"\xff", b"\0\1", b"\0", b"\0"), least=HEAD),)


def recognise_udp(opening: Opening) -> Verdict:
    """A search, or its answer: one whole frame."""
    return Verdict.YES if _searches(opening.up or opening.down) else Verdict.NO


def _searches(data: bytes) -> bool:
    if len(data) < HEAD or not size(data[:HEAD]):
        return False
    ident, length = _HEADER.unpack_from(data)[6:8]
    return ident in (SEARCH, SEARCH_REPLY) and length == len(data) - HEAD


class SofiaReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A document as a message; anything else is searched for pictures."""
        if not frame.intact(0, HEAD):
            return [self.message(direction, frame, "")]
        ident = _HEADER.unpack_from(frame.data)[6]
        if frame.size > HEAD and not _DOCUMENT.match(frame.data, HEAD):
            return self.carve(direction, frame, HEAD)
        message = self.message(direction, frame, METHODS.get(ident, str(ident)), HEAD)
        message.content_type = "application/json"
        _state(message, ident)
        return [message]


class SofiaSearchReader(DatagramReader):
    """Reads searches and their answers."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        if not _searches(data):
            return None
        ident = _HEADER.unpack_from(data)[6]
        message = Message("discovery", 0, 0, len(data), method="reply" if ident == SEARCH_REPLY else "question")
        pairs: Said = []
        message.details = StatedDetails(NAME, pairs)
        document = JsonDocument(data[HEAD:]).mapping
        common = document.get("NetWork.NetCommon") if document else None
        if ident == SEARCH_REPLY and isinstance(common, dict):
            pairs += _picked(common, _COMMON)
            if address := _address(common.get("HostIP")):
                pairs.append(("HostIP", address))
        return message


def _state(message: Message, ident: int) -> None:
    """What a whole document says of who sent it."""
    document = message.json.mapping if message.complete else None
    if document is None:
        return
    if ident == LOGIN and message.direction == UP:
        message.details = StatedDetails("sofia_client", [("user", v) for _, v in _picked(document, ("UserName",))])
    elif ident == INFO_REPLY and message.direction == DOWN:
        system = document.get("SystemInfo")
        message.details = StatedDetails(NAME, _picked(system, _SYSTEM) if isinstance(system, dict) else [])
    elif ident == LOGIN_REPLY and message.direction == DOWN:
        kind = document.get("DeviceType ", document.get("DeviceType"))  # cameras write the blank
        message.details = StatedDetails(NAME, [("DeviceType", kind)] if is_word(kind) else [])
    elif isinstance(titles := document.get("ChannelTitle"), list) and message.direction == DOWN:
        message.details = StatedDetails(NAME, [("ChannelTitle", str(one)[:64]) for one in titles[:MOST_TITLES]])
    elif "SerialID" in document and message.direction == UP:
        message.method = "alarm"
        message.details = StatedDetails(NAME, _picked(document, _ALARM))


def _picked(document: dict[str, Any], names: tuple[str, ...]) -> Said:
    found = [(name, document.get(name)) for name in names]
    return [(name, str(value)[:128]) for name, value in found if isinstance(value, int) or is_word(value)]


def _address(value: Any) -> str:
    """An IPv4 address written as 0x and eight digits, last byte first."""
    if not isinstance(value, str) or not re.fullmatch(r"0[xX][0-9A-Fa-f]{8}", value):
        return ""
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(value[2:])))
