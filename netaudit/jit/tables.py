"""Tables as kernels hand them to each other: by the address of one tuple.

numba hands a tuple of arrays on as all fields of all of them: with a dozen tables ninety arguments, taken out and put
together again at every call. That was half of what kernels were made of before they were optimised, and a third of the
time to compile them.
"""

from __future__ import annotations

from typing import Any

import numba.extending as ext
from llvmlite.ir import Constant, IntType
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate, infer_getattr


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
