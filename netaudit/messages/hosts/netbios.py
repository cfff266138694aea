"""NetBIOS over UDP: names (RFC 1002, 4.2), and what the browser service of Windows announces in datagrams.

Browser frames: MS-BRWS, 2.2; they lie in a mailslot transaction of SMB 1 (MS-CIFS, 2.2.4.33; MS-MAIL).
"""

from __future__ import annotations

import socket
import struct
from typing import Any

from netaudit.contracts.details import BrowserDetails, NetbiosNames
from netaudit.messages.dns.reader import MalformedError, name_at
from netaudit.messages.marks import Mark
from netaudit.messages.message import Message
from netaudit.messages.reader import DatagramReader, Opening, Verdict
from netaudit.text.charset import decoded

NAME_PORT, DATAGRAM_PORT = 137, 138
HEADER = struct.Struct(">6H")
NB, NBSTAT = 0x20, 0x21
OPERATIONS = {0: "query", 5: "registration", 6: "release", 7: "wack", 8: "refresh", 9: "refresh", 15: "registration"}
RESPONSE, GROUP = 0x8000, 0x8000
MOST_NAMES = 64  # of one status answer
MOST_RECORDS = 16
# -- datagrams
DIRECT, BROADCAST = 0x10, 0x12  # RFC 1002, 4.4.1: unique, group, broadcast
DATAGRAM_HEADER = 14
TRANSACTION = 0x25
SLOTS = (b"\\MAILSLOT\\BROWSE", b"\\MAILSLOT\\LANMAN")
HOST, REQUEST, WORKGROUP, LOCAL_MASTER = 1, 2, 12, 15
ANNOUNCEMENTS = {HOST: "host", REQUEST: "request", WORKGROUP: "workgroup", LOCAL_MASTER: "local master"}
NAME_AT, OS_AT, TYPE_AT, COMMENT_AT, LONGEST_FRAME = 6, 22, 24, 32, 75  # of an announcement
# MS-BRWS 2.2.1 with the bits of MS-RAP 2.5.5.1 that tell what a machine is for
ROLES = {
    0x1: "workstation", 0x2: "server", 0x4: "sql server", 0x8: "domain controller", 0x10: "backup controller",
    0x20: "time source", 0x40: "apple server", 0x200: "print server", 0x400: "dialin server", 0x800: "xenix server",
    0x1000: "nt workstation", 0x8000: "nt server", 0x10000: "potential browser", 0x20000: "backup browser",
    0x40000: "master browser", 0x80000: "domain master browser",
}  # fmt: skip


NAME_MARKS, DATAGRAM_MARKS = (Mark(ports=(NAME_PORT,)),), (Mark(ports=(DATAGRAM_PORT,)),)


def recognise_names(opening: Opening) -> Verdict:
    """A message on the name service's port whose first name has the encoding of NetBIOS."""
    data = opening.up or opening.down
    if NAME_PORT not in (opening.client_port, opening.server_port):
        return Verdict.NO
    return Verdict.YES if parse_names(data) is not None else Verdict.NO


def recognise_datagrams(opening: Opening) -> Verdict:
    """A datagram with two encoded names on its port."""
    data = opening.up or opening.down
    if DATAGRAM_PORT not in (opening.client_port, opening.server_port):
        return Verdict.NO
    return Verdict.YES if parse_datagram(data) is not None else Verdict.NO


def plain_name(encoded: str) -> tuple[str, int] | None:
    """Name and suffix of a first-level encoded name (RFC 1001, 14.1): 16 bytes, each as two letters from A on."""
    label = encoded.partition(".")[0]
    if len(label) != 32 or any(not "A" <= letter <= "P" for letter in label):
        return None
    raw = bytes((ord(label[i]) - 65) << 4 | (ord(label[i + 1]) - 65) for i in range(0, 32, 2))
    return _text(raw[:15]), raw[15]


def _text(raw: bytes) -> str:
    return decoded(raw.split(b"\0", 1)[0].rstrip(b" "))


