"""What images cost as files of their own, against the same bytes in one file: made, hashed, put on the disk, removed.

    python benchmarks/small_files.py [--files 15000] [--place FOLDER]

By what a case itself does these with (`storage/object_store.py`, `case/seal.py`, `case/replacement.py`). On Windows run
it with the installed Python. What the disk's cache holds is as it happens to be.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

if (ROOT := Path(__file__).parents[1] / "netaudit").is_dir():
    sys.path.insert(0, str(ROOT.parent))

from netaudit.case.replacement import _flush, _take_away
from netaudit.case.seal import hashed
from netaudit.storage.object_store import ObjectStore

SIZE = 12_000  # bytes of an image


def image(number: int) -> bytes:
    """Bytes that no other one has."""
    return number.to_bytes(8, "big") + bytes(SIZE - 8)


def files(place: Path, count: int) -> list[tuple[str, Callable[[], object]]]:
    """The stages with a file for each image."""
    (place / "private" / "objects").mkdir(parents=True)
    store = ObjectStore(place)
    names = [hashlib.sha256(number.to_bytes(8, "big")).hexdigest() for number in range(count)]
    paths = [place / "private" / "objects" / name[:2] / f"{name}.jpg" for name in names]
    return [
        ("made", lambda: [store.put(name, "jpg", image(number)) for number, name in enumerate(names)]),
        ("hashed", lambda: [hashed(path) for path in paths]),
        ("on the disk", lambda: _flush(place)),
        ("removed", lambda: _take_away(place)),
    ]


def pack(place: Path, count: int) -> list[tuple[str, Callable[[], object]]]:
    """The stages with one file for all."""
    place.mkdir()
    path = place / "pack"

    def made() -> None:
        with path.open("wb") as out:
            for number in range(count):
                out.write(image(number))

    return [
        ("made", made),
        ("hashed", lambda: hashed(path)),
        ("on the disk", lambda: _flush(place)),
        ("removed", lambda: _take_away(place)),
    ]


def main() -> None:
    """Both ways, stage by stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=15_000)
    parser.add_argument("--place", type=Path, help="a folder on the disk in question")
    asked = parser.parse_args()
    print(f"{sys.platform}, {asked.files:,} images of {SIZE:,} bytes: seconds by the clock, of the processor")
    with tempfile.TemporaryDirectory(dir=asked.place) as folder:
        for name, way in (("files", files), ("pack", pack)):
            spent = [0.0, 0.0]
            for stage, act in way(Path(folder) / name, asked.files):
                clock, work = time.perf_counter(), time.process_time()
                act()
                took = time.perf_counter() - clock, time.process_time() - work
                spent = [sum(pair) for pair in zip(spent, took, strict=True)]
                print(f"{name:<6} {stage:<12} {took[0]:8.2f} {took[1]:8.2f}", flush=True)
            print(f"{name:<6} {'in all':<12} {spent[0]:8.2f} {spent[1]:8.2f}", flush=True)


if __name__ == "__main__":
    main()
