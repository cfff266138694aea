"""Classes and makers of devices, averaged over kinds and not over devices: `python benchmarks/macro.py --captures DIR`.

Truth is what others labelled (the shared discovery captures), what the offices of this project were built as, and what
the senders of its second office are. A kind of which there are many so weighs no more than one of which there is one.
Right is the class itself or a wider one; abstained is no class. Precision of a kind: of the devices called so, those
that are; recall: of the devices that are, those called so or wider; macro: the mean over kinds that occur.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import netaudit
from netaudit.core.signatures.loading import load

ROOT = Path(__file__).parents[1]
# makers of the labelled appliances (their names in signatures/vocabulary/vendors.txt), by the labels' own words
MAKERS = {
    "Aria": "Fitbit", "D-LinkSensor": "D-Link", "EdimaxCam1": "Edimax", "HueBridge": "Philips Hue",
    "HueSwitch": "Philips Hue", "SmarterCoffee": "Smarter", "TP-LinkPlugHS110": "TP-Link", "WeMoSwitch": "Belkin",
    "Withings": "Withings",
    # ednet is a brand of theirs
    "EdnetCam1": "ASSMANN Electronic GmbH", "EdnetGateway": "ASSMANN Electronic GmbH",
}  # fmt: skip
RIGHT = {
    "Aria": {"scale"},
    "D-LinkSensor": {"sensor"},
    "EdimaxCam1": {"ip_camera"},
    "HueBridge": {"gateway_iot"},
    "HueSwitch": {"gateway_iot"},
    "SmarterCoffee": {"iot"},
    "TP-LinkPlugHS110": {"smart_plug"},
    "WeMoSwitch": {"smart_plug"},
    "Withings": {"iot", "scale"},
    "EdnetCam1": {"ip_camera", "camera"},
    "EdnetGateway": {"gateway_iot", "iot"},  # iot is the wider class
}
OFFICES = ("sales_office/lan.pcapng", "sales_office/ipv6.pcapng", "benign_office/benign.pcap")


class Truth(NamedTuple):
    """What one device is: its classes that count as right, the narrowest first, and its maker, where known."""

    group: str
    classes: tuple[str, ...]
    maker: str
    said_class: str
    said_maker: str


def labelled(root: Path) -> Iterator[Truth]:
    """Devices of other people's homes."""
    cases = json.loads((root / "discovery" / "expected.json").read_text(encoding="utf-8"))["cases"]
    for case in cases:
        if device := case.get("device"):
            said = devices(root / "discovery" / case["file"]).get(device["mac"], {})
            classes = tuple(sorted(RIGHT[device["label"]], key=lambda name: -len(load().vocabulary.ancestors(name))))
            yield _truth("other people's homes", classes, MAKERS[device["label"]], said)


def offices() -> Iterator[Truth]:
    """Devices of the demo offices, with which the set was written, and of the second office."""
    vocabulary = load().vocabulary
    for name in OFFICES:
        folder, file = name.split("/")
        expected = json.loads((ROOT / "pcaps" / folder / "expected.json").read_text(encoding="utf-8"))
        found = devices(ROOT / "pcaps" / name)
        for device in expected["captures"][file]["devices"]:
            classes = (device["class"], *vocabulary.ancestors(device["class"]))
            yield _truth("demo offices", classes, "", found.get(device["mac"], {}))
    found = devices(ROOT / "pcaps" / "second_office" / "office.pcapng", by="ip")
    scenes = json.loads((ROOT / "pcaps" / "second_office" / "expected.json").read_text(encoding="utf-8"))
    for sender, kind in sorted({(one["sender"], one["device_class"]) for one in scenes if one["device_class"]}):
        yield _truth("second office", (kind, *vocabulary.ancestors(kind)), "", found.get(sender, {}))


def devices(path: Path, by: str = "device_id") -> dict[str, dict[str, str]]:
    """Class and maker of each device of a capture, by link address or IP address."""
    with tempfile.TemporaryDirectory() as place:
        rows = netaudit.audit(path, Path(place) / "case", faces=False).table("devices").to_pylist()
    if by == "ip":
        return {ip: row for row in rows for ip in row["ips"]}
    return {row["device_id"]: row for row in rows}


def _truth(group: str, classes: tuple[str, ...], maker: str, said: dict[str, str]) -> Truth:
    return Truth(group, classes, maker, said.get("class") or "", said.get("vendor") or "")


def figures(pairs: list[tuple[tuple[str, ...], str]]) -> dict[str, float]:
    """Macro-averaged precision, recall and abstention of pairs of what is right and what was said."""
    kinds: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    claims: dict[str, list[bool]] = defaultdict(list)
    for right, said in pairs:
        kinds[right[0]].append((right, said))
        if said:
            claims[said].append(said in right)
    recall = [sum(said in right for right, said in some) / len(some) for some in kinds.values()]
    silent = [sum(not said for _, said in some) / len(some) for some in kinds.values()]
    precision = [sum(some) / len(some) for some in claims.values()]
    mean = lambda some: sum(some) / len(some) if some else float("nan")  # noqa: E731
    return {
        "devices": len(pairs),
        "kinds": len(kinds),
        "precision": mean(precision),
        "recall": mean(recall),
        "abstention": mean(silent),
    }


def main() -> None:
    """Print a table for docs/signatures.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captures", type=Path, help="folder of the shared captures")
    options = parser.parse_args()
    found = [*offices(), *(labelled(options.captures) if options.captures else ())]
    print("| of | devices | kinds | precision | recall | abstention |\n|---|---|---|---|---|---|")
    for group in dict.fromkeys(one.group for one in found):
        mine = [one for one in found if one.group == group]
        rows = {"class": [(one.classes, one.said_class) for one in mine]}
        rows["maker"] = [((one.maker,), one.said_maker) for one in mine if one.maker]
        for what, pairs in rows.items():
            if pairs:
                said = figures(pairs)
                shares = " | ".join(f"{said[name]:.3f}" for name in ("precision", "recall", "abstention"))
                print(f"| {group}: {what} | {said['devices']:.0f} | {said['kinds']:.0f} | {shares} |")
    for one in found:
        if one.said_class and one.said_class not in one.classes:
            print("wrong class:", one)
        if one.maker and one.said_maker not in {"", one.maker}:
            print("other maker:", one)


if __name__ == "__main__":
    main()
