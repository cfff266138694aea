"""Captures of real RTSP and RTP peers: every scan that was sent is in a picture, and key frames become stills."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import netaudit

FOLDER = Path(__file__).parents[2] / "pcaps" / "carriers"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(name for name, about in EXPECTED.items() if "scans" in about))
def test_every_scan_comes_out(name, tmp_path):
    pytest.importorskip("av", reason="NO PYAV: key frames are not decoded")
    about = EXPECTED[name]
    netaudit.audit(FOLDER / name, tmp_path / "case", faces=False)
    case = netaudit.open_case(tmp_path / "case")
    pictures = case.objects[case.objects.kind == "jpeg"].merge(
        case.messages[["message_id", "content_type"]], on="message_id"
    )
    assert pictures.complete.all()
    rebuilt = set(pictures[pictures.content_type == "image/jpeg"].sha256)
    assert len(rebuilt) == len(about["scans"])
    files = [path.read_bytes() for path in (tmp_path / "case").rglob("*") if path.is_file()]
    found = {hashlib.sha256(scan(data)).hexdigest() for data in files if hashlib.sha256(data).hexdigest() in rebuilt}
    assert found == {row["sha256"] for row in about["scans"]}
    assert len(pictures[pictures.content_type.str.startswith("video/")]) == about.get("key_frames", 0)


def scan(data):
    at = data.index(b"\xff\xda")
    return data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") : data.rindex(b"\xff\xd9")]
