"""What walking along records of TLS and datagrams of QUIC costs reading: by turns with and without, processor time.

python benchmarks/records.py CAPTURE [ROUNDS]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from netaudit.capture.from_files import open_captures
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.stages import Reading
from netaudit.streams.from_packets import Assembler
from netaudit.streams.kernels_emit import NO_RECORDS
from netaudit.streams.layouts import SLOT_BITS
from netaudit.streams.records import Walker


class Without(Assembler):
    """Walks along nothing: flows that are ignored are only counted."""

    def ignore(self, serial: int) -> None:
        """Have no records looked for."""
        super().ignore(serial)
        walk = self._tables.walks[serial & ((1 << SLOT_BITS) - 1)]
        walk["serial"], walk["kind"] = serial, NO_RECORDS


def read(path: Path, *, walked: bool) -> tuple[float, int]:
    """Seconds of a processor for all messages of a capture, and the units found."""
    reading, decoder, units = Reading(), Decoder(), 0
    true = Walker.walk
    if not walked:
        reading.assembler = Without()
        Walker.walk = lambda *_: None  # type: ignore[method-assign,assignment]
    began = time.process_time()
    try:
        for window in open_captures([path]).windows():
            decoded = decoder.feed(window)
            for batch in reading.batches(decoded.buffer, decoded.packets):
                units += len(batch.records.units) if batch.records is not None else 0
                for _ in reading.messages(batch):
                    pass
    finally:
        Walker.walk = true  # type: ignore[method-assign]
    return time.process_time() - began, units


def main(path: Path, rounds: int) -> None:
    """Print the least of each, which others on the machine disturb least, and what one is more than the other."""
    read(path, walked=True)
    pairs = [(read(path, walked=True), read(path, walked=False)[0]) for _ in range(rounds)]
    units = pairs[0][0][1]
    with_, without = min(one[0] for one, _ in pairs), min(other for _, other in pairs)
    more = with_ / without - 1
    print(f"{path.name}: {units} units; with {with_:.2f} s, without {without:.2f} s, {100 * more:+.1f} %")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
