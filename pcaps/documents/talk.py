"""Asks and answers played between real HTTP peers: `http.client` on one side, `http.server` on the other.

A script is a list of `Ask`. Both peers are programs (`peers.py`) in namespaces of their own (see
`carriers/rig.py`). What is not valid HTTP (`raw`) goes through plain sockets.
"""

from __future__ import annotations

import base64
import json
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import rig

CLOUD = "203.0.113.5"  # documentation prefix (RFC 5737), an address of the server's namespace
PORT = 8080
SPACES = ("na-server", "na-device")

PEERS = Path(__file__).with_name("peers.py")


class Ask(NamedTuple):
    """One request and what answers it."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 -- never changed
    reply: bytes = b""
    reply_headers: dict[str, str] = {}  # noqa: RUF012
    status: int = 200
    port: int = PORT
    address: str = rig.SERVER
    stream: bool = False  # the answer ends with the connection
    fresh: bool = False  # a connection of its own
    raw: bytes | None = None  # these bytes instead of a request by http.client
    pull: bool = False  # the server's side asks the device
    pause: float = 0.0  # seconds before it


def play(name: str, asks: list[Ask], folder: Path) -> None:
    """Capture `asks` into `<folder>/<name>.pcapng`, in order."""
    rig.run("ip", "-n", "na-server", "addr", "replace", f"{CLOUD}/32", "dev", "na-veth1")
    rig.run("ip", "-n", "na-device", "route", "replace", "203.0.113.0/24", "dev", "na-veth0")
    with tempfile.TemporaryDirectory() as scratch:
        answers = [Path(scratch) / f"answers{side}" for side in (0, 1)]
        for side in (0, 1):
            answers[side].write_bytes(pickle.dumps(_answers([ask for ask in asks if ask.pull == bool(side)])))
        servers = [rig.start(*_peer(space, "serve", file)) for space, file in zip(SPACES, answers, strict=True)]
        try:
            with rig.captured(name, folder):
                for number, run in enumerate(_runs(asks)):
                    script = Path(scratch) / f"asks{number}"
                    script.write_bytes(pickle.dumps([_asked(ask) for ask in run]))
                    space = SPACES[0] if run[0].pull else SPACES[1]
                    subprocess.run(["ip", "netns", "exec", *_peer(space, "ask", script)], check=True, timeout=60)
        finally:
            for server in servers:
                rig.stop(server)


def _peer(space: str, role: str, file: Path) -> list[str]:
    return [space, sys.executable, str(PEERS), role, str(file)]


def _runs(asks: list[Ask]) -> list[list[Ask]]:
    """The asks in order, cut where the asking side changes."""
    out: list[list[Ask]] = []
    for ask in asks:
        if not out or out[-1][0].pull != ask.pull:
            out.append([])
        out[-1].append(ask)
    return out


def _answers(asks: list[Ask]) -> dict[int, list[Any]]:
    out: dict[int, list[Any]] = {}
    for ask in asks:
        listed = out.setdefault(ask.port, [None] if ask.raw is not None else [])
        listed.append((ask.status, ask.reply_headers, ask.reply, ask.stream))
    return out


def _asked(ask: Ask) -> tuple[Any, ...]:
    address = rig.DEVICE if ask.pull else ask.address
    return (address, ask.port, ask.method, ask.path, ask.headers, ask.body, ask.raw, ask.fresh or ask.stream, ask.pause)


def b64(data: bytes) -> str:
    """Base64 without line breaks."""
    return base64.b64encode(data).decode()


def dump(document: Any) -> bytes:
    """JSON in UTF-8 without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def post(path: str, document: Any, reply: Any = None, **more: Any) -> Ask:
    """A JSON body posted, and a JSON answer."""
    headers = {"Content-Type": "application/json"} | more.pop("headers", {})
    answer = b"" if reply is None else dump(reply)
    answered = {"Content-Type": "application/json"} if reply is not None else {}
    return Ask("POST", path, dump(document), headers, answer, answered, **more)


def parts(boundary: str, pieces: list[tuple[str, str, str, bytes]], more: list[str] | None = None) -> bytes:
    """A multipart body of (field, file name, content type, bytes); `more` are further header lines, one per part."""
    out = b""
    for number, (field, name, kind, data) in enumerate(pieces):
        head = [f"--{boundary}"]
        if field:
            head.append(f'Content-Disposition: form-data; name="{field}"' + (f'; filename="{name}"' if name else ""))
        head += [f"Content-Type: {kind}"] if kind else []
        head += [] if field else [f"Content-Length: {len(data)}"]
        head += [more[number]] if more and more[number] else []
        out += "\r\n".join(head).encode() + b"\r\n\r\n" + data + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


def form(path: str, boundary: str, pieces: list[tuple[str, str, str, bytes]], **more: Any) -> Ask:
    """A multipart/form-data body posted."""
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"} | more.pop("headers", {})
    return Ask("POST", path, parts(boundary, pieces, more.pop("extra", None)), headers, **more)
