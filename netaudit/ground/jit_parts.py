"""Kernels as numba dispatchers: compiled for Python where Python calls them, linked where other kernels do.

numba makes every jitted function callable from Python: a wrapper that unpacks its arguments, another for C, machine
code of it and of all it calls, and a file. A helper kernel needs none of that: its caller's code holds it. With some
150 helpers below 19 kernels that Python calls this was two fifths of the time to compile, and 40 of 46 MB.

What is used of numba's inside: a dispatcher is asked for a template while its caller is typed and for a key when the
call is lowered; a pipeline may bring its own library; a library is finalised before it is linked into others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher
from numba.core.sigutils import normalize_signature


class Entry(CPUDispatcher):
    """A kernel as Python calls it."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, targetoptions=options)
        self._part = _Part(function, {**options, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """How it is called from a kernel: as a part, one for all signed integers, which reckon in 64 bits anyway."""
        return self._part.get_call_template(tuple(map(_plain, args)), kws)

    def get_overload(self, sig: Any) -> Any:
        """By what a kernel that calls it finds its code."""
        return self._part.get_overload(sig)


def _plain(kind: Any) -> Any:
    if isinstance(kind, types.IntegerLiteral | types.BooleanLiteral):
        kind = kind.literal_type
    return types.int64 if isinstance(kind, types.Integer) and getattr(kind, "signed", False) else kind


class _Part(CPUDispatcher):
    """A kernel as kernels call it."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, targetoptions=options, pipeline_class=_PartCompiler)

    def add_overload(self, cres: Any) -> None:
        """Let callers find it by its library, where one that can be run is found by its entry point."""
        self.targetctx.insert_user_function(cres.library, cres.fndesc, [cres.library])
        self.overloads[tuple(cres.signature.args)] = cres

    def get_overload(self, sig: Any) -> Any:
        """Its library."""
        args, _ = normalize_signature(sig)
        result: Any = self.overloads[tuple(args)]
        return result.library


class _PartCompiler(Compiler):
    """The usual way, into a library that is never run."""

    def define_pipelines(self) -> Any:
        """As usual."""
        self.state.flags.no_compile = True
        self.state.library = _PartLibrary(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return super().define_pipelines()


class _PartLibrary(JITCodeLibrary):
    """Code to be linked: it is optimised once, with all of its caller, and has no machine code of its own."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout  # noqa: SLF001

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True
