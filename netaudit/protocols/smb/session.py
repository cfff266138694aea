"""What is said before files are opened over SMB: tokens of NTLM, and the systems that SMB 1 names in clear.

Session setups: MS-SMB2, 2.2.5 and 2.2.6; MS-SMB, 2.2.4.6; MS-CIFS, 2.2.4.53.

Several connections of one SMB 3 session (MS-SMB2, 3.2.4.1.7): what names a file over all of them.

A connection is one of several for sure once it was bound to a session that another one has opened, or once the client
has asked at which other addresses the server is. Session and file ids are unique within one server only, so the two
peers' own ids belong to the name. Connections that were under way when the capture began have none: session and file
name the file among them, and what contradicts each other is not joined (`tables/finalizing/joined_pieces.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.details import SmbDetails
from netaudit.protocols.message import DOWN, UP, Message

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

SETUP_1, SETUP_2 = 0x73, 1
NTLM = b"NTLMSSP\0"
LONGEST = 4096  # bytes of a token
MOST = 8  # setups told of one connection
UNICODE = 0x80  # in the second byte of SMB 1's second flags
HEADER_1, HEADER_2 = 32, 64
WORDS_AT = 4 + HEADER_1


class Sessions:
    """Finds session setups among the packets of a connection."""

    def __init__(self) -> None:
        self.count = 0

    def packet(self, direction: int, frame: Frame) -> Message | None:
        """A message for a setup that says something; of NTLM its token is kept."""
        if self.count >= MOST:
            return None
        data, first = frame.data, frame.data[4:8]
        if first == b"\xfeSMB":
            if len(data) < 4 + HEADER_2 or int.from_bytes(data[16:18], "little") != SETUP_2:
                return None
            fields = _token(data)
        elif first == b"\xffSMB" and len(data) > WORDS_AT and data[8] == SETUP_1:
            fields = _token(data) | _systems(direction, data)
        else:
            return None
        if not fields or not frame.intact(0, len(data)):
            return None
        self.count += 1
        return Message(
            "smb", direction, frame.start, frame.start + len(data), method="SETUP", details=SmbDetails(**fields)
        )


def _token(data: bytes) -> dict[str, Any]:
    at = data.find(NTLM)
    return {} if at < 0 else {"ntlmssp": data[at : at + LONGEST]}


def _systems(direction: int, data: bytes) -> dict[str, Any]:
    """Native OS and LAN manager of SMB 1: two texts behind the token (or, from a server, behind nothing)."""
    count = data[WORDS_AT]
    at = WORDS_AT + 1 + 2 * count
    words = data[WORDS_AT + 1 : at]
    if count == 12:  # a request with extended security: the token's length is its eighth word
        skip = int.from_bytes(words[14:16], "little")
    elif count == 4 and direction == DOWN:
        skip = int.from_bytes(words[6:8], "little")
    elif count == 3 and direction == DOWN:
        skip = 0
    else:  # without extended security two passwords, the user and the domain come first: not read
        return {}
    wide = bool(data[15] & UNICODE)
    start = at + 2 + skip
    if wide:
        start += (start - 4) % 2  # aligned from the header on
    texts = _texts(data[start : start + 512], wide=wide)
    return {field: text for field, text in zip(("native_os", "native_manager"), texts, strict=False) if text}


def _texts(raw: bytes, *, wide: bool) -> list[str]:
    text = raw.decode("utf-16-le" if wide else "latin-1", "replace")
    return text.split("\0")[:2]


NEGOTIATE, SESSION_SETUP, IOCTL = 0, 1, 11
_MULTI_CHANNEL = 0x08  # a capability (MS-SMB2, 2.2.3 and 2.2.4)
_BINDING = 0x01  # a flag of session setups (2.2.5)
_INTERFACES = 0x0014_01FC  # FSCTL_QUERY_NETWORK_INTERFACE_INFO (2.2.31)
_GUID = 16


class Channels:
    """What one connection says of others."""

    def __init__(self) -> None:
        self.peers = [b"", b""]  # client's and server's ids
        self.able = [False, False]
        self.bound = False
        self.asked = False

    def packet(self, direction: int, code: int, body: bytes) -> None:
        """Take the body of a command, of a request or of an answer."""
        if code == NEGOTIATE and direction == UP and len(body) >= 12 + _GUID:
            self.able[UP] = bool(body[8] & _MULTI_CHANNEL)
            self.peers[UP] = body[12 : 12 + _GUID]
        elif code == NEGOTIATE and direction != UP and len(body) >= 28:
            self.able[direction] = bool(body[24] & _MULTI_CHANNEL)
            self.peers[direction] = body[8 : 8 + _GUID]
        elif code == SESSION_SETUP and direction == UP and len(body) > 2:
            self.bound |= bool(body[2] & _BINDING)
        elif code == IOCTL and direction == UP and len(body) >= 8:
            self.asked |= int.from_bytes(body[4:8], "little") == _INTERFACES

    @property
    def several(self) -> bool:
        """Whether this is surely one of several connections, or about to be."""
        return self.bound or self.asked

    def name(self, session: bytes, file: bytes) -> str:
        """What names a file over all connections of a session; empty where it cannot be told."""
        able = all(self.peers) and (self.several or all(self.able))
        if len(file) != _GUID or not any(session) or not (able or not any(self.peers)):
            return ""
        return "\0".join(("smb", *(part.hex() for part in (*self.peers, session, file))))
