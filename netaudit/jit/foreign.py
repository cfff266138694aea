"""Functions of C that kernels call by their address, where Python would be asked once for each call.

They take integers and addresses and give an `int`. The address is a number like any other, so that what is compiled
holds none and may be kept.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numba.extending as ext
from llvmlite.ir import FunctionType, IntType
from numba.core import cgutils, types

if TYPE_CHECKING:
    import numpy.typing as npt

_WORD, _INT = IntType(64), IntType(32)


def call(function: int, given: tuple[int, ...]) -> int:
    """What the function at this address gives."""
    kind = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * len(given))
    return int(kind(int(function))(*map(int, given)))


def address(data: npt.NDArray[Any], at: int) -> int:
    """Address of a byte of a contiguous array, which has to live for as long as it is used."""
    return int(data.ctypes.data + at)


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
    from numba.np.arrayobj import make_array  # part of the compiler, which stays away where it can

    data = make_array(signature.args[0])(context, builder, given[0]).data
    at = context.cast(builder, given[1], signature.args[1], types.int64)
    return builder.add(builder.ptrtoint(data, _WORD), at)
