"""A capture with nanosecond times in which nothing is found: lookups and a TLS hello. `python pcaps/quiet/build.py`."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pcaps.validation.containers import pcap
from pcaps.validation.parties import Stage, greet, look_up
from pcaps.validation.scene import Scene


def main() -> None:
    scene = Scene("quiet.pcap", 1, functools.partial(pcap, link=1, nano=True))
    stage = Stage(scene)
    for _ in range(5):
        look_up(stage)
    greet(stage)
    Path(__file__).with_name("quiet.pcap").write_bytes(scene.finish().data)


if __name__ == "__main__":
    main()
