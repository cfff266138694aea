"""What nobody reads is not called decoded: it has a name in the books, and forbids calm."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pytest

import netaudit
from netaudit.devices.observations import from_packets
from netaudit.packets.layouts import Skip
from netaudit.packets.unread import READ_TYPES
from tests.packets.frames import decode, ethernet, ipv4, tcp
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

ADDRESSES = bytes.fromhex("0180c2000002 020000000001")
ARP = b"\x00\x01\x08\x00\x06\x04\x00\x01" + bytes(20)
LACP = (
    b"\x01\x01\x01\x14" + bytes(range(1, 19)) + b"\x02\x14" + bytes(range(1, 19)) + b"\x03\x10" + bytes(14) + bytes(52)
)
LLDP = b"\x02\x07\x04\x02\0\0\0\0\1\x04\x03\x05p1\x06\x02\0\x78\0\0"
TOPOLOGY = b"\0\0\0\0\0\1\0\x80" + b"\x01\0\6\x02\0\0\0\0\1" + b"\0\0\0"
SECRET = bytes(range(1, 61))


def link(kind: int, data: bytes) -> bytes:
    return ADDRESSES + struct.pack(">H", kind) + data


def logical(data: bytes) -> bytes:
    return link(len(data), data)


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (link(0x88B5, SECRET), "not_read:0x88b5"),
        (link(0x9000, SECRET), "not_read:0x9000"),  # a loopback test holds next to nothing
        (link(0x8899, SECRET), "not_read:0x8899"),
        (link(0x8808, b"\0\1\xff\xff" + SECRET), "not_read:0x8808"),
        (link(0x8809, LACP[:-52] + SECRET[:52]), "not_read:0x8809"),
        (link(0x8809, b"\x0a" + SECRET), "not_read:0x8809"),
        (link(0x893A, TOPOLOGY + SECRET), "not_read:0x893a"),
        (link(0x8863, b"\x11\x09\0\0\0\0" + SECRET), "not_read:0x8863"),
        (logical(b"\xe0\xe0\x03" + SECRET), "not_read:llc_e0e0"),
        (logical(b"\xaa\xaa\x03\0\x80\xc2\0\x0e" + SECRET), "not_read:llc_aaaa"),
        (logical(b"\0\1\xaf" + SECRET), "not_read:llc_0001"),
        (ethernet(ipv4(SECRET, 132)), "not_read:ip_132"),
        (ethernet(ipv4(SECRET, 97)), "not_read:ip_97"),
        (ethernet(ipv4(SECRET, 50)), "encrypted:esp"),
    ],
)  # fmt: skip
def test_what_nobody_reads_has_a_name(frame: bytes, name: str) -> None:
    decoder, _ = decode([frame, frame, ethernet(ipv4(tcp(b"x"), 6))])
    assert decoder.decoded == {0: 1}
    assert decoder.names == {(0, name): 2}
    assert decoder.skipped == {(0, Skip[name.partition(":")[0].upper()]): 2}


@pytest.mark.parametrize(
    "frame",
    [
        link(0x0806, ARP), link(0x88CC, LLDP), link(0x888E, b"\1\1\0\0"),
        logical(b"\x42\x42\x03\0\0\0\0" + bytes(31)), logical(b"\xaa\xaa\x03\0\0\x0c\x20\0\2\xb4" + bytes(20)),
        ethernet(ipv4(b"\x08\0\0\0\0\1\0\1", 1)), ethernet(ipv4(b"\x16" + bytes(7), 2)),
    ],
)  # fmt: skip
def test_what_is_read_is_decoded(frame: bytes) -> None:
    decoder, _ = decode([frame])
    assert decoder.decoded == {0: 1}
    assert not decoder.skipped


@pytest.mark.parametrize(
    "frame",
    [
        link(0x8808, b"\0\1\xff\xff" + bytes(42)), link(0x8809, LACP), link(0x9000, b"\0\0\1\0" + bytes(42)),
        link(0x8899, b"\x23\0" + bytes(44)), link(0x893A, TOPOLOGY + bytes(20)),
        link(0x8863, b"\x11\x09\0\0\0\x04\x01\x01\0\0" + bytes(30)), logical(b"\0\1\xaf\x81\1\0" + bytes(40)),
        link(0x880B, b"\xc0\x21\x09\1\0\x08\0\0\0\0"),
    ],
)  # fmt: skip
def test_control_of_a_link_is_no_content(frame: bytes) -> None:
    decoder, _ = decode([frame])
    assert not decoder.decoded[0]
    assert decoder.skipped == {(0, Skip.CONTROL_FRAME): 1}


def test_names_are_bounded() -> None:
    frames = [link(0x6000 + number, SECRET) for number in range(1200)]
    decoder, _ = decode(frames)
    assert len(decoder.names) == 1001
    assert decoder.names[0, "not_read:others"] == 200
    assert sum(decoder.names.values()) == 1200


def test_what_is_read_here_is_what_observers_take() -> None:
    assert {kind for kind in range(1 << 16) if READ_TYPES[kind]} == set(from_packets.LINK_TYPES.tolist()) - {0}


@pytest.mark.parametrize(
    ("unread", "calm"), [(b"", True), (link(0x8809, LACP), True), (link(0x88B5, SECRET), False), (logical(b"\xe0\xe0\x03" + SECRET), False)]
)  # fmt: skip
def test_frames_that_nobody_reads_forbid_calm(tmp_path: Path, unread: bytes, *, calm: bool) -> None:
    """19 packets of a visit to a page, 31 frames of a link that nobody reads."""
    capture = Capture()
    exchange = (request("GET", "/index.html", host="news.example.com"), reply(b"<html>news</html>", "text/html"))
    capture.talk("192.168.1.20", "203.0.113.80", exchange, exchange)
    for _ in range(31 if unread else 0):
        capture.frame(unread)
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    (row,) = case.table("captures").to_pylist()
    assert row["packets_read"] - row["packets_decoded"] == (31 if unread else 0)
    assert ("undecoded" in {one.kind for one in case.summary.limits}) is (not calm)  # link housekeeping hides nothing
    books = case.table("ledgers").filter(pc.equal(case.table("ledgers")["ledger"], "packets"))
    assert pc.sum(books["count"]).as_py() == row["packets_read"]
