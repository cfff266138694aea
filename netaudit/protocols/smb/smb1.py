"""SMB 1 (MS-CIFS, MS-SMB): files opened, read and written by the AndX commands and their plain forms."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.file_transfer.openfiles import OpenFiles, Place
from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.reader import remember

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

HEADER = 32  # MS-CIFS 2.2.3.1
CLOSE, READ, WRITE, OPEN_ANDX, READ_ANDX, WRITE_ANDX, TREE_CONNECT_ANDX, NT_CREATE_ANDX = (
    0x04, 0x0A, 0x0B, 0x2D, 0x2E, 0x2F, 0x75, 0xA2,
)  # fmt: skip
RESPONSE, UNICODE = 0x80, 0x8000
NO_MORE = 0xFF
UNANSWERED = 4096
CHAIN = 16  # AndX commands in one packet


class _Command(NamedTuple):
    """One command of an AndX chain."""

    code: int
    words: int  # where its parameter words begin
    length: int  # of them, bytes
    bytes: int  # where its data begin
    size: int
    unicode: bool
    key: tuple[int, int, int]  # process, multiplex id, tree
    tree: int


class Smb1:
    """Follows one connection."""

    def __init__(self, files: OpenFiles) -> None:
        self.files = files
        self.trees: dict[int, str] = {}
        self.asked: dict[tuple[int, tuple[int, int, int]], tuple[str, int, int, bool]] = {}

    def packet(self, direction: int, frame: Frame) -> None:
        """Take one session packet."""
        data = frame.data
        if not frame.intact(4, 4 + HEADER):
            return
        status, answer = int.from_bytes(data[9:13], "little"), bool(data[13] & RESPONSE)
        if answer != (direction == DOWN) or (answer and status & 0xC0000000 == 0xC0000000):
            return
        at, code = 4 + HEADER, data[8]
        for _ in range(CHAIN):
            command = _command(frame, code, at)
            if command is None:
                return
            (self._response if answer else self._request)(frame, command)
            if (
                code not in (OPEN_ANDX, READ_ANDX, WRITE_ANDX, TREE_CONNECT_ANDX, NT_CREATE_ANDX, 0x73)
                or command.length < 4
            ):
                return
            code, following = (
                data[command.words],
                4 + int.from_bytes(data[command.words + 2 : command.words + 4], "little"),
            )
            if code == NO_MORE or following <= at:
                return
            at = following

    def _ask(self, command: _Command, path: str, file: int = 0, offset: int = 0, *, fresh: bool = False) -> None:
        remember(self.asked, (command.code, command.key), (path, file, offset, fresh), UNANSWERED)

    def _request(self, frame: Frame, command: _Command) -> None:
        data, at, count = frame.data, command.words, command.length
        if (command.code == NT_CREATE_ANDX and count >= 48) or (command.code == OPEN_ANDX and count >= 30):
            self._ask(command, _text(frame, command, command.bytes))
        elif command.code == TREE_CONNECT_ANDX and count >= 8:
            password = int.from_bytes(data[at + 6 : at + 8], "little")
            self._ask(command, _text(frame, command, command.bytes + password))
        elif command.code == READ_ANDX and count >= 20:
            file, low = struct.unpack_from("<HI", data, at + 4)
            high = int.from_bytes(data[at + 20 : at + 24], "little") if count >= 24 else 0
            self._ask(command, "", file, high << 32 | low)
        elif command.code == READ and count >= 10:
            file, _, low = struct.unpack_from("<HHI", data, at)
            self._ask(command, "", file, low)
        elif command.code == WRITE_ANDX and count >= 24:
            self._write_andx(frame, command)
        elif command.code == WRITE and count >= 10:
            file, length, low = struct.unpack_from("<HHI", data, at)
            self._piece(frame, UP, (file, command.bytes + 3, length), low)
        elif command.code == CLOSE and count >= 2:
            self.files.close(int.from_bytes(data[at : at + 2], "little"))

    def _write_andx(self, frame: Frame, command: _Command) -> None:
        data, at = frame.data, command.words
        file, low = struct.unpack_from("<HI", data, at + 4)
        high_length, length, start = struct.unpack_from("<HHH", data, at + 18)
        high = int.from_bytes(data[at + 24 : at + 28], "little") if command.length >= 28 else 0
        self._piece(frame, UP, (file, 4 + start, high_length << 16 | length), high << 32 | low)

    def _piece(self, frame: Frame, direction: int, where: tuple[int, int, int], offset: int) -> None:
        file, first, length = where
        last = min(first + length, len(frame.data))
        if first < 4 + HEADER or first >= last or offset >= 1 << 63:
            return
        place = Place(direction, frame.start, frame.start + last, frame.start + first)
        holes = frame.holes(first, last)
        frame.explained += sum(b - a for a, b in holes)
        self.files.piece(file, place, offset, memoryview(frame.data)[first:last], holes)

    def _response(self, frame: Frame, command: _Command) -> None:
        asked = self.asked.pop((command.code, command.key), None)
        if asked is None and command.code == TREE_CONNECT_ANDX:  # the tree is known only from the answer
            key = next((key for key in self.asked if key[0] == command.code and key[1][:2] == command.key[:2]), None)
            asked = self.asked.pop(key) if key else None
        if asked is None:
            return
        path, file, offset, _ = asked
        data, at, count = frame.data, command.words, command.length
        if command.code == TREE_CONNECT_ANDX and len(self.trees) < UNANSWERED:
            self.trees[command.tree] = path
        elif command.code == NT_CREATE_ANDX and count >= 63:
            file, action = struct.unpack_from("<HI", data, at + 5)
            self._opened(command, file, path, struct.unpack_from("<Q", data, at + 55)[0], action)
        elif command.code == OPEN_ANDX and count >= 24:
            file, size = struct.unpack_from("<H", data, at + 4)[0], struct.unpack_from("<I", data, at + 12)[0]
            self._opened(command, file, path, size, int.from_bytes(data[at + 22 : at + 24], "little") & 3)
        elif command.code == READ_ANDX and count >= 20:
            length, start = struct.unpack_from("<HH", data, at + 10)
            length |= struct.unpack_from("<H", data, at + 14)[0] << 16
            self._piece(frame, DOWN, (file, 4 + start, length), offset)
        elif command.code == READ and count >= 2:
            length = int.from_bytes(data[at : at + 2], "little")
            self._piece(frame, DOWN, (file, command.bytes + 3, length), offset)

    def _opened(self, command: _Command, file: int, path: str, size: int, action: int) -> None:
        share = self.trees.get(command.tree, "")
        name = f"{share}\\{path.lstrip(chr(92))}" if share else path
        self.files.opened(file, name, size if size < 1 << 63 else -1, fresh=action != 1)


def _command(frame: Frame, code: int, at: int) -> _Command | None:
    data = frame.data
    if at + 3 > len(data):
        return None
    count = 2 * data[at]
    if not frame.intact(at, at + 3 + count):
        return None
    size = int.from_bytes(data[at + 1 + count : at + 3 + count], "little")
    tree, process, _, multiplex = struct.unpack_from("<4H", data, 4 + 24)
    wide = bool(int.from_bytes(data[14:16], "little") & UNICODE)
    return _Command(code, at + 1, count, at + 3 + count, size, wide, (process, multiplex, tree), tree)


def _text(frame: Frame, command: _Command, start: int) -> str:
    """A string: UTF-16 aligned to two bytes from the header on, or bytes of the OEM code page; ended by zero."""
    data = frame.data
    end = min(command.bytes + command.size, len(data))
    if not frame.intact(start, end):
        return ""
    if not command.unicode:
        return data[start:end].partition(b"\0")[0].decode("latin-1")
    start += start & 1  # the header begins at an even place behind the four bytes of the session header
    text = data[start:end].decode("utf-16-le", "replace")
    return text.partition("\0")[0]
