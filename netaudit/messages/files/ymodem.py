"""XMODEM with 1,024 bytes and YMODEM, as serial lines over TCP carry them: files of blocks with a number and a check.

Block 0 of YMODEM has the name and the size of the file; without it a file ends as its last block is filled up.
"""

from __future__ import annotations

import binascii
import re

from netaudit.messages.cutting import Frame, Layout
from netaudit.messages.files.filebytes import LIMIT_NOTE
from netaudit.messages.http1.body import LIMIT
from netaudit.messages.makers.framed_reader import FramedReader
from netaudit.messages.message import Message
from netaudit.messages.reader import Opening, Verdict
from netaudit.text.charset import decoded

NAME = "ymodem"
SHORT, LONG, END = 1, 2, 4  # bytes that begin a block of 128 or 1,024 bytes, or end a file
HEAD, CHECK = 3, 2  # bytes before and behind the data of a block
SIZES = {SHORT: 128, LONG: 1024}
ASKS = b"CG\x06\x15"  # of a receiver
SAID = ASKS + b"\x18"  # what may stand between blocks: words of a receiver, and that one gives up
FILLED = b"\x1a\0"  # by which last blocks are filled up
MOST = LIMIT  # bytes of a file
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
        self.last = b""  # data of the last block
        self.damaged = self.stray = False  # the last block is; bytes that are no block stand behind it
        self.lost = self.cut = False

    def append(self, frame: Frame, *, sound: bool) -> None:
        """Take a block; one that came before comes again, a sound one in the place of a damaged one."""
        number, self.end, data = frame.data[1], frame.end, frame.data[HEAD:-CHECK]
        if self.next > 1 and number == (self.next - 1) & 0xFF:
            if data == self.last:
                self.damaged = self.damaged and not sound
                return
            if self.damaged and sound and not self.cut:
                del self.bytes[len(self.bytes) - len(self.last) :]
                self.next, self.damaged = self.next - 1, False
        self.lost = self.lost or self.damaged or number != self.next & 0xFF
        self.next += 1
        self.last, self.damaged, self.stray = data, not sound, False
        self.cut = self.cut or len(self.bytes) >= MOST
        if not self.cut:
            self.bytes += data

    def give(self, direction: int, *, ended: bool) -> Message:
        """The file as a message."""
        body = bytes(self.bytes)
        wrong = self.lost or self.damaged
        whole = ended and not (wrong or self.stray or self.cut) and (self.size < 0 or len(body) >= self.size)
        body = body[: self.size] if self.size >= 0 else body.rstrip(FILLED)
        message = Message(NAME, direction, self.start, self.end, method="file", body=body, file_name=self.name)
        message.body_size = max(self.size, len(body))
        if not whole:
            message.complete, message.unknown_from = False, 0 if wrong else len(body)
        if self.cut:
            message.notes.append(LIMIT_NOTE)
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
        sound = frame.intact(0, frame.size) and is_sound(frame.data)
        if sound and frame.data[1] == 0 and (file is None or not file.bytes):
            data = frame.data[HEAD:-CHECK]
            named = _NAMED.match(data)
            if named is None:  # the end of all files, or what names none
                return self.pictures[direction].data(frame.start + HEAD, data) if data.strip(b"\0") else []
            size = int(named[2]) if named[2] else -1
            self.files[direction] = _File(frame.start, decoded(named[1]), size if size <= MOST else -1)
            return []
        if file is None:
            file = self.files[direction] = _File(frame.start, "", -1)
        file.append(frame, sound=sound)
        return []

    def _stray(self, direction: int, start: int, data: bytes) -> list[Message]:
        """Bytes between blocks: the first mark of an end in them ends the file."""
        out: list[Message] = []
        file, end = self.files.get(direction), 0
        if file is not None and file.bytes:
            end = data.find(END)
            before = data if end < 0 else data[:end]
            file.stray = file.stray or bool(before.strip(SAID))
            if end >= 0:
                out += super()._stray(direction, start, before)
                out.append(self.files.pop(direction).give(direction, ended=True))
        return out + super()._stray(direction, start + max(end, 0), data[max(end, 0) :])

    def _missed(self, direction: int, start: int, length: int) -> list[Message]:
        """A block may have been among them."""
        if (file := self.files.get(direction)) is not None:
            file.lost = True
        return super()._missed(direction, start, length)

    def _left(self) -> list[Message]:
        """Files that never ended."""
        left = [(side, self.files.pop(side)) for side in sorted(self.files)]
        return [file.give(side, ended=False) for side, file in left if file.bytes]

    def finish(self) -> list[Message]:
        """Give files that never ended, too."""
        return super().finish() + self._left()

    def needed_from(self, direction: int) -> int:
        """Beginning of the file under way."""
        begins = [file.start for side, file in self.files.items() if side == direction]
        return min([super().needed_from(direction), *begins])
