"""Numbers that no table can hold: a host may say them, and the audit of all others goes on."""

from __future__ import annotations

import struct

import pytest

import netaudit
from netaudit.core.storage.table_streams import read_streams
from netaudit.evidence.case.writing import make_folders
from netaudit.images.extents import PNG_SIGNATURE
from netaudit.images.headers import header_size
from netaudit.pipeline.stages import Shard
from netaudit.pipeline.storing import Keep
from tests.protocols.file_transfer import test_nfs as nfs
from tests.protocols.smb import test_reader as smb
from tests.protocols.websocket.test_reader import switched, ws
from tests.streams import wire

MOST = (1 << 64) - 1


def png(width, height):
    return (
        PNG_SIGNATURE
        + b"\0\0\0\rIHDR"
        + width.to_bytes(4, "big")
        + height.to_bytes(4, "big")
        + bytes(9)
        + b"\0\0\0\0IEND"
        + bytes(4)
    )


def answer(body):
    return [
        (0, b"GET /a.png HTTP/1.1\r\nHost: a\r\n\r\n"),
        (1, b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(body) + body),
    ]


def audited(tmp_path, parts, port):
    """Rows by table of an audit of one connection."""
    packets, at, server = [], [1000, 1000], (20, port)
    for direction, data in parts:
        ends = ((wire.CLIENT, server), (server, wire.CLIENT))[direction]
        for start in range(0, len(data), 1400):
            piece = data[start : start + 1400]
            packets.append(wire.packet(*ends, seq=at[direction], ack=at[1 - direction], data=piece, flags=wire.ACK))
            at[direction] += len(piece)
    make_folders(tmp_path)
    shard = Shard(tmp_path, "0", Keep())
    shard.feed(*wire.batch(wire.numbered(packets)))
    assert shard.finish() == []
    return {name: read_streams(tmp_path, name).to_pylist() for name in ("messages", "objects", "images", "parts")}


@pytest.mark.parametrize("side", [1 << 31, MOST & 0xFFFFFFFF])
def test_a_picture_that_says_to_be_too_large_has_no_known_size(tmp_path, side):
    data = png(640, side)
    assert header_size(data, "png") is None
    (row,) = audited(tmp_path, answer(data), 80)["images"]
    assert (row["kind"], row["width"], row["height"]) == ("png", None, None)


def test_the_largest_side_that_png_allows():
    assert header_size(png(640, (1 << 31) - 1), "png") == (640, (1 << 31) - 1)


@pytest.mark.parametrize("offset", [MOST, MOST - 100, (1 << 63) - 1, 1 << 63])
def test_smb_writes_far_away(tmp_path, offset):
    events = [
        *smb.tree(), smb.up(smb.session(smb.create(2))), smb.down(smb.session(smb.created(2))),
        smb.up(smb.session(smb.write(3, 0, smb.JPEG))), smb.up(smb.session(smb.write(4, offset, b"far"))),
        smb.up(smb.session(smb.close(5))), smb.down(smb.session(smb.close(5, answer=True))),
    ]  # fmt: skip
    rows = audited(tmp_path, events, 445)
    (written,) = (row for row in rows["messages"] if row["method"] == "WRITE")
    assert written["complete"] == (offset >= 1 << 63)  # such a write cannot have been carried out
    assert written["body_size"] >= len(smb.JPEG)


@pytest.mark.parametrize("size", [MOST, 1 << 63, (1 << 63) - 1])
def test_smb_reads_of_impossible_files(tmp_path, size):
    events = [
        smb.up(smb.session(smb.create(2))), smb.down(smb.session(smb.created(2, size=size, action=1))),
        smb.up(smb.session(smb.asked(3, 0, 999))), smb.down(smb.session(smb.answered(3, smb.JPEG))),
        smb.up(smb.session(smb.close(5))), smb.down(smb.session(smb.close(5, answer=True))),
    ]  # fmt: skip
    rows = audited(tmp_path, events, 445)
    (read,) = (row for row in rows["messages"] if row["method"] == "READ")
    assert not read["complete"]


@pytest.mark.parametrize("size", [MOST, 1 << 63])
def test_nfs_files_of_impossible_size(tmp_path, size):
    exchanges = [
        nfs.create(1), nfs.write(2, 0, smb.JPEG, size), nfs.write(3, size - 3, b"far", size), nfs.lookup(4, size),
        nfs.fetch(5, 0, smb.JPEG, size),
    ]  # fmt: skip
    rows = audited(tmp_path, nfs.talk(*exchanges), 2049)
    assert [row["complete"] for row in rows["messages"] if row["body_size"]] == [False, False]


@pytest.mark.parametrize("length", [MOST, 1 << 63, (1 << 63) - 1])
def test_websocket_frames_without_end(tmp_path, length):
    frame = b"\x82\x7f" + length.to_bytes(8, "big") + b"\xff\xd8\xff\xe0 and on"
    audited(tmp_path, [*switched(), (0, ws(1, b"first", last=False)), (0, b"\x80" + frame[1:])], 80)
    audited(tmp_path / "alone", [*switched(), (1, frame)], 80)


@pytest.mark.parametrize(("said", "told"), [((MOST, MOST), None), ((MOST, 7), 7), ((1 << 44, 1), (1 << 44) + 1)])
def test_drops_that_no_interface_can_have_counted(tmp_path, said, told):
    def block(kind, body):
        size = len(body) + 12
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    options = b"".join(struct.pack("<HHQ", code, 8, value) for code, value in zip((5, 7), said, strict=True))
    capture = tmp_path / "drops.pcapng"
    capture.write_bytes(
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack("<HHI", 1, 0, 65535))
        + block(6, struct.pack("<IIIII", 0, 0, 1000, 60, 60) + bytes(60))
        + block(5, struct.pack("<III", 0, 0, 1000) + options + bytes(4))
    )
    case = netaudit.audit(capture, tmp_path / "case", faces=False)
    assert case.table("captures")["drops"].to_pylist() == [told]
