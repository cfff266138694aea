"""Memory does not grow with traffic: ten times as many visits, each of other hosts and images, cost hardly more."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from base64 import b64encode
from typing import TYPE_CHECKING, BinaryIO

import pytest

from tests.packets.frames import ethernet, ipv4, tcp

if TYPE_CHECKING:
    from pathlib import Path

VISITS = 400  # of the smaller capture
EACH = 16  # of one camera
TIMES = 10
MOST_GROWTH = 20 << 20  # bytes (12 MB is usual); with readers and trees left in cycles, and what Arrow keeps, it was 44
SYN, ACK, FIN = 2, 16, 1
MEASURE = """
import sys, threading, time
from pathlib import Path
from netaudit.pipeline.startup import load_arrow, own_process, trim
own_process()
load_arrow()
from netaudit.core.storage import table_streams
table_streams.BATCH_ROWS = 256  # what is bounded must be as much in the smaller capture already
from netaudit import audit
from netaudit.pipeline import stages
from netaudit.capture import from_files
table_streams.RowWriter.flush.__kwdefaults__["least"] = 256
stages.AT_ONCE = 512
from_files.open_captures.__kwdefaults__["window_size"] = 1 << 18

def held():
    return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) << 10

def watch():
    global peak
    while True:
        peak = max(peak, held())
        time.sleep(0.005)

peak = 0
threading.Thread(target=watch, daemon=True).start()
folder = Path(sys.argv[1])
for number, name in enumerate(("small", "large", "small", "large")):  # once for what stays loaded, once to compare
    trim()
    peak = 0
    audit(folder / f"{name}.pcap", folder / f"{number}", faces=False)
    print(peak)
"""


def _visit(number: int, out: BinaryIO) -> None:
    """One connection of a camera: a capture with a photo is pushed and answered."""
    camera, server, port = (
        bytes((10, 1, number // EACH >> 8, number // EACH & 255)),
        bytes((10, 0, 0, 2)),
        20_000 + number,
    )
    photo = b"\xff\xd8\xff\xe0" + number.to_bytes(4, "big") * 300 + b"\xff\xd9"
    body = json.dumps({"deviceId": f"cam{number}", "image": b64encode(photo).decode()}).encode()
    asked = b"POST /push HTTP/1.1\r\nHost: collector.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    up, down = (camera, server, port, 80), (server, camera, 80, port)
    packets = [(up, 100, 0, SYN, b""), (down, 900, 101, SYN | ACK, b"")]
    packets += [(up, 101 + at, 901, ACK, asked[at : at + 1400]) for at in range(0, len(asked), 1400)]
    end = 101 + len(asked)
    packets += [(down, 901, end, ACK, said), (up, end, 901 + len(said), FIN | ACK, b"")]
    packets += [(down, 901 + len(said), end + 1, FIN | ACK, b"")]
    for place, ((source, target, sport, dport), sequence, acknowledged, flags, data) in enumerate(packets):
        frame = ethernet(ipv4(tcp(data, sport, dport, sequence, acknowledged, flags), 6, source=source, target=target))
        out.write(struct.pack("<IIII", 1_700_000_000 + number * 2, place * 1000, len(frame), len(frame)) + frame)


def _capture(path: Path, visits: int) -> None:
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, 1))
        for number in range(visits):
            _visit(number, out)


@pytest.mark.skipif(sys.platform != "linux", reason="NO /proc: what a process holds is asked of Linux")
def test_ten_times_the_traffic(tmp_path: Path) -> None:
    """Rows, readers, facts and what the last step gathers: bounded, or not held."""
    _capture(tmp_path / "small.pcap", VISITS)
    _capture(tmp_path / "large.pcap", VISITS * TIMES)
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    *_, small, large = map(int, told.stdout.split())
    assert large - small < MOST_GROWTH
