"""How this program was called, for commands that it prints."""

from __future__ import annotations

import sys
from pathlib import Path


def command() -> str:
    """How this program was called, so that it can be called so again."""
    name = Path(sys.argv[0])
    if name.name == "__main__.py":
        return f"{Path(sys.executable).name} -m netaudit"
    return sys.argv[0] if name.stem == "netaudit" and name.parent.name else "netaudit"
