"""What is said of a picture without a face: "no" only of one that was whole, decoded without complaint and is all."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

import pytest

import netaudit
from pcaps.lab import photos
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

SCENE = photos.jpeg(photos.scene(2, (320, 180)), 3)
NOISE = Random(1).randbytes(3000)


def _segment(marker: int, content: bytes) -> bytes:
    return SCENE[:2] + bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content + SCENE[2:]


def _mixed(data: bytes) -> bytes:
    """Heads of a carrier among the bytes of a picture."""
    return b"".join(data[at : at + 1000] + b"\xff\x01\x00\x00\x51\xff\xc0\x08" for at in range(0, len(data), 1000))


@pytest.mark.parametrize(
    ("picture", "face"),
    [
        (SCENE, "no"),
        (SCENE + bytes(3000), "no"),  # padding
        (_segment(0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90\n" * 5), "no"),
        (SCENE + NOISE, "not judged"),
        (_segment(0xFE, NOISE), "not judged"),
        (_segment(0xE9, NOISE), "not judged"),
        (SCENE[: len(SCENE) // 2], "not judged"),
        (_mixed(SCENE), "not judged"),
    ],
)  # fmt: skip
def test_no_face_is_said_of_what_was_seen_whole(tmp_path: Path, picture: bytes, face: str) -> None:
    capture = Capture()
    sent = request("POST", "/upload", picture, "image/jpeg", host="pictures.example.com")
    capture.talk("192.168.1.20", "203.0.113.80", (sent, reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case")
    rows = [row for row in case.table("images").to_pylist() if row["sha256"] == sha256(picture).hexdigest()]
    assert [row["face"] for row in rows] in ([face], ["undecodable"] if face != "no" else [])
    calm = not {"egress", "unjudged", "faces_apart"} & {one.kind for one in case.summary.limits}
    assert calm is (face == "no")
