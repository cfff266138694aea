"""Classes are what they were when their methods come out of the cache, which is only believed where it is sound."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netaudit.system.user_cache import keep

SCRIPT = """
import builtins
compiled = []
made = builtins.compile
builtins.compile = lambda text, *more, **options: compiled.append(text) or made(text, *more, **options)
from netaudit.pipeline import methods
compiled.clear()
methods.remember_methods()
from dataclasses import FrozenInstanceError, dataclass, field, replace

@dataclass(frozen=True, slots=True, order=True)
class Frozen:
    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)

@dataclass
class Plain:
    a: int

    def __post_init__(self):
        self.a += 1

one = Frozen(1, c=[2])
assert one == Frozen(1, "b", [2]) != replace(one, a=2) and one < Frozen(2)
assert repr(one) == "Frozen(a=1, b='b', c=[2])" and Plain(1) == Plain(1) and Plain(1).a == 2
assert hash(Frozen(1, "b", ())) == hash(Frozen(1, "b", ()))
assert Frozen.__init__.__annotations__["a"] is int and "__dict__" not in dir(one)
try:
    one.a = 3
    raise SystemExit("it is not frozen")
except FrozenInstanceError:
    pass
print(len(compiled))
"""


def _compiled(cache: Path) -> int:
    env = {**os.environ, "NETAUDIT_CACHE": str(cache)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_methods_are_compiled_once(tmp_path: Path) -> None:
    assert _compiled(tmp_path) > 5
    assert _compiled(tmp_path) == 0


@pytest.mark.parametrize("content", [b"", b"no codes", b"\xe3"])
def test_what_cannot_be_read_is_made_anew(content: bytes, tmp_path: Path) -> None:
    _compiled(tmp_path)
    (kept,) = tmp_path.rglob("methods-*")
    keep(kept, content)
    assert _compiled(tmp_path) > 5
    assert _compiled(tmp_path) == 0


def test_what_others_may_have_written_is_not_run(tmp_path: Path) -> None:
    _compiled(tmp_path)
    (kept,) = tmp_path.rglob("methods-*")
    kept.chmod(0o622)
    assert _compiled(tmp_path) > 5
