"""TFTP (RFC 1350, 2347 to 2349, 7440): requests, and files in numbered blocks.

The data come from another port of the server, in a flow that the request announces. Blocks are numbered with 16 bits
and roll over, to 0 or to 1; repeated ones are dropped, lost ones are missing ranges.
"""

from __future__ import annotations

import re

from netaudit.core.contracts.details import ControlDetails
from netaudit.core.text.charset import decoded
from netaudit.protocols.expected import Said, Transfer
from netaudit.protocols.file_transfer.filebytes import FileBytes
from netaudit.protocols.marks import Mark
from netaudit.protocols.message import UP, Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict

PORT = 69
NAME = "tftp"
RRQ, WRQ, DATA, ACK, ERROR, OACK = 1, 2, 3, 4, 5, 6
_MODES = (b"octet", b"netascii", b"mail")
_BLOCK = 512
_AHEAD = 1 << 14  # blocks that one may lie ahead of the last


# what a request uses: its name and mode, and options (RFC 2347 to 2349, 7440, 2090); what lies behind is none of it
_USED = re.compile(rb"\0[\1\2][^\0]+\0[A-Za-z]+\0(?:[A-Za-z]{1,16}\0(?:\d{0,10}|[\d.]{7,15},\d{0,5},[01])\0)*")

Request = tuple[str, str, str, dict[str, str]]  # method, name, mode, options


def request(data: bytes) -> Request | None:
    """(method, name, mode, options) of a request."""
    if len(data) < 6 or data[0] or data[1] not in (RRQ, WRQ):
        return None
    fields = data[2:].split(b"\0")
    if len(fields) < 3 or not fields[0] or fields[1].lower() not in _MODES:
        return None
    method = "RRQ" if data[1] == RRQ else "WRQ"
    return method, decoded(fields[0]), fields[1].lower().decode(), _options(fields[2:])


def _options(fields: list[bytes]) -> dict[str, str]:
    return {decoded(key).lower(): decoded(value) for key, value in zip(fields[::2], fields[1::2], strict=False) if key}


MARKS = (Mark((b"\0", bytes((RRQ, WRQ))), least=6),)


def recognise(opening: Opening) -> Verdict:
    """A request, which is unmistakable by its mode."""
    if request(opening.up):
        return Verdict.YES
    return Verdict.SWAPPED if request(opening.down) else Verdict.NO


class _File:
    """The transfer under way."""

    def __init__(self, method: str, name: str, mode: str) -> None:
        self.method, self.name, self.mode = method, name, mode
        self.direction = UP
        self.start = self.end = -1
        self.bytes = FileBytes()
        self.block = _BLOCK
        self.declared = -1
        self.sized = False  # block size agreed on, or seen
        self.last = 0  # number of the last block, counted on
        self.shift = 0  # numbers left out by rolling over to 1
        self.ended = False
        self.options: dict[str, str] = {}


