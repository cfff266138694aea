"""SMB 2 and 3 (MS-SMB2): CREATE, READ, WRITE, CLOSE of files in clear, compounds too."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.file_transfer.openfiles import OpenFiles, Place
from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.reader import remember
from netaudit.protocols.smb.session import IOCTL, NEGOTIATE, SESSION_SETUP, Channels

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

HEADER = struct.Struct("<4sHHIHHIIQ8sQ16s")  # section 2.2.1
TREE_CONNECT, TREE_DISCONNECT, CREATE, CLOSE, READ, WRITE, SET_INFO = 3, 4, 5, 6, 8, 9, 17
END_OF_FILE = (1, 20)  # kind and class of the information that sets it (MS-SMB2, 2.2.39; MS-FSCC, 2.4.14)
ATTRIBUTES_GIVEN = 1  # flag of a close (section 2.2.16): it says how large the file is
RESPONSE, RELATED = 1, 4
PENDING = 0x00000103
UNANSWERED = 4096
LAST_FILE = b"\xff" * 16  # of the request before in a compound (section 3.2.4.1.4)
OPENED = 1  # create action: it existed, and was left as it was (section 2.2.14)


class _Command(NamedTuple):
    """One command of a packet: its header, and where its parts lie."""

    code: int
    status: int
    flags: int
    ident: int
    tree: bytes  # session and tree
    at: int  # of the header within the frame
    body: int
    end: int


class Smb2:
    """Follows one connection."""

    def __init__(self, files: OpenFiles) -> None:
        self.files = files
        self.trees: dict[bytes, str] = {}
        self.asked: dict[int, tuple[int, str, bytes, int]] = {}  # by message id: command, path, file id, offset
        self.last_file = b""  # in the compound under way
        self.channels = Channels()

    def packet(self, direction: int, frame: Frame) -> None:
        """Take one session packet with its commands."""
        at = 4
        self.last_file = b""
        while at + HEADER.size <= len(frame.data) and frame.intact(at, at + HEADER.size):
            command, following = _command(frame.data, at)
            if command is None:
                return
            if command.code in (NEGOTIATE, SESSION_SETUP, IOCTL) and frame.intact(command.body, command.body + 8):
                whole = min(command.end, command.body + 36, len(frame.data))
                if frame.intact(command.body, whole):
                    self.channels.packet(direction, command.code, frame.data[command.body : whole])
            if command.flags & RESPONSE and direction == DOWN:
                self._response(frame, command)
            elif not command.flags & RESPONSE and direction == UP:
                self._request(frame, command)
            if following < HEADER.size:
                return
            at += following

    # -- requests -----------------------------------------------------------------------------------------------------

    def _request(self, frame: Frame, command: _Command) -> None:
        data, body = frame.data, command.body
        if command.code == CREATE and frame.intact(body, body + 56):
            start, size = struct.unpack_from("<HH", data, body + 44)
            self._ask(command, _name(frame, command.at + start, size), b"", 0)
            self.last_file = _unnamed(command)
        elif command.code == TREE_CONNECT and frame.intact(body, body + 8):
            start, size = struct.unpack_from("<HH", data, body + 4)
            self._ask(command, _name(frame, command.at + start, size), b"", 0)
        elif command.code == READ and frame.intact(body, body + 32):
            offset = int.from_bytes(data[body + 8 : body + 16], "little")
            self._ask(command, "", self._file(data[body + 16 : body + 32], command), offset)
        elif command.code == WRITE and frame.intact(body, body + 32):
            self._write(frame, command)
        elif command.code == SET_INFO and frame.intact(body, body + 32):
            self._set(frame, command)
        elif command.code == CLOSE and frame.intact(body, body + 24):
            self._ask(command, "", self._file(data[body + 8 : body + 24], command), 0)

    def _ask(self, command: _Command, path: str, file: bytes, offset: int) -> None:
        remember(self.asked, command.ident, (command.code, path, file, offset), UNANSWERED)

    def _file(self, file: bytes, command: _Command) -> bytes:
        if file == LAST_FILE:
            return self.last_file or _unnamed(command)
        self.last_file = file
        return file

    def _set(self, frame: Frame, command: _Command) -> None:
        """A client that sets the end of a file (section 2.2.39); it is there once the answer says so."""
        data, body = frame.data, command.body
        start = command.at + int.from_bytes(data[body + 8 : body + 10], "little")
        if (data[body + 2], data[body + 3]) == END_OF_FILE and frame.intact(start, start + 8):
            size = int.from_bytes(data[start : start + 8], "little")
            self._ask(command, "", self._file(data[body + 16 : body + 32], command), size)

    def _write(self, frame: Frame, command: _Command) -> None:
        data, body = frame.data, command.body
        start, length, offset = struct.unpack_from("<HIQ", data, body + 2)
        file = self._file(data[body + 16 : body + 32], command)
        self._piece(frame, command, UP, file, (command.at + start, length), offset)

    def _piece(
        self, frame: Frame, command: _Command, direction: int, file: bytes, where: tuple[int, int], offset: int
    ) -> None:
        first, length = where
        if offset >= 1 << 63 or first < command.body or not length:
            return
        last = min(first + length, len(frame.data), command.end)
        if first >= last:
            return
        place = Place(direction, frame.start + command.at, frame.start + last, frame.start + first)
        piece = memoryview(frame.data)[first:last]
        holes = frame.holes(first, last)
        frame.explained += sum(b - a for a, b in holes)
        self.files.piece(file, place, offset, piece, holes)
        self._spread(file, command)

    def _spread(self, file: bytes, command: _Command) -> None:
        """Other connections may carry bytes of the same file."""
        opened = self.files.files.get(file)
        if opened is not None:
            opened.spread = opened.spread or self.channels.name(command.tree[4:], file)
            opened.elsewhere = self.channels.several

    # -- responses ----------------------------------------------------------------------------------------------------

    def _response(self, frame: Frame, command: _Command) -> None:
        if command.status == PENDING:
            return
        asked = self.asked.pop(command.ident, None)
        if asked is None or asked[0] != command.code:
            return
        code, path, file, offset = asked
        data, body = frame.data, command.body
        good = command.status == 0
        if code == TREE_CONNECT and good and len(self.trees) < UNANSWERED:
            self.trees[command.tree] = path
        elif code == CREATE and good and frame.intact(body, body + 80):
            action, size = struct.unpack_from("<I", data, body + 4)[0], struct.unpack_from("<Q", data, body + 48)[0]
            share = self.trees.get(command.tree, "")
            self.last_file = data[body + 64 : body + 80]
            self.files.opened(
                self.last_file,
                f"{share}\\{path}" if share else path,
                size if size < 1 << 63 else -1,
                fresh=action != OPENED,
                known_as=_unnamed(command),
            )
            self._spread(self.last_file, command)
        elif code == READ and (good or command.status == 0x80000005) and frame.intact(body, body + 16):
            start, length = data[body + 2], struct.unpack_from("<I", data, body + 4)[0]
            self._piece(frame, command, DOWN, self._related(file), (command.at + start, length), offset)
        elif code == SET_INFO and good:
            self.files.note_size(self._related(file), offset)
        elif code == CLOSE and good:
            if frame.intact(body, body + 60) and data[body + 2] & ATTRIBUTES_GIVEN:
                self.files.note_size(self._related(file), int.from_bytes(data[body + 48 : body + 56], "little"))
            self.files.close(self._related(file))

    def _related(self, file: bytes) -> bytes:
        """A file that a compound opened is known by its id only from the answer."""
        return self.last_file if len(file) != 16 and self.last_file else file


def _unnamed(command: _Command) -> bytes:
    """Stands for the file that a command opens until the answer gives its id."""
    return b"%d" % command.ident


def _command(data: bytes, at: int) -> tuple[_Command | None, int]:
    fields = HEADER.unpack_from(data, at)
    magic, size, _, status, code, _, flags, following, ident = fields[:9]
    if magic != b"\xfeSMB" or size != 64:
        return None, 0
    end = at + following if following else len(data)
    tree = data[at + 36 : at + 48]  # tree id and session id
    return _Command(code, status, flags, ident, tree, at, at + 64, end), following


def _name(frame: Frame, start: int, size: int) -> str:
    if not frame.intact(start, start + size):
        return ""
    return frame.data[start : start + size].decode("utf-16-le", "replace")
