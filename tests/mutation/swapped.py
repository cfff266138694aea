"""A process that has netaudit loaded, and forks of it that each have one fault: loading is most of what a fault costs.

A fault within a function is had by giving the loaded function its code; what was remembered (`functools.cache`) in the
rooms that are seeded is forgotten. Faults that are met while a module is loaded, or that are in what a function makes
then, need a process of their own (`have` of `seeded.py`).
"""

from __future__ import annotations

import ast
import functools
import gc
import os
import time
import types
from collections.abc import Callable

from tests.mutation.operators import mutated
from tests.mutation.seeded import PACKAGE, Fault

WALL = 900


def outermost(tree: ast.Module, line: int) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function, no other one around it, in whose body a line is."""
    found = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and one.body[0].lineno <= line <= (one.end_lineno or 0)
    ]
    return min(found, key=lambda one: one.lineno, default=None)


def within_another(tree: ast.Module, line: int) -> bool:
    """Whether a line is in the body of a function that another one makes: who has it already keeps it as it was."""
    outer = outermost(tree, line)
    inner = (
        one
        for one in (ast.walk(outer) if outer is not None else ())
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one is not outer
    )
    return any(one.body[0].lineno <= line <= (one.end_lineno or 0) for one in inner)


def swap(fault: Fault) -> bool:
    """Give the loaded function the fault; whether it was loaded."""
    source, path = (PACKAGE / fault.module).read_text("utf-8"), str(PACKAGE / fault.module)
    function = outermost(ast.parse(source), fault.site.line)
    assert function is not None, fault
    begins = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    (code,) = [
        one
        for one in _codes(compile(mutated(source, fault.site), path, "exec", dont_inherit=True))
        if one.co_name == function.name and one.co_firstlineno == begins
    ]
    done = False
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType):
            own = thing.__code__
            if own.co_firstlineno == begins and own.co_name == function.name and own.co_filename == path:
                thing.__code__, done = code, True
        elif isinstance(thing, functools._lru_cache_wrapper) and thing.__module__.startswith(_rooms(fault)):
            thing.cache_clear()
    return done


def _rooms(fault: Fault) -> str:
    return ".".join(fault.dotted.split(".")[:2])


def _codes(code: types.CodeType):
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield one
            yield from _codes(one)


def forked(do: Callable[[], str], wall: float = WALL) -> str:
    """What a fork of this process says, the name of what it raised, or that it used up its processor's time.

    Nothing where it was stopped by the clock, which may be another's fault.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        said = "ended"
        try:
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            said = do()
        except BaseException as error:  # whatever it is, it was noticed
            said = f"{type(error).__name__}"
        os.write(writing, (said or "-").encode()[:4000])
        os._exit(0)
    os.close(writing)
    end = time.monotonic() + wall
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(child, 9)
            os.waitpid(child, 0)
            os.close(reading)
            return ""
        time.sleep(0.01)
    said = os.read(reading, 4096).decode() or f"no end ({done[1]})"
    os.close(reading)
    return "" if said == "-" else said


class Loaded:
    """A fork of this process that `loads` and then serves: it does what it is asked by number, each time in a fork of its own."""

    def __init__(self, loads: Callable[[Callable[[], None]], object], does: Callable[[int], str]) -> None:
        self.loads, self.does = loads, does
        self.ends: tuple[int, int] | None = None

    def __call__(self, number: int) -> str:
        if self.ends is None:
            self.ends = self._begin()
        os.write(self.ends[1], number.to_bytes(4, "big"))
        head = os.read(self.ends[0], 4)
        if not head:
            raise SystemExit("what does it has ended")
        size = int.from_bytes(head, "big")
        return os.read(self.ends[0], size).decode() if size else ""

    def _begin(self) -> tuple[int, int]:
        asks, asked = os.pipe()
        answers, answered = os.pipe()
        if not os.fork():
            os.close(asked)
            os.close(answers)

            def serve() -> None:
                while ask := os.read(asks, 4):
                    said = forked(functools.partial(self.does, int.from_bytes(ask, "big"))).encode()
                    os.write(answered, len(said).to_bytes(4, "big") + said)

            try:
                self.loads(serve)
            finally:
                os._exit(1)
        os.close(asks)
        os.close(answered)
        return answers, asked
