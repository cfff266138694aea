"""Kernels are compiled piece by piece, by several processes; nothing is left for the audit to compile."""

from __future__ import annotations

import ast
import gc
import os
import stat
import subprocess
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from netaudit.core.system import user_cache
from netaudit.jit import cache
from netaudit.jit.decorators import Kernel
from netaudit.pipeline import ready, warm

if TYPE_CHECKING:
    from pathlib import Path

TOLD = """
import sys
from netaudit.pipeline import ready
ready.PIECES.clear()
ready.PIECES.update(one=(None, 1), two=(None, 1))
told = []
ready.make_ready(lambda *words: told.append(words))
print([what for what, _, _ in told] and told[0][1] == 0 and told[-1][1] == told[-1][2])
"""


TAKEN = """
from netaudit.pipeline import ready
for name in "abc":
    ready.PIECES[name] = (lambda name=name: print(name, end="", flush=True)), 1
ready.compile_pieces(list("abc"))
"""


def compiled() -> set[tuple[str, str]]:
    """Every kernel that Python called, with the types it was compiled for."""
    kernels = [kernel for kernel in gc.get_objects() if type(kernel) is Kernel]
    return {(kernel._cache.name, kinds) for kernel in kernels for kinds in kernel.kinds}


def called_kernels() -> set[str]:
    """Every kernel that a module of Python takes from one of kernels."""
    names = set()
    for path in cache.PACKAGE.rglob("*.py"):
        taken = (one for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.ImportFrom))
        for one in taken if not path.name.startswith("kernels") else ():
            module = one.module or ""
            if module.rpartition(".")[2].startswith("kernels"):
                kernels = vars(import_module(module))
                names |= {f"{module}.{name.name}" for name in one.names if type(kernels[name.name]) is Kernel}
    return {name.removeprefix("netaudit.") for name in names}


def test_the_pieces_are_all_that_an_audit_needs() -> None:
    for piece, _ in warm.PIECES.values():
        piece()
    before = compiled()
    assert called_kernels() <= {name for name, _ in before}
    warm.warm()
    assert compiled() == before
    assert any(name == "streams.kernels.assemble" for name, _ in before)


def test_the_longest_pieces_come_first_and_those_for_later_last() -> None:
    assert ready.in_turn(list(warm.PIECES)) == [
        "streams",
        "packets",
        "lookups",
        "messages",
        "exchanges",
        "seldom",
        "relays",
    ]


def test_each_piece_is_taken_by_one_process(tmp_path: Path) -> None:
    turns, giving = os.pipe()
    os.write(giving, b"012")
    os.close(giving)
    environment = {**os.environ, "NETAUDIT_CACHE": str(tmp_path)}
    words = [sys.executable, "-c", TAKEN]
    both = [subprocess.Popen(words, stdin=turns, stdout=subprocess.PIPE, env=environment) for _ in range(2)]
    os.close(turns)
    taken = [one.communicate()[0].decode().replace(".", "") for one in both]
    assert sorted("".join(taken)) == ["a", "b", "c"]


def test_pieces_are_compiled_where_nobody_reads_how_far(tmp_path: Path) -> None:
    """Whatever the system calls that: Windows says that the argument is invalid."""
    broken = "import os\ndef broken(*_): raise OSError(22, 'Invalid argument')\nos.write = broken\n"
    environment = {**os.environ, "NETAUDIT_CACHE": str(tmp_path)}
    words = [sys.executable, "-c", broken + TAKEN]
    done = subprocess.run(words, input=b"02", capture_output=True, env=environment, check=True)
    assert done.stdout == b"ac"


def test_who_needs_a_kernel_that_others_compile_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setenv("NETAUDIT_CACHE", str(tmp_path))
    path = cache.cache_folder() / "one.kernel"
    user_cache.keep(cache.cache_folder() / "other", b"")
    with (cache.cache_folder() / cache.COMPILING).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        threading.Timer(0.1, user_cache.keep, (path, b"code")).start()
        assert cache._awaited(path) == b"code"
        threading.Timer(0.1, fcntl.flock, (file, fcntl.LOCK_UN)).start()
        assert cache._awaited(path.with_name("another")) is None


NEEDED = """
import numpy as np
from netaudit.jit import cache
{}
from netaudit.protocols.kernels import next_image_mark
next_image_mark(np.frombuffer(bytes(8), np.uint8), 0)
print(len(next_image_mark.kinds - next_image_mark.compiled))
"""


