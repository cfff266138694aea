"""What every capture of a carrier needs: a picture, a network of two namespaces, and tcpdump between them.

Runs as root on Linux. Addresses: the device 10.99.0.2, the server 10.99.0.3, both inside namespaces of their own, so
that nothing of the machine's own traffic comes near the capture.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
DEVICE, SERVER = "10.99.0.2", "10.99.0.3"
SPACES = {"na-device": ("na-veth0", DEVICE), "na-server": ("na-veth1", SERVER)}


def picture(seed: int, width: int = 160, height: int = 120) -> bytes:
    """A JPEG of noise that only this seed gives."""
    noise = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def image(seed: int, name: str, way: str, data: bytes | None = None) -> dict[str, Any]:
    """Row of expected.json for a picture that was sent."""
    data = picture(seed) if data is None else data
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "name": name, "way": way}


def run(*command: str, check: bool = True) -> None:
    """Run a command to its end, quietly."""
    subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=None if check else subprocess.DEVNULL)


@contextlib.contextmanager
def network() -> Iterator[None]:
    """Two namespaces joined by a pair of virtual links, without offloading: frames are as they would be on a wire."""
    _tear_down()
    run("ip", "link", "add", "na-veth0", "type", "veth", "peer", "name", "na-veth1")
    try:
        for space, (link, address) in SPACES.items():
            run("ip", "netns", "add", space)
            run("ip", "link", "set", link, "netns", space)
            run("ip", "-n", space, "addr", "add", f"{address}/24", "dev", link)
            for device in (link, "lo"):
                run("ip", "-n", space, "link", "set", device, "up")
            run(
                "ip",
                "netns",
                "exec",
                space,
                "ethtool",
                "-K",
                link,
                "tso",
                "off",
                "gso",
                "off",
                "gro",
                "off",
                check=False,
            )
        yield
    finally:
        _tear_down()


def _tear_down() -> None:
    for space in SPACES:
        run("ip", "netns", "del", space, check=False)
    run("ip", "link", "del", "na-veth0", check=False)


def start(space: str, *command: str, wait: float = 1.0, **more: Any) -> subprocess.Popen[bytes]:
    """Start a program inside a namespace."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | more
    process = subprocess.Popen(["ip", "netns", "exec", space, *command], start_new_session=True, **quiet)
    time.sleep(wait)
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def server(*command: str, wait: float = 1.0, **more: Any) -> Iterator[None]:
    """A server program while the block runs."""
    process = start("na-server", *command, wait=wait, **more)
    try:
        yield
    finally:
        stop(process)


def python(space: str, code: str, *arguments: str) -> None:
    """Run Python code inside a namespace to its end."""
    subprocess.run(["ip", "netns", "exec", space, sys.executable, "-c", code, *arguments], check=True, timeout=60)


def python_server(code: str, *arguments: str, wait: float = 1.5) -> contextlib.AbstractContextManager[None]:
    """A server written in Python while the block runs."""
    return server(sys.executable, "-c", code, *arguments, wait=wait)


@contextlib.contextmanager
def captured(name: str, folder: Path = HERE, what: str = "ip") -> Iterator[None]:
    """Capture the device's link into `<name>.pcapng` while the block runs (ARP and neighbour discovery left out)."""
    target = folder / f"{name}.pcapng"
    classic = target.with_suffix(".tmp")
    tcpdump = start(
        "na-device", "tcpdump", "-i", "na-veth0", "-U", "-s", "0", "-w", str(classic), what, "-Z", "root", wait=1.5
    )
    try:
        yield
        time.sleep(1)
    finally:
        stop(tcpdump)
    run("editcap", "-F", "pcapng", str(classic), str(target))
    classic.unlink()


def expected(name: str, protocol: str, peers: dict[str, str], images: list[dict[str, Any]], **more: Any) -> None:
    """Add a capture to expected.json."""
    path = HERE / "expected.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[f"{name}.pcapng"] = {"protocol": protocol, "peers": peers, "images": images, **more}
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
