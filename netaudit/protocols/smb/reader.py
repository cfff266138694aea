"""SMB over TCP: packets of both generations in one flow, files as one message each.

Session headers (RFC 1002, 4.3.1; MS-SMB2 2.1) cut the stream. A file moved over several connections (multichannel) is
given by each of them as far as it went there, with holes; the last step joins them by what `smb_channels.py` names it.
"""

from __future__ import annotations

import re

from netaudit.protocols.cutting import Cutter, Found, Frame, Layout, frames
from netaudit.protocols.file_transfer.openfiles import OpenFiles
from netaudit.protocols.message import UP, Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.smb.session import Sessions
from netaudit.protocols.smb.smb1 import Smb1
from netaudit.protocols.smb.smb2 import Smb2

MAGICS = (b"\xfeSMB", b"\xffSMB", b"\xfdSMB", b"\xfcSMB")
ENCRYPTED, COMPRESSED = b"\xfdSMB", b"\xfcSMB"
HIDING = "smb-encrypted"  # what the flow is called once packets of it are: what files they carry is not visible
MOST = (1 << 24) + 4
SESSION = frozenset({0x81, 0x82, 0x83, 0x84, 0x85})


def _size(head: bytes) -> int:
    kind, length = head[0], int.from_bytes(head[1:4], "big")
    if kind == 0 or (kind in SESSION and length < 256):
        return 4 + length
    return 0


LAYOUT = Layout(4, _size, re.compile(rb"\x00[\s\S]{3}[\xfc-\xff]SMB"), 8)


def recognise(opening: Opening) -> Verdict:
    """A packet of SMB behind a session header; midway anything on the usual port."""
    if opening.midstream and not opening.upgrade and 445 in (opening.client_port, opening.server_port):
        return _turned(opening)
    verdict = Verdict.NO
    for data in (opening.up, opening.down):
        found = _begins(data)
        if found is Verdict.YES:
            return _turned(opening)
        if found is Verdict.MORE:
            verdict = Verdict.MORE
    return verdict


def _begins(data: bytes) -> Verdict:
    if data[:1] == b"\x81":  # NetBIOS session request: always 68 bytes with encoded names
        if len(data) < 6:
            return Verdict.MORE
        return Verdict.YES if data[1:5] == b"\x00\x00\x44\x20" else Verdict.NO
    if data[:1] != b"\x00":
        return Verdict.NO
    if len(data) < 8:
        return Verdict.MORE if any(magic.startswith(data[4:8]) for magic in MAGICS) else Verdict.NO
    return Verdict.YES if data[4:8] in MAGICS else Verdict.NO


def _turned(opening: Opening) -> Verdict:
    ports = (139, 445)
    return Verdict.SWAPPED if opening.client_port in ports and opening.server_port not in ports else Verdict.YES


class SmbReader(BaseReader):
    """Reads one connection."""

    apart = True

    def __init__(self) -> None:
        self.cutters = (Cutter(LAYOUT), Cutter(LAYOUT))
        self.files = OpenFiles("smb")
        self.consumed = self.files.consumed
        self.smb1, self.smb2 = Smb1(self.files), Smb2(self.files)
        self.sessions = Sessions()
        self.told_of: set[bytes] = set()
        self.extra: list[Message] = []

    def begin(self, opening: Opening) -> None:
        """Midway the first bytes may lie within a packet."""
        if opening.midstream:
            for cutter in self.cutters:
                cutter.begin_midway()

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        return self._read(direction, self.cutters[direction].feed(offset, data))

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A gap within a packet is a hole in what it carries."""
        out = self._read(direction, self.cutters[direction].gap(offset, length))
        if direction == UP and self.cutters[UP].lost:
            self.files.doubt()
        return out

    def finish(self) -> list[Message]:
        """Give the files that were not closed."""
        out: list[Message] = []
        for direction, cutter in enumerate(self.cutters):
            out += self._read(direction, cutter.finish())
        self.files.finish()
        return out + self._given()

    def _read(self, direction: int, found: list[Found]) -> list[Message]:
        for frame in frames(found):
            magic = frame.data[4:8]
            if magic == b"\xfeSMB":
                self.smb2.packet(direction, frame)
            elif magic == b"\xffSMB":
                self.smb1.packet(direction, frame)
            if (setup := self.sessions.packet(direction, frame)) is not None:
                self.extra.append(setup)
                self.files.consumed.append((direction, frame.start, frame.end))
            if direction == UP and frame.unexplained:
                self.files.doubt()
            if magic in (ENCRYPTED, COMPRESSED) and magic not in self.told_of:
                self._unread(direction, frame, magic)
        return self._given()

    def _given(self) -> list[Message]:
        out, self.extra = [*self.extra, *self.files.flush()], []
        return out

    def _unread(self, direction: int, frame: Frame, magic: bytes) -> None:
        """Say once that there is more than can be read."""
        self.told_of.add(magic)
        what = "encrypted" if magic == ENCRYPTED else "compressed"
        self.protocol = HIDING if magic == ENCRYPTED else self.protocol
        message = Message(
            "smb", direction, frame.start, frame.start, method=what.upper(), complete=False, unknown_from=0
        )
        message.notes.append(f"{what} packets are not read")
        self.extra.append(message)

    def needed_from(self, direction: int) -> int:
        """Beginning of the first open file, or of the packet under way."""
        return self.files.needed_from(direction, self.cutters[direction].start)

    def read_upto(self, direction: int) -> int:
        """Beginning of the packet under way."""
        return self.cutters[direction].start
