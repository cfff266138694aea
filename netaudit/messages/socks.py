"""SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): stepped through, so that what runs behind the proxy is read."""

from __future__ import annotations

import ipaddress

from netaudit.contracts.details import ProxyDetails
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, HandOver, Opening, Verdict

LONGEST = 1024  # bytes of one side of the dialogue
CONNECT, BIND = 1, 2

# A parser gives (bytes used, host, port), None while bytes are missing, or raises ValueError.
_Request = tuple[int, str, int] | None


def recognise(opening: Opening) -> Verdict:
    """SOCKS by the client's whole request: its first bytes alone are too common."""
    if not opening.up:
        return Verdict.MORE if opening.down[:1] in (b"", b"\x05", b"\x00") else Verdict.NO
    if opening.down and opening.down[0] != (5 if opening.up[0] == 5 else 0):
        return Verdict.NO
    try:
        return Verdict.MORE if _request(opening.up) is None else Verdict.YES
    except ValueError:
        return Verdict.NO


def _request(data: bytes) -> _Request:
    """Target of the client's side, from its beginning."""
    if data[:1] == b"\x04":
        return _version4(data)
    if data[:1] != b"\x05":
        raise ValueError
    if len(data) < 2:
        return None
    at = 2 + data[1]
    methods = data[2:at]
    if not data[1] or any(9 < method < 0x80 for method in methods):
        raise ValueError
    if len(data) <= at:
        return None
    if data[at] == 1:  # user name and password (RFC 1929, 2)
        user = at + 2  # behind the length of the name
        if len(data) < user or len(data) <= user + data[at + 1]:
            return None
        password = user + data[at + 1] + 1
        at = password + data[password - 1]
        if len(data) <= at:
            return None
    return _version5(data, at)


def _version5(data: bytes, at: int) -> _Request:
    head = data[at : at + 4]
    wanted = ((5,), (CONNECT, BIND), (0,), (1, 3, 4))
    if any(byte not in allowed for byte, allowed in zip(head, wanted, strict=False)):
        raise ValueError
    if len(data) < at + 5:
        return None
    kind, at = data[at + 3], at + 4
    length = {1: 4, 4: 16}.get(kind, data[at])
    at += kind == 3
    if len(data) < at + length + 2:
        return None
    name = data[at : at + length]
    host = name.decode("latin-1") if kind == 3 else str(ipaddress.ip_address(name))
    return at + length + 2, host, int.from_bytes(data[at + length : at + length + 2], "big")


def _version4(data: bytes) -> _Request:
    if (len(data) > 1 and data[1] not in (CONNECT, BIND)) or len(data) > LONGEST:
        raise ValueError
    end = data.find(b"\x00", 8)
    user = data[8 : end if end >= 0 else None]
    if any(byte < 0x20 or byte > 0x7E for byte in user) or (len(data) >= 4 and data[2:4] == b"\x00\x00"):
        raise ValueError
    if end < 0:
        return None
    host, port = str(ipaddress.ip_address(data[4:8])), int.from_bytes(data[2:4], "big")
    if data[4:7] == b"\x00\x00\x00" and data[7]:  # 4a: the name follows
        last = data.find(b"\x00", end + 1)
        host = data[end + 1 : last if last >= 0 else None].decode("latin-1")
        if not host.isprintable():
            raise ValueError
        if last < 0:
            return None
        end = last
    return end + 1, host, port


def _reply(data: bytes, version: int, *, password: bool) -> tuple[int, int] | None:
    """(bytes used, status) of the server's side; 0 is granted. None while bytes are missing."""
    if version == 4:
        return None if len(data) < 8 else (8, data[1] - 90)
    at = 4 if password and data[1:2] == b"\x02" else 2
    if len(data) >= 2 and data[1] == 0xFF:
        return 2, 0xFF
    if len(data) < at + 5:
        return None
    kind = data[at + 3]
    length = {1: 4, 4: 16}.get(kind, data[at + 4] + 1) + 6
    return None if len(data) < at + length else (at + length, data[at + 1])


class SocksReader(BaseReader):
    """Reads the dialogue, then lets the rest be recognised afresh."""

    def __init__(self) -> None:
        self.held = [b"", b""]
        self.ends = [0, 0]
        self.request: Message | None = None
        self.used = 0

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        self.held[direction] += data
        self.ends[direction] = offset + len(data)
        out: list[Message] = []
        if self.request is None:
            out += self._ask()
        if self.request is not None and self.held[DOWN]:
            version = self.held[UP][0]
            found = _reply(self.held[DOWN], version, password=True)
            if found is not None:
                out.append(self._answer(*found))
                self._leave(found[0], direction)
                return out
        if len(self.held[UP]) > (64 << 10) or len(self.held[DOWN]) > LONGEST:
            self._leave(0, direction)
        return out

    def _ask(self) -> list[Message]:
        try:
            found = _request(self.held[UP])
        except ValueError:
            found = None
        if found is None:
            return []
        self.used, host, port = found
        start = self.ends[UP] - len(self.held[UP])
        message = Message("socks", UP, start, start + self.used, method="CONNECT", host=host, path=f"{host}:{port}")
        message.details = ProxyDetails(version=self.held[UP][0])
        self.request = message
        return [message]

    def _answer(self, used: int, status: int) -> Message:
        start = self.ends[DOWN] - len(self.held[DOWN])
        message = Message("socks", DOWN, start, start + used, request=self.request)
        message.details = ProxyDetails(reply=status)
        if status:
            message.notes.append("refused by the proxy")
        return message

    def _leave(self, used: int, direction: int) -> None:
        rest = (self.held[UP][self.used :], self.held[DOWN][used:])
        offsets = (self.ends[UP] - len(rest[UP]), self.ends[DOWN] - len(rest[DOWN]))
        self.held = [b"", b""]
        self.hand_over = HandOver(offsets, rest, 1 - direction, "connect", self.request)

    def finish(self) -> list[Message]:
        """Nothing was granted: what is held may still be carved."""
        if any(self.held):
            self._leave(0, UP)
        return []

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:  # noqa: ARG002
        """The dialogue is broken: the rest is recognised as it comes."""
        self._leave(0, direction)
        return []

    def needed_from(self, direction: int) -> int:
        """Beginning of what is held."""
        return self.ends[direction] - len(self.held[direction])
