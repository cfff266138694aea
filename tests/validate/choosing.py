"""Chooses of the calls of a function those that tell its faults (for `calling.py`)."""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import pickle
import resource
import signal
import time
import types
from collections.abc import Iterable, Iterator
from pathlib import Path

from netaudit.validate.calls import Call, answered, function_at
from netaudit.validate.constants import without_extras
from tests.mutation.operators import _annotations, _faulty, _fits
from tests.validate.altering import others
from tests.validate.hearing import LARGEST

BASES, ROUNDS = 24, 3  # calls that others are made of, and how often
ALTERED = 700  # such others in one round
PATIENCE = 0.25  # seconds of one call
SPENT = 4.0  # seconds of one function
MEMORY = 4 << 30


class Late(BaseException):
    """A call took too long."""


def _late(*_: object) -> None:
    raise Late


class Opened(BaseException):
    """A call went to the system."""


WATCHING = False
WATCHED = ("open", "os.", "subprocess.", "socket.", "shutil.", "tempfile.", "ctypes.", "mmap.")


def _watch(event: str, _: object) -> None:
    if WATCHING and event.startswith(WATCHED):
        raise Opened


def asked(module: str, call: Call) -> bytes | None:
    """What is answered; None for what is not to be asked."""
    global WATCHING
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    WATCHING = True
    try:
        said = answered(module, call)
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest() if said[:7] != "no call" else None
    except (Late, Opened, Exception):
        return None
    finally:
        WATCHING = False
        signal.setitimer(signal.ITIMER_PROF, 0)


def faults(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code with each fault that fits."""
    source = Path(code.co_filename).read_text("utf-8")
    tree = ast.parse(source)
    function = next(
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and one.name == code.co_name
        and min([one.lineno, *(own.lineno for own in one.decorator_list)]) == code.co_firstlineno
    )
    no = _annotations(tree)
    for parent in list(ast.walk(function)):
        for name, held in ast.iter_fields(parent):
            for at, node in enumerate(held if isinstance(held, list) else [held]):
                for what in _fits(node) if isinstance(node, ast.AST) and id(node) not in no else ():
                    with _replaced(parent, name, at, _faulty(copy.deepcopy(node), what)):
                        faulty = _compiled(function, code)
                    if faulty.co_freevars == code.co_freevars:
                        yield faulty


@contextlib.contextmanager
def _replaced(parent: ast.AST, name: str, at: int, fault: ast.AST) -> Iterator[None]:
    held = getattr(parent, name)
    setattr(parent, name, [*held[:at], fault, *held[at + 1 :]] if isinstance(held, list) else fault)
    yield
    setattr(parent, name, held)


def _compiled(function: ast.stmt, code: types.CodeType) -> types.CodeType:
    owner = code.co_qualname.rpartition(".")[0]
    whole = ast.parse(f"class {owner or 'Nothing'}: pass")
    holder = whole.body[0] if owner else whole
    holder.body = [function]  # type: ignore[attr-defined]
    found = compile(ast.fix_missing_locations(whole), code.co_filename, "exec", dont_inherit=True)
    if owner:
        (found,) = [one for one in found.co_consts if isinstance(one, types.CodeType)]
    return next(one for one in found.co_consts if isinstance(one, types.CodeType) and one.co_name == code.co_name)


class Choice:
    """Of the calls of one function those that tell its faults."""

    def __init__(self, module: str, place: str, heard: list[bytes]) -> None:
        self.module, self.place, self.function = module, place, function_at(module, place)
        self.begun = time.process_time()
        self.known: dict[bytes, bytes] = {}  # what is answered without a fault, by call
        self.kept: list[bytes] = []
        self.heard = self._new(heard)
        self.left = list(faults(self.function.__code__)) if self.heard else []
        self.count = len(self.left)

    def make(self) -> tuple[list[Call], int, int]:
        """The calls, how many faults there are, and how many are told."""
        self._try(self.heard)
        bases = sorted(self.heard, key=len)[:BASES]
        for seed in range(ROUNDS):
            if not self.left or self._is_late(SPENT):
                break
            self._try(self._new(self._others(bases, seed), SPENT / 2))
            bases = self.kept or bases
        return [self._call(data) for data in self.kept or self.heard[:1]], self.count, self.count - len(self.left)

    def _call(self, data: bytes) -> Call:
        return Call(self.place, *pickle.loads(data))

    def _is_late(self, most: float) -> bool:
        return time.process_time() - self.begun > most

    def _new(self, those: Iterable[bytes], most: float = SPENT) -> list[bytes]:
        """Of calls those that can be asked."""
        found = []
        for data in those:
            if len(data) <= LARGEST and data not in self.known and (said := asked(self.module, self._call(data))):
                self.known[data] = said
                found.append(data)
            if self._is_late(most):
                break
        return found

    def _others(self, bases: list[bytes], seed: int) -> list[bytes]:
        made = dict.fromkeys(
            pickle.dumps(other, 5)
            for number, data in enumerate(bases)
            for other in others(pickle.loads(data), 1000 * seed + number)
        )
        return list(made)[seed % 3 :: max(1, len(made) // ALTERED)]

    def _try(self, those: list[bytes]) -> None:
        left = []
        for fault in self.left:
            data = None if self._is_late(SPENT) else self._telling(fault, [*self.kept, *those])
            if data is None:
                left.append(fault)
            elif data not in self.kept:
                self.kept.append(data)
        self.left = left

    def _telling(self, fault: types.CodeType, those: list[bytes]) -> bytes | None:
        code, self.function.__code__ = self.function.__code__, fault
        try:
            return next((data for data in those if asked(self.module, self._call(data)) != self.known[data]), None)
        finally:
            self.function.__code__ = code


def of_module(module: str, heard: dict[str, list[bytes]]) -> tuple[list[Call], list[str]]:
    """Calls of a module, and of each function what is told."""
    signal.signal(signal.SIGPROF, _late)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    found, lines = [], []
    with without_extras():
        for place, those in sorted(heard.items()):
            try:
                own, count, noticed = Choice(module, place, those).make()
            except Exception as error:
                lines.append(f"{module} {place} {len(those)} 0 0 0 {error!r}")
                continue
            found += own
            lines.append(f"{module} {place} {len(those)} {len(own)} {count} {noticed}")
    return found, lines
