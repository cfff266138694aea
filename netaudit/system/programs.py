"""Processes of this program's own beside the audit: what is to be run to start one.

An interpreter is told the module. A frozen program is no interpreter: it is called again with a mark, and `asked` at
the very beginning of its command line runs the module. Which modules may be run so is written down here.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from pathlib import Path

MARK = "--own-helper"
HELPERS = frozenset(
    {
        "netaudit.images.helper",
        "netaudit.images.preview_helper",
        "netaudit.images.still_helper",
        "netaudit.browse.sql_helper",
        "netaudit.capture.packet_socket",
    }
)

_BOOT = "import sys; sys.path[:] = {path!r}; from {module} import main; sys.exit(main(sys.argv[1:]))"


def helper(module: str, *arguments: str) -> list[str]:
    """Command that runs `main(arguments)` of one of HELPERS in a process of its own."""
    if is_frozen():
        return [sys.executable, MARK, module, *arguments]
    return [sys.executable, "-P", "-c", _BOOT.format(path=import_path(), module=module), *arguments]


def netaudit(*words: str) -> list[str]:
    """Command that runs netaudit's own command line."""
    return [sys.executable, *words] if is_frozen() else [sys.executable, "-P", "-m", "netaudit", *words]


def with_interpreter(text: str) -> str:
    """A remedy with the interpreter that runs this, where `python` is another one and would install elsewhere."""
    import shutil

    found = shutil.which("python")
    if found and Path(found).absolute() == Path(sys.executable).absolute():
        return text
    own = Path(sys.executable)
    with contextlib.suppress(ValueError, OSError):  # shorter where it lies below the folder one is in, if that is there
        own = own.relative_to(Path.cwd())
    return text.replace("python -m pip", f"{quoted(str(own))} -m pip")


def quoted(word: str) -> str:
    """A word as it is typed here: a Windows prompt knows nothing of a shell's quotes."""
    if sys.platform == "win32":
        import subprocess

        return subprocess.list2cmdline([word])
    import shlex

    return shlex.quote(word)


def asked(words: list[str]) -> bool:
    """Run the helper that a command line names; False when it names none."""
    if len(words) < 2 or words[0] != MARK or words[1] not in HELPERS:
        return False
    sys.exit(importlib.import_module(words[1]).main(words[2:]))


def is_frozen() -> bool:
    """Whether this is a program that carries its interpreter within (PyInstaller and its like say so)."""
    return bool(getattr(sys, "frozen", False))


def import_path() -> list[str]:
    """Where a helper finds modules: as this process does, but never in the working folder: it may hold evidence."""
    package = str(Path(__file__).parents[2])
    path = [entry for entry in sys.path if Path(entry).is_absolute()]
    return path if package in path else [*path, package]
