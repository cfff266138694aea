"""NFS version 3 (RFC 1813) over ONC RPC (RFC 5531), TCP and UDP: files by their reads and writes.

The protocol knows no closing. A file that was read to its end is given then; one that was written is given when it was
committed and is left alone for `SETTLED` further calls, or when the flow ends.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.cutting import Cutter, Found, Frame, Layout, frames
from netaudit.protocols.file_transfer.openfiles import OpenFiles, Place
from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.reader import BaseReader, Opening, Verdict, remember

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

NAME = "nfs"
PORT = 2049
PROGRAM, VERSION = 100_003, 3
CALL, REPLY = 0, 1
LOOKUP, READ, WRITE, CREATE, COMMIT = 3, 6, 7, 8, 21
MOST = (1 << 22) + 4  # bytes of a record: more than the largest write that servers allow
UNANSWERED = 4096
NAMES = 16_384  # file handles whose names are remembered
HANDLE = 64  # bytes of a file handle (RFC 1813, 2.5)
ATTRIBUTES = 84  # bytes of fattr3; the size stands at 20
SETTLED = 256
CALL_HEAD = struct.Struct(">IIIIII")  # xid, type, RPC version, program, version, procedure


class CutError(Exception):
    """The record ends, or a hole lies, where a field must be."""


class _Cursor:
    """Reads XDR fields (RFC 4506) of a record."""

    def __init__(self, frame: Frame, at: int) -> None:
        self.frame, self.at = frame, at

    def number(self, size: int = 4) -> int:
        """An unsigned number."""
        return int.from_bytes(self.raw(size), "big")

    def raw(self, size: int) -> bytes:
        """Bytes of a fixed length."""
        end = self.at + size
        if not self.frame.intact(self.at, end):
            raise CutError
        self.at, start = end, self.at
        return self.frame.data[start:end]

    def opaque(self, most: int) -> bytes:
        """Bytes with their length in front, filled up to four."""
        size = self.number()
        if size > most:
            raise CutError
        return self.raw(size + -size % 4)[:size]

    def attributes(self) -> int:
        """Size in a post_op_attr, -1 where there is none."""
        return int.from_bytes(self.raw(ATTRIBUTES)[20:28], "big") if self.number() else -1

    def changed(self) -> int:
        """Size behind a change in a wcc_data, -1 where it is not said."""
        if self.number():
            self.raw(24)  # size and times before it
        return self.attributes()


class _Asked(NamedTuple):
    procedure: int
    handle: bytes = b""
    name: str = ""
    offset: int = 0


class _Known(NamedTuple):
    path: str
    size: int
    fresh: bool


class Nfs:
    """Follows the calls of one flow."""

    def __init__(self, files: OpenFiles) -> None:
        self.files = files
        self.known: dict[bytes, _Known] = {}
        self.asked: dict[int, _Asked] = {}
        self.committed: dict[bytes, int] = {}  # number of calls there had been
        self.calls = 0

    def record(self, direction: int, frame: Frame, at: int) -> None:
        """Take one record whose RPC message begins at `at`."""
        cursor = _Cursor(frame, at)
        try:
            xid, kind = cursor.number(), cursor.number()
            if kind == CALL and direction == UP:
                self._call(xid, cursor)
            elif kind == REPLY and direction == DOWN and (asked := self.asked.pop(xid, None)) is not None:
                self._reply(asked, cursor)
        except CutError:
            return

    def _call(self, xid: int, cursor: _Cursor) -> None:
        version, program, number, procedure = (cursor.number() for _ in range(4))
        if (version, program, number) != (2, PROGRAM, VERSION):
            return
        self.calls += 1
        self._settle()
        for _ in range(2):  # credentials and verifier
            cursor.number()
            cursor.opaque(400)
        if procedure not in (LOOKUP, READ, WRITE, CREATE, COMMIT):
            return
        handle = cursor.opaque(HANDLE)
        asked = _Asked(procedure, handle)
        if procedure in (LOOKUP, CREATE):
            asked = _Asked(procedure, handle, cursor.opaque(4096).decode("utf-8", "replace"))
        elif procedure == READ:
            asked = _Asked(procedure, handle, offset=cursor.number(8))
        elif procedure == WRITE:
            offset = cursor.number(8)
            cursor.raw(8)  # count, and how stable
            self._piece(UP, handle, offset, cursor)
        remember(self.asked, xid, asked, UNANSWERED)

    def _reply(self, asked: _Asked, cursor: _Cursor) -> None:
        if cursor.number():  # denied
            return
        cursor.number()
        cursor.opaque(400)
        if cursor.number() or cursor.number():  # not accepted; a status that is no success
            return
        if asked.procedure == LOOKUP:
            self._name(cursor.opaque(HANDLE), asked, cursor, fresh=False)
        elif asked.procedure == CREATE and cursor.number():
            self._name(cursor.opaque(HANDLE), asked, cursor, fresh=True)
        elif asked.procedure == READ:
            size = cursor.attributes()
            cursor.number()
            ended = bool(cursor.number())
            if size >= 0 and asked.handle in self.known:
                self.known[asked.handle] = self.known[asked.handle]._replace(size=size)
            self._piece(DOWN, asked.handle, asked.offset, cursor)
            if ended:
                self.files.close(asked.handle)
        elif asked.procedure in (WRITE, COMMIT):
            self._told(asked.handle, cursor.changed())
            if asked.procedure == COMMIT:
                self.committed[asked.handle] = self.calls

    def _told(self, handle: bytes, size: int) -> None:
        """The server says how large a file is now: whatever is not seen being written is missing."""
        file = self.files.files.get(handle)
        if size >= 0 and file is not None:
            file.size, file.fresh = size, False

    def _name(self, handle: bytes, asked: _Asked, cursor: _Cursor, *, fresh: bool) -> None:
        size = cursor.attributes()
        folder = self.known.get(asked.handle)
        path = f"{folder.path}/{asked.name}" if folder is not None and folder.path.count("/") < 32 else asked.name
        if len(self.known) >= NAMES and handle not in self.known:
            del self.known[next(iter(self.known))]
        before = self.known.get(handle)
        fresh = fresh or (before is not None and before.fresh and before.path == path)
        self.known[handle] = _Known(path, size, fresh)

    def _piece(self, direction: int, handle: bytes, offset: int, cursor: _Cursor) -> None:
        """Bytes of a file, with their length in front; they may be cut, or have holes."""
        frame, length = cursor.frame, cursor.number()
        first = cursor.at
        last = min(first + length, len(frame.data))
        if first >= last or offset >= 1 << 63:
            return
        self.committed.pop(handle, None)
        if handle not in self.files.files:
            known = self.known.get(handle, _Known("", -1, fresh=False))
            self.files.opened(handle, known.path, known.size, fresh=known.fresh)
        holes = frame.holes(first, last)
        frame.explained += sum(b - a for a, b in holes)
        place = Place(direction, frame.start, frame.start + last, frame.start + first)
        self.files.piece(handle, place, offset, memoryview(frame.data)[first:last], holes)

    def _settle(self) -> None:
        while self.committed:
            handle, calls = next(iter(self.committed.items()))
            if self.calls - calls < SETTLED:
                return
            del self.committed[handle]
            self.files.close(handle)


def _size(head: bytes) -> int:
    length = int.from_bytes(head, "big")
    return (length & 0x7FFF_FFFF) + 4 if length >> 31 and 24 <= length & 0x7FFF_FFFF <= MOST else 0


# behind the length and the transaction's number: a call of NFS version 3, or a reply to an accepted call
MARK = re.compile(
    rb"[\x80-\xff][\s\S]{7}(?:\x00{7}\x02\x00\x01\x86\xa3\x00{3}\x03\x00{3}[\x00-\x15]|\x00{3}\x01\x00{4}[\s\S]{12})"
)
LAYOUT = Layout(4, _size, MARK, 28)


def is_call(data: bytes) -> bool:
    """Whether an RPC message calls NFS version 3."""
    if len(data) < CALL_HEAD.size:
        return False
    _, kind, version, program, number, procedure = CALL_HEAD.unpack_from(data)
    return (kind, version, program, number) == (CALL, 2, PROGRAM, VERSION) and procedure <= COMMIT


def recognise_tcp(opening: Opening) -> Verdict:
    """A record that calls NFS; midway anything on its port."""
    if opening.midstream and PORT in (opening.client_port, opening.server_port):
        return Verdict.SWAPPED if opening.client_port == PORT else Verdict.YES
    data = opening.up
    if not data or data[0] != 0x80:
        return Verdict.NO
    if len(data) < 28:
        return Verdict.MORE
    return Verdict.YES if is_call(data[4:28]) else Verdict.NO


DATAGRAM_MARKS = (Mark(literal(struct.pack(">IIII", CALL, 2, PROGRAM, VERSION)), at=4, least=CALL_HEAD.size),)


def recognise_udp(opening: Opening) -> Verdict:
    """A datagram that calls NFS."""
    if is_call(opening.up):
        return Verdict.YES
    return Verdict.SWAPPED if is_call(opening.down) else Verdict.NO


class NfsReader(BaseReader):
    """Reads one flow."""

    apart = True

    def __init__(self, *, tcp: bool = True) -> None:
        self.tcp = tcp
        self.files = OpenFiles(NAME)
        self.consumed = self.files.consumed
        self.nfs = Nfs(self.files)
        self.cutters = (Cutter(LAYOUT), Cutter(LAYOUT))
        self.at = [0, 0]

    def begin(self, opening: Opening) -> None:
        """Midway the first bytes may lie within a record."""
        if opening.midstream and self.tcp:
            for cutter in self.cutters:
                cutter.begin_midway()

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes, or a datagram."""
        self.at[direction] = offset + len(data)
        if self.tcp:
            return self._read(direction, self.cutters[direction].feed(offset, data))
        self.nfs.record(direction, Frame(offset, data, len(data)), 0)
        return self.files.flush()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A gap within a record is a hole in what it carries."""
        self.at[direction] = offset + length
        if not self.tcp:
            return []
        out = self._read(direction, self.cutters[direction].gap(offset, length))
        if direction == UP and self.cutters[UP].lost:
            self.files.doubt()
        return out

    def _read(self, direction: int, found: list[Found]) -> list[Message]:
        for frame in frames(found):
            self.nfs.record(direction, frame, 4)
            if direction == UP and frame.unexplained:
                self.files.doubt()
        return self.files.flush()

    def finish(self) -> list[Message]:
        """Give the files that are left."""
        out: list[Message] = []
        if self.tcp:
            for direction, cutter in enumerate(self.cutters):
                out += self._read(direction, cutter.finish())
        self.files.finish()
        return out + self.files.flush()

    def needed_from(self, direction: int) -> int:
        """Beginning of the first file under way, or of the record."""
        return self.files.needed_from(direction, self.read_upto(direction))

    def read_upto(self, direction: int) -> int:
        """Beginning of the record under way."""
        return self.cutters[direction].start if self.tcp else self.at[direction]
