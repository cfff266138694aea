"""Where a case lies when nobody says it."""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path

PACKED = (".pcap", ".pcapng", ".cap", ".ntar", ".dmp", ".gz", ".zst", ".xz", ".lz4", ".bz2")  # taken off names


def beside(captures: list[str], cases: Path | None = None) -> Path:
    """Folder of a case that is named after the first capture: beside it, or in the folder that holds all cases."""
    first = captures[0]
    if first == "-":
        place, name = Path(), f"{datetime.datetime.now().astimezone():%Y%m%d-%H%M%S}"
    else:
        path = Path(os.path.abspath(first))  # noqa: PTH100  (a link to a capture is beside what the user named)
        place, name = path.parent, path.name
        while name.lower().endswith(PACKED):
            name = name.rpartition(".")[0]
        with contextlib.suppress(ValueError):
            place = place.relative_to(Path.cwd())
    return (cases or place) / f"{name or 'capture'}-case"
