"""Tables of constants that come with netaudit as CSV, beside the modules that read them."""

from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def csv_of(package: str, name: str) -> list[list[str]]:
    """The rows of a CSV file that comes with a package (`__package__`), without its head."""
    with ROOT.joinpath(*package.split(".")[1:], name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]
