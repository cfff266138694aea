"""Community ID: published values, both directions alike, and Wireshark's word for every packet of the demo."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from netaudit.core.text.addresses import community_id

DEMO = Path(__file__).parents[3] / "pcaps" / "sales_office" / "lan.pcapng"


def test_the_published_value() -> None:
    """Of the baseline of https://github.com/corelight/community-id-spec: tcp.pcap, seed 0."""
    known = "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    assert community_id("tcp", "128.232.110.120", 34855, "66.35.250.204", 80) == known
    assert community_id("tcp", "66.35.250.204", 80, "128.232.110.120", 34855) == known


def test_what_has_no_ports_has_none() -> None:
    assert community_id("icmp", "10.0.0.1", 8, "10.0.0.2", 0) == ""


@pytest.mark.skipif(shutil.which("tshark") is None, reason="NO TSHARK")
def test_wireshark_says_the_same() -> None:
    fields = [
        *(f"-e{one}" for one in ("communityid", "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "udp.srcport")),
        "-eudp.dstport",
    ]
    told = subprocess.run(
        ["tshark", "-n", "-r", str(DEMO), "--enable-protocol", "communityid", "-Tfields", *fields],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    seen = 0
    for line in set(told.splitlines()):
        name, source, target, *ports = line.split("\t")
        if not name or not any(ports):
            continue
        transport = "tcp" if ports[0] else "udp"
        one, two = (int(port) for port in ports if port)
        assert community_id(transport, source, one, target, two) == name
        seen += 1
    assert seen > 50
