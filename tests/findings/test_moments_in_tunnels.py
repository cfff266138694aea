"""What a device sends through a tunnel after a mark is told of the tunnel's ends, whatever addresses stand inside."""

from __future__ import annotations

import datetime
import random
import struct
from typing import TYPE_CHECKING

import pytest

import netaudit
from tests import spoken
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

CAM, PC, CLOUD, WEB = "192.168.1.64", "192.168.1.100", "47.98.60.33", "47.98.1.1"


def packet(source: str, target: str, proto: int, data: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0, 64, proto, 0)
    return head + spoken._address(source) + spoken._address(target) + data


@pytest.mark.parametrize("apart", [60, 40])  # flows of their own, and one that lasts beyond the windows
@pytest.mark.parametrize(("proto", "head"), [(47, b"\0\0\x08\0"), (4, b"")])
def test_the_ends_of_the_tunnel_are_told(proto: int, head: bytes, apart: int, tmp_path: Path) -> None:
    chance, capture, marks = random.Random(4), Capture(), []
    for _ in range(8):
        capture.talk(PC, WEB, (request("GET", "/"), reply(b"hi" * 20_000, "text/html")))
    capture._clock += 40
    for _ in range(4):
        marks.append(datetime.datetime.fromtimestamp(capture._clock, datetime.UTC))
        capture._clock += 2
        for _ in range(20):
            datagram = struct.pack("!HHHH", 5000, 6000, 1008, 0) + chance.randbytes(1000)
            outer = packet(CAM, CLOUD, proto, head + packet("10.0.0.2", "10.9.9.9", 17, datagram))
            capture.frame(spoken._link(CLOUD) + spoken._link(CAM) + b"\x08\0" + outer)
        capture._clock += apart
    capture.talk(PC, WEB, (request("GET", "/"), reply()))
    notes = tmp_path / "notes.csv"
    notes.write_text("time,text\n" + "".join(f"{at:%Y-%m-%dT%H:%M:%SZ},x\n" for at in marks), encoding="utf-8")
    path = capture.write(tmp_path / "a.pcap")
    case = netaudit.audit(path, tmp_path / "case", faces=False, moments=notes, moment_window_s=30)
    rows = case.table("after_moments").to_pylist()
    assert [(row["sender"], row["receiver"], row["receiver_scope"], row["bytes"]) for row in rows] == [
        (CAM, CLOUD, "outside", 20_000)
    ] * 4
    assert not case.summary.marks


def test_where_nearly_all_came_in_one_tunnel_no_absence_is_told(tmp_path: Path) -> None:
    """It may be a mirror, or what leaves: its inner addresses tell nothing of where it goes."""
    chance, capture, marks = random.Random(4), Capture(), []
    capture.talk(CAM, WEB, (request("GET", "/"), reply()))
    capture._clock += 40
    for _ in range(4):
        marks.append(datetime.datetime.fromtimestamp(capture._clock, datetime.UTC))
        capture._clock += 2
        for _ in range(20):
            datagram = struct.pack("!HHHH", 5000, 6000, 1008, 0) + chance.randbytes(1000)
            outer = packet(CAM, CLOUD, 4, packet("10.0.0.2", "10.9.9.9", 17, datagram))
            capture.frame(spoken._link(CLOUD) + spoken._link(CAM) + b"\x08\0" + outer)
        capture._clock += 60
    capture.talk(CAM, WEB, (request("GET", "/"), reply()))
    notes = tmp_path / "notes.csv"
    notes.write_text("time,text\n" + "".join(f"{at:%Y-%m-%dT%H:%M:%SZ},x\n" for at in marks), encoding="utf-8")
    path = capture.write(tmp_path / "a.pcap")
    case = netaudit.audit(path, tmp_path / "case", faces=False, moments=notes, moment_window_s=30)
    assert not case.summary.marks
