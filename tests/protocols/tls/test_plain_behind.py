"""Clear HTTP behind a TLS hello, or in records that call themselves TLS: read as what it is."""

from __future__ import annotations

import json
import random
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

import netaudit
from pcaps.lab import photos
from tests.spoken import Capture, number, reply, request

if TYPE_CHECKING:
    from pathlib import Path

CAMERA, CLOUD = "192.168.1.64", "203.0.113.80"
PICTURE = photos.jpeg(photos.portrait(3, 240), 3)
HELLO = b"\x01\0\0\x28\x03\x03" + bytes(32) + b"\0\0\x02\x13\x01\x01\0" + b""
SERVER = b"\x02\0\0\x26\x03\x03" + bytes(32) + b"\0\x13\x01\0"


def record(kind: int, data: bytes, size: int = 4000) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(bytes([kind, 3, 3]) + len(piece).to_bytes(2) + piece for piece in pieces)


def hello(message: bytes) -> bytes:
    return record(22, message[:1] + (len(message) - 4).to_bytes(3) + message[4:])


SENT = request("POST", "/face/upload", PICTURE, "image/jpeg", host="up.example.com")


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("in_records", [True, False])
def test_clear_http_is_read(tmp_path: Path, *, in_records: bool, answered: bool) -> None:
    capture = Capture()
    up, down = (record(23, SENT), record(23, reply())) if in_records else (SENT, reply())
    capture.talk(
        "192.168.1.64", "203.0.113.80", (hello(HELLO), hello(SERVER) if answered else b""), (up, down if answered else b""),
        port=443,
    )  # fmt: skip
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    pictures = [row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg"]
    assert [(row["sha256"], row["complete"]) for row in pictures] == [(sha256(PICTURE).hexdigest(), True)]
    (message,) = [row for row in case.table("messages").to_pylist() if row["message_id"] == pictures[0]["message_id"]]
    assert (message["protocol"], message["host"], message["path"]) == ("http", "up.example.com", "/face/upload")


@pytest.mark.parametrize("size", [0, 1, 20])
def test_clear_http_is_read_behind_a_part_of_a_hello(tmp_path: Path, size: int) -> None:
    """A few bytes suffice to be taken for TLS."""
    capture = Capture()
    part = record(22, b"\x01\0\0" + bytes([size]) + bytes(size)[:1])
    capture.talk("192.168.1.64", "203.0.113.80", (part + SENT, reply()), port=443)
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    pictures = [row for row in case.table("objects").to_pylist() if row["kind"] == "jpeg"]
    assert [(row["sha256"], row["complete"]) for row in pictures] == [(sha256(PICTURE).hexdigest(), True)]


NOISE = random.Random(7).randbytes(4000)


@pytest.mark.parametrize("cut", [1400, 97])
def test_clear_text_in_records_behind_others_forbids_calm(tmp_path: Path, cut: int) -> None:
    """Nobody reads such records; but nobody says that all was read, whatever they are cut into."""
    said = json.dumps({"name": "张三", "idcard": number(7)}, ensure_ascii=False).encode()
    for name, sent in (("clear", request("POST", "/v", said)), ("noise", NOISE[: len(said) + 150])):
        capture = Capture()
        up = record(23, NOISE[:300]) + record(23, sent, cut)
        capture.talk(CAMERA, CLOUD, (hello(HELLO), hello(SERVER)), (up, record(23, NOISE[:200])), port=443)
        case = netaudit.audit(capture.write(tmp_path / f"{name}.pcap"), tmp_path / name, faces=False)
        (flow,) = case.table("flows").to_pylist()
        assert ("clear" in (flow["doubts"] or [])) == (name == "clear")
        assert ("egress" in {one.kind for one in case.summary.limits}) == (name == "clear")


@pytest.mark.parametrize("size", [31, 32, 33])
@pytest.mark.parametrize("step", [1, 5, 1400])
def test_text_is_seen_wherever_segments_cut_it(tmp_path: Path, size: int, step: int) -> None:
    """As many bytes of text in a row as random bytes have at one of 2^44 places."""
    capture = Capture()
    sent = record(23, NOISE[:50]) + record(23, bytes(40) + b"a" * size + bytes(9))
    pieces = [(sent[at : at + step], b"") for at in range(0, len(sent), step)]
    capture.talk(CAMERA, CLOUD, (hello(HELLO), hello(SERVER)), *pieces, port=443)
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert [row["doubts"] or [] for row in case.table("flows").to_pylist()] == [["clear"] if size >= 32 else []]


@pytest.mark.parametrize(
    "head", [b"\x40" + bytes(20), bytes.fromhex("17fefd0001000000000007")], ids=["quic", "dtls"]
)  # fmt: skip
def test_clear_text_in_datagrams_that_call_themselves_encrypted(tmp_path: Path, head: bytes) -> None:
    capture = Capture()
    first = b"\xc0\0\0\0\1" + bytes(1200) if head[0] == 0x40 else head + b"\0\x20" + NOISE[:32]
    text = request("POST", "/v", {"idcard": number(7)})
    for data in (first, head + len(text).to_bytes(2) + text):
        capture.datagram(CAMERA, CLOUD, data, (40_001, 443))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert "egress" in {one.kind for one in case.summary.limits}


def test_what_is_encrypted_is_left(tmp_path: Path) -> None:
    capture = Capture()
    secret = bytes(range(256)) * 200
    capture.talk(
        "192.168.1.64",
        "203.0.113.80",
        (hello(HELLO), hello(SERVER)),
        (record(23, secret), record(23, secret)),
        port=443,
    )
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False)
    assert case.table("objects").num_rows == 0
    (flow,) = case.table("flows").to_pylist()
    assert flow["protocol"] == "tls"
