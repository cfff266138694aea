"""What Python compiles anew in every process, kept in the user's cache: methods of dataclasses, named tuples, patterns.

Python writes the methods as texts and compiles these, and makes the codes of its matcher of each expression: for some
400 classes and 600 expressions, a tenth of a small audit. Here what was compiled once is taken from the cache; classes
and expressions are made of it as ever. Kept are expressions that modules declare, never those made of what somebody
sent or wrote: these may hold names.
"""

from __future__ import annotations

import array
import atexit
import collections
import contextlib
import dataclasses
import hashlib
import inspect
import marshal
import re
import sys
from importlib import import_module
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from netaudit.core.system.user_cache import cache_folder, keep, recalled
from netaudit.core.text import patterns

if TYPE_CHECKING:
    from pathlib import Path

MOST = 8192  # texts and expressions: those of classes that are no more among them
KNOWN = ((3, 11), (3, 12), (3, 13))  # versions whose `re` is taken apart; others compile as ever
Codes = dict[Any, Any]  # by text, or by what an expression is made of


def remember_compiled() -> None:
    """From now on in this process, one of our own: what is compiled anew is kept when it ends."""
    if "exec" in vars(dataclasses):  # it does so already: a process that was forked
        return
    path = _place()
    known, fresh = _known(path), dict[Any, Any]()

    def code(text: str, mode: str) -> Any:
        key = mode, text
        found = known.get(key) or fresh.get(key)
        if found is None:
            found = fresh[key] = compile(text, "<string>", mode, dont_inherit=True)
        return found

    # found before the built-in ones
    dataclasses.exec = lambda text, names, found: exec(code(text, "exec"), names, found)  # type: ignore[attr-defined]  # noqa: S102
    collections.eval = lambda text, names: eval(code(text, "eval"), names)  # type: ignore[attr-defined]  # noqa: S307
    _remember_expressions(known, fresh)
    atexit.register(_keep, path, known, fresh)


def _remember_expressions(known: Codes, fresh: Codes) -> None:
    """Have `re` ask for the codes of an expression here before it makes them, where it is built as it is known here."""
    if sys.version_info[:2] not in KNOWN:
        return
    compiler: Any = import_module("re._compiler")
    engine, made = compiler._sre, compiler.compile  # noqa: SLF001
    telling = {**vars(compiler), "_sre": SimpleNamespace(compile=lambda *asked: asked)}
    asked = FunctionType(made.__code__, telling, argdefs=made.__defaults__)  # what it would have the engine make

    def expression(pattern: Any, flags: int = 0) -> Any:
        if not isinstance(pattern, str | bytes) or flags & re.DEBUG:
            return made(pattern, flags)
        key = isinstance(pattern, bytes), pattern, int(flags)
        found = known.get(key) or fresh.get(key)
        if found is None:
            if not _is_declared():
                return made(pattern, flags)
            _, all_flags, codes, *groups = asked(pattern, flags)
            found = fresh[key] = int(all_flags), array.array("I", codes).tobytes(), *groups
        all_flags, packed, *groups = found
        return engine.compile(pattern, all_flags, array.array("I", packed).tolist(), *groups)

    compiler.compile = expression


def _is_declared() -> bool:
    """Whether the expression that is being compiled is one of a module: which is imported now, or said so then.

    Those of the tokenizer, whose words stand in an order of chance, would be new each time.
    """
    frame = inspect.currentframe()
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module == "tokenize":
            return False
        if module == patterns.__name__ or (frame.f_code.co_name == "<module>" and module != "__main__"):
            return True
        frame = frame.f_back
    return False


def _place() -> Path:
    compiler = hashlib.sha256(f"{sys.version}\0{sys.flags.optimize}".encode()).hexdigest()[:16]
    return cache_folder() / f"compiled-{compiler}"


def _known(path: Path) -> Codes:
    kept = recalled(path)
    if kept is not None:
        with contextlib.suppress(ValueError, EOFError, TypeError):
            codes: Codes = marshal.loads(kept)  # noqa: S302  (whole, and of this user's own cache, as the kernels are)
            return codes
    return {}


def _keep(path: Path, known: Codes, fresh: Codes) -> None:
    if fresh:
        keep(path, marshal.dumps(known | fresh if len(known) + len(fresh) <= MOST else fresh))
