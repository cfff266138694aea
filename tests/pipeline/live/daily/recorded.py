"""Small recorded files with a time of their own, and an audit that costs nothing: it seals what there is."""

from __future__ import annotations

import os
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FRAME = bytes.fromhex("ffffffffffff020000000001") + b"\x88\xb5" + bytes(46)
SEALS = """
import sys
from pathlib import Path
from netaudit.evidence.case.custody import Custody
from netaudit.pipeline.live.sealing import seal_case
said = '{"findings": [{"certainty": "B"}]}'
if sys.argv[1] == "show":
    print(said)
    sys.exit()
folder = Path(sys.argv[sys.argv.index("--resume") + 1])
(folder / "private" / "objects" / "ab").mkdir(parents=True, exist_ok=True)
(folder / "private" / "objects" / "ab" / "picture.jpg").write_bytes(bytes(2000))
with Custody(folder) as custody:
    seal_case(custody, folder)
print(said)
"""


def seals(*words: str) -> list[str]:
    """Stands for `programs.netaudit`: a process that seals the case, and says that something was found."""
    return [sys.executable, "-c", SEALS, *words]


def capture(at: float, frames: int = 1) -> bytes:
    """A classic pcap whose frames begin at `at` seconds since 1970, one a second."""
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    record = [
        struct.pack("<IIII", int(at) + number, 500_000, len(FRAME), len(FRAME)) + FRAME for number in range(frames)
    ]
    return head + b"".join(record)


def capture_ng(at: float, exponent: int = 9) -> bytes:
    """A pcapng with one frame, in units of 10^-exponent s."""
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    option = struct.pack("<HHB3xHH", 9, 1, exponent, 0, 0)
    interface = struct.pack("<IIHHI", 1, 20 + len(option), 1, 0, 0) + option + struct.pack("<I", 20 + len(option))
    ticks, padded = int(at * 10**exponent), FRAME
    length = 32 + len(padded)
    packet = struct.pack("<IIIIIII", 6, length, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(FRAME), len(FRAME))
    return section + interface + packet + padded + struct.pack("<I", length)


def write(folder: Path, name: str, data: bytes, changed: float | None = None) -> Path:
    """A file of another recorder; `changed` is when it was last written."""
    path = folder / name
    path.write_bytes(data)
    if changed is not None:
        os.utime(path, (changed, changed))
    return path
