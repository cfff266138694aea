"""Compile the kernels in place, next to their sources: `python packaging/build_kernels.py`.

A kernel is a `kernels*.py` file that imports `cython`. Only changed files are compiled, as many at once as there are
processors. `NETAUDIT_BOUNDSCHECK=1` checks every index (for tests and fuzzing). Without a compiler nothing is built,
and the same files run uncompiled.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUFFIX: str = sysconfig.get_config_var("EXT_SUFFIX")
CHECKED = os.environ.get("NETAUDIT_BOUNDSCHECK") == "1"
DIRECTIVES = {
    "language_level": "3",
    "boundscheck": str(CHECKED),
    "initializedcheck": str(CHECKED),
    "wraparound": "False",
    "cdivision": "False",
    "cpow": "True",
    "binding": "False",
}
FLAGS = ["-O3", "-fwrapv", "-fPIC", "-shared", "-fno-strict-aliasing", "-fvisibility=hidden", "-w"]


def sources() -> list[Path]:
    """Return the kernel modules, the largest first."""
    found = [path for path in (ROOT / "netaudit").rglob("kernels*.py") if _is_kernel(path)]
    return sorted(found, key=lambda path: -path.stat().st_size)


def compiler() -> list[str]:
    """Return the command of a C compiler: $CC, cc, gcc, clang, or that of the `ziglang` package; empty without one."""
    if os.environ.get("CC"):
        return os.environ["CC"].split()
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    try:
        import ziglang  # noqa: F401
    except ImportError:
        return []
    return [sys.executable, "-m", "ziglang", "cc"]


def main() -> int:
    """Compile what changed; return 0 where all kernels are compiled."""
    changed = [path for path in sources() if not _is_current(path)]
    if not changed:
        return 0
    command = compiler()
    if not command or not _has_cython():
        print("netaudit is slow uncompiled: install a C compiler (gcc) and Cython, and build again")
        return 1
    done = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for path in pool.map(lambda path: _compile(path, command), changed):
            done += 1
            print(f"compiled {done}/{len(changed)} {path.relative_to(ROOT)}", flush=True)
    return 0


def _is_kernel(path: Path) -> bool:
    return bool(re.search(r"^import cython$", path.read_text("utf-8"), re.MULTILINE))


def _has_cython() -> bool:
    return subprocess.run([sys.executable, "-c", "import Cython"], check=False, capture_output=True).returncode == 0


def _stamp(path: Path) -> str:
    parts = [path, path.with_suffix(".pxd"), Path(__file__)]
    content = b"\0".join(part.read_bytes() for part in parts if part.exists())
    return hashlib.sha256(content + f"{SUFFIX}{CHECKED}".encode()).hexdigest()


def _library(path: Path) -> Path:
    return path.with_name(path.stem + SUFFIX)


def _is_current(path: Path) -> bool:
    stamp = path.with_suffix(".stamp")
    return _library(path).exists() and stamp.exists() and stamp.read_text() == _stamp(path)


def _compile(path: Path, command: list[str]) -> Path:
    code, library = path.with_suffix(".c"), _library(path)
    directives = [word for name, value in DIRECTIVES.items() for word in ("-X", f"{name}={value}")]
    _run([sys.executable, "-m", "cython", "-3", *directives, str(path.relative_to(ROOT)), "-o", str(code)])
    made = library.with_suffix(".new")
    include = sysconfig.get_paths()["include"]
    try:
        _run([*command, *FLAGS, f"-I{include}", str(code), "-o", str(made)])
    except SystemExit:
        made.unlink(missing_ok=True)
        raise
    finally:
        code.unlink(missing_ok=True)
    made.replace(library)
    path.with_suffix(".stamp").write_text(_stamp(path))
    return path


def _run(words: list[str]) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    raise SystemExit(main())
