"""`python -m netaudit.tables` prints docs/tables.md."""

from __future__ import annotations

import sys

from netaudit.tables import TABLES, TABLES_VERSION


def document() -> str:
    """Text of docs/tables.md."""
    lines = [
        "# Tables of a case",
        "",
        f"Made from `netaudit/tables/` (`python -m netaudit.tables`); tables version {TABLES_VERSION}.",
        "Times are UTC nanoseconds. Every frame number stands with its `capture_id`.",
    ]
    for table in TABLES:
        lines += ["", f"## {table.name}", "", f"{table.meaning} Sorted by {', '.join(table.key)}.", ""]
        lines += ["| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| {c.name} | {c.kind} | {c.unit} | {c.meaning} |" for c in table.columns]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
