"""Hears calls of the functions of the reading rooms while tests run, or the pack is read (for `calling.py`)."""

from __future__ import annotations

import contextlib
import functools
import itertools
import pickle
import signal
import sys
import tempfile
import time
import types
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netaudit.streams import state
from netaudit.streams.layouts import RECENT_SEGMENTS, Tables
from netaudit.streams.state import Limits, make
from netaudit.validate.calls import PLAIN, UnwrittenError, bare, written
from netaudit.validate.constants import KERNELS, _modules
from tests.validate.gathering import spread

HERE = tempfile.gettempdir().encode()  # where a test's files lie
LARGEST = 9000  # bytes of a call, as written
OF_ONE, OF_TEST = 80, 6  # calls of a function that are kept, and of them of one test
OF_TRIES = 60  # calls of a function that are looked at in one test, or one reading
OF_END = 7  # and of those that end on the same line with the same kind of answer
PATIENCE = 60  # seconds of one test
TRIED, IN_VAIN = 2500, 80  # calls of a function that are looked at, and without any that can be written


def functions() -> dict[types.CodeType, tuple[str, str]]:
    """Module and place in it, by code."""
    found = {}
    for module in _modules():
        for name, thing in vars(module).items():
            if isinstance(thing, type) and thing.__module__ == module.__name__:
                inner = [(f"{name}.{own}", value) for own, value in vars(thing).items()]
            else:
                inner = [(name, thing)]
            for place, value in inner:
                function = bare(value)
                own = isinstance(function, types.FunctionType) and function.__code__.co_filename == module.__file__
                if own:
                    found[function.__code__] = module.__name__, place
    return found


class TooLongError(Exception):
    """A test takes longer than what it says is worth."""


def _too_long(*_: object) -> None:
    raise TooLongError


def _is_plain(answer: object) -> bool:
    return isinstance(answer, PLAIN) or type(answer) in (list, tuple, dict, set, bytearray)


class Heard:
    """Calls by function, as bytes."""

    def __init__(self) -> None:
        self.codes = functions()
        self.calls: dict[tuple[str, str], dict[bytes, None]] = defaultdict(dict)
        self.open: dict[int, bytes] = {}  # by the frame that answers
        self.ends: Counter[tuple[tuple[str, str], tuple[object, ...]]] = Counter()
        self.tried: Counter[tuple[str, str]] = Counter()
        self.tried_of: Counter[tuple[tuple[str, str], str]] = Counter()
        self.of_test: Counter[tuple[tuple[str, str], str]] = Counter()
        self.test = ""

    @contextlib.contextmanager
    def profiled(self) -> Iterator[None]:
        """Listen by what Python tells of every call."""
        sys.setprofile(self.profile)
        try:
            yield
        finally:
            sys.setprofile(None)

    @contextlib.contextmanager
    def wrapped(self) -> Iterator[None]:
        """Listen by standing in the place of functions, of each until it was heard often enough."""
        modules = [one for name, one in sys.modules.items() if name.startswith("netaudit.")]
        named: dict[Any, list[tuple[Any, str]]] = defaultdict(list)
        for module in modules:
            for name, value in vars(module).items():
                if isinstance(value, types.FunctionType) and value.__code__ in self.codes:
                    named[value].append((module, name))

        def put(function: Any, what: Any) -> None:
            for module, name in named[function]:
                setattr(module, name, what)

        def stands_for(function: Any) -> Any:
            place, left = self.codes[function.__code__], [OF_TRIES]
            names = function.__code__.co_varnames

            def stand(*given: Any) -> Any:
                left[0] -= 1
                if left[0] < 0 or self.of_test[place, self.test] >= OF_TEST:
                    put(function, function)
                    return function(*given)
                self.tried[place] += 1
                data = self.hear(function.__code__, dict(zip(names, given, strict=False)))
                answer = function(*given)
                if data:
                    self.end(place, data, (repr(answer)[:99],))
                return answer

            return stand

        for function in list(named):
            if len(self.calls[self.codes[function.__code__]]) < OF_ONE:
                put(function, stands_for(function))
        try:
            yield
        finally:
            for function in named:
                put(function, function)

    def profile(self, frame: types.FrameType, event: str, answer: object) -> None:
        if event not in ("call", "return") or (place := self.codes.get(frame.f_code)) is None:
            return
        if event == "return":
            if (data := self.open.pop(id(frame), None)) is not None:
                self.end(
                    place, data, (frame.f_lineno, type(answer).__name__, bool(answer) if _is_plain(answer) else None)
                )
            return
        if self.of_test[place, self.test] >= OF_TEST or self.tried_of[place, self.test] >= OF_TRIES:
            return
        self.tried_of[place, self.test] += 1
        self.tried[place] += 1
        kept = len(self.calls[place])
        if self.tried[place] > (TRIED if kept else IN_VAIN) or kept >= OF_ONE:
            del self.codes[frame.f_code]
            return
        sys.setprofile(None)
        try:
            if data := self.hear(frame.f_code, dict(frame.f_locals)):
                self.open[id(frame)] = data
        finally:
            sys.setprofile(self.profile)

    def end(self, place: tuple[str, str], data: bytes, end: tuple[object, ...]) -> None:
        """Keep a call, unless enough ended so."""
        if data not in self.calls[place] and self.ends[place, end] < OF_END:
            self.calls[place][data] = None
            self.ends[place, end] += 1
            self.of_test[place, self.test] += 1

    def hear(self, code: types.CodeType, values: dict[str, Any]) -> bytes | None:
        """A call as bytes, where it can be written."""
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        rest = code.co_varnames[len(names) : len(names) + bool(code.co_flags & 4) + bool(code.co_flags & 8)]
        if set(values) - {*names, *rest, "__class__"}:
            return None  # a generator that goes on
        room = [LARGEST]
        write = functools.partial(written, room=room, seen={})
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
            return None
        return data if room[0] >= 0 and len(data) <= LARGEST and HERE not in data else None

    # of pytest

    pytest_collection_modifyitems = staticmethod(spread)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.test = item.nodeid.partition("[")[0]
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(PATIENCE)
        sys.setprofile(self.profile)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            signal.alarm(0)


