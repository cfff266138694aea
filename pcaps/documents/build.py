"""Build the captures of documents: `python pcaps/documents/build.py [--expected] [gat1400 …]`, as root on Linux.

Needs tcpdump, editcap, iproute2, mosquitto, and paho-mqtt and pymongo for the peers that speak those protocols.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "carriers"))

import brokers
import careless
import clouds
import dahua
import gates
import hikvision
import makers
import offices
import police
import readers
import rig
import sloppy
import talk

if TYPE_CHECKING:
    from collections.abc import Callable

Script = tuple[list[talk.Ask], list[dict[str, Any]]]
SPOKEN: dict[str, Callable[[], Script]] = {
    "gat1400": police.script,
    "hikvision": hikvision.script,
    "dahua": dahua.script,
    "uniview": makers.uniview,
    "huawei": makers.huawei,
    "facesluice": gates.facesluice,
    "uface": gates.uface,
    "httpv2": gates.httpv2,
    "zkteco": readers.zkteco,
    "terminals": readers.others,
    "clouds": clouds.script,
    "wangxiaobao": offices.wangxiaobao,
    "sensetime": offices.sensetime,
    "sloppy": sloppy.script,
    "careless": careless.script,
}
PROGRAMS: dict[str, Callable[[], brokers.Program]] = {
    "facesluice_mqtt": brokers.mqtt,
    "wcb_core": brokers.mongodb,
    "dahua_reverse": brokers.reverse,
}


def main(names: list[str]) -> None:
    """Build what was asked for, or all; with `--expected` without capturing anything."""
    path = HERE / "expected.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for name in [name for name in names if name in SPOKEN or name in PROGRAMS] or [*SPOKEN, *PROGRAMS]:
        play, events = PROGRAMS[name]() if name in PROGRAMS else _spoken(name)
        if "--expected" not in names:
            with rig.network():
                play(HERE)
        known[f"{name}.pcapng"] = {"synthetic": True, "events": events}
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")


def _spoken(name: str) -> brokers.Program:
    asks, events = SPOKEN[name]()
    return functools.partial(talk.play, name, asks), events


if __name__ == "__main__":
    main(sys.argv[1:])
