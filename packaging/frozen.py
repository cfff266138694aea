"""Freeze netaudit into a folder and compare its audit of the demo with the checkout's: `python packaging/frozen.py`.

The program is run from another folder, with one and with two workers: helpers, workers and kernels have to be found.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from wheel import CAPTURE, ROOT, run, size

BUILD, DIST = ROOT / "build" / "work", ROOT / "build" / "frozen"
SAME = ("verdict", "vantage", "packets_read", "packets_decoded", "skipped", "findings", "damage", "rejected")


def audit(program: list[object], folder: Path, *more: str) -> tuple[dict[str, Any], float]:
    """What an audit says as JSON, and the seconds it took."""
    environment = {**os.environ, "NETAUDIT_CACHE": str(folder / "cache")}
    words = [*program, "audit", CAPTURE, "--case", folder / "case", "--overwrite", "--json", *more]
    begun = time.monotonic()
    said = json.loads(run(*words, cwd=folder, env=environment, stderr=subprocess.DEVNULL))
    return {key: said[key] for key in SAME}, time.monotonic() - begun


def main() -> None:
    """Freeze, tell the size, compare."""
    spec = ROOT / "packaging" / "netaudit.spec"
    words = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    run(*words, "--workpath", BUILD, "--distpath", DIST, spec)
    print(f"{DIST.relative_to(ROOT)}/netaudit: {size(DIST / 'netaudit'):.0f} MB")
    frozen: list[object] = [DIST / "netaudit" / ("netaudit.exe" if sys.platform == "win32" else "netaudit")]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        wanted, _ = audit([sys.executable, "-m", "netaudit"], ROOT / "build")
        for name, folder, more in (("first", one, ()), ("second", one, ()), ("two workers", other, ("--workers", "2"))):
            found, seconds = audit(frozen, Path(folder), *more)
            if found != wanted:
                raise SystemExit(f"{name}: frozen {found['verdict']}, from the checkout {wanted['verdict']}")
            print(f"{name}: {seconds:.1f} s, the same verdict and findings")


if __name__ == "__main__":
    main()
