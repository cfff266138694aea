"""The inventory measured: `python benchmarks/inventory.py [--captures DIR]`.

Without captures: time of matching as observations and signatures double, with invented hosts that say plausible things.
Without captures: the time of matching as observations and signatures double, with invented hosts that speak plausibly.
class in captures, which the README of the captures says hold none but the labelled ones.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from netaudit.devices.matching import Matcher
from netaudit.signatures.conditions import Fact
from netaudit.signatures.loading import load

FOLDERS = ("discovery", "files", "tls", "link", "malformed")
GRAVE = {
    "camera", "ip_camera", "face_capture_camera", "access_terminal", "id_terminal", "face_server", "nvr", "recorder",
}  # fmt: skip
RIGHT = {
    "Aria": {"scale"}, "D-LinkSensor": {"sensor"}, "EdimaxCam1": {"ip_camera"}, "HueBridge": {"gateway_iot"},
    "HueSwitch": {"gateway_iot"}, "SmarterCoffee": {"iot"}, "TP-LinkPlugHS110": {"smart_plug"},
    "WeMoSwitch": {"smart_plug"}, "Withings": {"iot", "scale"}, "EdnetCam1": {"ip_camera", "camera"},
    "EdnetGateway": {"gateway_iot", "iot"},  # iot is the wider class

}  # fmt: skip
FIELDS = (
    "http_client.path", "http_client.user_agent", "dns_client.asked", "dhcp.hostname", "mdns.txt", "tls_client.sni",
    "http_server.path", "ssdp.server",
)  # fmt: skip


def hosts(observations: int, seed: int = 1) -> list[dict[str, list[Fact]]]:
    """Facts of hosts, 50 each; one in ten is a value that some signature asks for."""
    invent = random.Random(seed)
    asked = [
        (leaf.field, str(word))
        for s in load().devices
        for leaf in s.condition.leaves()
        if isinstance(leaf.wanted, tuple)
        for word in leaf.wanted
    ]
    found = []
    for _ in range(observations // 50):
        facts: dict[str, list[Fact]] = {}
        for _ in range(50):
            field, value = (
                invent.choice(asked)
                if invent.random() < 0.1
                else (invent.choice(FIELDS), f"/{invent.getrandbits(64):x}/x")
            )
            facts.setdefault(field, []).append(Fact(field, value))
        found.append(facts)
    return found


def seconds(observations: int, times: int = 1) -> float:
    """Seconds to match so many observations with the set taken so many times (under other ids)."""
    signatures = load().devices
    many = [
        dataclasses.replace(s, id=f"{s.id}-{n}", condition=_other(s.condition, n))
        for n in range(times)
        for s in signatures
    ]
    given = hosts(observations)
    matcher = Matcher(many)
    started = time.perf_counter()
    for facts in given:
        matcher.matches(facts)
    return time.perf_counter() - started


def _other(condition: object, n: int) -> object:
    """The same condition with other words, so that copies are no duplicates; the first is as it is."""
    if n == 0:
        return condition
    if hasattr(condition, "parts"):
        return dataclasses.replace(condition, parts=tuple(_other(part, n) for part in condition.parts))
    if hasattr(condition, "part"):
        return dataclasses.replace(condition, part=_other(condition.part, n))
    if isinstance(condition.wanted, tuple):
        return dataclasses.replace(condition, wanted=tuple(f"{word}{n}" for word in condition.wanted))
    return dataclasses.replace(
        condition, wanted=f"{condition.wanted}{n}" if condition.operator == "regex" else condition.wanted
    )


def linear() -> None:
    """Both doubling series."""
    count = len(load().devices)
    seconds(1000)
    print(f"| observations | {count} signatures, s | per 10⁵, s |\n|---|---|---|")
    for observations in (12_500, 25_000, 50_000, 100_000, 200_000):
        took = min(seconds(observations) for _ in range(3))
        print(f"| {observations:,} | {took:.2f} | {took / observations * 1e5:.2f} |")
    print("\n| signatures | 10⁵ observations, s |\n|---|---|")
    for times in (1, 2, 4, 8):
        print(f"| {count * times:,} | {min(seconds(100_000, times) for _ in range(3)):.2f} |")


def captured(root: Path) -> None:
    """Audit every capture and score what devices are called."""
    import netaudit

    labels: dict[str, dict] = {}
    for folder in FOLDERS:
        expected = json.loads((root / folder / "expected.json").read_text(encoding="utf-8"))
        labels |= {f"{folder}/{case['file']}": case["device"] for case in expected["cases"] if case.get("device")}
    score: Counter[str] = Counter()
    for folder in FOLDERS:
        for path in sorted((root / folder).iterdir()):
            if path.suffix in {".json", ".md"} or path.is_dir():
                continue
            name = f"{folder}/{path.name}"
            with tempfile.TemporaryDirectory() as place:
                try:
                    case = netaudit.audit(path, Path(place) / "case", faces=False)
                except netaudit.NetauditError:
                    score["not read"] += 1
                    continue
                rows = case.table("devices", ["device_id", "class", "class_confidence", "vendor"]).to_pylist()
            score["captures"] += 1
            score["devices"] += len(rows)
            score["devices with a class"] += sum(bool(row["class"]) for row in rows)
            truth = labels.get(name)
            for row in rows:
                labelled = truth is not None and row["device_id"] == truth["mac"]
                if labelled:
                    verdict = (
                        "right" if row["class"] in RIGHT[truth["label"]] else "wrong" if row["class"] else "abstained"
                    )
                    score[f"labelled: {verdict}"] += 1
                if row["class"] in GRAVE and not (labelled and truth["is_camera"]):
                    score["camera or face class where none is"] += 1
                    print("CLAIMED", name, row, flush=True)
    for what, n in sorted(score.items()):
        print(f"{n:7,} {what}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--captures", type=Path, help="folder of the shared captures")
    chosen = options.parse_args()
    if chosen.captures:
        captured(chosen.captures)
    else:
        linear()