def _small(limits: Limits) -> Tables:
    """Tables of flows as kernels find them, with few rows at first, so that a call of one can be written."""
    t = make(limits)
    t.connections["chain"][FEW - 1] = t.waiting["next"][4 * FEW - 1] = -1
    t.cursor["free_segments"] = 4 * FEW
    tables = {name: np.zeros(size * FEW, getattr(t, name).dtype) for name, size in OF_TABLES.items()}
    for name in ("connections", "waiting"):
        tables[name][:] = getattr(t, name)[: tables[name].size]
    return t._replace(**tables)


FEW = 8
OF_TABLES = {
    "connections": 1, "sides": 2, "recents": 2 * RECENT_SEGMENTS, "walks": 1, "answers": 1, "waiting": 4, "emitted": 8,
    "rows": 2, "row_slots": 2,
}  # fmt: skip


def pack_heard(*, kernels: bool) -> Heard:
    """What is called while the pack is read in small windows, whole and damaged, and audited; or of kernels, as Python.

    A kernel is called for every byte: those heard are wrapped, and no more than needed.
    """
    from netaudit.validate.pack.cases import pack, released
    from netaudit.validate.running import audited, write
    from netaudit.validate.stages import WAYS, Way, of_stages

    heard = Heard()
    heard.codes = {code: at for code, at in heard.codes.items() if bool(KERNELS.search(at[0])) == kernels}
    files = pack()
    files += released(files)
    ways = {"heads": Way(2048, bytes_of=2), "bodies": WAYS["bodies"]}
    if kernels:
        bounds = WAYS["bounds"].limits
        ways |= {"bodies": Way(2048, bounds), "losses": Way(2048, bounds, lost_of=9)}
        state.make = _small
    listen = heard.wrapped if kernels else heard.profiled
    with tempfile.TemporaryDirectory() as scratch:
        write(files, Path(scratch) / "pack")
        for room, name in itertools.product(sorted({one.room for one in files}), [*ways, *["audit"] * (not kernels)]):
            heard.test = f"{room} {name}"
            begun = time.process_time()
            with listen():
                if name == "audit":
                    audited(Path(scratch), room)
                else:
                    of_stages(Path(scratch) / "pack" / room, room, {name: ways[name]})
            print(heard.test, round(time.process_time() - begun, 1), sum(map(len, heard.calls.values())), flush=True)
    return heard
