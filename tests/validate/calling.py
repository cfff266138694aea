"""Writes down calls of the functions of the reading rooms: what a copy has to answer as the released one did (A90).

`python -m tests.validate.calling [--heard FILE] [ROOM …]` runs the tests of the rooms once, listens to every call of a
function whose arguments can be written down, then chooses: of each function the fewest calls of all heard, and of
others that differ from one of them in one value, that answer otherwise when the function has a fault (of the operators
of tests/mutation, each at each place). Writes `netaudit/validate/pack/calls.bin`. A call that opens a file, or answers
otherwise when it is made again, is none.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import functools
import hashlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
import types
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from netaudit.validate.calls import Call, UnwrittenError, answered, bare, calls, function_at, written
from netaudit.validate.constants import KERNELS, _modules, without_extras
from tests.mutation.operators import _annotations, _faulty, _fits
from tests.validate.gathering import PARAMETERS, TESTS, WITHOUT

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "netaudit" / "validate" / "pack" / "calls.bin"
LARGEST = 3000  # bytes of a call, as written
OF_ONE, OF_TEST = 60, 4  # calls of a function that are kept, and of them of one test
TRIED, IN_VAIN = 400, 60  # calls of a function that are looked at, and without success so far
BASES, ROUNDS = 24, 3  # calls that others are made of, and how often
ALTERED = 300  # such others in one round
PATIENCE = 0.25  # seconds of one call
SPENT = 2.0  # seconds of one function
MEMORY = 4 << 30
NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    20,
    31,
    32,
    63,
    64,
    100,
    127,
    128,
    199,
    200,
    255,
    256,
    400,
    1000,
    1 << 16,
    1 << 31,
)


def functions() -> dict[types.CodeType, tuple[str, str]]:
    """Module and place in it, by code."""
    found = {}
    for module in _modules():
        if KERNELS.search(module.__name__):
            continue
        for name, thing in vars(module).items():
            if isinstance(thing, type) and thing.__module__ == module.__name__:
                inner = [(f"{name}.{own}", value) for own, value in vars(thing).items()]
            else:
                inner = [(name, thing)]
            for place, value in inner:
                function = bare(value) if not hasattr(value, "py_func") else None
                own = isinstance(function, types.FunctionType) and function.__code__.co_filename == module.__file__
                if own:
                    found[function.__code__] = module.__name__, place
    return found


class Heard:
    """Calls by function, as bytes."""

    def __init__(self) -> None:
        self.codes = functions()
        self.calls: dict[tuple[str, str], dict[bytes, None]] = defaultdict(dict)
        self.tried: Counter[tuple[str, str]] = Counter()
        self.of_test: Counter[tuple[tuple[str, str], str]] = Counter()
        self.test = ""

    def profile(self, frame: types.FrameType, event: str, _: object) -> None:
        if event != "call" or (place := self.codes.get(frame.f_code)) is None:
            return
        code = frame.f_code
        if self.of_test[place, self.test] >= OF_TEST:
            return
        self.tried[place] += 1
        kept = len(self.calls[place])
        if self.tried[place] > (TRIED if kept else IN_VAIN) or kept >= OF_ONE:
            del self.codes[code]
            return
        sys.setprofile(None)
        try:
            self.hear(place, code, dict(frame.f_locals))
        finally:
            sys.setprofile(self.profile)

    def hear(self, place: tuple[str, str], code: types.CodeType, values: dict[str, Any]) -> None:
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        rest = code.co_varnames[len(names) : len(names) + bool(code.co_flags & 4) + bool(code.co_flags & 8)]
        if set(values) - {*names, *rest, "__class__"}:
            return  # a generator that goes on
        write = functools.partial(written, room=[LARGEST])
        try:
            positional = [write(values[name]) for name in names[: code.co_argcount]]
            more = list(rest)
            if code.co_flags & 4:
                positional += [write(one) for one in values[more.pop(0)]]
            named = {name: write(values[name]) for name in names[code.co_argcount :]}
            if more:
                named |= {name: write(one) for name, one in values[more.pop()].items()}
            data = pickle.dumps((positional, named), 5)
        except (UnwrittenError, KeyError, RecursionError, AttributeError, TypeError):
            return
        if len(data) <= LARGEST and data not in self.calls[place]:
            self.calls[place][data] = None
            self.of_test[place, self.test] += 1

    # of pytest

    def pytest_collection_modifyitems(self, items):
        of = defaultdict(list)
        for item in items:
            of[item.nodeid.partition("[")[0]].append(item)
        items[:] = [one for same in of.values() for one in same[:: -(-len(same) // PARAMETERS)]]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.test = item.nodeid.partition("[")[0]
        sys.setprofile(self.profile)
        try:
            return (yield)
        finally:
            sys.setprofile(None)


# other calls, that differ in one value


def others(call: tuple[list[Any], dict[str, Any]], seed: int) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Each differs in one plain value, at whatever depth."""
    whole = list(call)
    places = list(_places(whole, ()))
    for number, (place, value) in enumerate(places[:40]):
        for other in _altered(value, seed + number):
            yield tuple(_with(whole, place, other))


