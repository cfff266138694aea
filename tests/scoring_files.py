"""Which required files of the shared captures do not come out whole, and what came out in their place.

    python -m tests.scoring_files FOLDER [--all]

Prints a line per missed file (`--all`: of the captures above 40 MB, too): capture, protocols, size, kind, name, and the
objects of the same capture that are incomplete or as large, which mostly tell why.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import netaudit

LARGEST = 40_000_000
SHOWN = 3


def look(folder: Path, case: dict[str, Any]) -> tuple[int, list[str]]:
    """Files of one capture that were found, and a line for each that was not."""
    with tempfile.TemporaryDirectory() as out:
        opened = netaudit.audit(folder / case["file"], Path(out) / "case", faces=False, keep_all=True)
        objects = opened.table(
            "objects", ["sha256", "complete", "size", "kind", "name", "missing", "notes"]
        ).to_pylist()
    whole = {row["sha256"] for row in objects if row["complete"]}
    lines = []
    for file in case["files"]:
        if file["sha256"] in whole:
            continue
        near = [row for row in objects if row["sha256"] == file["sha256"] or row["size"] == file["size"]]
        near += [row for row in objects if not row["complete"] and row not in near]
        what = [f"{row['kind']} {row['size']} {row['name'][:40]} {row['missing'][:2]} {row['notes']}" for row in near]
        told = {key: value for key, value in file.items() if key not in {"sha256", "seen_by"}}
        lines.append(f"{case['file']}: {str(told)[:300]}\n" + "".join(f"      {line}\n" for line in what[:SHOWN]))
    return len(case["files"]) - len(lines), lines


def main() -> None:
    """Print what is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    cases = json.loads((asked.folder / "expected.json").read_text(encoding="utf-8"))["cases"]
    found = required = 0
    for case in cases:
        if not asked.all and (asked.folder / case["file"]).stat().st_size > LARGEST:
            continue
        count, lines = look(asked.folder, case)
        found, required = found + count, required + len(case["files"])
        for line in lines:
            print(line, flush=True)
    print(f"{found} of {required} required files found whole")


if __name__ == "__main__":
    main()
