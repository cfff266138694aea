"""Without the right to record: one clear line and the steps, in the language asked for, and no folder left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from netaudit.cli.texts import say
from tests.conftest import ROOT
from tests.pipeline.live.conftest import PATIENCE, Wire

if TYPE_CHECKING:
    from pathlib import Path

BARE = ("--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin")


def told(wire: Wire, *words: str) -> subprocess.CompletedProcess[str]:
    """Run netaudit in the namespace with all rights but those to record."""
    if shutil.which("setpriv") is None:
        pytest.skip("NO RIGHTS TO TAKE: needs setpriv")
    command = wire.command("setpriv", *BARE, sys.executable, "-m", "netaudit", *words)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE)


@pytest.mark.parametrize(("lang", "recorder"), [("zh", "dumpcap"), ("en", "socket")])
def test_live_says_that_it_may_not(wire: Wire, tmp_path: Path, lang: str, recorder: str) -> None:
    case = tmp_path / "case"
    done = told(wire, "live", "vb", "--case", str(case), "--headless", "--lang", lang, "--recorder", recorder)
    assert done.returncode == 2
    failed = done.stderr[done.stderr.index("netaudit: ") :].splitlines()
    assert failed[0].startswith("netaudit: " + say("live_forbidden", lang, interface="vb", why="?")[:-2])
    assert len(failed[0]) < 120
    assert failed[1] == say("interface_allow", lang)
    assert any("setcap cap_net_raw,cap_net_admin+eip" in line for line in failed)
    assert not case.exists()


def test_interfaces_says_so_too(wire: Wire) -> None:
    done = told(wire, "live", "--lang", "zh")
    assert done.returncode == 2
    assert "当前用户无权抓包" in done.stdout
    assert say("interface_allow", "zh") in done.stdout
    allowed = subprocess.run(
        wire.command(sys.executable, "-m", "netaudit", "live"),
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert allowed.returncode == 0
    assert "can be recorded" in allowed.stdout
