"""Several connections of one SMB 3 session (MS-SMB2, 3.2.4.1.7): what names a file over all of them.

A connection is one of several for sure once it was bound to a session that another one has opened, or once the client
has asked at which other addresses the server is. Session and file ids are unique within one server only, so the two
peers' own ids belong to the name. Connections that were under way when the capture began have none: session and file
name the file among them, and what contradicts each other is not joined (`objects/joined_pieces.py`).
"""

from __future__ import annotations

from netaudit.messages.message import UP

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
