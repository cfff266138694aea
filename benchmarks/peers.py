"""Measures tshark and suricata by the test specification: `python -m benchmarks.peers`; prints the table.

A tool is asked only for kinds of facts that it tells; of others the table says so.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.peer_tools import suricata, tshark
from netaudit.validate.judging import judge
from netaudit.validate.running import records, unpack

OF = {"A15": ("flow", "packets"), "A29": ("content", "picture"), "A28": ("content", "whole")}


def told(answer, tells) -> bool:
    kind, *keys = OF.get(answer.assertion, (answer.kind, *answer.expected))
    if answer.assertion == "A25":
        keys = ["packets"]
    return kind in tells and set(keys) <= {*tells[kind], "picture"} and answer.assertion != "A29"


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        answers = unpack(folder / "pack")
        paths = [path for path in sorted(folder.glob("pack/*/*")) if path.is_file()]
        ours = judge(answers, records(folder))
        found = {}
        for name, tool, theirs in (
            (tshark.version(), tshark, [one for path in paths for one in tshark.records(path)]),
            (suricata.version(), suricata, [one for path in paths for one in suricata.records(path)]),
        ):
            counted: dict[str, int] = {}
            for one in theirs:
                if one["kind"] == "flow":
                    counted[one["capture"]] = counted.get(one["capture"], 0) + 1
            flows = [one | {"flows": counted.get(one["capture"], 0)} for one in theirs if one["kind"] == "capture"]
            if not flows:
                flows = [
                    {"kind": "capture", "capture": path.name, "flows": counted.get(path.name, 0)} for path in paths
                ]
            rest = [one for one in theirs if one["kind"] != "capture"]
            found[name] = judge([one for one in answers if told(one, tool.TELLS)], [*flows, *rest])
    print(f"| Id | netaudit | {' | '.join(found)} |")
    print("|---|---|" + "---|" * len(found))
    for assertion, one in ours.items():
        cells = [f"{one.asked - one.failed:,} of {one.asked:,}"]
        for other in found.values():
            there = other.get(assertion)
            cells.append(f"{there.asked - there.failed:,} of {there.asked:,}" if there else "not measured")
        print(f"| {assertion} | {' | '.join(cells)} |")
    for name, other in found.items():
        print(name, file=sys.stderr)
        for assertion, one in other.items():
            print(f"  {assertion}", *one.first, sep="\n      ", file=sys.stderr)


if __name__ == "__main__":
    main()
