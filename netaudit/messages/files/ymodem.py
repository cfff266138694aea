"""XMODEM with 1,024 bytes and YMODEM, as serial lines over TCP carry them: files of blocks with a number and a check.

Block 0 of YMODEM has the name and the size of the file; without it a file ends as its last block is filled up.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from netaudit.messages.cutting import Frame, Layout
from netaudit.messages.makers.framed_reader import FramedReader
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import Opening, Verdict
from netaudit.text.charset import decoded

if TYPE_CHECKING:
    from netaudit.messages.cutting import Found

NAME = "ymodem"
SHORT, LONG, END = 1, 2, 4  # bytes that begin a block of 128 or 1,024 bytes, or end a file
HEAD, CHECK = 3, 2  # bytes before and behind the data of a block
SIZES = {SHORT: 128, LONG: 1024}
ASKS = b"CG\x06\x15"  # of a receiver
FILLED = b"\x1a\0"  # by which last blocks are filled up
MOST = 64 << 20  # bytes of a file
_NAMED = re.compile(rb"([^\x00-\x1f]{1,200})\x00(?:([0-9]{1,10})(?:[ 0-9]*))?\x00*\Z")


def _size(head: bytes) -> int:
    size = SIZES.get(head[0], 0)
    return HEAD + size + CHECK if size and head[1] ^ head[2] == 0xFF else 0


LAYOUT = Layout(HEAD, _size, re.compile(rb"[\x01\x02]"), 1)


def is_sound(block: bytes) -> bool:
    """Whether the check behind the data of a block is right (CRC of 16 bits, 1021)."""
    return binascii.crc_hqx(block[HEAD:-CHECK], 0) == int.from_bytes(block[-CHECK:], "big")


def recognise(opening: Opening) -> Verdict:
    """A first block whose check is right."""
    for data, verdict in ((opening.up, Verdict.YES), (opening.down, Verdict.SWAPPED)):
        if not data.strip(ASKS):  # nothing yet, or what a receiver says to begin
            continue
        if data[0] not in SIZES:
            return Verdict.NO
        if len(data) < HEAD:
            return Verdict.MORE
        size = _size(data[:HEAD])
        if not size or data[1] > 1:
            return Verdict.NO
        if len(data) < size:
            return Verdict.MORE
        return verdict if is_sound(data[:size]) else Verdict.NO
    return Verdict.MORE


class _File:
    """A file under way."""

    def __init__(self, start: int, name: str, size: int) -> None:
        self.start, self.name, self.size = start, name, size
        self.end, self.next = start, 1
        self.bytes = bytearray()
        self.lost = False

    def take(self, frame: Frame) -> None:
        """Take a block; one that came before comes again."""
        number, self.end = frame.data[1], frame.end
        if number == (self.next - 1) & 0xFF and self.next > 1:
            return
        self.lost = self.lost or number != self.next & 0xFF or not is_sound(frame.data)
        self.next += 1
        if len(self.bytes) < MOST:
            self.bytes += frame.data[HEAD:-CHECK]

    def give(self, direction: int, *, ended: bool) -> Message:
        """The file as a message."""
        body = bytes(self.bytes)
        whole = ended and not self.lost and (self.size < 0 or len(body) >= self.size)
        body = body[: self.size] if self.size >= 0 else body.rstrip(FILLED)
        message = Message(NAME, direction, self.start, self.end, method="file", body=body, file_name=self.name)
        message.body_size = max(self.size, len(body))
        if not whole:
            message.complete, message.unknown_from = False, 0 if self.lost else len(body)
        return message


class YmodemReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[int, _File] = {}  # by direction

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A block."""
        file = self.files.get(direction)
        if not frame.intact(0, frame.size):
            if file is not None:
                file.lost, file.next, file.end = True, file.next + 1, frame.end
                file.bytes += frame.data[HEAD:-CHECK]
            return []
        if frame.data[1] == 0 and (file is None or not file.bytes) and is_sound(frame.data):
            named = _NAMED.match(frame.data[HEAD:-CHECK])
            if named is not None:
                size = int(named[2]) if named[2] else -1
                self.files[direction] = _File(frame.start, decoded(named[1]), size if size <= MOST else -1)
            return []
        if file is None:
            file = self.files[direction] = _File(frame.start, "", -1)
        file.take(frame)
        return []

    def _found(self, direction: int, found: list[Found]) -> list[Message]:
        out: list[Message] = []
        for one in found:
            file = self.files.get(direction)
            if isinstance(one, Frame):
                out += self.frame(direction, one)
            elif file is not None and file.bytes and one.data[:1] == bytes([END]):
                out.append(self.files.pop(direction).give(direction, ended=True))
            elif one.data:
                out += self.pictures[direction].data(one.start, one.data)
            elif one.lost:
                out += self.pictures[direction].hole(one.start, one.lost)
                if file is not None:
                    file.lost = True
        return out

    def finish(self) -> list[Message]:
        """Give files that never ended, too."""
        out = super().finish()
        for direction in (UP, DOWN):
            if (file := self.files.pop(direction, None)) is not None and file.bytes:
                out.append(file.give(direction, ended=False))
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the file under way."""
        begins = [file.start for side, file in self.files.items() if side == direction]
        return min([super().needed_from(direction), *begins])