def _places(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _places(one, (*place, key))
    elif isinstance(value, list | tuple):
        begin = 1 if isinstance(value, tuple) else 0
        if isinstance(value, tuple) and value and value[0] in ("enum", "place", "pattern", "ndarray", "generic"):
            return
        for at, one in enumerate(value):
            if at < begin or (isinstance(value, tuple) and at == 1 and isinstance(one, str)):
                continue  # its kind, and whose it is
            if not (isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and at == 0):
                yield from _places(one, (*place, at))
    elif type(value) in (bytes, str, int, bool):
        yield place, value


def _with(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    at, *rest = place
    if isinstance(value, dict):
        return {**value, at: _with(value[at], tuple(rest), other)}
    made = list(value)
    made[at] = _with(made[at], tuple(rest), other)
    return type(value)(made) if not hasattr(value, "_fields") else type(value)(*made)


def _altered(value: Any, seed: int) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from dict.fromkeys(one for one in (value + 1, value - 1, -value, 2 * value, *NUMBERS) if one != value)
    elif not value:
        yield from (b"\0", b"a\r\n") if isinstance(value, bytes) else ("a", "1", " ")
    else:
        size = len(value)
        numbers = [int.from_bytes(hashlib.sha256(f"{seed} {n}".encode()).digest()[:4], "big") for n in range(12)]
        whole = value[:0]
        yield whole
        for at in dict.fromkeys([0, 1 % size, size - 1, size // 2, *(one % size for one in numbers)]):
            yield value[:at]
            yield value[at:]
            yield value[:at] + value[at + 1 :]
            yield value[:at] + value[at : at + 1] * 2 + value[at + 1 :]
            if isinstance(value, bytes):
                for byte in (value[at] ^ 1, value[at] ^ 0x80, 0, 0xFF, value[at] + 1 & 255):
                    yield value[:at] + bytes([byte]) + value[at + 1 :]
            else:
                for letter in (value[at].swapcase(), "0", " ", "\x00", "字", '"'):
                    yield value[:at] + letter + value[at + 1 :]
        yield value + value
        yield value * 40 if size < 60 else value


# choosing


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


def answers(*, backwards: bool) -> list[str]:
    """What every call that is kept answers in this process, in hexadecimal; nothing for one that is not to be asked."""
    every = [(module, call) for module, those in calls().items() for call in those]
    with without_extras():
        said = [asked(*one) for one in (reversed(every) if backwards else every)]
    found = [one.hex() if one else "" for one in said]
    return found[::-1] if backwards else found


def again(those: dict[str, list[Call]]) -> dict[str, list[Call]]:
    """Without what answers otherwise in another process, in another order, with other hashes of texts."""
    keep(those)
    said = []
    for seed in "12":
        words = [sys.executable, "-W", "ignore", "-m", "tests.validate.calling", f"--answers={seed}"]
        done = subprocess.run(words, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, stdout=subprocess.PIPE)
        said.append(done.stdout.decode().split("\n"))
    same = iter([one == other != "" for one, other in zip(*said, strict=True)])
    return {module: [call for call in own if next(same)] for module, own in sorted(those.items())}


def keep(kept: dict[str, list[Call]]) -> None:
    plain = {module: [tuple(call) for call in own] for module, own in sorted(kept.items())}
    PLACE.write_bytes(zlib.compress(pickle.dumps(plain, 5), 9))


def follow() -> None:
    """Calls of what stands in another module now, under its name there."""
    by_place: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for module, those in calls().items():
        for call in those:
            by_place[module, call.function].append((call.arguments, call.named))
    found: dict[str, list[Call]] = defaultdict(list)
    for (module, place), own in moved(by_place).items():
        found[module] += [Call(place, *one) for one in own]
    keep(found)


OURS = (("object",), ("enum",), ("named",), ("place",))


def moved(by_place: Any) -> Any:
    """The same of this copy, where a function or a class stands in another module than it did, under its name."""
    now: dict[str, list[str]] = defaultdict(list)
    for module in _modules():
        for name, thing in vars(module).items():
            if getattr(bare(thing), "__module__", "") == module.__name__:
                now[name].append(module.__name__)

    def home(module: str, place: str) -> str:
        name = place.partition(".")[0]
        return now[name][0] if module not in now[name] and len(now[name]) == 1 else module

    def walk(value: Any) -> Any:
        if isinstance(value, tuple) and value[:1] in OURS and str(value[1]).startswith("netaudit."):
            module, _, name = value[1].partition(":")
            return (value[0], f"{home(module, name)}:{name}", *map(walk, value[2:]))
        if isinstance(value, dict):
            return {key: walk(one) for key, one in value.items()}
        return type(value)(map(walk, value)) if isinstance(value, tuple | list) else value

    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for (module, place), those in by_place.items():
        found[home(module, place), place] += walk(those)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--heard", type=Path, default=Path("heard.pickle"), help="what the tests said, kept here")
    parser.add_argument("--told", type=Path, help="write here, by function, how many faults are told")
    parser.add_argument("--moved", action="store_true", help="only follow what stands in another module now")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("tests", nargs="*", default=[str(ROOT / "tests" / room) for room in (*TESTS, "identity_data")])
    parser.add_argument("--answers", type=int, help="only print what is answered; 2: in the other order")
    given = parser.parse_args()
    if given.answers:
        sys.addaudithook(_watch)
        signal.signal(signal.SIGPROF, _late)
        print("\n".join(answers(backwards=given.answers == 2)))
        return
    if given.moved:
        follow()
        return
    if not given.heard.is_file():
        heard = Heard()
        pytest.main(["-q", "-p", "no:cacheprovider", "-k", WITHOUT, *given.tests], plugins=[heard])
        given.heard.write_bytes(pickle.dumps({place: list(those) for place, those in heard.calls.items()}, 5))
    heard_in: dict[str, dict[str, list[bytes]]] = defaultdict(dict)
    unpacked = {
        place: list(map(pickle.loads, those)) for place, those in pickle.loads(given.heard.read_bytes()).items()
    }
    for (module, place), those in moved(unpacked).items():
        heard_in[module][place] = [pickle.dumps(one, 5) for one in those]
    sys.addaudithook(_watch)
    signal.signal(signal.SIGPROF, _late)
    with get_context("fork").Pool(given.processes) as pool:
        made = pool.starmap(of_module, sorted(heard_in.items()), chunksize=1)
    found = dict(zip(sorted(heard_in), (own for own, _ in made), strict=True))
    lines = [line for _, own in made for line in own]
    if given.told is not None:
        given.told.write_text("\n".join(lines) + "\n")
    kept = again(found)
    keep(kept)
    all_faults, all_told = (sum(int(line.split()[at]) for line in lines) for at in (4, 5))
    print(f"{sum(map(len, kept.values()))} calls of {sum(map(len, found.values()))}, {PLACE.stat().st_size} bytes; "
          f"{all_told} of {all_faults} faults are told")  # fmt: skip


if __name__ == "__main__":
    main()
