"""Chooses of the calls of a function those that tell its faults (for `calling.py`)."""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import pickle
import re
import resource
import signal
import sys
import time
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netaudit.validate.calls import Call, answered, function_at
from netaudit.validate.constants import without_extras
from tests.mutation.operators import _annotations, _faulty, _fits
from tests.validate.altering import LONGEST, Altering
from tests.validate.comparing import hear, listening

PATIENCE = 0.1  # seconds of one call
SPENT, OF_FAULT, MOST_SPENT = 0.4, 0.06, 5.0  # seconds of one function, more for each fault that is left, at most
OF_WAY, AT_RANDOM = 5, 0.3  # calls in which a comparison came out so, that are tried; and share of others
BASES = 250  # calls that others are made of
MEMORY = 256 << 20  # bytes more than a process begins with


class Late(BaseException):
    """A call took too long."""


def _late(*_: object) -> None:
    raise Late


class Opened(BaseException):
    """A call went to the system."""


WATCHING = False
WATCHED = ("open", "os.", "subprocess.", "socket.", "shutil.", "tempfile.", "ctypes.", "mmap.")
LOOKING = ("open", "os.listdir", "os.scandir")
OWN = (str(Path(__file__).parents[2]), sys.prefix, sys.base_prefix)  # what is loaded late is no opening


def _watch(event: str, given: tuple[object, ...]) -> None:
    if WATCHING and event.startswith(WATCHED):
        if event in LOOKING and str(given[0]).startswith(OWN) and (event != "open" or given[1] in ("r", "rb")):
            return
        raise Opened


def asked(module: str, call: Call, *, patience: float = PATIENCE, watching: bool = True) -> bytes | None:
    """What is answered; None for what is not to be asked."""
    global WATCHING
    signal.setitimer(signal.ITIMER_PROF, patience)
    WATCHING = watching
    try:
        said = answered(module, call)
        return None if HANGS.search(said) else hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
    except (Late, Opened, Exception):
        return None
    finally:
        WATCHING = False
        signal.setitimer(signal.ITIMER_PROF, 0)


HANGS = re.compile(r"^no call|\('raised', '(?:MemoryError|RecursionError)'\)")  # on what else is there


