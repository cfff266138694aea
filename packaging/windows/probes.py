"""What wine does otherwise than Windows, each told by a program of a few lines that has nothing of netaudit in it.

`probes/NAME.c` ends with the code that Windows gives it, or with another one: then the check cannot show that here.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from interpreter import HERE, compiled
from wine import Wine

WINDOWS = {  # by program: its exit code on Windows, and what cannot be shown where it is another one
    "final_name": (0, "the final name of a path of more than 260 characters, which netaudit then takes as it is spelt"),
    "ctrl_break": (77, "a program that hears the Ctrl-Break sent to its console: here it is ended, unheard"),
    "open_renamed": (0, "that a folder cannot be renamed in which a file is open"),
    "mapped_removed": (0, "that a mapped file cannot be removed"),
}


@cache
def does(wine_place: Path, minor: str, name: str) -> bool:
    """Whether the system that `wine_place` holds does as Windows."""
    wine = Wine(wine_place, minor)
    with tempfile.TemporaryDirectory(dir=wine.disk) as scratch:
        program = Path(scratch) / f"{name}.exe"
        wide = ["-municode"] if "wmain" in (HERE / "probes" / f"{name}.c").read_text("ascii") else []
        compiled(HERE / "probes" / f"{name}.c", program, *wide)
        try:
            return wine.run(program).returncode == WINDOWS[name][0]
        finally:
            wine.end()  # Ctrl-Break may have ended what wine itself had just begun


def cannot_be_shown(wine: Wine) -> list[str]:
    """One line for each thing in which it is not as Windows."""
    return [f"{name}: {what}" for name, (_, what) in WINDOWS.items() if not does(wine.place, wine.minor, name)]
