"""The disguises are what they say: tshark sees the same requests through them, and the right layers."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import disguise

BENIGN = Path(__file__).parents[1] / "pcaps" / "benign_office" / "benign.pcap"
LAYERS = {
    "vlan": "eth:ethertype:vlan:ethertype:ip:tcp", "qinq": "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:tcp",
    "pppoe": "eth:ethertype:pppoes:ppp:ip:tcp", "gre": "eth:ethertype:ip:gre:ip:tcp", "gretap": "eth:ethertype:ip:gre:eth:ethertype:ip:tcp",
    "erspan2": "eth:ethertype:ip:gre:erspan:eth:ethertype:ip:tcp", "erspan3": "eth:ethertype:ip:gre:erspan:eth:ethertype:ip:tcp",
    "vxlan": "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp", "mpls": "eth:ethertype:mpls:tcp", "sll": "sll:ethertype:ip:tcp",
    "sll2": "sll:ethertype:ip:tcp", "null": "null:ip:tcp", "raw": "raw:ip:tcp", "ipv6": "eth:ethertype:ipv6:tcp",
}  # fmt: skip
tools = pytest.mark.tools
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="NO TSHARK")


@pytest.fixture(scope="module")
def plain() -> disguise.Plain:
    return disguise.read(BENIGN.read_bytes())


def tshark(path: Path, *arguments: str) -> list[str]:
    command = [
        "tshark",
        "-n",
        "-r",
        str(path),
        "-o",
        "tcp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()


def requests(path: Path) -> list[str]:
    return sorted(
        tshark(
            path,
            "-o",
            "tcp.reassemble_out_of_order:TRUE",
            "-Y",
            "http.request",
            "-T",
            "fields",
            "-e",
            "http.request.uri",
        )
    )


@pytest.fixture(scope="module")
def asked() -> list[str]:
    return requests(BENIGN)


@tools
@needs_tshark
@pytest.mark.parametrize("name", sorted(disguise.FRAMES))
def test_tshark_sees_the_same_requests(name, plain, asked, tmp_path):
    path = tmp_path / "disguised.pcap"
    path.write_bytes(disguise.pcap(disguise.FRAMES[name](plain)))
    assert len(asked) > 10
    assert requests(path) == asked
    if name in LAYERS:
        wrong = "ip.checksum.status == 0 or tcp.checksum.status == 0 or _ws.malformed"
        assert tshark(path, "-Y", wrong) == []
        stacks = set(tshark(path, "-Y", "tcp.flags.syn == 1", "-T", "fields", "-e", "frame.protocols"))
        assert stacks == {LAYERS[name]}


@tools
@needs_tshark
@pytest.mark.parametrize("name", sorted(disguise.FILES))
def test_tshark_reads_the_same_packets_from_other_files(name, plain, tmp_path):
    data = disguise.FILES[name](plain)
    if name == "xz":
        data = lzma.decompress(data)
    path = tmp_path / "file"
    path.write_bytes(data)
    fields = ("-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len")
    assert tshark(path, *fields) == tshark(BENIGN, *fields)
    assert len(tshark(path)) == len(plain.records)


def test_writing_gives_back_what_was_read(plain):
    assert disguise.pcap(plain) == BENIGN.read_bytes()
    for order in "<>":
        assert disguise.read(disguise.pcap(plain, order)) == plain
        assert disguise.read(disguise.pcap(plain, order, nanosecond=True)) == plain
    assert disguise.read(gzip.decompress(disguise.FILES["gzip"](plain))) == plain


def payloads(plain: disguise.Plain) -> dict[tuple, str]:
    """Hash of all TCP payload by place, each place once."""
    out = {}
    for record in plain.records:
        segment = disguise.tcp_segment(record.frame)
        if segment and segment.length:
            end = 14 + int.from_bytes(record.frame[16:18], "big")
            out[segment] = hashlib.sha256(record.frame[end - segment.length : end]).hexdigest()
    return out


@pytest.mark.parametrize("name", ["out-of-order", "duplicated", "duplicated-by-routing", "retransmitted"])
def test_other_orders_keep_every_byte(name, plain):
    changed = disguise.FRAMES[name](plain)
    assert payloads(changed) == payloads(plain)
    times = [record.ts for record in changed.records]
    assert times == sorted(times)
    assert changed.records != plain.records
    assert changed == disguise.FRAMES[name](plain), "the seed decides"


def test_lost_packets_are_named(plain):
    kept, lost = disguise.dropped(plain, 0.01)
    assert 0 < len(lost) < 40
    assert kept.records == [record for index, record in enumerate(plain.records) if index not in set(lost)]


def test_fragments_put_together_are_the_packet(plain):
    frames = [record.frame for record in plain.records if disguise.tcp_segment(record.frame)]
    biggest = max(frames, key=len)
    for backwards in (False, True):
        pieces = disguise.fragments(
            disguise.Plain([disguise.Record(0, biggest, len(biggest))]), backwards=backwards
        ).records
        places = [int.from_bytes(piece.frame[20:22], "big") for piece in pieces]
        offsets = [(place & 0x1FFF) * 8 for place in places]
        assert offsets == sorted(offsets, reverse=backwards)
        assert len(pieces) == 3
        ordered = sorted(pieces, key=lambda piece: int.from_bytes(piece.frame[20:22], "big") & 0x1FFF)
        assert b"".join(piece.frame[34:] for piece in ordered) == biggest[34:]


def test_damage_is_where_it_is_said_to_be(plain):
    data = BENIGN.read_bytes()
    corrupt = disguise.corrupt_header(data, 100)
    at = disguise.record_offset(data, 100)
    assert corrupt[:at] == data[:at]
    assert corrupt[at + 16 :] == data[at + 16 :]
    assert corrupt[at : at + 16] != data[at : at + 16]
    cut = disguise.cut_mid_record(data, 50)
    assert data.startswith(cut)
    assert disguise.record_offset(data, 50) + 16 < len(cut) < disguise.record_offset(data, 51)
    assert sum(len(part.records) for part in disguise.split(plain, 3)) == len(plain.records)


def test_less_is_less(plain):
    for name, change in disguise.LOSSY.items():
        lost = change(plain)
        if name == "dropped-0.1":  # may be none of so few
            continue
        assert sum(len(record.frame) for record in lost.records) < sum(len(record.frame) for record in plain.records), (
            name
        )
    up, down = (payloads(disguise.one_side(plain, up=up)) for up in (True, False))
    assert up | down == payloads(plain)
    assert not up.keys() & down.keys()
    assert {record.wire for record in disguise.snaplen(plain, 128).records} == {record.wire for record in plain.records}
