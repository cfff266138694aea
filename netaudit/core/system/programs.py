"""Command lines that start netaudit's own helper processes with the interpreter that runs this one."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

_BOOT = "import sys; sys.path[:] = {path!r}; from {module} import main; sys.exit(main(sys.argv[1:]))"


def helper(module: str, *arguments: str) -> list[str]:
    """Command that runs `main(arguments)` of a module in a process of its own."""
    return [sys.executable, "-P", "-c", _BOOT.format(path=import_path(), module=module), *arguments]


def netaudit(*words: str) -> list[str]:
    """Command that runs netaudit's own command line."""
    return [sys.executable, "-P", "-m", "netaudit", *words]


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


def import_path() -> list[str]:
    """Where a helper finds modules: as this process does, but never in the working folder: it may hold evidence."""
    package = str(Path(__file__).parents[3])
    path = [entry for entry in sys.path if Path(entry).is_absolute()]
    return path if package in path else [*path, package]
