"""Kernels as numba dispatchers: compiled for Python where Python calls them, linked where other kernels do.

numba makes every jitted function callable from Python: a wrapper that unpacks its arguments, another for C, machine
code of it and of all it calls, and a file. A helper kernel needs none of that: its caller's code holds it. With some
150 helpers below 19 kernels that Python calls this was two fifths of the time to compile, and 40 of 46 MB.

What is used of numba's inside: a dispatcher is asked for a template while its caller is typed and for a key when the
call is lowered; a pipeline may bring its own library; a library is finalised before it is linked into others.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any

import numba.extending as ext
from llvmlite.binding import Linkage
from llvmlite.ir import Constant, IntType
from numba.core import cgutils, event, itanium_mangler, types
from numba.core import config as numba_config
from numba.core import typed_passes as typed
from numba.core import untyped_passes as untyped
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager
from numba.core.datamodel import models
from numba.core.imputils import impl_ret_borrowed
from numba.core.registry import CPUDispatcher
from numba.core.sigutils import normalize_signature
from numba.core.typing.context import Context
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.np import numpy_support

from netaudit.jit import intrinsics  # noqa: F401 - what is said there, numba knows from now on
from netaudit.jit.cache import BOUNDS, Compiled, asked, compiled
from netaudit.jit.calls import call_of, fits_whole, signature_of
from netaudit.jit.lowering import KernelLowering
from netaudit.jit.run_time import start

if TYPE_CHECKING:
    from collections.abc import Callable

config: Any = numba_config  # its attributes are set at run time


class Addressed(types.Type):
    """A named tuple of arrays, by its address."""

    def __init__(self, content: Any) -> None:
        self.content: Any = content  # the type of the tuple
        super().__init__(f"Addressed({content})")


def by_address(kind: Any) -> Any:
    """How a kernel takes what is of that type."""
    named = isinstance(kind, types.BaseNamedTuple)
    if named and all(isinstance(one, types.Array) for one in kind.types):
        return Addressed(kind)
    return kind


@ext.register_model(Addressed)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Addressed) -> None:
        super().__init__(manager, kind, manager.lookup(kind.content).get_value_type().as_pointer())


@infer_getattr
class _Attributes(AttributeTemplate):
    key = Addressed

    def generic_resolve(self, kind: Addressed, name: str) -> Any:  # type: ignore[override]
        """The type of a table."""
        return dict(zip(kind.content.fields, kind.content.types, strict=True)).get(name)


@ext.lower_getattr_generic(Addressed)
def _table(context: Any, builder: Any, kind: Addressed, address: Any, name: str) -> Any:
    at = kind.content.fields.index(name)
    place = builder.gep(address, [Constant(IntType(32), 0), Constant(IntType(32), at)], inbounds=True)
    return impl_ret_borrowed(context, builder, kind.content.types[at], builder.load(place))


@ext.unbox(Addressed)
def _from_python(kind: Addressed, value: Any, context: Any) -> Any:
    native = context.unbox(kind.content, value)
    place = cgutils.alloca_once_value(context.builder, native.value)
    return ext.NativeValue(place, is_error=native.is_error, cleanup=native.cleanup)


PASSES = (
    untyped.TranslateByteCode,
    untyped.FixupArgs,
    untyped.IRProcessing,
    untyped.GenericRewrites,
    untyped.ReconstructSSA,
    typed.NopythonTypeInference,
    typed.PreLowerStripPhis,
    typed.IRLegalization,
    KernelLowering,
    typed.NoPythonBackend,
)


_made = numpy_support.from_struct_dtype


@functools.cache
def _record(dtype: Any, _aligned: bool) -> Any:  # noqa: FBT001
    return _made(dtype)


def _record_of(dtype: Any) -> Any:
    """The type of a record, which numba makes for each array; dtypes are equal that only differ in being aligned."""
    return _record(dtype, dtype.isalignedstruct)


class Entry(CPUDispatcher):
    """A kernel as Python calls it."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, targetoptions={**options, "no_cfunc_wrapper": True}, pipeline_class=_Compiler)
        self._options = options

    @functools.cached_property
    def _part(self) -> Any:
        return _Part(self.py_func, {**self._options, "no_cpython_wrapper": True, "no_cfunc_wrapper": True})

    def typeof_pyval(self, value: Any) -> Any:
        """The type that a value of Python is taken as; numba is as it came afterwards, for all else in the process."""
        numpy_support.from_struct_dtype = _record_of
        try:
            return by_address(super().typeof_pyval(value))
        finally:
            numpy_support.from_struct_dtype = _made

    def compile(self, sig: Any) -> Any:
        """Compile it."""
        numpy_support.from_struct_dtype = _record_of
        try:
            return super().compile(sig)
        finally:
            numpy_support.from_struct_dtype = _made

    def compiled_for(self, given: tuple[Any, ...]) -> tuple[Any, Compiled | None]:
        """What was compiled for arguments of these types: what is called, and what can be kept of it."""
        start(self.targetctx)
        kinds = tuple(map(self.typeof_pyval, given))
        self.compile(kinds)
        result: Any = self.overloads[kinds]
        return result.entry_point, _to_keep(result)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """How it is called from a kernel: as a part."""
        return self._part.get_call_template(tuple(map(_plain, args)), kws)

    def get_overload(self, sig: Any) -> Any:
        """By what a kernel that calls it finds its code."""
        return self._part.get_overload(sig)


