"""What a message says of other devices: of hosts inside only by somebody who can know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from tests.spoken import Capture, reply, request

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (
    b"<html><body><table><tr><th>Model</th><th>IP address</th><th>Serial number</th></tr>"
    b"<tr><td>DS-2CD3T46WD-I3</td><td>192.168.1.64</td><td>DS-2CD3T46WD-I320190101AACH123456789</td></tr></table></body></html>"
)
PC = "192.168.1.64"


@pytest.mark.parametrize(("server", "named"), [("203.0.113.80", False), ("192.168.1.1", True)])
def test_a_manual_on_the_web_names_nobody_here(tmp_path: Path, server: str, named: bool) -> None:
    """A recorder's page may list the cameras of its network; whoever is outside knows none of its addresses."""
    capture = Capture()
    capture.talk(PC, server, (request("GET", "/devices.html"), reply(PAGE, Content_Type="text/html; charset=utf-8")))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    said = [row for row in case.table("observations").to_pylist() if row["ip"] == PC and "DS-2CD" in str(row["value"])]
    assert bool(said) == named
