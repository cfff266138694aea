"""What opening costs: a capture read with its keys, beside the same bytes in clear, by turns, processor time.

python benchmarks/keys.py CAPTURE KEYLOG [ROUNDS]
"""

from __future__ import annotations

import struct
import sys
import tempfile
import time
from pathlib import Path

from netaudit.capture.from_files import open_captures
from netaudit.messages.opening.given import Given, Keys
from netaudit.messages.opening.keylog import read_source
from netaudit.messages.opening.wanted import wanted
from netaudit.messages.within import Within
from netaudit.packets.from_capture import Decoder
from netaudit.running.way import Reading

SEGMENT = 1448
Said = list[tuple[tuple[int, int], int, bytes]]  # ports, direction, plaintext


def read(path: Path, keys: Keys | None) -> tuple[float, int, int]:
    """Seconds of a processor for all messages, how many there are, and the bytes of their bodies."""
    reading, decoder, count, octets = Reading(keys), Decoder(), 0, 0
    began = time.process_time()
    for window in open_captures([path]).windows():
        decoded = decoder.feed(window)
        for batch in reading.batches(decoded.buffer, decoded.packets):
            for message in reading.messages(batch):
                count, octets = count + 1, octets + len(message.body or b"")
    for message in reading.messages(reading.assembler.end()):
        count, octets = count + 1, octets + len(message.body or b"")
    return time.process_time() - began, count, octets


def plaintext(path: Path, keys: Keys) -> Said:
    """What was said inside, in order."""
    said: Said = []
    bring = Within.bring

    def noted(self: Within, part, outcome) -> None:  # type: ignore[no-untyped-def]
        said.append((self.ports, part.direction, part.data or bytes(part.length)))
        bring(self, part, outcome)

    Within.bring = noted  # type: ignore[method-assign]
    try:
        read(path, keys)
    finally:
        Within.bring = bring  # type: ignore[method-assign]
    return said


def write_clear(path: Path, said: Said) -> None:
    """The same connections without TLS."""
    at: dict[tuple[int, int], list[int]] = {}
    frames = []
    for ports, direction, data in said:
        if ports not in at:
            at[ports] = [1, 1]
            frames += [frame(ports, 0, 0, 0, 2, b""), frame(ports, 1, 0, 1, 18, b"")]
        mine = at[ports]
        for begin in range(0, len(data), SEGMENT):
            part = data[begin : begin + SEGMENT]
            frames.append(frame(ports, direction, mine[direction], mine[1 - direction], 24, part))
            mine[direction] += len(part)
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    rows = (struct.pack("<IIII", 1 + k // 1000, k % 1000, len(one), len(one)) + one for k, one in enumerate(frames))
    path.write_bytes(head + b"".join(rows))


def frame(ports: tuple[int, int], direction: int, sequence: int, ack: int, flags: int, data: bytes) -> bytes:
    """One segment between two addresses of documentation."""
    ends = [(bytes((192, 0, 2, 1)), ports[0]), (bytes((198, 51, 100, 1)), 8000 + ports[1] % 1000)]
    (source, sport), (target, dport) = ends[direction], ends[1 - direction]
    tcp = struct.pack("!HHIIBBHHH", sport, dport, sequence, ack, 80, flags, 65535, 0, 0)
    ip = struct.pack("!BBHHHBBH", 69, 0, 40 + len(data), 0, 0, 64, 6, 0) + source + target
    return bytes(12) + b"\x08\x00" + ip + tcp + data


def main(path: Path, log: Path, rounds: int) -> None:
    """Print the least of each, and how many times as much the one is."""
    given = Given((read_source(log.name, log.read_bytes()),), wanted(("all",)))
    said = plaintext(path, Keys(given))
    with tempfile.TemporaryDirectory() as folder:
        clear = Path(folder) / "clear.pcap"
        write_clear(clear, said)
        read(clear, None)
        pairs = [(read(path, Keys(given)), read(path, None), read(clear, None)) for _ in range(rounds)]
    opened, shut, open_ = (min(row[k][0] for row in pairs) for k in range(3))
    inside = sum(len(data) for _, _, data in said)
    print(f"{path.name}: {inside} bytes inside")
    for name, row in zip(("with keys", "without", "in clear"), pairs[0], strict=True):
        print(f"{name}: {row[1]} messages, {row[2]} bytes of bodies")
    print(f"with keys {opened:.3f} s, without {shut:.3f} s, in clear {open_:.3f} s")
    print(f"opening {(opened - shut) / open_:.2f} x, all {opened / open_:.2f} x")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 5)
