"""What functions of the reading rooms answer to arguments that were written down, digest by digest.

A capture reaches a function by way of all the others, with what they make of it: where a decision turns at a number, no
capture may have that number. `pack/calls.bin` holds calls by themselves (tests/validate/calling.py writes it): of a
function its arguments as values, of a method the state of its object too. Each is made, and its answer and what became
of the arguments are hashed, by module. Kernels are asked as the Python that they are written in: what is compiled of
them the stages show (`stages.py`). Part of what a release told (`reference.py`).
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import io
import itertools
import lzma
import math
import pickle
import re
import warnings
import zlib
from collections import Counter, OrderedDict, defaultdict, deque
from enum import Enum
from importlib.resources import files
from pathlib import Path, PurePath
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.recfunctions import repack_fields

from netaudit.validate.constants import uncompiled, without_extras

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLAIN = (bool, int, float, str, bytes, type(None))
MOST_YIELDED = 2000  # of what a generator gives
MOST_OF_ARRAY = 1 << 22  # bytes of an array that is written
MOST_OF_FILE = 1 << 14  # and of a file
SMALL, ZIPPED = 1 << 10, b"zipped"  # an array of more bytes than these is written so, and hashed where it is an answer
FACTORIES = {one.__name__: one for one in (list, dict, set, int, str, bytes, bytearray, tuple, deque, Counter)}


AROUND = ("__func__", "__wrapped__", "py_func")


class Call(NamedTuple):
    """One call: a function by its place in its module, and its arguments as `written` has them."""

    function: str
    arguments: list[Any]
    named: dict[str, Any]


class UnwrittenError(Exception):
    """A value that cannot be written down."""


class Told:
    """Stands for a function that was made while a program ran: it keeps what it is told, and answers nothing."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def __call__(self, *arguments: Any, **named: Any) -> None:
        """Keep it."""
        self.said.append((arguments, named))


def calls() -> dict[str, list[Call]]:
    """All calls, by module."""
    data = lzma.decompress(files(__package__).joinpath("pack").joinpath("calls.bin").read_bytes())
    return {module: [Call(*one) for one in those] for module, those in plain(data).items()}


