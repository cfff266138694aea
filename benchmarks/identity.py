"""What is said of persons in captures: `python benchmarks/identity.py [--out FILE] CAPTURE_OR_FOLDER…`.

Audits each capture without faces and lists every finding on identity data, every number with a right check digit that
made no finding, and every identity value that stands in clear outside `private/`, in any of seven encodings. A person
who opens the packets decides whether a finding is right; the list says where to look (capture, packets, host, path).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import netaudit
from netaudit.errors import NetauditError
from tests.clear_values import clear_values, leaks

LARGEST = 100_000_000
SUFFIXES = {".pcap", ".pcapng", ".cap", ".gz", ".dmp", ".trace", ".ntar", ".snoop", ".pkt"}


def captures(given: list[Path]) -> Iterator[Path]:
    """Captures of the folders, and those named."""
    for path in given:
        inner = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (one for one in inner if one.is_file() and (one.suffix.lower() in SUFFIXES or path == one))


def looked_at(path: Path, folder: Path) -> dict[str, Any]:
    """What one capture says of persons."""
    case = netaudit.audit(path, folder, faces=False, overwrite=True)
    findings = [row for row in case.table("findings").to_pylist() if row["records"]]
    told = {row["value_hmac"] for row in case.table("persons").to_pylist() if row["kind"] == "id_number"}
    persons = case.table("persons").to_pylist()
    messages = {row["message_id"]: row for row in case.table("messages").to_pylist()}
    in_findings = {one for row in findings for one in row["person_hmacs"] or ()}
    numbers = [row for row in persons if row["kind"] == "id_number" and row["certainty"] == "checked"]
    kinds: dict[str, int] = {}
    for row in persons:
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
    return {
        "findings": [
            {name: row[name] for name in ("certainty", "act", "sender", "receiver", "records", "persons", "reason")}
            for row in findings
        ],
        "numbers_without_finding": [
            {"field": row["field"], "value": row["value_masked"]}
            | {name: messages[row["message_id"]][name] for name in ("host", "path", "protocol", "first_frame")}
            for row in numbers
            if row["value_hmac"] not in in_findings
        ],
        "persons": kinds,
        "numbers": len(told),
        "leaks": [name for name, _ in leaks(Path(case.folder), clear_values(case))],
    }


def main() -> None:
    """List all, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("given", nargs="+", type=Path)
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for path in captures(options.given):
            if path.stat().st_size > LARGEST:
                found[path.name] = {"skipped": "large"}
                continue
            try:
                said = looked_at(path, Path(scratch) / "case")
            except NetauditError as error:
                found[path.name] = {"unread": type(error).__name__}
                continue
            if said["persons"] or said["leaks"]:
                found[path.name] = said
            else:
                found[path.name] = {}
    told = {name: one for name, one in found.items() if one}
    text = json.dumps({"captures": len(found), "told": told}, indent=1, ensure_ascii=False)
    if options.out:
        options.out.write_text(text + "\n", "utf-8")
    findings = sum(len(one.get("findings", ())) for one in found.values())
    leaking = sum(bool(one.get("leaks")) for one in found.values())
    unread = sum("unread" in one or "skipped" in one for one in found.values())
    print(f"{len(found)} captures, {unread} not read, {findings} identity findings, {leaking} with clear values")
    if not options.out:
        print(text)


if __name__ == "__main__":
    main()
