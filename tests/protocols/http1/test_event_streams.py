"""Streams of events and pictures whose last boundary never comes: what was sent is there, to the byte."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

import netaudit
from pcaps.lab import photos
from tests.spoken import Capture, request

if TYPE_CHECKING:
    from pathlib import Path

PICTURES = [photos.jpeg(photos.portrait(3 + number, 240), 3) for number in range(3)]
EVENT = b"<EventNotificationAlert><eventType>faceCapture</eventType></EventNotificationAlert>"


def stream(kind: str, *, length: bool, eol: bytes, last: bytes) -> bytes:
    """Three events and their pictures; `last` is what follows the last one."""
    out = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; boundary=boundary\r\n\r\n".encode()
    for picture in PICTURES:
        for name, body in ((b"application/xml", EVENT), (b"image/jpeg", picture)):
            size = b"Content-Length: %d" % len(body) + eol if length else b""
            out += b"--boundary" + eol + b"Content-Type: " + name + eol + size + eol + body
            out += last if body is PICTURES[-1] else eol
    return out


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/x-mixed-replace", "multipart/related"])
@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("eol", [b"\r\n", b"\n"])
@pytest.mark.parametrize("ended", [True, False])
def test_the_line_end_before_a_boundary_that_never_comes(
    tmp_path: Path, kind: str, eol: bytes, *, length: bool, ended: bool
) -> None:
    capture = Capture()
    said = stream(kind, length=length, eol=eol, last=eol if ended else b"")
    capture.talk("192.168.1.20", "192.168.1.64", (request("GET", "/ISAPI/Event/notification/alertStream"), said))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    pictures = {row["sha256"]: row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg"}
    assert set(pictures) == {sha256(picture).hexdigest() for picture in PICTURES}
    assert not length or all(row["complete"] for row in pictures.values())
