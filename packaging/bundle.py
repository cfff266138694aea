"""An offline folder for one system and minor version of Python: wheels with their hashes, and what installs them.

`python packaging/bundle.py [--system windows|macos|linux|linux-arm] [--python 3.12]`; for this computer when not said.
Wheels only, so it can be put together on any system; kernels are in it compiled where it is made on the one it is for.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from wheel import DIST, ROOT, UNUSED, build, size

LEFT_OUT = {"notebooks", "scapy", "s3"}  # extras of people with an index, or a network, at hand
MOST = 450  # megabytes
SYSTEMS = {
    "windows": ["win_amd64"],
    "macos": [f"macosx_{major}_0_arm64" for major in (14, 13, 12, 11)],
    "linux": [f"{name}_x86_64" for name in ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")],
    "linux-arm": [
        f"{name}_aarch64" for name in ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
    ],
}
OFFLINE = ROOT / "packaging" / "offline"  # what a person finds beside the wheels
KERNELS = {
    True: ("Kernels are compiled.", "内核已编译。"),
    False: ("The first start compiles for 10 to 60 seconds, once.", "首次启动需编译 10 至 60 秒，仅此一次。"),
}


def here() -> str:
    """Name of this system."""
    name = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    return f"{name}-arm" if name == "linux" and platform.machine() == "aarch64" else name


def fetch(system: str, minor: str, place: Path) -> None:
    """Wheels of everything netaudit needs there, in the versions of constraints.txt where they fit."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for name, extra in project["optional-dependencies"].items():
        wanted += [] if name in LEFT_OUT else extra
    if system == "windows":  # pip judges the markers by where it runs
        wanted = [word.partition(";")[0] for word in wanted] + ["colorama"]
    else:
        wanted = [word for word in wanted if "win32" not in word]
    platforms = [word for name in SYSTEMS[system] for word in ("--platform", name)]
    words = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--only-binary=:all:"]
    words += ["--python-version", minor, "--implementation", "cp", *platforms, "-c", str(ROOT / "constraints.txt")]
    subprocess.run([*words, "--dest", str(place), *wanted], check=True)
    for name in UNUSED:
        for path in place.glob(f"{name.replace('-', '_')}*.whl"):
            path.unlink()


def lock(place: Path) -> str:
    """Lines for pip: each wheel's name, version and hash."""
    lines = []
    for path in sorted(place.glob("*.whl"), key=lambda path: path.name.lower()):
        name, version = path.name.split("-")[:2]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{name.replace('_', '-')}=={version} --hash=sha256:{digest}")
    return "\n".join(lines) + "\n"


def write(folder: Path, system: str, minor: str, version: str, *, compiled: bool) -> None:
    """What a person finds beside the wheels."""
    install = "install.cmd" if system == "windows" else "sh install.sh"
    english, chinese = KERNELS[compiled]
    words = {
        "PYTHON": minor, "SYSTEM": system, "VERSION": version, "INSTALL": install,
        "KERNELS_EN": english, "KERNELS_ZH": chinese,
    }  # fmt: skip

    def filled(text: str) -> str:
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        return text

    script, ends = ("install.cmd", "\r\n") if system == "windows" else ("install.sh", "\n")
    for name, end in (("README.md", "\n"), (script, ends)):
        (folder / name).write_text(filled((OFFLINE / name).read_text("utf-8")), "utf-8", newline=end)
    (folder / script).chmod(0o755)


def main() -> None:
    """Put it together and tell its size; more than MOST is a failure."""
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parser = argparse.ArgumentParser()
    parser.add_argument("--system", choices=SYSTEMS, default=here())
    parser.add_argument("--python", default=own)
    asked = parser.parse_args()
    compiled = asked.system == here() and asked.python == own and (ROOT / "netaudit" / "_kernels").is_dir()
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build(Path(scratch), pure=not compiled)
        version = wheel.name.split("-")[1]
        folder = DIST / f"netaudit-{version}-{asked.system}-python{asked.python}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "wheels").mkdir(parents=True)
        shutil.copy(wheel, folder / "wheels")
    fetch(asked.system, asked.python, folder / "wheels")
    (folder / "lock.txt").write_text(lock(folder / "wheels"), "utf-8")
    write(folder, asked.system, asked.python, version, compiled=compiled)
    total = size(folder)
    state = "compiled" if compiled else "not compiled"
    count = len(list((folder / "wheels").iterdir()))
    print(f"{folder.relative_to(ROOT)}: {total:.0f} MB, {count} wheels, kernels {state}")
    if total > MOST:
        raise SystemExit(f"more than {MOST} MB")


if __name__ == "__main__":
    main()
