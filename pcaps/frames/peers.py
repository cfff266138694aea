"""Two peers over sockets: each sends its turns of a conversation, and waits for those of the other one."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "carriers"))

import rig

if TYPE_CHECKING:
    from collections.abc import Iterator

Turns = list[tuple[bool, bytes]]  # whether the device speaks, and what

PEER = """
import json, socket, sys, time
script, mine = json.load(open(sys.argv[1])), sys.argv[2]
kind = socket.SOCK_STREAM if script["transport"] == "tcp" else socket.SOCK_DGRAM
me = socket.socket(socket.AF_INET, kind)
me.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
ends = {"device": tuple(script["device"]), "server": tuple(script["server"])}
other = ends["server" if mine == "device" else "device"]
if kind == socket.SOCK_STREAM and mine == script["listens"]:
    me.bind(ends[mine])
    me.listen(1)
    me, _ = me.accept()
elif kind == socket.SOCK_STREAM:
    if ends[mine][1]:
        me.bind(ends[mine])
    me.connect(other)
else:
    me.bind(ends[mine])
me.settimeout(20)
for who, text in script["turns"]:
    data = bytes.fromhex(text)
    if who == mine:
        time.sleep(script["pause"])
        if kind == socket.SOCK_STREAM:
            me.sendall(data)
        else:
            me.sendto(data, tuple(script.get("to") or other))
    elif kind == socket.SOCK_STREAM:
        left = len(data)
        while left:
            left -= len(me.recv(min(left, 65536)))
    elif not script.get("to"):
        me.recv(65536)
time.sleep(0.2)
me.close()
"""


def talk(
    turns: Turns,
    port: int,
    *,
    transport: str = "tcp",
    listens: str = "device",
    own: int = 0,
    pause: float = 0.01,
    server: str = rig.SERVER,
) -> None:
    """Carry out a conversation at `port` of who listens; `own`: port of the other one, any where it is 0."""
    near = (port, own) if listens == "device" else (own, port)
    script = {
        "transport": transport,
        "listens": listens,
        "device": (rig.DEVICE, near[0]),
        "server": (server, near[1]),
        "pause": pause,
        "turns": [("device" if device else "server", data.hex()) for device, data in turns],
    }
    _play(script)


def announce(data: bytes, port: int, group: str, *, own: int = 0) -> None:
    """One datagram of the device to a group."""
    _play(
        {
            "transport": "udp", "listens": "", "device": (rig.DEVICE, own or port), "server": (rig.SERVER, port),
            "pause": 0, "turns": [("device", data.hex())], "to": (group, port),
        }
    )  # fmt: skip


def _play(script: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.json"
        path.write_text(json.dumps(script))
        if script.get("to"):
            rig.python("na-device", PEER, str(path), "device")
            return
        first = "server" if script["listens"] == "server" else "device"
        second = "device" if first == "server" else "server"
        with _running(first, path):
            rig.python(f"na-{second}", PEER, str(path), second)


@contextlib.contextmanager
def _running(who: str, path: Path) -> Iterator[None]:
    """A peer that was there first, until it has said all."""
    process = rig.start(f"na-{who}", sys.executable, "-c", PEER, str(path), who, wait=0.6)
    try:
        yield
        process.wait(20)
    finally:
        if process.poll() is None:
            rig.stop(process)
