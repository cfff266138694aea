"""What only some systems have stands behind a question for it; texts say their encoding.

The tests run on Linux as a rule. So that Windows and macOS are no surprise, the sources are read for what is not
everywhere, and every module is imported where such modules and functions are missing.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netaudit.pipeline import doctor

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "netaudit"
UNIX_MODULES = {"fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "syslog", "posix", "readline", "curses"}
UNIX_CALLS = {
    "os": {
        "fork", "getuid", "geteuid", "getgid", "setsid", "setuid", "nice", "killpg", "getpgid", "mkfifo", "uname", "statvfs",
        "sched_getaffinity", "sched_setaffinity", "posix_fadvise", "getloadavg", "O_NOFOLLOW", "O_DIRECTORY", "fchmod", "chown",
        "pread", "WNOHANG", "waitstatus_to_exitcode", "register_at_fork",
    },
    "signal": {"SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGQUIT", "SIGPIPE", "SIGCHLD", "alarm", "setitimer", "pause"},
    "socket": {"AF_PACKET", "AF_UNIX", "SOCK_CLOEXEC", "CMSG_SPACE"},
    "select": {"poll", "epoll", "kqueue"},
}  # fmt: skip
LINUX_ONLY = {"capture/packet_socket.py", "pipeline/live/guard.py"}  # used on Linux only, behind a question for it
ASKED_BEFORE = {"core/system/user_folders.py"}  # its one door asks first, in another function
WITH_TEXT = {"read_text", "write_text"}

SMOKE = """
import importlib, os, pkgutil, signal, socket, sys
import jinja2, numba, numpy, orjson, pandas, phonenumbers, pyarrow.parquet, rich.progress, textual.app, typer, yaml
import onnxruntime, PIL.Image, stdnum, iptocc, cryptography.x509, multiprocessing.shared_memory, multiprocessing.connection
MISSING = set({modules!r})
class Absent:
    def find_spec(self, name, *_):
        if name in MISSING:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
for name in MISSING - {{"posix"}}:
    sys.modules.pop(name, None)
for module, names in {calls!r}.items():
    for name in names:
        if hasattr(sys.modules.get(module), name):
            delattr(sys.modules[module], name)
import netaudit
skipped = {skipped!r}
count = 0
for found in pkgutil.walk_packages(netaudit.__path__, "netaudit."):
    if found.name.replace(".", "/").removeprefix("netaudit/") + ".py" in skipped or found.name.endswith("__main__"):
        continue
    importlib.import_module(found.name)
    count += 1
print(count)
"""


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def guarded(tree: ast.Module) -> set[ast.AST]:
    """Nodes that stand where a system was asked for: below an `if` or after an early return, within one function."""
    found: set[ast.AST] = set()
    scopes: list[ast.AST] = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]
    for scope in scopes:
        asks = [node for node in ast.walk(scope) if asks_system(node)]
        if scope is not tree and asks:
            found.update(ast.walk(scope))
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.BoolOp) and any(map(asks_system, ast.walk(node))):
            found.update(ast.walk(node))
        if isinstance(node, ast.Try) and "ImportError" in {name.id for each in node.handlers for name in names(each)}:
            found.update(each for step in node.body for each in ast.walk(step))
    return found


def names(handler: ast.ExceptHandler) -> list[ast.Name]:
    return [node for node in ast.walk(handler.type or ast.Pass()) if isinstance(node, ast.Name)]


def asks_system(node: ast.AST) -> bool:
    """`hasattr(os, …)`, `getattr(os, …)`, `sys.platform`, `os.name`, suppress(AttributeError)."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"hasattr", "getattr"}:
        return isinstance(node.args[0], ast.Name) and node.args[0].id in UNIX_CALLS
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return (node.value.id, node.attr) in {("sys", "platform"), ("os", "name")}
    return isinstance(node, ast.Name) and node.id == "AttributeError"


def unguarded(source: str) -> Iterator[str]:
    """What is not everywhere and is not asked for."""
    tree = ast.parse(source)
    fine = guarded(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                f"{node.lineno}: import {each.name}"
                for each in node.names
                if each.name in UNIX_MODULES and node not in fine
            )
        elif isinstance(node, ast.ImportFrom) and node.module in UNIX_MODULES and node not in fine:
            yield f"{node.lineno}: from {node.module}"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node not in fine:
            called = node.attr in UNIX_CALLS.get(node.value.id, ())
            yield from [f"{node.lineno}: {node.value.id}.{node.attr}"] * called


def encodings(source: str) -> Iterator[str]:
    """Texts that are read or written in the encoding of the system."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        said = {word.arg for word in node.keywords}
        if name in WITH_TEXT and "encoding" not in said and len(node.args) < (2 if name == "write_text" else 1):
            yield f"{node.lineno}: {name}"
        elif name == "open" and isinstance(node.func, ast.Name) and "encoding" not in said:
            mode = next(
                (word.value for word in node.keywords if word.arg == "mode"),
                node.args[1] if len(node.args) > 1 else None,
            )
            if not (isinstance(mode, ast.Constant) and "b" in str(mode.value)):
                yield f"{node.lineno}: open"


@pytest.mark.parametrize("path", sources(), ids=named)
def test_what_is_not_everywhere_is_asked_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if named(path) not in LINUX_ONLY:
        assert named(path) in ASKED_BEFORE or list(unguarded(source)) == []
        assert list(encodings(source)) == []


def test_the_reading_of_sources_finds_what_it_should() -> None:
    assert list(unguarded("import os\nimport fcntl\ndef f():\n    return os.getuid()\n")) == [
        "2: import fcntl",
        "4: os.getuid",
    ]
    assert (
        list(
            unguarded(
                "import os\ndef f():\n    if not hasattr(os, 'getuid'):\n        return 0\n    return os.getuid()\n"
            )
        )
        == []
    )
    assert list(encodings("open('a')\nopen('a', 'rb')\np.read_text()\np.read_text('utf-8')\np.write_text('x')\n")) == [
        "1: open", "3: read_text", "5: write_text",
    ]  # fmt: skip


def test_every_module_can_be_imported_where_they_are_missing() -> None:
    code = SMOKE.format(
        modules=sorted(UNIX_MODULES), calls={k: sorted(v) for k, v in UNIX_CALLS.items()}, skipped=LINUX_ONLY
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 300


def test_every_extra_is_named_where_it_is_missed() -> None:
    """Whoever lacks what is optional is told its remedy, in the words of pip."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yaml")]  # what is said stands in either
    named = " ".join(
        re.findall(r"python -m pip install ([A-Za-z0-9 -]+)", "".join(path.read_text("utf-8") for path in files))
    )
    packages = {name: re.split(r"[<>=]", wanted[0])[0] for name, wanted in extras.items()}
    assert not [name for name, package in packages.items() if package not in named.split()]
    assert set(doctor.EXTRAS) == set(extras) - {
        "faces",  # which the check of the detector names
        "notebooks",
        "scapy",
        "wireshark",
        "s3",
        "sm2",
    }  # which are asked for by hand


def test_nobody_is_told_to_install_a_strangers_program() -> None:
    """`netaudit` in the public index of packages is somebody else's: remedies name what is missing instead."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yaml")]
    told = re.compile(r"(pipx?|uv tool|uv pip) install [^\n`\"]{0,40}?(?<![/\w.-])'?netaudit\b(?![-/.])")
    assert not [(path.name, found[0]) for path in pages for found in told.finditer(path.read_text("utf-8"))]
