"""The release check for Windows, in wine: `make windows`. Figures and tables are compared with this system's.

The bundle is made and installed by its installer; then what users do is done there (`check_*.py`): audits in one
process and in two, with keys, killed and told to end, on a share, a stick, a medium that is read only; what is done
with cases; a recording, for which a stand-in plays dumpcap; the tests of some rooms. What wine cannot show is told by
`probes/`, and in docs/windows.md.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import check_audits
import check_cases
import check_ends
import check_installer
import check_places
import check_suite
from checking import Check
from probes import cannot_be_shown
from wheel import DIST, ROOT, size
from wine import Wine, have_tools


def main() -> None:
    """All of it; exit code 1 where a step fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="3.13", help="minor version of the bundle's Python")
    parser.add_argument("--place", type=Path, default=ROOT / "build" / "windows")
    parser.add_argument("--no-bundle", action="store_true", help="take the bundle that is there")
    parser.add_argument(
        "--only", default="", help="steps whose name has one of these words (a,b), on what is installed"
    )
    asked = parser.parse_args()
    began = time.monotonic()
    have_tools()
    if not asked.no_bundle and not asked.only:
        words = [sys.executable, str(ROOT / "packaging/bundle.py"), "--system", "windows", "--python", asked.python]
        subprocess.run(words, check=True)
    bundle = next(DIST.glob(f"*-windows-python{asked.python}"))
    wine = Wine(asked.place.absolute(), asked.python)
    wine.begin()
    check = Check(wine, asked.only)
    try:
        check_installer.steps(check, bundle)
        for part in (check_audits, check_ends, check_places, check_cases, check_suite):
            part.steps(check)
        check.step("removed by uninstall.cmd", lambda: check_installer.removed(check))
        lacking = [] if asked.only else cannot_be_shown(wine)
    finally:
        wine.end()
    print(*(f"wine does not show: {line}" for line in lacking), sep="\n")
    digest = hashlib.sha256((bundle / "lock.txt").read_bytes()).hexdigest()[:16]
    told = f"{check.done} steps, {check.failed} failed, {len(check.skipped)} SKIPPED {check.skipped or ''}"
    print(f"{told}, {time.monotonic() - began:.0f} s; bundle {size(bundle):.0f} MB (lock {digest})")
    raise SystemExit(bool(check.failed))


if __name__ == "__main__":
    main()
