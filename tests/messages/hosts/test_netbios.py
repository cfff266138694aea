"""NetBIOS names and browser announcements: registrations, status answers, damage."""

from __future__ import annotations

import struct

import pytest

from netaudit.messages.hosts import netbios
from tests.reference.messages import down, read, up


def encoded(name: bytes, suffix: int = 0) -> bytes:
    raw = name.ljust(15) + bytes([suffix])
    return b"\x20" + b"".join(bytes([65 + (byte >> 4), 65 + (byte & 15)]) for byte in raw) + b"\0"


def head(flags: int, *counts: int) -> bytes:
    return struct.pack(">6H", 7, flags, *counts)


OWN = b"\xc0\x0c\0\x20\0\1\0\0\0\0\0\x06\0\0\xc0\xa8\x01\x09"
REGISTRATION = head(0x2910, 1, 0, 0, 1) + encoded(b"PC-FRONT", 0x20) + b"\0\x20\0\1" + OWN
GROUP = head(0x2910, 1, 0, 0, 1) + encoded(b"OFFICE") + b"\0\x20\0\1" + OWN[:-6] + b"\x80\0\xc0\xa8\x01\x09"
QUERY = head(0x0110, 1, 0, 0, 0) + encoded(b"FILES", 0x20) + b"\0\x20\0\1"
STATUS = (
    b"\x02" + b"PC-FRONT".ljust(15) + b"\0\x04\0" + b"OFFICE".ljust(15) + b"\0\x84\0" + b"\2\0\0\0\0\x09" + bytes(40)
)
STATUS_ANSWER = (
    head(0x8400, 0, 1, 0, 0) + encoded(b"*\0\0") + b"\0\x21\0\1\0\0\0\0" + len(STATUS).to_bytes(2, "big") + STATUS
)


def announcement(kind: int = 1, name: bytes = b"PC-FRONT", comment: bytes = b"reception\0") -> bytes:
    frame = struct.pack("<BBI16sBBI", kind, 0, 12000, name, 6, 1, 0x1003) + b"\x0f\x01\x55\xaa" + comment
    words = struct.pack(
        "<HHHHBBHIHHHHHBBHHH", 0, len(frame), 0, 0, 0, 0, 0, 1000, 0, 0, 0, len(frame), 86, 3, 0, 1, 1, 2
    )
    body = b"\\MAILSLOT\\BROWSE\0"
    smb = b"\xffSMB\x25" + bytes(27) + bytes([len(words) // 2]) + words + (17 + len(frame)).to_bytes(2, "little") + body
    smb = smb.ljust(86, b"\0") + frame
    return b"\x11\x0a\0\1\xc0\xa8\x01\x09\0\x8a\0\x99\0\0" + encoded(b"PC-FRONT") + encoded(b"OFFICE", 0x1D) + smb


def test_registrations_queries_and_status_answers() -> None:
    messages, _ = read(
        [up(REGISTRATION), up(GROUP), up(QUERY), down(STATUS_ANSWER)], proto=17, client_port=137, server_port=137
    )
    own, group, query, status = messages
    assert (own.protocol, own.method, own.host) == ("nbns", "registration", "PC-FRONT")
    assert own.details.owned == [("PC-FRONT", 0x20, False, "192.168.1.9")]
    assert group.details.owned == [("OFFICE", 0, True, "192.168.1.9")]
    assert (query.method, query.details.response, query.details.asked) == ("query", False, ("FILES", 0x20))
    assert status.details.owned == [("PC-FRONT", 0, False, ""), ("OFFICE", 0, True, "")]
    assert status.details.mac == "02:00:00:00:00:09"


def test_announcements() -> None:
    (message,), summary = read([up(announcement())], proto=17, client_port=138, server_port=138)
    details = message.details
    assert summary.protocol == "nbdgm"
    assert (details.source, details.destination, details.address) == (
        ("PC-FRONT", 0),
        ("OFFICE", 0x1D),
        "192.168.1.9",
    )
    assert (details.announces, details.name, details.os, details.comment) == (
        "host",
        "PC-FRONT",
        "6.1",
        "reception",
    )
    assert details.roles == ["workstation", "server", "nt workstation"]


def test_names_in_gbk() -> None:
    name, suffix = netbios.plain_name(encoded("旺小宝".encode("gb18030"))[1:-1].decode())
    assert (name, suffix) == ("旺小宝", 0)


@pytest.mark.parametrize("text", ["", "A" * 31, "Z" * 32, "a" * 32, "EBEB"])
def test_what_is_no_encoded_name(text: str) -> None:
    assert netbios.plain_name(text) is None


@pytest.mark.parametrize("given", [REGISTRATION, STATUS_ANSWER, QUERY])
def test_names_cut_anywhere(given: bytes) -> None:
    for size in range(len(given)):
        message = netbios.parse_names(given[:size])
        assert message is None or set(message.details.owned) <= set(netbios.parse_names(given).details.owned)


def test_announcements_cut_anywhere() -> None:
    given = announcement()
    for size in range(len(given)):
        message = netbios.parse_datagram(given[:size])
        assert message is None or "PC-FRONT".startswith(message.details.name)
