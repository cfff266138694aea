"""The unit of an appliance: systemd takes it, its command is one, and nothing of it may send."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNIT = ROOT / "packaging" / "systemd" / "netaudit-daily@.service"


def test_nothing_of_the_unit_may_send() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    service = unit["Service"]
    assert service["IPAddressDeny"] == "any"
    assert "IPAddressAllow" not in service
    assert set(service["CapabilityBoundingSet"].split()) == {"CAP_NET_RAW", "CAP_NET_ADMIN"}
    assert service["ExecStart"].split()[1:4] == ["netaudit", "live", "%i"]
    assert {"--daily", "--headless", "--case"} < set(service["ExecStart"].split())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    place = tmp_path / "netaudit-daily@eth1.service"
    shutil.copy(UNIT, place)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(place)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
