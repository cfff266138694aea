"""Classes and expressions are what they were when they come out of the cache, which is only believed where sound."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from netaudit.core.system.user_cache import keep

if TYPE_CHECKING:
    from pathlib import Path

WRONG = 3  # expressions that are compiled each time: one that is none, one that no module declares, the tokenizer's
MODULE = """
import io, re, tokenize
from typing import NamedTuple

class Pair(NamedTuple):
    left: int
    right: str = "r"

assert Pair(1) == (1, "r") == Pair(right="r", left=1) and repr(Pair(2)) == "Pair(left=2, right='r')"
assert Pair(1)._replace(left=3).left == 3 and Pair.__new__.__defaults__ == ("r",)
assert next(tokenize.generate_tokens(io.StringIO("word").readline)).string == "word"
from netaudit.core.text.patterns import later
put_off = later("[0-9]{2}x+")
assert put_off.findall("12xx 3x") == ["12xx"]
words = re.compile(r"(?P<first>[a-zä-ü]+)(?:-(\\d{2,3}))?", re.IGNORECASE)
found = words.search("!! ÄBC-1234")
assert found["first"] == "ÄBC" and found[2] == "123" and words.groups == 2 and words.groupindex == {"first": 1}
assert words.flags == re.IGNORECASE | re.UNICODE and words.pattern.startswith("(?P<first>")
assert re.compile(rb"[a-z]+").findall(b"ab, c") == [b"ab", b"c"] and re.compile("[a-z]+").findall("ab, c") == ["ab", "c"]
assert re.compile("(?x) a b").match("ab").re.flags & re.VERBOSE and not re.compile("a b").match("ab")
assert re.sub(r"(\\w)\\1", r"<\\1>", "aabbc") == "<a><b>c" and re.compile(words) is words
try:
    re.compile("(")
    raise SystemExit("it is an expression")
except re.error as error:
    assert error.pos == 0
"""

SCRIPT = """
import builtins
compiled = []
made = builtins.compile
texts = lambda text: isinstance(text, str) and compiled.append(text)  # not the source of a module, which is bytes
builtins.compile = lambda text, *more, **options: texts(text) or made(text, *more, **options)
from netaudit.pipeline import compiled as remembering
remembering.remember_compiled()
remembering.remember_compiled()  # as a worker that is forked may
import re, re._parser
parsed = re._parser.parse
re._parser.parse = lambda text, *more: compiled.append(text) or parsed(text, *more)
re.purge()
compiled.clear()
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
import declared
assert re.compile(declared.words.pattern, re.IGNORECASE) is declared.words
of_a_capture = re.compile("zhangsan[0-9]+")
assert of_a_capture.match("zhangsan1")
print(len(compiled))
"""


def _compiled(cache: Path) -> int:
    (cache / "declared.py").write_text(MODULE, encoding="utf-8")
    paths = os.pathsep.join(filter(None, (str(cache), os.environ.get("PYTHONPATH"))))
    env = {**os.environ, "NETAUDIT_CACHE": str(cache), "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_methods_and_expressions_are_compiled_once(tmp_path: Path) -> None:
    assert _compiled(tmp_path) > 10
    assert _compiled(tmp_path) == WRONG


def test_expressions_made_of_what_was_read_are_not_kept(tmp_path: Path) -> None:
    """They may hold names of persons; those of the tokenizer would be others each time, for ever."""
    _compiled(tmp_path)
    (kept,) = tmp_path.rglob("compiled-*")
    assert rb"|\Z|#[^" not in kept.read_bytes()
    assert b"first" in kept.read_bytes()
    assert b"[0-9]{2}x+" in kept.read_bytes()
    assert b"zhangsan" not in kept.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no codes", b"\xe3"])
def test_what_cannot_be_read_is_made_anew(content: bytes, tmp_path: Path) -> None:
    _compiled(tmp_path)
    (kept,) = tmp_path.rglob("compiled-*")
    keep(kept, content)
    assert _compiled(tmp_path) > 10
    assert _compiled(tmp_path) == WRONG


def test_what_others_may_have_written_is_not_run(tmp_path: Path) -> None:
    _compiled(tmp_path)
    (kept,) = tmp_path.rglob("compiled-*")
    kept.chmod(0o622)
    assert _compiled(tmp_path) > 10
