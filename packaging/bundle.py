"""Make an offline folder for Linux or Windows: `python packaging/bundle.py [--system windows --embed ZIP]`.

Linux: wheels, `lock.txt` with their hashes, and `install.sh`, which installs them into a virtual environment.
Windows: python.org's embeddable Python (`--embed python-3.13.*-embed-amd64.zip`, or a folder of it) with everything
unpacked into it; `netaudit.cmd` runs it from wherever the folder lies, `browse.cmd` is for a double click.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from wheel import DIST, ROOT, UNUSED, build, size

LEFT_OUT = {"notebooks", "scapy", "wireshark"}  # extras that need a network or another program anyway
PLATFORMS = {
    "windows": ["win_amd64"],
    "linux": ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"],
}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
COMMANDS = {
    "netaudit.cmd": '@"%~dp0python\\python.exe" -m netaudit %*\r\n',
    "browse.cmd": '@"%~dp0python\\python.exe" -m netaudit browse %*\r\n@pause\r\n',
}
README = """netaudit {version}, offline, {system}

{english}

{chinese}
"""
FIRST_STEPS = {
    "linux": (
        "Install Python {python}, then run: sh install.sh [FOLDER]. pip checks each file against lock.txt.",
        "请先安装 Python {python}，再运行：sh install.sh [文件夹]。不访问网络，pip 按 lock.txt 核对每个文件。",
    ),
    "windows": (
        "Unpack this folder anywhere. Double-click browse.cmd, or drop a capture on it. Console: netaudit.cmd.",
        "将本文件夹解压到任意位置。双击 browse.cmd，或将抓包文件拖到其上；在命令窗口中：netaudit.cmd doctor。",
    ),
}


def requirements(system: str) -> list[str]:
    """List requirements and extras for a system; pip itself would resolve markers for this computer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [
        word for name, words in project["optional-dependencies"].items() if name not in LEFT_OUT for word in words
    ]
    wanted = [word.partition(";") for word in [*project["dependencies"], *extras]]
    names = [word for word, _, marker in wanted if "win32" not in marker or system == "windows"]
    return [*names, "colorama"] if system == "windows" else names


def fetch(system: str, minor: str, place: Path) -> None:
    """Download the wheels for a system, in the versions of constraints.txt."""
    platforms = [word for name in PLATFORMS[system] for word in ("--platform", name)]
    words = ["--only-binary=:all:", "--python-version", minor, "--implementation", "cp", *platforms, "--dest", place]
    subprocess.run([*PIP, "download", "-c", ROOT / "constraints.txt", *words, *requirements(system)], check=True)
    for name in UNUSED:
        for path in place.glob(f"{name.replace('-', '_')}*.whl"):
            path.unlink()


def lock(place: Path) -> str:
    """Lines for `pip install --require-hashes`: name, version and hash of each wheel."""
    lines = []
    for path in sorted(place.glob("*.whl"), key=lambda path: path.name.lower()):
        name, version = path.name.split("-")[:2]
        lines.append(
            f"{name.replace('_', '-')}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        )
    return "".join(lines)


def add_installer(folder: Path, minor: str) -> None:
    """Add lock.txt, pip and install.sh, with which a computer without pip or venv package installs the wheels."""
    (folder / "lock.txt").write_text(lock(folder / "wheels"), "utf-8")
    subprocess.run([*PIP, "download", "--no-deps", "pip", "--dest", folder], check=True)
    pip = next(folder.glob("pip-*.whl"))
    text = (ROOT / "packaging" / "install.sh").read_text("utf-8").replace("@PYTHON@", minor)
    text = text.replace("@PIP@", pip.name).replace("@PIP_HASH@", hashlib.sha256(pip.read_bytes()).hexdigest())
    (folder / "install.sh").write_text(text, "utf-8")


def add_python(folder: Path, embed: Path) -> None:
    """Unpack the embeddable Python and all wheels into `python`, the C++ runtime beside python.exe."""
    place = folder / "python"
    if embed.is_dir():
        shutil.copytree(embed, place)
    else:
        with zipfile.ZipFile(embed) as packed:
            packed.extractall(place)
    site = place / "Lib" / "site-packages"
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(site)
    for data in site.glob("*.data"):
        for path in data.rglob("*.dll"):
            shutil.copy(path, place)
        for scheme in ("purelib", "platlib"):
            if (data / scheme).is_dir():
                shutil.copytree(data / scheme, site, dirs_exist_ok=True)
        shutil.rmtree(data)
    for path in place.glob("python*._pth"):  # the embeddable Python reads its search path from this file alone
        path.write_text(
            path.read_text("ascii").replace("#import site", "import site") + "Lib\\site-packages\r\n", "ascii"
        )
    shutil.rmtree(folder / "wheels")
    for name, text in COMMANDS.items():
        (folder / name).write_text(text, "ascii", newline="")


def main() -> None:
    """Make the folder in dist/ and print its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", choices=PLATFORMS, default="linux")
    parser.add_argument("--python", default=f"{sys.version_info[0]}.{sys.version_info[1]}", metavar="MINOR")
    parser.add_argument("--embed", type=Path, help="for Windows: the embeddable Python of python.org")
    asked = parser.parse_args()
    if asked.system == "windows" and asked.embed is None:
        parser.error("--system windows needs --embed")
    own = asked.system == "linux" and asked.python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build(Path(scratch), pure=not own)
        version = wheel.name.split("-")[1]
        folder = DIST / f"netaudit-{version}-{asked.system}-python{asked.python}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "wheels").mkdir(parents=True)
        shutil.copy(wheel, folder / "wheels")
    fetch(asked.system, asked.python, folder / "wheels")
    if asked.system == "windows":
        add_python(folder, asked.embed)
    else:
        add_installer(folder, asked.python)
    english, chinese = (text.format(python=asked.python) for text in FIRST_STEPS[asked.system])
    text = README.format(version=version, system=asked.system, english=english, chinese=chinese)
    (folder / "README.txt").write_text(text, "utf-8-sig")
    print(f"{folder.relative_to(ROOT)}: {size(folder):.0f} MB")


if __name__ == "__main__":
    main()
