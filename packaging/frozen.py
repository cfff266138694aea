"""Freeze netaudit into a folder and compare its audit of the demo with the checkout's: `python packaging/frozen.py`.

The program is run from another folder, with one and with two workers: helpers, workers and kernels have to be found.
Verdict, tables and objects have to be the same, byte for byte; `--no-build` compares what was built before.
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
from typing import Any

from wheel import CAPTURE, ROOT, run, size

BUILD, DIST = ROOT / "build" / "work", ROOT / "build" / "frozen"
SAME = ("verdict", "vantage", "packets_read", "packets_decoded", "skipped", "findings", "damage", "rejected")
WORDS = (  # what else is asked of the program, in the folder of its case: extras, pages, signatures have to be in it
    ("doctor",), ("show", "case"), ("show", "case", "devices", "--csv"), ("verify", "case", "--by", "dpkt"),
    ("export", "case", "docx"), ("export", "case", "xlsx"), ("export", "case", "html"),
    ("rules", "check"), ("docs", "--print"), ("browse", "-h"), ("sign", "-h"), ("live",),
)  # fmt: skip


def audit(program: list[object], folder: Path, key: Path, *more: str) -> tuple[dict[str, Any], float]:
    """What an audit says as JSON with the sums of what it wrote, and the seconds it took."""
    environment = {**os.environ, "NETAUDIT_CACHE": str(folder / "cache")}
    words = [*program, "audit", CAPTURE, "--case", folder / "case", "--project-key", key, "--overwrite", "--json"]
    begun = time.monotonic()
    said = json.loads(run(*words, *more, cwd=folder, env=environment, stderr=subprocess.DEVNULL))
    taken = time.monotonic() - begun
    return {key: said[key] for key in SAME} | sums(folder / "case"), taken


def sums(case: Path) -> dict[str, str]:
    """SHA-256 of the tables and objects of a case, by path."""
    files = [*case.glob("tables/*"), *case.glob("private/objects/**/*")]
    return {
        path.relative_to(case).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def build() -> None:
    """Freeze."""
    words = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    run(*words, "--workpath", BUILD, "--distpath", DIST, ROOT / "packaging" / "netaudit.spec")


def compare(frozen: list[object], scratch: Path) -> None:
    """Audit the demo frozen and from the checkout. Raises SystemExit where they differ."""
    key = scratch / "key"
    key.write_bytes(os.urandom(32).hex().encode())
    places = [scratch / name for name in ("checkout", "one", "two")]
    for place in places:
        place.mkdir()
    wanted, _ = audit([sys.executable, "-m", "netaudit"], places[0], key)
    for name, place, more in (
        ("first", places[1], ()),
        ("second", places[1], ()),
        ("two workers", places[2], ("--workers", "2")),
    ):
        found, seconds = audit(frozen, place, key, *more)
        if other := sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)):
            raise SystemExit(f"{name}: frozen and from the checkout differ in {', '.join(other)}")
        print(f"{name}: {seconds:.1f} s, the same verdict, {len(wanted) - len(SAME)} tables and objects")
    for words in WORDS:
        run(*frozen, *words, cwd=places[1], env={**os.environ, "NETAUDIT_CACHE": str(places[1] / "cache")})


def main() -> None:
    """Freeze, tell the size, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-build", action="store_true")
    if not parser.parse_args().no_build:
        build()
    print(f"{DIST.relative_to(ROOT)}/netaudit: {size(DIST / 'netaudit'):.0f} MB")
    frozen: list[object] = [DIST / "netaudit" / ("netaudit.exe" if sys.platform == "win32" else "netaudit")]
    with tempfile.TemporaryDirectory() as scratch:
        compare(frozen, Path(scratch))


if __name__ == "__main__":
    main()
