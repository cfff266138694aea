"""How often a made rectification is told as what it is: python -m tests.findings.recheck.measure FIRST_SEED COUNT [FOLDER].

Half are true, half faked; the figures are printed, with the exact bound of what was not met.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import netaudit
from netaudit.findings.recheck.comparing import recheck
from netaudit.findings.recheck.power import lower
from tests.findings.recheck.rectifications import FAKES, TRUE, notes, office, visit


def upper(met: int, of: int) -> float:
    """Exact upper bound of a share, at 95 %."""
    return 1 - lower(of - met, of, 0.95) if of else 1.0


def one(seed: int, way: str, folder: Path, *, faces: bool = True):
    """Both visits, audited and compared."""
    made = office(seed)
    cases = []
    for side, how in (("before", ""), ("after", way)):
        marks = visit(made, folder / f"{side}.pcap", how, later=side == "after")
        moments = notes(folder / f"{side}.csv", marks)
        cases.append(
            netaudit.audit(folder / f"{side}.pcap", folder / side, moments=moments, faces=faces, overwrite=True)
        )
    return made, recheck([cases[0]], [cases[1]])


def main(first: int, count: int) -> None:
    """Print one line each, and the sums."""
    met: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for k in range(count):
            way = TRUE[k // 2 % len(TRUE)] if k % 2 else FAKES[k // 2 % len(FAKES)]
            made, compared = one(first + k, way, Path(folder))
            out = [o for o in compared.outcomes if o.purpose in ("images", "uploads") and o.status != "new"]
            best = "gone" if any(o.status == "gone" for o in out) else (out[0].status if out else "no route")
            met[way, best] += 1
            print(json.dumps({
                "seed": first + k, "way": way, "told": best, "hidden": made.encrypted, "server": bool(made.server),
                "cameras": len(made.cameras), "outcomes": [(o.status, o.form, o.purpose, [b for b, _ in o.bears], o.power and round(o.power.seen, 4)) for o in compared.outcomes],
            }), flush=True)  # fmt: skip
    fakes = sum(n for (way, _), n in met.items() if way in FAKES)
    false = sum(n for (way, told), n in met.items() if way in FAKES and told == "gone")
    true = sum(n for (way, _), n in met.items() if way in TRUE)
    told = sum(n for (way, said), n in met.items() if way in TRUE and said == "gone")
    print(f"false gone {false} of {fakes} (upper bound {upper(false, fakes):.4f}), true told {told} of {true}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
