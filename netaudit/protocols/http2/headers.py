"""HPACK (RFC 7541) for a listener who may have missed some of it, and the field lists of HTTP/2 messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpack import Decoder
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.table import HeaderTable

from netaudit.core.contracts.details import HttpDetails

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

LIST_LIMIT = 64 << 10  # bytes of a decoded field list
TABLE_LIMIT = 1 << 20  # bytes of the dynamic table that a sender may ask for
UNKNOWN = b"\x00?"  # name of a field that was entered into the table before the capture began
UNDECODABLE = "header fields not captured or not decodable"

Fields = list[tuple[str, str]]


class _Table(HeaderTable):
    """A dynamic table of which older entries may be unknown.

    New entries come in at the front (RFC 7541, 2.3.2), so an index that reaches beyond those seen since a loss means an
    older entry, whatever it was, and those seen are still right.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lossy = False

    def get_by_index(self, index: int) -> tuple[bytes, bytes]:
        """Entry by index; a placeholder for one that was never seen."""
        if self.lossy and index > HeaderTable.STATIC_TABLE_LENGTH + len(self.dynamic_entries):
            return UNKNOWN, b""
        entry: tuple[bytes, bytes] = super().get_by_index(index)
        return entry


class FieldDecoder:
    """One direction's field decoder."""

    def __init__(self) -> None:
        self.decoder = self._fresh(lossy=False)

    @staticmethod
    def _fresh(*, lossy: bool) -> Decoder:
        decoder = Decoder(max_header_list_size=LIST_LIMIT)
        decoder.header_table = table = _Table()
        decoder.max_allowed_table_size = TABLE_LIMIT  # what the peer allowed may have been settled before the capture
        table.lossy = lossy
        if lossy:
            table.maxsize = TABLE_LIMIT  # keeping too much is harmless: a sender never names what is gone
        return decoder

    def lost(self) -> None:
        """Header blocks may have been missed: nothing is known of the table so far."""
        self.decoder = self._fresh(lossy=True)

    def decode(self, block: bytes) -> tuple[Fields | None, list[str]]:
        """Fields of a header block, None when it is broken; and notes. Never raises."""
        try:
            raw = list(self.decoder.decode(block, raw=True))
        except OversizedHeaderListError:
            self.lost()
            return None, ["limit: header fields"]
        except (HPACKError, ValueError, IndexError):
            self.lost()
            return None, [UNDECODABLE]
        known = [(name, value) for name, value in raw if name != UNKNOWN]
        notes = ["some header fields refer to packets that were not captured"] if len(known) < len(raw) else []
        return [(_text(name).lower(), _text(value)) for name, value in known], notes


def _text(value: bytes) -> str:
    return bytes(value).decode("latin-1")


def fill(message: Message, fields: Fields) -> None:
    """What the pseudo-fields and content-type say (RFC 9113, 8.3)."""
    for name, value in fields:
        if not name.startswith(":"):
            message.headers.append((name, value))
            if name == "content-type":
                message.content_type = message.content_type or value
            elif name == "host":
                message.host = message.host or value
            elif name == "content-range":
                message.file_range = value.removeprefix("bytes ").strip()
                message.notes.append("part of a larger object")
        elif name == ":method":
            message.method = value
        elif name == ":protocol":  # RFC 8441, 4
            message.details = HttpDetails(value[:64])
        elif name == ":authority":
            message.host = value.rpartition("@")[2]
        elif name == ":path":
            message.path = value
        elif name == ":status" and value.isascii() and value.isdigit():
            message.status = int(value[:3])
    if message.status == 206 and message.content_type.lower().startswith("multipart/byteranges"):
        message.file_range = "multipart"


def declared(message: Message) -> int:
    """Length of the body as its head declares it, -1 for none."""
    value = message.header("content-length").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else -1
