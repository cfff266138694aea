"""TP-Link: TDP over UDP 20002 (JSON behind a short header) and the XOR-chained JSON of port 9999 (facts 5.4, 0.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.details import StatedDetails
from netaudit.core.text.json_document import JsonDocument, is_word
from netaudit.protocols.cutting import Layout
from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import Message
from netaudit.protocols.reader import DatagramReader, Opening, Verdict
from netaudit.protocols.vendors.framed_reader import FramedReader, Said

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

NAME = "tplink"
SEED = 171
CHAINED = bytes((0x7B ^ SEED, 0x7B ^ SEED ^ 0x22))  # how `{"` begins
EMPTY = bytes((0x7B ^ SEED, 0x7B ^ SEED ^ 0x7D))  # and `{}`
TDP = b"\x02\x00\x00\x01"
TDP_HEAD = 64  # bytes within which the document begins; the length fields before it are not known in detail
MOST = 1 << 20  # bytes of a frame over TCP
_MARK = re.compile(rb"\x00[\x00-\x0f]..\xd0\xf2", re.DOTALL)
_STRANGE = re.compile(rb"[^\t\r\n -~\x80-\xff]")
_TDP_FACTS = ("device_type", "device_model", "device_id", "mac", "ip")
_SYSINFO = ("model", "type", "mic_type", "mac", "mic_mac", "deviceId", "sw_ver", "hw_ver", "dev_name")


def unchain(data: bytes) -> bytes:
    """Plain text of the chain: every byte was combined with the cipher byte before it, the first with 171."""
    return bytes(map(int.__xor__, data, (SEED, *data[:-1])))


DATAGRAM_MARKS = tuple(Mark(literal(start)) for start in (TDP, CHAINED, EMPTY))


def recognise_udp(opening: Opening) -> Verdict:
    """A datagram that is such a document."""
    return Verdict.YES if _document(opening.up or opening.down) is not None else Verdict.NO


@lru_cache(maxsize=4)  # of a datagram that is recognised, and then read
def _document(data: bytes) -> tuple[int, JsonDocument] | None:
    """Where the document of a datagram begins, and the document; None for other bytes."""
    if data.startswith(TDP):
        at = data.find(b"{", 4, TDP_HEAD)
        text = data[at:] if at >= 0 else b""
    elif data[:2] in (CHAINED, EMPTY):
        at, text = -1, unchain(data)
    else:
        return None
    document = JsonDocument(text)
    return None if document.mapping is None else (at, document)


class TplinkDatagrams(DatagramReader):
    """Reads one document from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        found = _document(data)
        if found is None:
            return None
        message = Message(NAME, 0, 0, len(data), content_type="application/json")
        message.document, message.body = found[1], found[1].data
        message.body_size = len(message.body)
        _state(message, message.json.mapping or {})
        return message

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        out = super().feed(direction, offset, data)
        for message in out:
            at = data.find(b"{", 4, TDP_HEAD) if data.startswith(TDP) else -1
            message.body_start = offset + at if at >= 0 else -1
        return out


def size(head: bytes) -> int:
    """Length of a frame over TCP: four bytes of length, then the chain."""
    length = int.from_bytes(head[:4], "big")
    return 4 + length if 2 <= length <= MOST and head[4:6] in (CHAINED, EMPTY) else 0


LAYOUT = Layout(6, size, _MARK, 6)


def recognise_tcp(opening: Opening) -> Verdict:
    """A length and a chain that begins as a document."""
    data = opening.up or opening.down
    if len(data) < 6:
        sane = data[:1] in (b"", b"\0") and (len(data) < 5 or data[4] == CHAINED[0])
        return Verdict.MORE if sane else Verdict.NO
    return Verdict.YES if size(data[:6]) else Verdict.NO


class TplinkReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A document; what was lost of it spoils the byte behind, too, so that nothing is told from there on."""
        message = self.message(direction, frame, "", 4)
        message.content_type, message.body_start = "application/json", -1
        known = min([len(message.body), *(a for a, _ in message.missing)])
        message.body = unchain(message.body[:known])
        if (strange := _STRANGE.search(message.body)) is not None:  # its length is false: the rest is passed over
            known, message.complete = strange.start(), False
            message.body, message.end = message.body[:known], frame.start + 4 + known
        if not message.complete:
            message.missing, message.unknown_from = [], known
        elif (document := message.json.mapping) is not None:
            _state(message, document)
        return [message]


def _state(message: Message, document: dict[str, Any]) -> None:
    """What a reply says of the device; a question says nothing."""
    result = document.get("result")
    system = document.get("system")
    info = system.get("get_sysinfo") if isinstance(system, dict) else None
    pairs: Said = []
    if isinstance(result, dict):
        pairs = _picked(result, _TDP_FACTS)
    elif isinstance(info, dict):
        pairs = _picked(info, _SYSINFO)
    message.method = "reply" if pairs else "question"
    message.details = StatedDetails(NAME, pairs)


def _picked(document: dict[str, Any], names: tuple[str, ...]) -> Said:
    found = [(name, document.get(name)) for name in names]
    return [(name.removeprefix("mic_"), value[:128]) for name, value in found if is_word(value)]