def _source(code: types.CodeType) -> tuple[ast.Module, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The module and the function that a code was compiled of."""
    tree = ast.parse(Path(code.co_filename).read_text("utf-8"))
    function = next(
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and one.name == code.co_name
        and min([one.lineno, *(own.lineno for own in one.decorator_list)]) == code.co_firstlineno
    )
    return tree, function


def faults(code: types.CodeType) -> Iterator[tuple[types.CodeType, set[int]]]:
    """The code with each fault that fits, and lines of which one is reached where the fault is."""
    tree, function = _source(code)
    no = _annotations(tree)
    for own in (function.args, *function.decorator_list):  # what is made while a module is loaded
        no |= {id(one) for one in ast.walk(own)}
    begins = {}
    for statement in ast.walk(function):
        if isinstance(statement, ast.stmt):
            begins.update({id(one): statement.lineno for one in ast.walk(statement)})
    for parent in list(ast.walk(function)):
        for name, held in ast.iter_fields(parent):
            for at, node in enumerate(held if isinstance(held, list) else [held]):
                for what in _fits(node) if isinstance(node, ast.AST) and id(node) not in no else ():
                    with _replaced(parent, name, at, _faulty(copy.deepcopy(node), what)):
                        faulty = _compiled(function, code)
                    if faulty.co_freevars == code.co_freevars:
                        end = node.end_lineno or node.lineno if isinstance(node, ast.expr) else node.lineno
                        yield faulty, {begins[id(node)], *range(node.lineno, end + 1)}


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
        self.code = self.function.__code__
        self.begun = time.process_time()
        self.known: dict[bytes, tuple[bytes, frozenset[int]]] = {}  # what is answered, by way of which lines, by call
        self.pairs: dict[bytes, list[tuple[Any, Any]]] = {}  # of values that were compared, by call
        self.ways: Counter[tuple[Any, ...]] = Counter()  # how often a comparison came out so
        self.tried: set[bytes] = set()
        self.bases: list[bytes] = []
        self.kept: dict[bytes, None] = {}
        self.lines: set[int] = set()
        self.left = list(faults(self.code)) if heard else []
        self.count = len(self.left)
        self.heard = heard
        self.comparing = hear(self.function)
        function, self.compared = listening(_source(self.code)[1])
        listens = _compiled(function, self.code)
        self.listens = listens if listens.co_freevars == self.code.co_freevars else self.code

    def make(self) -> tuple[list[Call], int, int]:
        """The calls, how many faults there are, and how many are told."""
        most = min(SPENT + OF_FAULT * self.count, MOST_SPENT)
        for data in self.heard:
            if self._is_late(most) or (self.bases and not self.left):
                break
            if self._learn(data):
                self._goes(data)
                self.bases.append(data)
                self._try(data, self.known[data][1])
        self.begun, most = time.process_time(), min(SPENT + OF_FAULT * len(self.left), MOST_SPENT)
        if self.bases:
            self._alter(most)
        kept = list(self.kept) or self.bases[:1]
        return [self._call(data) for data in kept], self.count, self.count - len(self.left)

    def _alter(self, most: float) -> None:
        altering = Altering(self.function, f"{self.module} {self.place}")
        pick = altering.random
        while self.left and not self._is_late(most):
            lines = pick.choice(self.left)[1]
            near = [data for data in self.bases if self.known[data][1] & lines] if pick.random() < 0.7 else []
            base = pick.choice(near or self.bases)
            data = pickle.dumps(altering.one(pickle.loads(base), self.pairs.get(base, [])), 5)
            if data in self.tried or len(data) > 2 * LONGEST:
                continue
            new = self._goes(data)
            if (new or pick.random() < AT_RANDOM / 3) and self._learn(data):
                if new and len(self.bases) < BASES:
                    self.bases.append(data)
                self._try(data, new if pick.random() > AT_RANDOM else self.known[data][1])

    def _goes(self, data: bytes) -> set[int]:
        """Lines where a call compares as few did; what it compares is kept."""
        self.tried.add(data)
        self.comparing.begin()
        self.function.__code__ = self.listens
        try:
            if asked(self.module, self._call(data)) is None:
                return set()
        finally:
            self.function.__code__ = self.code
        new = {self.compared[one[0]] for one in self.comparing.ends if self.ways[one] < OF_WAY}
        self.ways.update(self.comparing.ends)
        self.pairs[data] = list(self.comparing.pairs)
        return new

    def _call(self, data: bytes) -> Call:
        return Call(self.place, *pickle.loads(data))

    def _is_late(self, most: float) -> bool:
        return time.process_time() - self.begun > most

    def _learn(self, data: bytes) -> bool:
        """What is answered without a fault, and by way of which lines; whether it can be asked."""
        self.lines = set()
        sys.settrace(self._called)
        try:
            said = asked(self.module, self._call(data), patience=3 * PATIENCE)
        finally:
            sys.settrace(None)
        if said:
            self.known[data] = said, frozenset(self.lines)
        return said is not None

    def _called(self, frame: types.FrameType, _: str, __: object) -> Any:
        if frame.f_code is self.code or (
            frame.f_code.co_filename == self.code.co_filename
            and frame.f_code.co_qualname.startswith(self.code.co_qualname + ".")
        ):
            return self._reached
        return None

    def _reached(self, frame: types.FrameType, event: str, _: object) -> Any:
        if event == "line":
            self.lines.add(frame.f_lineno)
        return self._reached

    def _try(self, data: bytes, near: set[int] | frozenset[int]) -> None:
        """Keep a call that tells a fault, of those near these lines, that none did."""
        said, lines = self.known[data]
        call, left = self._call(data), []
        for fault, those in self.left:
            if near & those and lines & those and self._tells(fault, call, said):
                self.kept[data] = None
            else:
                left.append((fault, those))
        self.left = left

    def _tells(self, fault: types.CodeType, call: Call, said: bytes) -> bool:
        self.function.__code__ = fault
        try:
            return asked(self.module, call) != said
        finally:
            self.function.__code__ = self.code


def of_module(module: str, heard: dict[str, list[bytes]]) -> tuple[str, list[Call], list[str]]:
    """Calls of a module, and of each function what is told."""
    signal.signal(signal.SIGPROF, _late)
    resource.setrlimit(resource.RLIMIT_AS, (_now() + MEMORY, resource.RLIM_INFINITY))
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None  # of objects that were made without all that they hold
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
    return module, found, lines


def _now() -> int:
    """Bytes of addresses that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
