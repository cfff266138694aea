"""Build the demo captures: `python pcaps/build.py [lan|wan|ipv6|benign …]`.

Every run gives the same bytes, except inside TLS (keys are fresh each time): the committed captures are the reference.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from lab import benign, onlink, sales, truth, views
from lab.files import Frames, write_pcap, write_pcapng

PCAPS = Path(__file__).parent
ABOUT = {
    "lan": ("sales_office/lan.pcapng", "lan", ["192.168.1.0/24"]),
    "wan": ("sales_office/wan.pcapng", "wan", [f"{views.WAN_ADDRESS}/32"]),
    "ipv6": ("sales_office/ipv6.pcapng", "lan", [f"{onlink.PREFIX6}::/64"]),
    "benign": ("benign_office/benign.pcap", "lan", ["192.168.1.0/24"]),
}


def build(names: list[str], scratch: Path) -> None:
    """Write the captures and their expected.json; `scratch` is for certificates."""
    written: dict[str, dict[str, object]] = {"sales_office": {}, "benign_office": {}}
    sale = sales.sales_office(scratch) if {"lan", "wan", "ipv6"} & set(names) else None
    for name in names:
        path, vantage, inside = ABOUT[name]
        story, hosts = (benign.benign_office(scratch), benign.HOSTS) if name == "benign" else (sale, sales.HOSTS)
        view = views.Wan() if name == "wan" else views.Lan(6 if name == "ipv6" else 4)
        frames = views.render(view, views.packets(story, view.family), _on_link(name, story.start, hosts))
        _write(PCAPS / path, frames, name)
        about = {"capture": Path(path).name, "vantage": vantage, "inside": inside}
        document = truth.strip(truth.expected(story, view, frames, hosts, about))
        if name == "benign":
            document["quiet"] = benign.quiet()
        written[path.split("/")[0]][Path(path).name] = document
        shutil.copy(story.authority.keylog, PCAPS / path.split("/")[0] / "keylog.txt")
        size = (PCAPS / path).stat().st_size / 1e6
        print(f"{path}: {len(frames)} packets, {size:.2f} MB, {len(document['images'])} image transfers")
    for folder, documents in written.items():
        if documents:
            text = json.dumps({"schema": 1, "captures": documents}, ensure_ascii=False, indent=1)
            (PCAPS / folder / "expected.json").write_text(text + "\n", encoding="utf-8")


def _on_link(name: str, start: int, hosts: list[object]) -> Frames:
    if name == "wan":
        return onlink.wan(start)
    return onlink.lan6(start, hosts) if name == "ipv6" else onlink.lan(start, hosts)


def _write(path: Path, frames: Frames, name: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".pcap":
        write_pcap(path, frames)
    else:
        write_pcapng(
            path,
            frames,
            "mirror0" if name != "wan" else "wan0",
            f"Synthetic sales office, seen from: {name}. No real person, place or company.",
        )


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(ABOUT)
    if {"lan", "wan", "ipv6"} & set(chosen):  # these share one story and one expected.json
        chosen = ["lan", "wan", "ipv6", *(["benign"] if "benign" in chosen else [])]
    with tempfile.TemporaryDirectory() as temporary:
        build(chosen, Path(temporary))
