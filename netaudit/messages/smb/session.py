"""What is said before files are opened over SMB: tokens of NTLM, and the systems that SMB 1 names in clear.

Session setups: MS-SMB2, 2.2.5 and 2.2.6; MS-SMB, 2.2.4.6; MS-CIFS, 2.2.4.53.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.contracts.details import SmbDetails
from netaudit.messages.message import DOWN, Message

if TYPE_CHECKING:
    from netaudit.messages.cutting import Frame

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
