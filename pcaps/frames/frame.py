"""Raw frames of a link: what SADP says below IP (facts 3.1)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "carriers"))

import rig

SEND = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
own = link.getsockname()[4]
for text in sys.argv[2:]:
    data = bytes.fromhex(text)
    link.send(b"\\xff" * 6 + own + b"\\x80\\x33" + data[:14] + own + data[20:])
"""


def sadp_raw(kind: int, query: int, payload: bytes) -> bytes:
    """Header of 38 bytes, and what follows; the sender's link address is put in when it is sent."""
    head = bytes((0x21, kind)) + (0x01F6 if kind == 1 else 0x0142).to_bytes(2, "big") + (1).to_bytes(4, "big")
    head += b"\x06\x04" + bytes((query, 0)) + bytes(2) + bytes(6) + bytes((10, 99, 0, 2))
    head += b"\xff" * 6 + bytes((10, 99, 0, 3)) + bytes((255, 255, 255, 0))
    return head + payload


def send(*frames: bytes) -> None:
    """Send frames from the device's link."""
    rig.python("na-device", SEND, "na-veth0", *(data.hex() for data in frames))
