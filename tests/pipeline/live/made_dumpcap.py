"""Stands for dumpcap where a test needs to set the clock: replays a capture at the time of the day as the test has it.

It takes dumpcap's options as far as netaudit gives them, and writes one growing file as dumpcap does.
"""

from __future__ import annotations

import signal
import struct
import sys
import time
from pathlib import Path

import dpkt


def main(arguments: list[str]) -> None:
    """`-w BASE` and what else dumpcap takes, behind the file with the seconds by which the clock is off, and the capture;
    the second half of the capture goes once the clock is off."""
    base, clock, capture = Path(arguments[arguments.index("-w") + 1]), Path(sys.argv[1]), Path(sys.argv[2])
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    with capture.open("rb") as file:
        frames = [frame for _, frame in dpkt.pcapng.Reader(file)]
    sent = 0
    with base.with_name(f"{base.stem}_00001_20260101000000.pcapng").open("wb") as out:
        out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        out.write(block(1, struct.pack("<HHI", 1, 0, 0)))
        while not stopped:
            off = float(clock.read_text() or 0)
            for frame in frames[sent : min(sent + 40, len(frames) if off else len(frames) // 2)]:
                ts = int((time.time() + off) * 1e6)
                head = struct.pack("<IIIII", 0, ts >> 32, ts & 0xFFFFFFFF, len(frame), len(frame))
                out.write(block(6, head + frame + bytes(-len(frame) % 4)))
                sent += 1
            out.flush()
            time.sleep(0.02)
    said = f"Packets received/dropped on interface 'x': {sent}/0 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0)\n"
    sys.stderr.write(said)


def block(kind: int, body: bytes) -> bytes:
    """A block of pcapng."""
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


if __name__ == "__main__":
    main(sys.argv[3:])
