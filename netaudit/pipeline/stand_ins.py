"""Parts of numpy, pyarrow and Python that an audit never uses, and what stands there in a process of our own.

Together they take a tenth of what all imports take: texts of help, types for checkers, arrays with masks, certificates
of the system for clouds, a Python function for each of 350 that Arrow computes. Who asks a stand-in for more than it
has gets what it stands for.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import GenericAlias, ModuleType, SimpleNamespace
from typing import Any

KEYWORDS = {"and_": "and", "or_": "or"}  # as pyarrow calls what Python cannot
AT_ONCE = ("utf8_zero_fill",)  # what pyarrow itself asks for


class StandIn(ModuleType):
    """A module with a few names, which is taken away when it is asked for another."""

    def __init__(self, names: tuple[str, ...], name: str, given: dict[str, Any]) -> None:
        super().__init__(name)
        self.__dict__.update(given)
        self._names = names  # of all that go with it
        package, _, inner = name.rpartition(".")
        if package:  # where what is below it is found
            found = find_spec(package)
            self.__path__ = [f"{place}/{inner}" for place in (found and found.submodule_search_locations) or ()]

    def __getattr__(self, name: str) -> Any:
        """What the real module has."""
        if name.startswith("__"):
            raise AttributeError(name)
        for one in self._names:
            if isinstance(sys.modules.get(one), StandIn):
                sys.modules.pop(one, None)  # another thread may have done so
        return getattr(import_module(self.__name__), name)


class NDArray:
    """Of which type an array is, for who reads the code."""

    def __class_getitem__(cls, kind: Any) -> GenericAlias:
        """One that stands in unions as the real one does."""
        return GenericAlias(cls, (kind,))


class MaskedArray:
    """No array is of it, as long as nobody asks for the real one."""


def _is_masked(_: object) -> bool:
    return False


def _no_certificates() -> SimpleNamespace:
    return SimpleNamespace(cafile=None, capath=None)


def load_numpy() -> None:
    """Load numpy without texts of help, types and masks."""
    if "numpy" in sys.modules:
        return
    for name in ("numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars"):  # which are run, and give nothing
        sys.modules[name] = ModuleType(name)
    put = _put({"numpy._typing": {"NDArray": NDArray}, "numpy.typing": {"NDArray": NDArray}})
    put += _put({"numpy.ma": {"MaskedArray": MaskedArray, "is_masked": _is_masked}})
    numpy = import_module("numpy")
    for one in put:
        setattr(numpy, one.__name__.rpartition(".")[2], one)


def load_pyarrow() -> None:
    """Load pyarrow, its functions, what groups rows, and what reads and writes Parquet."""
    _put({"pydoc": {}})
    (certificates,) = _put({"ssl": {"get_default_verify_paths": _no_certificates}}) or (None,)
    import pyarrow as pa

    pa.array([0])
    _load_functions()
    for name in ("pyarrow.acero", "pyarrow.parquet"):
        import_module(name)
    if certificates is not None:
        del certificates.__dict__["get_default_verify_paths"]


def _load_functions() -> None:
    """Load pyarrow's functions, each of which is made when it is asked for, without its help.

    The list of options in the help of each takes a third of the time, their signatures most of the rest.
    """
    if "pyarrow.compute" in sys.modules:
        return
    inner: Any = import_module("pyarrow._compute")
    registry = inner.function_registry()
    few = SimpleNamespace(list_functions=lambda: AT_ONCE, get_function=registry.get_function)
    scraped = ModuleType("pyarrow.vendored.docscrape")
    scraped.__dict__["NumpyDocString"] = lambda _: {"Parameters": ()}
    inner.function_registry = lambda: few
    try:
        with _instead(scraped):
            compute: Any = import_module("pyarrow.compute")
    finally:
        inner.function_registry = compute.function_registry = lambda: registry
    names = frozenset(registry.list_functions())

    def made(name: str) -> Any:
        inside = KEYWORDS.get(name, name)
        if inside not in names:
            raise AttributeError(f"module 'pyarrow.compute' has no attribute {name!r}", name=name)
        function = compute._wrap_function(name, registry.get_function(inside))  # noqa: SLF001
        setattr(compute, name, function)
        return function

    compute.__getattr__ = made


def _put(given: dict[str, dict[str, Any]]) -> list[ModuleType]:
    """Put stand-ins that go together, with these names in each, where they are looked for; none where one is there."""
    if not given.keys().isdisjoint(sys.modules):
        return []
    put: list[ModuleType] = [StandIn(tuple(given), name, names) for name, names in given.items()]
    sys.modules.update({one.__name__: one for one in put})
    return put


@contextlib.contextmanager
def _instead(module: ModuleType) -> Iterator[None]:
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before
