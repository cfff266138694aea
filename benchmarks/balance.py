"""Whether the accounts balance: `python benchmarks/balance.py FOLDER…` audits every capture under them by itself.

Every byte of payload from inside to outside is in `egress` under one reason, every image that went anywhere and was not
judged "no" is in `faces` under one, every packet in `packets`, every byte of payload in `payload`, every image in
`images`. Sums are made here from the other tables anew. Ends with 1 where one does not balance.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import netaudit
from netaudit.endpoints.from_tables import answerable
from netaudit.errors import NetauditError

SUFFIXES = {".pcap", ".pcapng", ".cap"}


def sums(case: netaudit.Case) -> Iterator[tuple[str, int, int]]:
    """Name of an account, what it adds up to, and what it has to."""
    told: dict[str, list[int]] = {}
    for row in case.table("ledgers").to_pylist():
        total = told.setdefault(row["ledger"], [0, 0])
        total[0] += row["count"] or 0
        total[1] += row["bytes"] or 0
    flows = case.table("flows")
    rows = flows.to_pylist()
    scopes = {row["ip"]: row["scope"] for row in case.table("endpoints").to_pylist()}
    left = 0
    for row in answerable(flows).to_pylist():
        ends = scopes.get(row["client_ip"]), scopes.get(row["server_ip"])
        left += row["payload_up"] if ends == ("inside", "outside") else 0
        left += row["payload_down"] if ends == ("outside", "inside") else 0
    yield "egress", told.get("egress", [0, 0])[1], left
    yield "payload", told.get("payload", [0, 0])[1], sum(row["payload_up"] + row["payload_down"] for row in rows)
    read = sum(row["packets_read"] for row in case.table("captures").to_pylist())
    yield "packets", told.get("packets", [0, 0])[0], read
    images = {row["sha256"]: row["face"] for row in case.table("images").to_pylist()}
    yield "images", told.get("images", [0, 0])[0], len(images)
    yield "faces", told.get("faces", [0, 0])[0], _carried(case, images)


def _carried(case: netaudit.Case, images: dict[str, str]) -> int:
    """Image objects, not judged "no"; of second readings those that the first ones have not between the same ends."""
    flows = {row["flow_id"]: row for row in case.table("flows").to_pylist()}
    messages = {row["message_id"]: row for row in case.table("messages").to_pylist()}
    first: set[tuple[str, ...]] = set()
    count, second = 0, list[tuple[str, ...]]()
    for row in case.table("objects").to_pylist():
        message = messages.get(row["message_id"])
        flow = flows.get(message["flow_id"]) if message else None
        if message is None or flow is None or images.get(row["sha256"], "no") == "no":
            continue
        ends = (row["sha256"], flow["client_ip"], flow["server_ip"], message["direction"])
        if "variant" in flow["doubts"]:
            second.append(ends)
        else:
            first.add(ends)
            count += 1
    return count + sum(one not in first for one in second)


def main() -> int:
    """Audit and add up."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    wrong = audited = 0
    for path in sorted(one for folder in parser.parse_args().folders for one in folder.rglob("*")):
        if path.suffix not in SUFFIXES:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                case = netaudit.audit(path, f"{folder}/case", faces=False)
            except NetauditError as error:
                print(f"{path.name}: {error}")
                continue
            audited += 1
            for name, told, due in sums(case):
                if told != due:
                    wrong += 1
                    print(f"{path.name}: {name} {told}, not {due}", flush=True)
    print(f"{audited} captures, {wrong} accounts that do not balance")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
