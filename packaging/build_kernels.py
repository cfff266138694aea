"""Compile the kernels in place, next to their sources: `python packaging/build_kernels.py`.

A kernel is a `kernels*.py` file that imports `cython`. Only changed files are compiled, as many at once as there are
processors. `NETAUDIT_BOUNDSCHECK=1` checks every index (for tests and fuzzing). Without a compiler nothing is built,
and the same files run uncompiled.

`layouts*.py` hold what kernels share with Python: numpy dtypes, IntEnum classes and numbers. Their C declarations are
written next to them: `layouts.pxd` has `struct Packet` for the dtype `PACKET`, `enum Skip` for the class `Skip`, and a
64-bit constant for each number. Kernels import the names from `cython.cimports.netaudit….layouts`.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from pathlib import Path
from typing import Any

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
SIZES = (1, 2, 4, 8)
C_TYPES = {"b1": "uint8_t", "f4": "float", "f8": "double"}
C_TYPES |= {f"i{size}": f"int{8 * size}_t" for size in SIZES} | {f"u{size}": f"uint{8 * size}_t" for size in SIZES}


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


def declare_layouts() -> None:
    """Write the `.pxd` file of each `layouts*.py`."""
    sys.path.insert(0, str(ROOT))
    for path in sorted((ROOT / "netaudit").rglob("layouts*.py")):
        text = declarations(".".join(path.relative_to(ROOT).with_suffix("").parts))
        target = path.with_suffix(".pxd")
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")


def declarations(module: str) -> str:
    """Return the C declarations of a module's dtypes, IntEnum classes and numbers."""
    lines = [f"# Generated from {module} by packaging/build_kernels.py", "from libc.stdint cimport *", ""]
    values = vars(importlib.import_module(module))
    structs: dict[Any, str] = {}
    numbers: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, type) and issubclass(value, IntEnum) and value.__module__ == module:
            lines += [f"cdef enum {name}:", *(f"    {member.name} = {member.value}" for member in value), ""]
        elif name.isupper() and getattr(value, "fields", None):
            structs[value] = name.title().replace("_", "")
            lines += [f"cdef {'' if value.isalignedstruct else 'packed '}struct {structs[value]}:"]
            lines += [f"    {_field(field, value.fields[field][0], structs)}" for field in value.names]
            lines.append("")
        elif name.isupper() and type(value) is int and -(1 << 63) <= value < 1 << 63:
            numbers[name] = f"({value + 1}LL - 1)" if value < 0 else f"{value}LL"
    if numbers:
        prefix = module.replace(".", "_")
        lines += ["cdef extern from *:", '    """']
        lines += [f"    #define {prefix}_{name} {value}" for name, value in numbers.items()]
        lines += ['    """', *(f'    const long long {name} "{prefix}_{name}"' for name in numbers)]
    return "\n".join(lines).rstrip() + "\n"


def _field(name: str, dtype: Any, structs: dict[Any, str]) -> str:
    base, shape = dtype.subdtype or (dtype, ())
    kind = structs[base] if base in structs else C_TYPES[base.str[1:]]
    return f"{kind} {name}" + "".join(f"[{size}]" for size in shape)


def main() -> int:
    """Compile what changed; return 0 where all kernels are compiled."""
    if _has_cython():
        declare_layouts()
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
    """Return a digest of a kernel, of all declarations that it imports, and of this program."""
    content = b"\0".join(part.read_bytes() for part in [path, *_declarations_used(path), Path(__file__)])
    return hashlib.sha256(content + f"{SUFFIX}{CHECKED}".encode()).hexdigest()


def _declarations_used(path: Path) -> list[Path]:
    found: list[Path] = []
    waiting = [path]
    while waiting:
        source = waiting.pop()
        imported = re.findall(r"from (?:cython\.cimports\.)?(netaudit[\w.]+) c?import", source.read_text("utf-8"))
        own = [source.with_suffix(".pxd")]
        for part in [*own, *(ROOT / f"{name.replace('.', '/')}.pxd" for name in imported)]:
            if part.exists() and part not in found:
                found.append(part)
                waiting.append(part)
    return sorted(found)


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
