"""Bytes as words of eight, for kernels.

numba's `view` can fail, and says how in a text with the sizes: 29 functions of numba's that make and join texts were
compiled for it, a fifth of the time of all kernels that look for marks.
"""

from __future__ import annotations

from typing import Any

import numba.extending as ext
import numpy as np
import numpy.typing as npt
from llvmlite.ir import Constant
from numba.core import types
from numba.core.imputils import impl_ret_borrowed

WORD = 8  # bytes


def words_of(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """A view of contiguous bytes as words in the machine's order; what is left at the end is left out."""
    return data[: data.size // WORD * WORD].view(np.uint64)


@ext.type_callable(words_of)
def _typed(_: Any) -> Any:
    def typer(data: Any) -> Any:
        fits = isinstance(data, types.Array) and data.dtype is types.uint8 and data.ndim == 1 and data.layout == "C"
        return data.copy(dtype=types.uint64) if fits else None

    return typer


@ext.lower_builtin(words_of, types.Array)
def _viewed(context: Any, builder: Any, signature: Any, given: Any) -> Any:
    from numba.np.arrayobj import make_array, populate_array  # part of the compiler, which stays away where it can

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
