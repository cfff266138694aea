"""The committed demo captures are what pcaps/build.py makes, and sound TCP all the way."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path

import dpkt
import pytest

PCAPS = Path(__file__).parents[1] / "pcaps"
CAPTURES = (
    "sales_office/lan.pcapng",
    "sales_office/wan.pcapng",
    "sales_office/ipv6.pcapng",
    "benign_office/benign.pcap",
)


def expected(name: str) -> dict:
    folder, file = name.split("/")
    return json.loads((PCAPS / folder / "expected.json").read_text(encoding="utf-8"))["captures"][file]


def frames(name: str) -> list[tuple[float, bytes]]:
    data = (PCAPS / name).read_bytes()
    reader = dpkt.pcapng.Reader if name.endswith("ng") else dpkt.pcap.Reader
    return list(reader(io.BytesIO(data)))


def streams(name: str) -> dict[tuple, bytes]:
    """Payload per (source, port, target, port) in the order of arrival; sequence numbers must follow one another."""
    out: dict[tuple, bytearray] = {}
    following: dict[tuple, int] = {}
    for _, frame in frames(name):
        packet = dpkt.ethernet.Ethernet(frame).data
        packet = packet.data.data if isinstance(packet, dpkt.pppoe.PPPoE) and hasattr(packet.data, "data") else packet
        segment = getattr(packet, "data", None)
        if not isinstance(segment, dpkt.tcp.TCP):
            continue
        key = (packet.src, segment.sport, packet.dst, segment.dport)
        assert following.get(key, segment.seq) == segment.seq
        control = bool(segment.flags & (dpkt.tcp.TH_SYN | dpkt.tcp.TH_FIN))
        following[key] = (segment.seq + len(segment.data) + control) & 0xFFFFFFFF
        out.setdefault(key, bytearray()).extend(segment.data)
    return {key: bytes(value) for key, value in out.items()}


@pytest.mark.parametrize("name", CAPTURES)
def test_totals_are_as_expected(name):
    seen, truth = frames(name), expected(name)["packets"]
    assert (len(seen), sum(len(frame) for _, frame in seen)) == (truth["count"], truth["bytes"])
    assert (PCAPS / name).stat().st_size < 6_000_000


@pytest.mark.parametrize("name", CAPTURES)
def test_every_picture_sent_in_binary_is_in_a_stream(name):
    """Found by length and hash at every JPEG start, which knows nothing of HTTP."""
    rows = [
        row
        for row in expected(name)["images"]
        if row["visible"] and "base64" not in row["carried"] and row["kind"] == "jpeg"
    ]
    sizes = {row["size"] for row in rows}
    found = set()
    for stream in streams(name).values():
        at = stream.find(b"\xff\xd8\xff")
        while at >= 0:
            found |= {hashlib.sha256(stream[at : at + size]).hexdigest() for size in sizes}
            at = stream.find(b"\xff\xd8\xff", at + 1)
    assert rows
    assert {row["sha256"] for row in rows} <= found


@pytest.mark.parametrize("name", CAPTURES)
def test_payload_of_every_flow_is_counted(name):
    lengths = sorted(len(stream) for stream in streams(name).values())
    flows = expected(name)["flows"]
    assert lengths == sorted(flow[way] for flow in flows for way in ("payload_up", "payload_down"))


def test_rebuilding_changes_nothing_but_tls(monkeypatch, tmp_path):
    """Lengths and times of all frames are the same, bytes of all but port 443."""
    monkeypatch.syspath_prepend(str(PCAPS))
    for name in [module for module in sys.modules if module == "lab" or module.startswith("lab.")]:
        monkeypatch.delitem(sys.modules, name)
    from lab import benign, files, onlink, views

    story = benign.benign_office(tmp_path)
    view = views.Lan(4)
    made = views.render(view, views.packets(story, 4), onlink.lan(story.start, benign.HOSTS))
    files.write_pcap(tmp_path / "new.pcap", made)
    new = list(dpkt.pcap.Reader(io.BytesIO((tmp_path / "new.pcap").read_bytes())))
    old = frames("benign_office/benign.pcap")
    assert [(time, len(frame)) for time, frame in new] == [(time, len(frame)) for time, frame in old]
    changed = [frame for (_, frame), (_, other) in zip(new, old, strict=True) if frame != other]
    assert changed
    for frame in changed:
        segment = dpkt.ethernet.Ethernet(frame).data.data
        assert 443 in (segment.sport, segment.dport)
