"""Compares what two versions of netaudit make of the same captures, column by column.

    python tests/oracle.py run OUT.json CAPTURE|FOLDER …          # with this checkout
    python tests/oracle.py run OUT.json --tree ../old CAPTURE …   # with another one
    python tests/oracle.py compare BEFORE.json AFTER.json         # what differs, and where

A digest is taken of every column of every table (rows in the table's order), of the names of stored objects, and of
case.json without what depends on the version. Both runs use one project key, so that keyed hashes are comparable.
`tests/test_oracle.py` holds the project's own captures against `tests/oracle.json`, made by the same program.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEY = bytes(range(32))
VOLATILE = ("netaudit_version", "tables_version", "signatures", "seal")  # of case.json
CAPTURES = {".pcap", ".pcapng", ".cap", ".gz", ".zst", ".xz", ".lz4", ".bz2"}


def captures_in(places: list[Path]) -> list[Path]:
    """Files that look like captures, in a fixed order."""
    found: list[Path] = []
    for place in places:
        found += [place] if place.is_file() else (p for p in place.rglob("*") if p.is_file() and p.suffix in CAPTURES)
    return sorted(found)


def name_of(path: Path) -> str:
    """How a capture is called in the digests: below the folder that both trees share."""
    parts = path.resolve().parts
    for mark in ("pcaps", "captures"):
        if mark in parts:
            return "/".join(parts[parts.index(mark) :])
    return path.name


def digest(value: object) -> str:
    """Short hash of something that JSON can say."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fix_key() -> None:
    """Give every case the same key, in versions without `--project-key` too."""
    import secrets

    secrets.token_bytes = lambda size=32: KEY[:size]  # type: ignore[assignment]


def digests_of_case(folder: Path) -> dict[str, str]:
    """Digests by place: `table.column`, `case.key`, `objects`."""
    import pyarrow.parquet as pq

    out: dict[str, str] = {}
    for path in sorted((folder / "tables").glob("*.parquet")):
        table = pq.read_table(path)
        out[f"{path.stem}.#"] = str(table.num_rows)
        for name in table.column_names:
            column = table[name]
            plain = column.cast("int64") if str(column.type).startswith(("timestamp", "duration")) else column
            out[f"{path.stem}.{name}"] = digest(plain.to_pylist())
    said = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    for name, value in said.items():
        if name not in VOLATILE:
            out[f"case.{name}"] = digest(value)
    kept = sorted(p.relative_to(folder).as_posix() for p in (folder / "private" / "objects").rglob("*") if p.is_file())
    out["objects"] = digest(kept)
    return out


def audit_all(captures: list[Path], *, faces: bool, keep_all: bool, workers: int) -> dict[str, dict[str, str]]:
    """Digests of all captures, each audited in this process."""
    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
    fix_key()
    import netaudit
    from netaudit.errors import UnreadableError

    out: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as place:
        for number, path in enumerate(captures):
            folder = Path(place) / str(number)
            began = time.perf_counter()
            try:
                netaudit.audit([path], folder, faces=faces, keep_all=keep_all, workers=workers)
            except UnreadableError as error:
                out[name_of(path)] = {"unreadable": digest(str(error).replace(str(path), path.name))}
                continue
            out[name_of(path)] = digests_of_case(folder)
            print(f"{number + 1}/{len(captures)} {time.perf_counter() - began:.2f} s {name_of(path)}", file=sys.stderr)
            subprocess.run(["rm", "-rf", str(folder)], check=True)
    return out


def brief(places: dict[str, str]) -> dict[str, str]:
    """One digest for all columns of a table."""
    tables: dict[str, list[str]] = {}
    for place in sorted(places):
        tables.setdefault(place.partition(".")[0], []).append(f"{place}={places[place]}")
    return {table: digest(values) for table, values in tables.items()}


def compare(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """What differs: `capture: place, place …`."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, {}), after.get(name, {})
        places = [place for place in sorted(old.keys() | new.keys()) if old.get(place) != new.get(place)]
        if places:
            lines.append(f"{name}: {', '.join(places)}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("out", type=Path)
    run.add_argument("places", type=Path, nargs="+")
    run.add_argument("--tree", type=Path, default=ROOT)
    run.add_argument("--faces", action="store_true")
    run.add_argument("--brief", action="store_true", help="a digest for each table, not for each column")
    run.add_argument("--keep-all", action="store_true")
    run.add_argument("--workers", type=int, default=1)
    two = commands.add_parser("compare")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    asked = parser.parse_args()
    if asked.command == "compare":
        lines = compare(json.loads(asked.before.read_text()), json.loads(asked.after.read_text()))
        print("\n".join(lines) or "no difference")
        return bool(lines)
    sys.path.insert(0, str(asked.tree.resolve()))
    found = audit_all(captures_in(asked.places), faces=asked.faces, keep_all=asked.keep_all, workers=asked.workers)
    if asked.brief:
        found = {name: brief(places) for name, places in found.items()}
    asked.out.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