class TftpReader(BaseReader):
    """Reads requests, and data in the same flow or in one that a request announced."""

    protocol = NAME
    apart = True

    def __init__(self) -> None:
        self.file: _File | None = None
        self.at = [0, 0]
        self.consumed: list[tuple[int, int, int]] = []
        self.asked: Message | None = None
        self.flow_ports = (0, 0)

    def begin(self, opening: Opening) -> None:
        """An announced flow knows its file already."""
        self.flow_ports = (opening.client_port, opening.server_port)
        if self.announced is not None:
            transfer = self.announced.transfers[0][1] if self.announced.transfers else None
            if transfer is not None:
                self.file = _File(transfer.method, transfer.name, transfer.coding)

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take one datagram."""
        self.at[direction] = offset + len(data)
        asked = request(data)
        if asked is not None:
            return self._request(direction, offset, data, asked)
        if len(data) < 4 or data[0] or self.file is None:
            return []
        number = data[2] << 8 | data[3]
        if data[1] == OACK:
            self._agreed(_options(data[2:].split(b"\0")))
        elif data[1] == DATA:
            return self._block(direction, offset, number, data)
        elif data[1] == ERROR:
            return self._give()
        return []

    def _request(self, direction: int, offset: int, data: bytes, asked: Request) -> list[Message]:
        out = self._give()
        used = _USED.match(data)
        end = offset + (used.end() if used is not None else len(data))
        self.consumed.append((direction, offset, end))
        method, name, mode, _ = asked
        message = Message(NAME, direction, offset, end, method=method, path=name)
        announced = Said(NAME, direction, self.flow_ports[direction])
        announced.transfer = _transfer(method, name, mode)
        message.details = ControlDetails(announced)
        self.file = _File(method, name, mode)
        return [*out, message]

    def _agreed(self, options: dict[str, str]) -> None:
        file = self.file
        assert file is not None
        size = options.get("blksize", "")
        if size.isdecimal() and 8 <= int(size[:6]) <= 65464:
            file.block = int(size)
        file.sized = True
        total = options.get("tsize", "")
        if total.isdecimal() and len(total) < 12 and int(total):
            file.declared = int(total)

    def _block(self, direction: int, offset: int, number: int, data: bytes) -> list[Message]:
        file = self.file
        assert file is not None
        if file.start >= 0 and direction != file.direction:
            return []
        out: list[Message] = []
        if file.ended:
            if number != 1 or file.last & 0xFFFF == 1:
                self._repeated(file, _counted(file, number), offset, data)
                return []
            out = self._give()
            file = self.file = _File("", "", file.mode)
        if file.start < 0:
            file.start, file.direction = offset, direction
            if not file.sized and len(data) - 4 > _BLOCK:
                file.block = len(data) - 4  # the agreement was not captured
            file.sized = True
        place = _counted(file, number)
        if place < 1:
            return out
        file.last = max(file.last, place)
        file.end = offset + len(data)
        at = (place - 1) * file.block
        size = len(data) - 4
        if size > file.block or file.bytes.has(at, at + size):
            self._repeated(file, place, offset, data)
            return out
        file.bytes.write(at, memoryview(data)[4:])
        self.consumed.append((direction, offset, offset + len(data)))
        file.ended = file.ended or size < file.block
        return out

    def _repeated(self, file: _File, place: int, offset: int, data: bytes) -> None:
        at = (place - 1) * file.block
        if place and file.bytes.data[at : at + len(data) - 4] == data[4:]:
            self.consumed.append((file.direction, offset, offset + len(data)))

    def finish(self) -> list[Message]:
        """Give the transfer."""
        return self._give()

    def _give(self) -> list[Message]:
        file, self.file = self.file, None
        if file is None or file.start < 0:
            return []
        message = Message(NAME, file.direction, file.start, file.end, method=file.method, path=file.name)
        message.file_name = file.name.replace("\\", "/").rpartition("/")[2]
        if file.mode == "netascii":
            message.notes.append("sent as text: line ends may have been changed")
        file.bytes.fill(message, max(file.declared, 0), known=file.ended)
        return [message]

    def needed_from(self, direction: int) -> int:
        """Beginning of the transfer under way."""
        file = self.file
        if file is not None and file.start >= 0 and file.direction == direction:
            return file.start
        return self.at[direction]

    def read_upto(self, direction: int) -> int:
        """No datagram waits."""
        return self.at[direction]


def _counted(file: _File, number: int) -> int:
    """Number of a block counted on beyond 65535; 0 for one that cannot be placed."""
    if number == 1 and file.last >= 0xFFFF and (file.last + file.shift) & 0xFFFF == 0xFFFF:
        file.shift += 1  # rolls over to 1, not to 0
    virtual = file.last + file.shift
    place = virtual + ((number - virtual + 0x8000) & 0xFFFF) - 0x8000 - file.shift
    return place if 1 <= place <= file.last + _AHEAD else 0


def _transfer(method: str, name: str, mode: str) -> Transfer:
    return Transfer(method, name, coding=mode)
