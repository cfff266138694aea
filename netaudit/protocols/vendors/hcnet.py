"""Hikvision's HCNetSDK protocol over TCP 8000 as far as it is known (facts 3.4): logins, documents, carved pictures.

Big-endian, every frame begins with its length. Clients' frames name family and command; replies carry a status there.
The layout of alarms is not known: JSON, XML and pictures are looked for in what frames carry.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import StatedDetails
from netaudit.protocols.cutting import Layout
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.vendors.framed_reader import FramedReader, Said

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

NAME = "hcnet"
HEAD = 16
MOST = 16 << 20  # bytes of a frame
LOGIN, COMMAND = 0x5A000000, 0x63000000
LOGIN_ID = 0x00010000
COMMANDS = {
    0x00011000: "ability", 0x00111040: "play login", 0x00111050: "control", 0x001110C2: "probe",
    0x00090100: "keep alive",
}  # fmt: skip
ERRORS = tuple(bytes.fromhex(f"00000010 000000{code} 000000{code} 00000000") for code in ("0d", "1e"))
MEDIA = (b"IMKH", b"HKMI")
UNANSWERED = 16
USER_AT, USER_SIZE = HEAD + 20, 48  # of the first login: behind 8 bytes, the client's address and 8 bytes
FIRST_LEAST, SECOND_SIZE = USER_AT + USER_SIZE, 0x54
SERIAL_AT, SERIAL_SIZE = HEAD + 4, 44  # of the reply to the second login
LOOK = 4096  # bytes of a frame in which a document may begin
SPARSE = 64  # frames without document or login of which a message is made; media flow on and on
_MARK = re.compile(rb"\x00...[\x5a\x63]\x00\x00\x00", re.DOTALL)
_NEVER = re.compile(rb"(?!)")
_SERIAL = re.compile(rb"[\x21-\x7e]{8,44}\Z")
# a brace and a quotation mark alone are in many a picture
_DOCUMENT = re.compile(rb"<\?xml |<EventNotificationAlert|\{\s{0,16}\"[A-Za-z_][\w.-]{0,60}\"\s{0,8}:", re.ASCII)


def _client_size(head: bytes) -> int:
    length, family, _, command = struct.unpack(">IIII", head)
    if family == LOGIN and command != LOGIN_ID:
        return 0
    return length if HEAD <= length <= MOST and family in (LOGIN, COMMAND) else 0


def _device_size(head: bytes) -> int:
    length = int.from_bytes(head[:4], "big")
    return length if HEAD <= length <= MOST else 0


CLIENT_LAYOUT = Layout(HEAD, _client_size, _MARK, 8)
DEVICE_LAYOUT = Layout(HEAD, _device_size, _NEVER, 8)  # a reply has no mark: behind a loss everything is only carved


def recognise(opening: Opening) -> Verdict:
    """A client's frame of known family, and a device whose first four bytes are a length, too.

    A login is known by its command as well; another command needs the device's answer.
    """
    client, device = opening.up, opening.down
    if not client:
        return Verdict.MORE if device[:1] == b"\0" else Verdict.NO
    if len(client) < HEAD:
        begun = client[:1] == b"\0" and (len(client) < 5 or client[4] in (0x5A, 0x63)) and not any(client[5:8])
        return Verdict.MORE if begun else Verdict.NO
    length = _client_size(client[:HEAD])
    if not length or length > 1 << 16 or not _known(client):
        return Verdict.NO
    if len(device) < 4:
        return Verdict.MORE
    if device[:4] in MEDIA:
        return Verdict.YES
    return Verdict.YES if HEAD <= int.from_bytes(device[:4], "big") <= MOST else Verdict.NO


def _known(client: bytes) -> bool:
    """Whether the first frame is a login, or a command of the known form."""
    family, auth, command = struct.unpack_from(">III", client, 4)
    if family == LOGIN:
        return not auth and command == LOGIN_ID
    return bool(0x00010000 <= command <= 0x00FFFFFF)


class HcnetReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = CLIENT_LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.cutters[DOWN].layout = DEVICE_LAYOUT
        self.asked: deque[str] = deque()  # logins; which command a later frame answers is not known
        self.plain = 0  # frames of which nothing was to be said

    def begin(self, opening: Opening) -> None:
        """Recognition has seen that both directions begin with a frame."""

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A login, a document, or payload that may hold a picture."""
        if not frame.intact(0, HEAD):
            return [self.message(direction, frame, "")]
        if direction == DOWN and self.asked:
            return [self._login(DOWN, frame, self.asked.popleft())]
        method = self._asked(frame) if direction == UP else "device"
        if method.startswith("login"):
            return [self._login(UP, frame, method)]
        return self._payload(direction, frame, method)

    def _asked(self, frame: Frame) -> str:
        """What a client's frame asks for."""
        family, _, command = struct.unpack_from(">III", frame.data, 4)
        if family == LOGIN:
            method = "login 2" if frame.size == SECOND_SIZE else "login 1"
            if len(self.asked) < UNANSWERED:
                self.asked.append(method)
            return method
        return COMMANDS.get(command, f"{command:08x}")

    def _login(self, direction: int, frame: Frame, method: str) -> Message:
        """User name of the first login, serial number in the answer to the second; secrets stay where they are."""
        message = self.message(direction, frame, method)
        pairs: Said = []
        message.details = StatedDetails("hcnet" if direction else "hcnet_client", pairs)
        if direction == UP:
            if method == "login 1" and frame.intact(USER_AT, FIRST_LEAST):
                user = frame.data[USER_AT:FIRST_LEAST].partition(b"\0")[0].decode("utf-8", "replace")
                pairs += [("user", user)] if user.isprintable() and user else []
            return message
        pairs.append(("speaks", "HCNetSDK"))
        if frame.data in ERRORS:
            message.notes.append("refused by the device")
        elif method == "login 2" and frame.intact(SERIAL_AT, SERIAL_AT + SERIAL_SIZE):
            serial = frame.data[SERIAL_AT : SERIAL_AT + SERIAL_SIZE].partition(b"\0")[0]
            pairs += [("serial", serial.decode("ascii"))] if _SERIAL.match(serial) else []
        return message

    def _payload(self, direction: int, frame: Frame, method: str) -> list[Message]:
        """JSON or XML as a message's body, up to the first picture; all else is searched for pictures."""
        found = _DOCUMENT.search(frame.data, HEAD, HEAD + LOOK)
        if found is None:
            self.plain += 1
            messages = [self.message(direction, frame, method)] if self.plain <= SPARSE else []
            return messages + self.carve(direction, frame, HEAD)
        message = self.message(direction, frame, method, found.start())
        end = frame.data.find(b"\xff\xd8\xff", found.end())
        if end < 0:
            return [message]
        message.body = frame.data[found.start() : end]
        message.body_size, message.unknown_from = len(message.body), None
        message.missing = frame.holes(found.start(), end)
        message.complete = not message.missing
        return [message, *self.carve(direction, frame, end)]
