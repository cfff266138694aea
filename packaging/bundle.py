"""An offline folder for one system and minor version of Python: wheels with their hashes, and what installs them.

`python packaging/bundle.py [--system windows|macos|linux|linux-arm] [--python 3.12]`; for this computer when not said.
Wheels only, so it can be put together on any system; kernels are in it compiled where it is made on the one it is for.
That for Windows brings its Python (`windows/interpreter.py`; `--interpreter FOLDER` takes one of python.org) and the
C++ runtime: what each DLL in it asks for is there, or the bundle fails.
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

sys.path.insert(1, str(ROOT / "packaging" / "windows"))
sys.path.insert(1, str(ROOT / "packaging" / "offline"))
import installing
from imports import missing
from interpreter import compiled, make

LEFT_OUT = {"notebooks", "scapy", "s3"}  # extras of people with an index, or a network, at hand
LEFT_OUT_ON_WINDOWS = ("pandas", "dask", "distributed", "pyshark")  # no command there needs them, or has another way
MOST = {"windows": 220}  # megabytes
MOST_ELSEWHERE = 450
SYSTEMS = {
    "windows": ["win_amd64"],
    "macos": [f"macosx_{major}_0_arm64" for major in (14, 13, 12, 11)],
    "linux": [f"{name}_x86_64" for name in ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")],
    "linux-arm": [
        f"{name}_aarch64" for name in ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
    ],
}
OFFLINE = ROOT / "packaging" / "offline"  # what a person finds beside the wheels
PATHS = "Lib\nDLLs\nLib\\site-packages\nimport site\n"  # of its Python alone, whatever the system says
FIRST = {
    True: (
        "1. Run `install.cmd` (a double click): it brings its own Python, and needs no administrator.",
        "1. 双击运行 `install.cmd`：自带 Python，无需管理员权限。",
    ),
    False: (
        "1. Install Python @PYTHON@ (64 bit) if it is not there, then run `@INSTALL@`.",
        "1. 如未安装，请先安装 Python @PYTHON@（64 位），再运行 `@INSTALL@`。",
    ),
}
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
        wanted = [word.partition(";")[0] for word in wanted if not word.startswith(LEFT_OUT_ON_WINDOWS)] + ["colorama"]
    else:
        wanted = [word for word in wanted if "win32" not in word]
    platforms = [word for name in SYSTEMS[system] for word in ("--platform", name)]
    words = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--only-binary=:all:"]
    words += ["--python-version", minor, "--implementation", "cp", *platforms, "-c", str(ROOT / "constraints.txt")]
    subprocess.run([*words, "--dest", str(place), *wanted], check=True)
    for name in UNUSED:
        for path in place.glob(f"{name.replace('-', '_')}*.whl"):
            path.unlink()


def fetch_pip(place: Path) -> None:
    """pip itself, by which a system without it installs the rest."""
    words = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "pip"]
    subprocess.run([*words, "--dest", str(place)], check=True)


def lock(place: Path) -> str:
    """Lines for pip: each wheel's name, version and hash."""
    lines = []
    for path in sorted(place.glob("*.whl"), key=lambda path: path.name.lower()):
        name, version = path.name.split("-")[:2]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{name.replace('_', '-')}=={version} --hash=sha256:{digest}")
    return "\n".join(lines) + "\n"


def write(folder: Path, system: str, minor: str, version: str, *, ready: bool) -> None:
    """What a person finds beside the wheels; `ready`: kernels are compiled."""
    install = "install.cmd" if system == "windows" else "sh install.sh"
    english, chinese = KERNELS[ready]
    first = FIRST[system == "windows"]
    pip = next(folder.glob("pip-*.whl"), None)
    words = {
        "PIP": pip.name if pip else "", "PIP_HASH": hashlib.sha256(pip.read_bytes()).hexdigest() if pip else "",
        "FIRST_EN": first[0], "FIRST_ZH": first[1],
        "PYTHON": minor, "SYSTEM": system, "VERSION": version, "INSTALL": install,
        "KERNELS_EN": english, "KERNELS_ZH": chinese,
    }  # fmt: skip

    def filled(text: str) -> str:
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        return text

    scripts = ["install.cmd", "uninstall.cmd", "installing.py"] if system == "windows" else ["install.sh"]
    for name in ("README.md", *scripts):
        end = "\r\n" if name.endswith(".cmd") else "\n"
        (folder / name).write_text(filled((OFFLINE / name).read_text("utf-8")), "utf-8", newline=end)
        (folder / name).chmod(0o644 if name.endswith((".md", ".py")) else 0o755)


def add_windows(folder: Path, minor: str, own: Path | None) -> None:
    """Python, netaudit.exe, and a look at what each DLL asks for. SystemExit where one is nowhere."""
    make(folder / "python", minor, own)
    (folder / "python" / f"python{minor.replace('.', '')}._pth").write_text(PATHS, "ascii", newline="\r\n")
    compiled(
        ROOT / "packaging" / "windows" / "start.c",
        folder / "netaudit.exe",
        "-municode",
        PYTHON="python\\\\python.exe",
        START="-m netaudit",
    )
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "python"
        shutil.copytree(folder / "python", place)
        for one in installing.wheels(folder):
            installing.unpack(one, place)
        if lacking := missing(place):
            raise SystemExit(f"nowhere in the bundle: {lacking}")
        files = [path for path in place.rglob("*") if path.is_file()]
    print(f"installed: {sum(1 for _ in files)} files; every DLL that is asked for is there or Windows' own")


def main() -> None:
    """Put it together and tell its size; more than its system's most is a failure."""
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parser = argparse.ArgumentParser()
    parser.add_argument("--system", choices=SYSTEMS, default=here())
    parser.add_argument("--python", default=own)
    parser.add_argument("--interpreter", type=Path, help="for Windows: a folder of python.org's Python to take instead")
    asked = parser.parse_args()
    ready = asked.system == here() and asked.python == own and (ROOT / "netaudit" / "_kernels").is_dir()
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build(Path(scratch), pure=not ready)
        version = wheel.name.split("-")[1]
        folder = DIST / f"netaudit-{version}-{asked.system}-python{asked.python}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "wheels").mkdir(parents=True)
        shutil.copy(wheel, folder / "wheels")
    fetch(asked.system, asked.python, folder / "wheels")
    (folder / "lock.txt").write_text(lock(folder / "wheels"), "utf-8")
    if asked.system != "windows":
        fetch_pip(folder)
    write(folder, asked.system, asked.python, version, ready=ready)
    if asked.system == "windows":
        add_windows(folder, asked.python, asked.interpreter)
    total = size(folder)
    state = "compiled" if ready else "not compiled"
    count = len(list((folder / "wheels").iterdir()))
    print(f"{folder.relative_to(ROOT)}: {total:.0f} MB, {count} wheels, kernels {state}")
    if total > (most := MOST.get(asked.system, MOST_ELSEWHERE)):
        raise SystemExit(f"more than {most} MB")


if __name__ == "__main__":
    main()