def test_a_kernel_that_others_compile_is_taken_from_them(tmp_path: Path) -> None:
    """Who needs it before it is there does not compile it once more."""
    fcntl = pytest.importorskip("fcntl")
    environment = {**os.environ, "NETAUDIT_CACHE": str(tmp_path)}

    def needing(prelude: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", NEEDED.format(prelude)]
        return subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, text=True)

    assert needing("").communicate()[0] == "0\n"
    (kept,) = tmp_path.rglob("*.next_image_mark-*")
    away = kept.rename(tmp_path / "away")
    with (kept.parent / cache.COMPILING).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = needing("nap = cache.time.sleep; cache.time.sleep = lambda s: nap(s) or print('waits', flush=True)")
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "waits\n"
        away.rename(kept)
        assert waiting.communicate()[0].splitlines()[-1] == "1"


def test_progress_ends_whatever_becomes_of_the_processes(tmp_path: Path) -> None:
    """No process knows these pieces, so all of them fail at once."""
    environment = {**os.environ, "NETAUDIT_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", TOLD], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_a_piece_counts_where_it_was_compiled_or_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETAUDIT_CACHE", str(tmp_path / "own"))
    monkeypatch.setattr(ready, "SHIPPED", tmp_path / "shipped")
    assert not ready.is_ready("streams")
    place = tmp_path / "shipped" / cache.KEY / "streams"
    user_cache.keep(place, b"")
    assert ready.is_ready("streams")
    place.unlink()
    user_cache.keep(cache.cache_folder() / "streams", b"")
    assert ready.is_ready("streams")


def test_shipped_kernels_that_others_may_write_are_not_believed(tmp_path: Path) -> None:
    if not hasattr(os, "getuid"):
        pytest.skip("rights of this kind only")
    place = tmp_path / "kernels" / "one"
    user_cache.keep(place, b"code")
    assert user_cache.unsealed(place) == b"code"
    place.chmod(place.stat().st_mode | stat.S_IWOTH)
    assert user_cache.unsealed(place) is None
    place.chmod(0o644)
    assert user_cache.unsealed(place) == b"code"
    place.parent.chmod(0o777)
    assert user_cache.unsealed(place) is None
    place.parent.chmod(0o755)
    place.write_bytes(place.read_bytes()[:-1] + b"E")
    assert user_cache.unsealed(place) is None


def test_what_two_begin_at_once_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    made: list[str] = []

    def compile_slowly(missing: list[str], *_: object) -> None:
        time.sleep(0.3)
        made.extend(missing)

    monkeypatch.setattr(ready, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(ready, "may_keep", lambda _: True)
    monkeypatch.setattr(ready, "is_ready", lambda piece: piece in made)
    monkeypatch.setattr(ready, "_compile", compile_slowly)
    both = [threading.Thread(target=ready.make_ready, args=(lambda *_: None,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(made) == sorted(warm.PIECES)


OTHERS = """
from netaudit.pipeline import ready
ready.PIECES.clear()
ready.PIECES.update(relays=(None, 1), streams=(None, 1))
ready._start = None  # would fail
ready.make_ready(print)
print(ready.is_ready("relays"))
"""
SLOW = """
import sys, time
from pathlib import Path
from netaudit.jit.cache import cache_folder
from netaudit.core.system.user_cache import keep
keep(cache_folder() / "streams", b"")
print(".", end="", flush=True)
while not Path(sys.argv[1]).exists():
    time.sleep(0.01)
keep(cache_folder() / "relays", b"")
"""


def test_what_the_last_step_needs_is_waited_for_in_the_last_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(names: list[str], _: int, output: int, held: tuple[int, ...]) -> subprocess.Popen[bytes]:
        assert names == ["streams", "relays"]
        words = [sys.executable, "-c", SLOW, str(tmp_path / "go")]
        return subprocess.Popen(words, stdout=output, pass_fds=held)

    monkeypatch.setenv("NETAUDIT_CACHE", str(tmp_path / "own"))
    monkeypatch.setattr(ready, "PIECES", {"relays": (None, 20), "streams": (None, 1)})
    monkeypatch.setattr(ready, "processors", lambda: 1)
    monkeypatch.setattr(ready, "_start", start)
    told: list[tuple[str, int, int]] = []
    ready.make_ready(lambda *words: told.append(words))
    assert ready.is_ready("streams")
    assert not ready.is_ready("relays")
    assert told[0][1] == 0
    assert told[-1][1] == told[-1][2]
    others = subprocess.Popen([sys.executable, "-c", OTHERS], stdout=subprocess.PIPE)
    (tmp_path / "go").touch()
    ready.have_rest()
    assert ready.is_ready("relays")
    assert others.communicate()[0] == b"True\n"
