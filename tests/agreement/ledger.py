"""The ledger of differences as a page: `python -m tests.agreement.ledger shared.json … [--made made.json …] > LEDGER.md`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from tests.agreement.classes import CHANGED, CLASSES

DAMAGED = (
    "bytes that are not what a checksum or length in the same packet says have no truth: netaudit doubts such a packet where"
    " sound ones were seen, tshark and dpkt take it as it stands, suricata is told not to look"
)
HEAD = """\
# Differences to tshark, suricata and dpkt

Every difference that `make agreement` finds belongs to a class; one that belongs to none makes it fail. A class is known
by its peer, by what both say and by what the packets are (`classes.py`), and has a test of what is of it and what is near
it and is not (`test_classes.py`). Written by `ledger.py` from the runs that benchmarks/README.md names.
"""


def page(shared, made) -> str:
    """The page of these runs."""
    counts = [_counted(shared), _counted(made)]
    rows = [(CHANGED, "all", "all", DAMAGED, "nobody"), *(_row(name, *told) for name, told in CLASSES.items())]
    lines = [HEAD, "| class | peers | of | cause | right | shared captures | made |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {peers} | {kinds} | {cause} | {right} | {' | '.join(f'{count[name]:,}' for count in counts)} |"
        for name, peers, kinds, cause, right in rows
    ]
    left = [count["unexplained"] for count in counts]
    lines.append(f"| unexplained | | | | | {' | '.join(f'{one:,}' for one in left)} |")
    for runs, what in ((shared, "shared captures"), (made, "made")):
        totals = sum((Counter(run["totals"]) for run in runs), Counter())
        facts = sum(
            count
            for name, count in totals.items()
            if name.split()[0] in ("tshark", "suricata", "dpkt") and "cannot" not in name
        )
        refused = ", ".join(
            f"{count} {name}" for name, count in sorted(totals.items()) if "cannot" in name or "refused" in name
        )
        lines.append(f"\nOf {what}: {totals['captures']:,} captures, {totals['flows']:,} conversations, {facts:,} facts compared."
                     + (f" Not read: {refused}." if refused else ""))  # fmt: skip
    return "\n".join(lines) + "\n"


def _row(name, peers, kinds, _, cause, right):
    return name, ", ".join(peers), ", ".join(kinds), cause, right


def _counted(runs) -> Counter:
    out: Counter = Counter()
    for run in runs:
        for entry in run["ledger"]:
            out[entry["class"]] += entry["count"]
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shared", nargs="*", type=Path)
    parser.add_argument("--made", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    print(page(*([json.loads(path.read_text()) for path in paths] for paths in (given.shared, given.made))), end="")
