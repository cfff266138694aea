"""Differences at scale: `make agreement`, or `python -m tests.agreement.run --flows 1000000 [--shared] [--ledger FILE]`.

Captures are made by the generators of the test specification (`netaudit/validate/pack`), some of them with bytes changed,
and taken from pcaps/ and the shared suite; every one is read by netaudit, tshark, suricata and dpkt, as far as they are
there. Each difference belongs to a class of `classes.py`, with its cause and who is right; one that belongs to none is
printed and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from netaudit.validate.pack import talk, web
from netaudit.validate.pack.containers import pcap
from netaudit.validate.pack.parties import Stage, browse, greet, look_up
from netaudit.validate.pack.scene import Scene
from tests.agreement import dpkt_reading, ours, suricata, tshark
from tests.agreement.classes import Context, class_of
from tests.agreement.comparing import by_ends, differences
from tests.agreement.packets import Packets

ROOT = Path(__file__).parents[2]
PEERS = {"tshark": tshark, "suricata": suricata, "dpkt": dpkt_reading}
MOST_SIZE = 30 << 20  # bytes of a shared capture
WHOLE = [maker for maker in web.MAKERS if maker not in (web.until_close, web.without_body)]


class Crowd(Stage):
    """A stage with room for more conversations than one client has ports."""

    def ends(self, port):
        number = self.count
        self.count += 1
        client = f"10.{self.scene.number % 200}.{number // 20000 % 200}.{number // 100 % 200 + 2}"
        server = self.scene.server(number % 200)
        return client, 20_000 + number % 40_000, server, port, 1_767_240_000 * 10**9 + number * 2_000_000


def made(seed: int, flows: int) -> bytes:
    """A capture of so many conversations: lookups most of all, as on a network; hellos, and exchanges in any disorder."""
    scene = Scene(f"crowd{seed}", seed, functools.partial(pcap, link=1))
    stage, draw = Crowd(scene), scene.draw
    for number in range(flows):
        if number % 100 < 96:
            look_up(stage)
        elif number % 100 < 98:
            greet(stage, draw.one(list(talk.ORDERLY.values())), mss=draw.one((200, 1400)))
        else:
            browse(
                stage, [draw.one(WHOLE)(draw) for _ in range(draw.between(1, 3))], draw.one(list(talk.ORDERLY.values()))
            )
    scene.later.clear()
    return scene.finish().data


def changed(data: bytes, seed: int) -> tuple[bytes, set]:
    """Single bytes of packets changed, in one of forty of them: headers and payload alike, never the file's own structure.

    Also gives the ends of the conversations that the changed packets were of, and those that they name now.
    """
    out, rng, at, touched = bytearray(data), random.Random(seed), 24, set()
    while at < len(out):
        size = int.from_bytes(out[at + 8 : at + 12], "little")
        if rng.random() < 0.025:
            touched |= _ends(out[at + 16 + 14 :])
            out[at + 16 + 14 + rng.randrange(size - 14)] = rng.randrange(256)
            touched |= _ends(out[at + 16 + 14 :])
        at += 16 + size
    return bytes(out), touched


def _ends(packet) -> set[frozenset]:
    """Both addresses and ports of a packet of IPv4, behind a head of 20 bytes and behind one as long as it says."""
    return {
        frozenset(
            (".".join(map(str, packet[place : place + 4])), int.from_bytes(packet[port : port + 2], "big"))
            for place, port in ((12, head), (16, head + 2))
        )
        for head in (20, 4 * (packet[0] & 15))
    }


def shared() -> list[Path]:
    """Captures of the project and of the shared suite."""
    place = Path(os.environ.get("NETAUDIT_CAPTURES") or ROOT.parent / "shared" / "captures")
    found = [path for folder in (ROOT / "pcaps", place) if folder.is_dir() for path in sorted(folder.rglob("*.pcap*"))]
    return [path for path in found if path.is_file() and path.stat().st_size <= MOST_SIZE]


def compare(path: Path, peers, ledger, totals, touched=frozenset()) -> None:
    """One capture read by all; `touched`: the ends whose packets were changed."""
    mine = list(ours.records(path))
    totals["flows"] += sum(one["kind"] == "flow" for one in mine)
    totals["captures"] += 1
    packets, of_ours = Packets(path), by_ends(mine)
    for name in peers:
        tool = PEERS[name]
        try:
            theirs = list(tool.records(path))
        except Exception as error:  # of a file that a peer cannot read nothing is compared with it, and that is said
            totals[f"{name} cannot read: {type(error).__name__}"] += 1
            continue
        found, compared = differences(name, path.name, mine, theirs, tool.TELLS)
        totals.update({f"{name} {kind}": count for kind, count in compared.items()})
        context = Context(of_ours, by_ends(theirs), packets, touched)
        for one in found:
            entry = ledger.setdefault((name, one.kind, class_of(one, context)), {"count": 0, "examples": []})
            entry["count"] += 1
            if len(entry["examples"]) < 3:
                entry["examples"].append(f"{one.capture}: {one.key} netaudit {one.ours} {name} {one.theirs}"[:600])


def run(
    flows: int, *, with_shared: bool, until: float, out: Path | None, first: int = 1, size: int = 10_000, part=(0, 1)
):
    """Ledger and totals; ends at `until` (monotonic) whatever is left. `part`: which of so many parts of the shared captures."""
    peers = [name for name in PEERS if name == "dpkt" or shutil.which(name)]
    ledger, totals = {}, Counter()

    def keep():
        if out is not None:
            rows = [{"peer": p, "kind": k, "class": c, **entry} for (p, k, c), entry in sorted(ledger.items(), key=str)]
            out.write_text(json.dumps({"totals": totals, "ledger": rows}, indent=1))

    with tempfile.TemporaryDirectory() as scratch:
        for path in shared()[part[0] :: part[1]] if with_shared else ():
            if time.monotonic() > until:
                break
            try:
                compare(path, peers, ledger, totals)
            except Exception as error:  # what cannot be read by netaudit is refused, and said
                totals[f"refused: {type(error).__name__}"] += 1
                print(f"{path}: {error!r}"[:300], file=sys.stderr)
            keep()
        seed = first
        while totals["flows"] < flows and time.monotonic() < until:
            path = Path(scratch) / f"made{seed}{'-changed' if seed % 4 == 0 else ''}.pcap"
            data = made(seed, min(size, flows))
            data, touched = changed(data, seed) if seed % 4 == 0 else (data, frozenset())
            path.write_bytes(data)
            compare(path, peers, ledger, totals, touched)
            path.unlink()
            seed += 1
            keep()
    return ledger, totals


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--flows", type=int, default=1_000_000)
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--ledger", type=Path, default=Path("agreement.json"))
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="of the shared captures: 2/3 is the second of three parts")
    given = parser.parse_args()
    number, parts = map(int, given.part.split("/"))
    ledger, totals = run(
        given.flows,
        with_shared=given.shared,
        until=time.monotonic() + given.seconds,
        out=given.ledger,
        first=given.first,
        part=(number - 1, parts),
    )
    print(dict(totals))
    for (peer, kind, name), entry in sorted(ledger.items(), key=str):
        print(f"{entry['count']:8,}  {peer:9} {kind:9} {name}")
    return int(any(name == "unexplained" for _, _, name in ledger))


if __name__ == "__main__":
    sys.exit(main())
