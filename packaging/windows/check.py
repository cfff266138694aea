"""The release check for Windows, in wine: `make windows`. Figures and tables are compared with this system's.

The bundle is made and installed by its installer; then what users do is done there (`check_*.py`): audits in one
process and in two, with keys, killed and told to end, on a share, a stick, a medium that is read only; what is done
with cases; a recording, for which a stand-in plays dumpcap; the tests of some rooms. What wine cannot show is told by
`probes/`, and in docs/windows.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PASSED = HERE / "passed.json"  # figures of the last time that all of it passed: what README and docs/windows.md say
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
    parser.add_argument("--keep", action="store_true", help="keep the figures in passed.json where all of it passes")
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
    figures = {
        "version": bundle.name.split("-")[1],
        "python": asked.python,
        "bundle_mb": round(size(bundle)),
        "wheels": len(list((bundle / "wheels").iterdir())),
        "lock": hashlib.sha256((bundle / "lock.txt").read_bytes()).hexdigest()[:16],
        "seconds": round(time.monotonic() - began),
        "steps": check.steps,
        "not_shown": lacking,
    }
    failed, skipped = check.ended("fail"), check.ended("skip")
    print(f"{len(check.steps)} steps, {len(failed)} failed {failed or ''}, {len(skipped)} SKIPPED {skipped or ''}")
    print(", ".join(f"{name} {value}" for name, value in figures.items() if name not in ("steps", "not_shown")))
    if asked.keep and not asked.only and not asked.no_bundle and not failed:
        PASSED.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