def of_calls(of: dict[str, list[Call]] | None = None) -> dict[str, str]:
    """Digests of what is answered, by module and function. A function that is not there is told by its name."""
    found: dict[str, Any] = {}
    with without_extras(), uncompiled(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that turn over, and of patterns that nobody would write
        for module, those in (calls() if of is None else of).items():
            for call in those:
                digest = found.setdefault(f"calls/{module}.{call.function}", hashlib.sha256())
                digest.update(answered(module, call).encode("utf-8", "surrogatepass"))
    return {name: one.hexdigest()[:16] for name, one in found.items()}


def answered(module: str, call: Call) -> str:
    """What a call answers, and what became of its arguments, in words."""
    try:
        function = function_at(module, call.function)
        again = functools.partial(read, made=[])
        arguments, named = list(map(again, call.arguments)), {name: again(one) for name, one in call.named.items()}
    except Exception as error:  # noqa: BLE001  (what was written down may be of another version)
        return f"no call: {type(error).__name__}"
    try:
        answer = function(*arguments, **named)
        if hasattr(answer, "__next__"):
            answer = list(itertools.islice(answer, MOST_YIELDED))
    except Exception as error:  # noqa: BLE001  (what it refuses is part of what it answers)
        answer = ("raised", type(error).__name__)
    return repr(written((answer, arguments, list(named.values())), refuse=False))


def function_at(module: str, place: str) -> Callable[..., Any]:
    """The function itself, without what is around it. Raises AttributeError and ImportError."""
    found: Any = importlib.import_module(module)
    for name in place.split("."):
        found = vars(found)[name] if isinstance(found, type) and name in vars(found) else getattr(found, name)
    function: Callable[..., Any] = bare(found)
    return function


def bare(found: Any) -> Any:
    """What a decorator of this kind is around, and what was compiled."""
    if isinstance(found, property):
        return found.fget
    if isinstance(found, functools.cached_property):
        return found.func
    while inner := next(filter(None, (getattr(found, name, None) for name in AROUND)), None):
        found = inner
    return found


# values as plain ones: what is not plain is a tuple that begins with its kind


def written(
    value: Any, *, refuse: bool = True, room: list[int] | None = None, seen: dict[int, int] | None = None
) -> Any:
    """A value as plain ones. Raises UnwrittenError for what cannot be made again, unless its type's name is enough.

    And for what is larger than `room`, which gets less by what is written. Of `seen` are the numbers of the objects
    that were written so far: what is met again is the same one.
    """
    seen = {} if seen is None else seen
    if room is not None:
        room[0] -= 1 + (len(value) if isinstance(value, str | bytes | bytearray) else 0)
        if room[0] < 0:
            raise UnwrittenError
    if type(value) in PLAIN:
        return round(value, 9) if isinstance(value, float) and not refuse else value
    inner = functools.partial(written, refuse=refuse, room=room, seen=seen)
    kind = type(value).__name__
    match value:
        case Enum():
            return ("enum", _place(type(value)), value.name)
        case tuple() if hasattr(value, "_fields"):
            return ("named", _place(type(value)), list(map(inner, value)))
        case Counter() | OrderedDict():
            return (kind, [(inner(key), inner(one)) for key, one in value.items()])
        case defaultdict():
            factory = getattr(value.default_factory, "__name__", "")
            if factory not in FACTORIES and refuse:
                raise UnwrittenError
            return (kind, [(inner(key), inner(one)) for key, one in value.items()], factory)
        case dict() if kind == "dict":
            return (kind, [(inner(key), inner(one)) for key, one in value.items()])
        case set() | frozenset() if kind in ("set", "frozenset"):
            return (kind, sorted(map(inner, value), key=repr))
        case deque():
            return (kind, list(map(inner, value)), value.maxlen)
        case tuple() | list() if kind in ("tuple", "list"):
            return (kind, list(map(inner, value)))
        case bytearray() | memoryview():
            return (kind, bytes(value))
        case np.ndarray() if value.nbytes <= MOST_OF_ARRAY or not refuse:
            octets = _octets(value).rstrip(b"\0")
            if len(octets) > SMALL:
                octets = ZIPPED + zlib.compress(octets, 6) if refuse else hashlib.sha256(octets).digest()
            return (kind, _layout(value.dtype, refuse=refuse), list(value.shape), inner(octets))
        case np.generic():
            return ("generic", _layout(value.dtype, refuse=refuse), _octets(np.asarray(value)))
        case re.Pattern():
            return ("pattern", value.pattern, value.flags)
        case io.BytesIO():
            return ("file", inner(value.getvalue()), value.tell())
        case io.BufferedReader() if isinstance(value.raw, io.FileIO) and value.seekable():
            at = value.tell()
            value.seek(0)
            data = value.read(MOST_OF_FILE)
            value.seek(at)
            return ("file", inner(data), at)
        case Told():
            return ("told", list(map(inner, value.said)))
        case functools.partial():
            return ("partial", inner(value.func), list(map(inner, value.args)), inner(value.keywords))
        case PurePath():
            return ("path", value.as_posix())
        case _:
            return (
                _function(value, inner)
                if callable(value) and not isinstance(value, type)
                else _object(value, inner, seen)
            )


def _function(value: Any, inner: Callable[[Any], Any]) -> Any:
    """A function of ours by its name, a method by its object, one that was made meanwhile as something that is told."""
    place, owner = getattr(value, "__qualname__", ""), getattr(value, "__self__", None)
    ours = str(getattr(value, "__module__", "")).startswith("netaudit")
    if owner is not None and not isinstance(owner, ModuleType):
        return ("method", inner(owner), value.__name__)
    if "<" in place and isinstance(value, FunctionType):
        return ("told", [])
    if ours and place and hasattr(value, "__code__" if not hasattr(value, "__wrapped__") else "__wrapped__"):
        return ("place", f"{value.__module__}:{place}")
    return _object(value, inner, inner.keywords["seen"])  # type: ignore[attr-defined]


def _object(value: Any, inner: Callable[[Any], Any], seen: dict[int, int]) -> Any:
    """An object of ours by what it holds, a class of ours by its name."""
    kind, refuse = type(value), inner.keywords["refuse"]  # type: ignore[attr-defined]
    if id(value) in seen:
        return ("again", seen[id(value)])
    if kind.__module__.startswith("pyarrow") and hasattr(value, "to_pylist"):
        return ("arrow", str(getattr(value, "type", "")), inner(value.to_pylist()))
    if not kind.__module__.startswith("netaudit"):
        if isinstance(value, type) and value.__module__.startswith("netaudit") and "<" not in value.__qualname__:
            return ("place", _place(value))
        if refuse:
            raise UnwrittenError
        return ("some", kind.__name__)
    if "<" in kind.__qualname__ or (refuse and isinstance(value, BaseException)):
        raise UnwrittenError
    seen[id(value)] = len(seen)
    return ("object", _place(kind), [(name, _within(one, inner)) for name, one in sorted(_held(value), key=_name)])


def _name(held: tuple[str, Any]) -> str:
    return held[0]


def _within(value: Any, inner: Callable[[Any], Any]) -> Any:
    """What an object of ours holds; nothing for an object of others (a decoder, a file)."""
    seen = inner.keywords["seen"]  # type: ignore[attr-defined]
    before = len(seen)
    try:
        return inner(value)
    except UnwrittenError:
        while len(seen) > before:
            seen.popitem()
        return ("nothing", type(value).__name__)


def _held(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, by name."""
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            own = f"_{kind.__name__.lstrip('_')}{name}" if name[:2] == "__" and name[-2:] != "__" else name
            if own not in ("__dict__", "__weakref__") and hasattr(value, own):
                yield own, getattr(value, own)


def _place(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _octets(value: np.ndarray[Any, Any]) -> bytes:
    """Bytes of an array, without those between its fields, which are anything."""
    whole = np.ascontiguousarray(value)
    return repack_fields(whole, recurse=True).tobytes() if whole.dtype.names else whole.tobytes()


def _array(layout: Any, shape: list[int], data: bytes) -> np.ndarray[Any, Any]:
    """Zeros at its end were not written, and what is large was zipped."""
    dtype = _dtype(layout)
    packed = repack_fields(dtype, recurse=True) if dtype.names else dtype
    data = zlib.decompress(data.removeprefix(ZIPPED)) if data.startswith(ZIPPED) else data
    data = data.ljust(math.prod(shape) * packed.itemsize, b"\0")
    if dtype.names is None:
        return np.frombuffer(bytearray(data), dtype).reshape(shape)
    made = np.zeros(shape, dtype)
    made[...] = np.frombuffer(data, packed).reshape(shape)
    return made


def _layout(dtype: np.dtype[Any], *, refuse: bool) -> Any:
    if dtype.hasobject:
        if refuse:
            raise UnwrittenError
        return "objects"
    if dtype.names is None:
        return dtype.str
    return [[dtype.itemsize], *((name, *_field(dtype, name)) for name in dtype.names)]


def _field(dtype: np.dtype[Any], name: str) -> tuple[Any, int]:
    assert dtype.fields is not None
    inner, offset = dtype.fields[name][:2]
    return (inner.str if inner.subdtype is None else [inner.base.str, list(inner.shape)]), offset


def read(value: Any, *, made: list[Any] | None = None) -> Any:
    """The value that was written; of `made` are the objects so far.

    Raises AttributeError, ImportError, ValueError where it is of another version.
    """
    if not isinstance(value, tuple):
        return value
    made = [] if made is None else made
    again = functools.partial(read, made=made)
    kind, first, *more = value
    match kind:
        case "nothing":
            return None
        case "again":
            return made[first]
        case "enum":
            return _thing(first)[more[0]]
        case "named":
            return _thing(first)._make(map(again, more[0]))
        case "place":
            return _thing(first)
        case "Counter" | "OrderedDict" | "dict":
            found: Any = {"Counter": Counter, "OrderedDict": OrderedDict, "dict": dict}[kind]()
            found.update({again(key): again(one) for key, one in first})
            return found
        case "defaultdict":
            return defaultdict(FACTORIES.get(more[0]), {again(key): again(one) for key, one in first})
        case "set" | "frozenset" | "tuple" | "list":
            return {"set": set, "frozenset": frozenset, "tuple": tuple, "list": list}[kind](map(again, first))
        case "deque":
            return deque(map(again, first), more[0])
        case "bytearray" | "memoryview":
            return bytearray(first) if kind == "bytearray" else memoryview(first)
        case "ndarray":
            return _array(first, *more)
        case "generic":
            return _array(first, [1], more[0])[0]
        case "pattern":
            return re.compile(first, more[0])
        case "object":
            kind_of = _thing(first)
            made.append(
                thing := kind_of.__new__(kind_of) if issubclass(kind_of, io.IOBase) else object.__new__(kind_of)
            )
            for name, one in more[0]:
                object.__setattr__(thing, name, again(one))
            return thing
        case "method":
            return getattr(again(first), more[0])
        case _:
            return _of_others(kind, first, more, again)


def _of_others(kind: str, first: Any, more: list[Any], again: Callable[[Any], Any]) -> Any:
    """A file in memory, a function with some of its arguments, a path, a column, something that is told."""
    match kind:
        case "file":
            found = io.BytesIO(first)
            found.seek(more[0])
            return found
        case "partial":
            return functools.partial(again(first), *map(again, more[0]), **again(more[1]))
        case "path":
            return Path(first)
        case "told":
            return Told()
        case "arrow":
            import pyarrow as pa

            return pa.array(again(more[0]), pa.type_for_alias(first))
    raise ValueError(kind)


def _dtype(layout: Any) -> np.dtype[Any]:
    if isinstance(layout, str):
        return np.dtype(layout)
    (size,), *those = layout
    formats = [one if isinstance(one, str) else (one[0], tuple(one[1])) for _, one, _ in those]
    names, offsets = [name for name, *_ in those], [at for *_, at in those]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


def _thing(place: str) -> Any:
    module, _, name = place.partition(":")
    if not module.startswith("netaudit"):
        raise ValueError(place)
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


class _Plain(pickle.Unpickler):
    """Plain values and their containers only."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name}")


def plain(data: bytes) -> Any:
    """Plain values out of a file."""
    return _Plain(io.BytesIO(data)).load()
