"""What a compiler is told of the functions in `words` and `foreign`, which kernels call as Python does."""

from __future__ import annotations

from typing import Any

import numba.extending as ext
from llvmlite.ir import Constant, FunctionType, IntType
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.np.arrayobj import make_array, populate_array

from netaudit.jit.foreign import address, call
from netaudit.jit.words import WORD, words_of

_WORD, _INT = IntType(64), IntType(32)


@ext.type_callable(words_of)
def _typed(_: Any) -> Any:
    def typer(data: Any) -> Any:
        fits = isinstance(data, types.Array) and data.dtype is types.uint8 and data.ndim == 1 and data.layout == "C"
        return data.copy(dtype=types.uint64) if fits else None

    return typer


@ext.lower_builtin(words_of, types.Array)
def _viewed(context: Any, builder: Any, signature: Any, given: Any) -> Any:
    data, words = make_array(signature.args[0])(context, builder, given[0]), make_array(signature.return_type)
    made = words(context, builder)
    size = Constant(data.nitems.type, WORD)
    populate_array(
        made,
        data=builder.bitcast(data.data, made.data.type),
        shape=[builder.udiv(data.nitems, size)],
        strides=[size],
        itemsize=size,
        meminfo=data.meminfo,
        parent=data.parent,
    )
    return impl_ret_borrowed(context, builder, signature.return_type, made._getvalue())  # noqa: SLF001


@ext.type_callable(call)
def _call_typed(_: Any) -> Any:
    def typer(function: Any, given: Any) -> Any:
        fits = isinstance(given, types.UniTuple | types.Tuple) and all(
            isinstance(one, types.Integer) for one in (function, *given.types)
        )
        return types.int64 if fits else None

    return typer


@ext.lower_builtin(call, types.Integer, types.BaseTuple)
def _called(context: Any, builder: Any, signature: Any, given: Any) -> Any:
    kinds = [signature.args[0], *signature.args[1]]
    values = [given[0], *cgutils.unpack_tuple(builder, given[1])]
    words = [context.cast(builder, value, kind, types.int64) for value, kind in zip(values, kinds, strict=True)]
    made = FunctionType(_INT, [_WORD] * (len(words) - 1)).as_pointer()
    return builder.sext(builder.call(builder.inttoptr(words[0], made), words[1:]), _WORD)


@ext.type_callable(address)
def _address_typed(_: Any) -> Any:
    def typer(data: Any, at: Any) -> Any:
        fits = isinstance(data, types.Array) and data.layout == "C" and isinstance(at, types.Integer)
        return types.int64 if fits else None

    return typer


@ext.lower_builtin(address, types.Array, types.Integer)
def _addressed(context: Any, builder: Any, signature: Any, given: Any) -> Any:
    data = make_array(signature.args[0])(context, builder, given[0]).data
    at = context.cast(builder, given[1], signature.args[1], types.int64)
    return builder.add(builder.ptrtoint(data, _WORD), at)
