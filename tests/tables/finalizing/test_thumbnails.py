"""Pictures within pictures: a thumbnail of a picture with a face is no further face image, anything else is judged."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from PIL import ImageOps

import netaudit
from netaudit.images import judging_ahead
from netaudit.tables.finalizing.images import _Judging
from netaudit.tables.finalizing.thumbnails import MOST, holders
from tests.images.pictures import astronaut, encode, texture
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

OWN = encode(astronaut().resize((160, 160)), "jpeg", quality=70)
OTHER = encode(ImageOps.mirror(astronaut()).resize((160, 160)), "jpeg", quality=70)


def holding(thumbnail: bytes, picture: bytes | None = None) -> bytes:
    """A picture (of a face) with a thumbnail in its EXIF segment."""
    picture = picture or encode(astronaut(), "jpeg", quality=88)
    content = b"Exif\0\0II*\0\x08\0\0\0\0\0" + thumbnail
    return picture[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2) + content + picture[2:]


def audited(folder: Path, *pictures: bytes, **options):
    capture = Capture()
    for picture in pictures:
        sent = request("POST", "/upload", picture, "image/jpeg", host="pictures.example.com")
        capture.talk("192.168.1.20", "203.0.113.80", (sent, reply()))
    case = netaudit.audit(capture.write(folder / "a.pcap"), folder / "case", **options)
    return case, dict(zip(*(case.table("images")[name].to_pylist() for name in ("sha256", "face")), strict=True))


def name(picture: bytes) -> str:
    return sha256(picture).hexdigest()


@pytest.mark.parametrize("ahead", [20_000, 0])
def test_a_thumbnail_of_a_picture_with_a_face_counts_once(tmp_path, monkeypatch, ahead):
    monkeypatch.setattr(judging_ahead, "MOST_WAITING", ahead)
    case, faces = audited(tmp_path, holding(OWN))
    assert faces == {name(holding(OWN)): "yes", name(OWN): "as its parent"}
    assert case.table("findings")["images"].to_pylist() == [1]
    told = {row["reason"]: row["count"] for row in case.table("ledgers").to_pylist() if row["ledger"] == "images"}
    assert told == {"face": 1, "as its parent": 1}
    assert all(row["understood"] for row in case.table("ledgers").to_pylist() if row["ledger"] in ("images", "faces"))


@pytest.mark.parametrize("ahead", [20_000, 0])
def test_a_thumbnail_of_something_else_is_judged(tmp_path, monkeypatch, ahead):
    monkeypatch.setattr(judging_ahead, "MOST_WAITING", ahead)
    case, faces = audited(tmp_path, holding(OTHER))
    assert faces == {name(holding(OTHER)): "yes", name(OTHER): "yes"}
    assert case.table("findings")["images"].to_pylist() == [2]


def test_a_face_in_a_picture_without_one_is_judged(tmp_path):
    scene = encode(texture(3), "jpeg")
    _, faces = audited(tmp_path, holding(OWN, scene))
    assert faces[name(OWN)] == "yes"


def test_what_was_sent_by_itself_too_is_judged(tmp_path):
    _, faces = audited(tmp_path, holding(OWN), OWN)
    assert faces == {name(holding(OWN)): "yes", name(OWN): "yes"}


def test_what_lies_in_another_picture_too_is_held_against_both(tmp_path):
    mirrored = holding(OWN, encode(ImageOps.mirror(astronaut()), "jpeg"))
    _, faces = audited(tmp_path, holding(OWN), mirrored)
    assert faces[name(OWN)] == "yes"
    again = holding(OWN, encode(astronaut(), "jpeg", quality=50))
    (tmp_path / "more").mkdir()
    _, faces = audited(tmp_path / "more", holding(OWN), again)
    assert faces[name(OWN)] == "as its parent"


def test_only_what_lies_in_pictures_and_nowhere_else_has_holders():
    rows = [
        ("m1", "request body › jpeg", "p", "jpeg"),
        ("m1", "request body › jpeg › carved@12 › jpeg", "t", "jpeg"),
        ("m1", "request body › jpeg › carved@99 › jpeg[2]", "u", "jpeg"),
        ("m2", "request body › carved@12 › jpeg", "t2", "jpeg"),
        ("m2", "request body › jpeg", "q", "jpeg"),
        ("m3", "request body › jpeg › carved@7 › jpeg", "t", "jpeg"),  # its picture is not there
        ("m4", "request body › json", "j", "json"),
        *((f"n{n}", "request body › jpeg", f"p{n}", "jpeg") for n in range(MOST + 1)),
        *((f"n{n}", "request body › jpeg › carved@5 › jpeg", "v", "jpeg") for n in range(MOST + 1)),
    ]
    names = ("message_id", "unwrap_path", "sha256", "kind")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    assert holders(table) == {"u": frozenset({"p"})}
    assert holders(table.slice(0, 3)) == {"t": frozenset({"p"}), "u": frozenset({"p"})}


@pytest.mark.parametrize("early", [True, False])
def test_a_picture_within_one_within_another_is_judged_whatever_is_answered_when(tmp_path, early):
    within = {"b": frozenset({"a"}), "c": frozenset({"b"})}
    judging = _Judging(tmp_path, lambda _: {}, within, 3, lambda *_: None, count=False)
    judging._faces = {"a": "jpeg"} | ({"b": "jpeg"} if early else {})
    assert [holder.sha256 for holder in judging._beside("b")] == ["a"]
    assert judging._beside("c") == ()
    judging.close()