def parse_names(data: bytes) -> Message | None:
    """A message of the name service, None for other bytes. Direction and offsets are the caller's to set."""
    if len(data) < HEADER.size:
        return None
    _, flags, questions, answers, authorities, extra = HEADER.unpack_from(data)
    operation = OPERATIONS.get(flags >> 11 & 15)
    if operation is None or questions > 1 or answers + authorities + extra > MOST_RECORDS:
        return None
    fields: dict[str, Any] = {"operation": operation, "response": bool(flags & RESPONSE), "owned": []}
    try:
        at = HEADER.size
        if questions:
            encoded, at = name_at(data, at)
            fields["asked"] = plain_name(encoded)
            if fields["asked"] is None:
                return None
            at += 4
        for _ in range(answers + authorities + extra):
            at = _record(data, at, fields)
    except MalformedError:
        if "asked" not in fields and not fields["owned"]:
            return None
    asked = fields.get("asked") or ("", 0)
    return Message(
        "nbns",
        0,
        0,
        min(at, len(data)),
        method=operation,
        host=asked[0],
        details=NetbiosNames(**fields),
        body_size=len(data),
    )


def _record(data: bytes, at: int, fields: dict[str, Any]) -> int:
    """Take a resource record; gives the offset behind it."""
    encoded, at = name_at(data, at)
    kind, size = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 8 : at + 10], "big")
    value, name = data[at + 10 : at + 10 + size], plain_name(encoded)
    if name is not None and kind == NB:
        for i in range(0, min(len(value) - 5, 6 * MOST_RECORDS), 6):
            flags = value[i] << 8 | value[i + 1]
            fields["owned"].append((*name, bool(flags & GROUP), socket.inet_ntop(socket.AF_INET, value[i + 2 : i + 6])))
    elif name is not None and kind == NBSTAT and value:
        count = min(value[0], MOST_NAMES)
        for start in range(1, 1 + 18 * count, 18):
            row = value[start : start + 18]
            if len(row) == 18:
                fields["owned"].append((_text(row[:15]), row[15], bool(row[16] & 0x80), ""))
        mac = value[1 + 18 * value[0] : 7 + 18 * value[0]]  # unit id (4.2.18)
        if len(mac) == 6 and any(mac):
            fields["mac"] = mac.hex(":")
    return at + 10 + size


def parse_datagram(data: bytes) -> Message | None:
    """A datagram from one NetBIOS name to another, None for other bytes."""
    if len(data) < DATAGRAM_HEADER or not DIRECT <= data[0] <= BROADCAST:
        return None
    try:
        source, at = name_at(data, DATAGRAM_HEADER)
        destination, at = name_at(data, at)
    except MalformedError:
        return None
    sender, receiver = plain_name(source), plain_name(destination)
    if sender is None or receiver is None:
        return None
    fields: dict[str, Any] = {"source": sender, "destination": receiver}
    fields["address"] = socket.inet_ntop(socket.AF_INET, data[4:8])
    end = at + _browser(data[at:], fields)
    details = BrowserDetails(**fields)
    return Message("nbdgm", 0, 0, end, method=details.announces, host=sender[0], details=details, body_size=len(data))


def _browser(smb: bytes, fields: dict[str, Any]) -> int:
    """Take the announcement of a mailslot transaction, if it is one; gives the bytes that it fills."""
    if len(smb) < 61 or smb[:4] != b"\xffSMB" or smb[4] != TRANSACTION or smb[32] < 14:
        return 0
    words = smb[33 : 33 + 2 * smb[32]]
    count, start = struct.unpack_from("<HH", words, 22)  # DataCount, DataOffset
    slot = smb[35 + 2 * smb[32] :][:32].upper()
    frame = smb[start : start + count]
    if not slot.startswith(SLOTS) or not frame or frame[0] not in ANNOUNCEMENTS:
        return 0
    fields["announces"] = ANNOUNCEMENTS[frame[0]]
    if frame[0] == REQUEST:
        fields["name"] = _text(frame[2:18])
    elif len(frame) >= COMMENT_AT:
        fields["name"] = _text(frame[NAME_AT : NAME_AT + 16])
        fields["os"] = f"{frame[OS_AT]}.{frame[OS_AT + 1]}"
        bits = int.from_bytes(frame[TYPE_AT : TYPE_AT + 4], "little")
        fields["roles"] = [role for bit, role in ROLES.items() if bits & bit]
        fields["comment"] = _text(frame[COMMENT_AT : COMMENT_AT + 43])
    return int(start) + min(len(frame), LONGEST_FRAME)


class NameReader(DatagramReader):
    """Reads one message of the name service from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse_names(data)


class BrowserReader(DatagramReader):
    """Reads one NetBIOS datagram from each UDP datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse_datagram(data)
