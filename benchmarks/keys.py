"""What opening costs: uploads read with their keys, without, and the same uploads in clear, by turns, processor time.

`python benchmarks/keys.py FOLDER [ROUNDS] [NAME …]` reads the captures of `keyed.py`; `--profile` before NAME shows
where the time of reading with keys goes.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from pathlib import Path

from netaudit.capture.from_files import open_captures
from netaudit.messages.decryption.audit_keys import Given, Keys, wanted
from netaudit.messages.decryption.keylog import read_source
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline.stages import Reading
from netaudit.pipeline.startup import calm


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


def keys_of(log: Path) -> Keys:
    """Keys that open everything."""
    return Keys(Given((read_source(log.name, log.read_bytes()),), wanted(("all",))))


def compare(folder: Path, name: str, rounds: int) -> None:
    """Print the least of each, and how many times as much the one is."""
    path, clear = folder / f"{name}.pcap", folder / "clear.pcap"
    log = path.with_suffix(".keylog")
    read(clear, None)
    rows = [(read(path, keys_of(log)), read(path, None), read(clear, None)) for _ in range(rounds)]
    opened, shut, open_ = (min(row[k][0] for row in rows) for k in range(3))
    whole = rows[0][0][2] == rows[0][2][2]
    print(
        f"{name:12} {rows[0][2][2]} bytes of bodies{'' if whole else ', OTHER ONES OPENED'}: with keys {opened:.3f} s, "
        f"without {shut:.3f} s, in clear {open_:.3f} s: {opened / open_:.2f} x"
    )


def profile(folder: Path, name: str) -> None:
    """Show where the time goes."""
    path = folder / f"{name}.pcap"
    read(path, keys_of(path.with_suffix(".keylog")))
    with cProfile.Profile() as watch:
        read(path, keys_of(path.with_suffix(".keylog")))
    pstats.Stats(watch).sort_stats("tottime").print_stats(35)


def main(folder: Path, words: list[str]) -> None:
    """Measure the captures named, or all."""
    rounds = int(words.pop(0)) if words and words[0].isdigit() else 5
    if words[:1] == ["--profile"]:
        for name in words[1:]:
            profile(folder, name)
        return
    with calm():  # as an audit does
        _compare_all(folder, words, rounds)


def _compare_all(folder: Path, words: list[str], rounds: int) -> None:
    for name in words or sorted(path.stem for path in folder.glob("*.pcap") if path.stem != "clear"):
        compare(folder, name, rounds)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
