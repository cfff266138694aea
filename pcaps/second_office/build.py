"""Build these captures: `python pcaps/second_office/build.py [NAME…]`, as root on Linux (dumpcap, iproute2).

Every device has a link of its own (macvlan), so that each speaks with its own link address.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "carriers"))

import everyday
import office
import rig
import variations

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACES = ("na-switch", "na-device", "na-server", "na-cloud")
ROUTER = "10.99.0.1"
TRUTHS = {"office": "expected.json", "variations": "variations.json"}
OUTSIDE = (office.CRM, office.CLOUD, office.OCR, office.PORTAL)


def main(names: list[str]) -> None:
    """Play what was asked for, or all."""
    for name, scenes in (
        ("office", office.scenes()),
        ("everyday", everyday.scenes()),
        ("variations", variations.scenes()),
    ):
        if name in names or not names:
            play(name, scenes)


def play(name: str, scenes: list[office.Scene]) -> None:
    """Play all scenes into a capture; write what is true of those that have a truth."""
    if name != "everyday":
        told = ("name", "source", "sender", "receiver", "fields", "images", "finding", "serial", "device_class")
        truth = [{column: getattr(scene, column) for column in told} for scene in scenes]
        (HERE / TRUTHS[name]).write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", "utf-8")
    senders = sorted({scene.sender for scene in scenes} - {office.SERVER})
    with _network(senders), tempfile.TemporaryDirectory() as scratch:
        for side, asking in ((False, "devices"), (True, "server")):
            chosen = [one for one in scenes if (one.sender == office.SERVER) == side]
            asked = [(one.sender, one.receiver, one.method, one.path, one.headers, one.body) for one in chosen]
            (Path(scratch) / asking).write_bytes(pickle.dumps(asked))
        answers = {(one.receiver, one.path): (one.reply, one.reply_type) for one in scenes}
        (Path(scratch) / "inside").write_bytes(pickle.dumps((answers, [office.SERVER])))
        (Path(scratch) / "devices-serve").write_bytes(pickle.dumps((answers, senders)))
        (Path(scratch) / "outside").write_bytes(pickle.dumps((answers, list(OUTSIDE))))
        peers = [sys.executable, str(HERE / "peers.py")]
        running = [
            rig.start("na-server", *peers, "serve", f"{scratch}/inside", wait=6),
            rig.start("na-device", *peers, "serve", f"{scratch}/devices-serve", wait=1),
            rig.start("na-cloud", *peers, "serve", f"{scratch}/outside", wait=6),
        ]
        recorded = Path(scratch) / "played.pcapng"
        recording = ("dumpcap", "-q", "-i", "br0", "-f", "ip or arp", "-w", str(recorded))
        recorder = rig.start("na-switch", *recording, wait=4)
        try:
            for space, asking in (("na-device", "devices"), ("na-server", "server")):
                command = ["ip", "netns", "exec", space, *peers, "ask", f"{scratch}/{asking}"]
                subprocess.run(command, check=True, timeout=200)
            time.sleep(1)
        finally:
            for one in (recorder, *running):
                rig.stop(one)
        shutil.copyfile(recorded, HERE / f"{name}.pcapng")


@contextlib.contextmanager
def _network(senders: list[str]) -> Iterator[None]:
    """A switch with the devices, the server and a router with the outside behind it."""
    _tear_down()
    try:
        for space in SPACES:
            rig.run("ip", "netns", "add", space)
        _ip("na-switch", "link add br0 type bridge")
        _ip("na-switch", "link set br0 up")
        for number, space in enumerate(SPACES[1:]):
            _ip("na-switch", f"link add port{number} type veth peer name wire netns {space}")
            _ip("na-switch", f"link set port{number} master br0")
            _ip("na-switch", f"link set port{number} up")
            _ip(space, f"link set wire address 02:00:00:00:02:{number:02x}")
            _ip(space, "link set wire up")
            _ip(space, "link set lo up")
            command = ["ip", "netns", "exec", space, "ethtool", "-K", "wire", "tso", "off", "gso", "off", "gro", "off"]
            rig.run(*command, check=False)
        _ip("na-server", f"addr add {office.SERVER}/24 dev wire")
        _ip("na-server", f"route add default via {ROUTER}")
        _ip("na-cloud", f"addr add {ROUTER}/24 dev wire")
        for address in OUTSIDE:
            _ip("na-cloud", f"addr add {address}/32 dev wire")
        for number, sender in enumerate(senders):
            _ip("na-device", f"link add mv{number} link wire type macvlan mode bridge")
            _ip("na-device", f"link set mv{number} address 02:00:00:00:01:{number:02x}")
            _ip("na-device", f"addr add {sender}/24 dev mv{number}")
            _ip("na-device", f"link set mv{number} up")
            _ip("na-device", f"route add 10.99.0.0/24 dev mv{number} table {100 + number}")
            _ip("na-device", f"route add default via {ROUTER} dev mv{number} table {100 + number}")
            _ip("na-device", f"rule add from {sender} table {100 + number}")
        rig.run("ip", "netns", "exec", "na-device", "sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1", check=False)
        rig.run("ip", "netns", "exec", "na-device", "sysctl", "-qw", "net.ipv4.conf.all.arp_announce=2", check=False)
        yield
    finally:
        _tear_down()


def _ip(space: str, command: str) -> None:
    rig.run("ip", "-n", space, *command.split())


def _tear_down() -> None:
    for space in SPACES:
        rig.run("ip", "netns", "del", space, check=False)


if __name__ == "__main__":
    main(sys.argv[1:])
