"""Try the offline folder for Windows under wine: `make windows` (needs Debian's wine and MinGW, 4 GB, and python3.13).

The demo and the second office are audited there and here with the same key: verdict, tables and objects must be equal
byte for byte. Then the case is verified, and `netaudit doctor` runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from interpreter import make
from wheel import DIST, ROOT
from wine import Wine, have_tools

CAPTURES = (ROOT / "pcaps" / "sales_office" / "lan.pcapng", ROOT / "pcaps" / "second_office" / "office.pcapng")
SAME = ("verdict", "vantage", "packets_read", "packets_decoded", "skipped", "findings", "damage", "rejected")


def digests(case: Path) -> dict[str, str]:
    """SHA-256 of the tables and objects of a case."""
    files = [*case.glob("tables/*"), *case.glob("private/tables/*"), *case.glob("private/objects/**/*")]
    return {
        path.relative_to(case).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def compare(wine: Wine, program: str, capture: Path) -> str:
    """Audit a capture there and here. Returns what differs, or ""."""
    there, here = wine.disk / "data", wine.place / "here"
    shutil.copy(capture, there)
    words = ["audit", capture.name, "--case", capture.stem, "--project-key", "key", "--overwrite", "--json"]
    ran = wine.run("cmd", "/c", program, *words, folder=there)
    own = subprocess.run(
        [sys.executable, "-m", "netaudit", *words],
        cwd=here,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    if ran.returncode:
        return f"exit code {ran.returncode}: {ran.stderr.decode('utf-8', 'replace')[-300:]}"
    said, wanted = json.loads(ran.stdout), json.loads(own.stdout)
    different = [name for name in SAME if said[name] != wanted[name]]
    one, other = digests(there / capture.stem), digests(here / capture.stem)
    different += [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    return f"differs: {', '.join(different)}" if different or not one else ""


def main() -> None:
    """Make the folder, put it into wine, compare. Exit code 1 where something fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="3.13", metavar="MINOR")
    asked = parser.parse_args()
    have_tools()
    place = ROOT / "build" / "windows"
    shutil.rmtree(place, ignore_errors=True)
    make(place / "python", asked.python)
    (place / "python" / f"python{asked.python.replace('.', '')}._pth").write_text("Lib\nDLLs\n#import site\n", "ascii")
    words = ["--system", "windows", "--python", asked.python, "--embed", place / "python"]
    subprocess.run([sys.executable, ROOT / "packaging" / "bundle.py", *words], check=True)
    wine = Wine(place, asked.python)
    wine.begin()
    failed = []
    try:
        shutil.copytree(next(DIST.glob(f"*-windows-python{asked.python}")), wine.disk / "netaudit")
        for folder in (wine.disk / "data", place / "here"):
            folder.mkdir()
            (folder / "key").write_text("0f" * 32, "ascii")
        for capture in CAPTURES:
            shutil.copy(capture, place / "here")
            failed += [f"{capture.name}: {why}" for why in [compare(wine, r"C:\netaudit\netaudit.cmd", capture)] if why]
        for command in (("doctor",), ("verify", CAPTURES[0].stem), ("show", CAPTURES[0].stem, "findings")):
            ran = wine.run("cmd", "/c", r"C:\netaudit\netaudit.cmd", *command, folder=wine.disk / "data")
            failed += [f"{command[0]}: exit code {ran.returncode}"] if ran.returncode else []
    finally:
        wine.end()
    print("\n".join(failed) or "Windows under wine: the same verdicts, tables and objects as here")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