def _to_keep(result: Any) -> Compiled | None:
    """What running needs of what was compiled; None where that is not all.

    What numba keeps beside it so that other functions may link it (LLVM's code, its symbols, an environment for all
    that was linked in) took twice as long to load as all the rest.
    """
    (name, _, (code, _)), described, environment, *_, environments = result._reduce()  # noqa: SLF001
    if any(one.consts for one in (environment, *environments)):
        raise NotImplementedError(f"{name}: a kernel keeps Python objects")
    if result.library.has_dynamic_globals or config.USING_SVML or bool(config.BOUNDSCHECK) != bool(asked(BOUNDS)):
        return None
    return compiled(code, described.llvm_cpython_wrapper_name, described.env_name)


def _plain(kind: Any) -> Any:
    """Tables by their address, and one type for all integers that fit into it: kernels reckon in 64 bits anyway."""
    if isinstance(kind, types.IntegerLiteral | types.BooleanLiteral):
        kind = kind.literal_type
    return types.int64 if fits_whole(kind) else by_address(kind)


class _Part(CPUDispatcher):
    """A kernel as kernels call it."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(function, targetoptions=options, pipeline_class=_PartCompiler)

    def compile(self, sig: Any) -> Any:
        """As numba does it, without the clocks that it starts at every level and has run until the last has ended."""
        dispatcher: Any = self
        args, result = normalize_signature(sig)
        if args not in dispatcher.overloads:
            with event.trigger_event("numba:compile"):
                dispatcher.add_overload(dispatcher._compiler.compile(args, result))  # noqa: SLF001
        return dispatcher.overloads[args].entry_point

    def add_overload(self, cres: Any) -> None:
        """Let callers find it by its library, where one that can be run is found by its entry point."""
        call = call_of(cres)
        self.targetctx._defns[cres.library].append(call, call.signature)  # noqa: SLF001 - as insert_user_function does
        self.overloads[tuple(cres.signature.args)] = cres

    def get_overload(self, sig: Any) -> Any:
        """Its library."""
        args, _ = normalize_signature(sig)
        result: Any = self.overloads[tuple(args)]
        return result.library


class _Compiler(CompilerBase):
    """The passes that a kernel needs: it has no closures, literals to unroll, array expressions or dead branches."""

    def define_pipelines(self) -> Any:
        """One way for all."""
        self.state.typingctx = _typing(self.state.typingctx)
        self.state.targetctx.mangler = _mangled
        passes = PassManager("kernel")
        for one in PASSES:
            passes.add_pass(one, one.__name__)
        passes.finalize()
        return [passes]


def _mangled(name: str, kinds: Any, *, abi_tags: Any = (), uid: int | None = None) -> str:
    """Name of the code of a function for these types: numba's has all fields of all records in it."""
    digest = hashlib.sha256("\0".join(map(str, (*kinds, *abi_tags))).encode()).hexdigest()[:16]
    mangled: str = itanium_mangler.mangle(name, (), abi_tags=(digest,), uid=uid)
    return mangled


@functools.cache
def _typing(context: Any) -> Any:
    """That context, with a memory of what built-in functions give for which types: numba looks each up every time."""

    @functools.cache
    def resolve(func: Any, args: tuple[Any, ...]) -> Any:
        return context.resolve_function_type(func, args, {})

    class Remembering(Context):
        def resolve_function_type(self, func: Any, args: Any, kws: Any) -> Any:
            """Its signature for these arguments."""
            if isinstance(func, types.Function) and not kws:
                return signature_of(self, func, tuple(args)) or resolve(func, tuple(args))
            return super().resolve_function_type(func, args, kws)

    same = object.__new__(Remembering)
    same.__dict__ = context.__dict__
    return same


class _PartCompiler(_Compiler):
    """The same way, into a library that is never run."""

    def define_pipelines(self) -> Any:
        """As every kernel."""
        self.state.flags.no_compile = True
        self.state.library = _PartLibrary(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return super().define_pipelines()


class _PartLibrary(JITCodeLibrary):
    """Code to be linked: it is optimised once, with all of its caller, and has no machine code of its own."""

    def finalize(self) -> None:
        """Leave linking to who calls it: what it calls is linked there, too, once."""
        self._finalize_dynamic_globals()
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.external:
                function.linkage = Linkage.linkonce_odr  # as numba has what is linked into several
        self._shared_module = self._final_module
        self._finalized = True

    def linked(self) -> list[Any]:
        """Itself and all that it calls."""
        return list(dict.fromkeys([self, *self._linking_libraries]))

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout  # noqa: SLF001
