"""What every capture of announcements needs: two hosts in namespaces of their own, a sniffer, expected.json.

Runs as root on Linux. The device 10.99.0.2 (02:0a:5e:63:c0:02) and the server 10.99.0.3 (02:0a:5e:63:c0:03) have names
of their own (UTS namespaces), so that nothing of the building machine is said aloud.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "carriers"))

import rig

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICE, SERVER = rig.DEVICE, rig.SERVER
MACS = {"na-device": "02:0a:5e:63:c0:02", "na-server": "02:0a:5e:63:c0:03"}
LINKS = {space: link for space, (link, _) in rig.SPACES.items()}
OF_DEVICE, OF_SERVER = {"mac": MACS["na-device"]}, {"mac": MACS["na-server"]}

Fact = dict[str, str]


@contextlib.contextmanager
def network() -> Iterator[None]:
    """The two hosts, with link addresses that stay the same from run to run."""
    with rig.network():
        for space, link in LINKS.items():
            for change in (("down",), ("address", MACS[space]), ("up",)):
                rig.run("ip", "-n", space, "link", "set", link, *change)
        time.sleep(2)  # duplicate address detection
        yield


def named(name: str, *command: str) -> list[str]:
    """The command under a host name of its own."""
    script = 'hostname "$0"; exec "$@"'
    return ["unshare", "--uts", "sh", "-c", script, name, *command]


def run(space: str, *command: str, check: bool = True, seconds: float = 60, **more: Any) -> None:
    """Run a command inside a namespace to its end."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | more
    subprocess.run(["ip", "netns", "exec", space, *command], check=check, timeout=seconds, **quiet)


@contextlib.contextmanager
def running(space: str, *command: str, wait: float = 1.0) -> Iterator[None]:
    """A program while the block runs."""
    process = rig.start(space, *command, wait=wait)
    try:
        yield
    finally:
        rig.stop(process)


@contextlib.contextmanager
def captured(name: str) -> Iterator[None]:
    """All frames of the device's link, in `<name>.pcapng`, while the block runs."""
    classic, target = HERE / f"{name}.tmp", HERE / f"{name}.pcapng"
    sniffer = rig.start(
        "na-device", "tcpdump", "-i", LINKS["na-device"], "-U", "-s", "0", "-w", str(classic), "-Z", "root", wait=1.5
    )
    try:
        yield
        time.sleep(1)
    finally:
        rig.stop(sniffer)
    rig.run("editcap", "-F", "pcapng", str(classic), str(target))
    classic.unlink()


def fact(kind: str, field: str, value: str, **whose: str) -> Fact:
    """A fact that the capture must tell: `mac` or `ip` say of whom."""
    return {"kind": kind, "field": field, "value": value} | whose


def expected(name: str, peers: str, facts: list[Fact], *, synthetic: bool = False) -> None:
    """Add a capture to expected.json."""
    path = HERE / "expected.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[name] = {"peers": peers, "synthetic": synthetic, "facts": facts}
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
