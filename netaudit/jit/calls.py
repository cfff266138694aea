"""How a kernel calls another: what cannot fail is not asked whether it has.

numba asks after every call, in seven words and three branches, whether it failed and how; kernels hardly ever can.

The few built-in functions that kernels use all the time, for integers: a word of LLVM each.

numba compiles a function for each of them and for all types it is called with; types and results are the same here.
"""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import ir as code
from numba.core import cgutils
from numba.core import types as numba_types
from numba.core.imputils import user_function
from numba.core.typing.templates import signature

types: Any = numba_types  # its names are made at run time
INT = code.IntType(32)

_sure: set[str] = set()  # names of kernels that always return


def note(function: Any, description: Any) -> None:
    """Note of a kernel that was lowered to `function` whether it always returns."""
    ends = [block.terminator for block in function.blocks]
    returned = [end.operands[0] for end in ends if isinstance(end, code.instructions.Ret)]
    if all(isinstance(value, code.Constant) and value.constant == 0 for value in returned):
        _sure.add(description.mangled_name)


def call_of(result: Any) -> Any:
    """How a kernel that was compiled to `result` is called by another: a failure goes on to its own caller.

    One that cannot fail is not asked.
    """
    description, libraries = result.fndesc, result.library.linked()
    if isinstance(description.restype, types.Optional):
        return user_function(description, libraries)

    def call(context: Any, build: Any, _: Any, given: Any) -> Any:
        function = context.declare_function(build.module, description)
        convention = context.call_conv
        with build.goto_entry_block():
            place = build.alloca(function.function_type.args[0].pointee)
        packed = context.get_arg_packer(description.argtypes).as_arguments(build, given)
        error = convention._get_excinfo_argument(build.function)  # noqa: SLF001
        status = build.call(function, [place, error, *packed])
        if description.mangled_name not in _sure:
            with cgutils.if_unlikely(build, build.icmp_signed("!=", status, INT(0))):
                build.ret(status)
        return context.get_returned_value(build, description.restype, build.load(place))

    call.signature = description.argtypes  # type: ignore[attr-defined]
    call.libs = tuple(libraries)  # type: ignore[attr-defined]
    return call


ORDER = {min: "<", max: ">"}
AT_ONCE = frozenset({int, *ORDER})


def signature_of(context: Any, function: Any, args: tuple[Any, ...]) -> Any:
    """What a function gives for these types, where it is said here how; else None."""
    if not is_at_once(function, args):
        return None
    plain = [types.unliteral(one) for one in args]
    return signature(context.unify_types(*plain), *plain)


def is_at_once(function: Any, args: tuple[Any, ...]) -> bool:
    """Whether it is said here how; integers with and without a sign may need a type that holds neither."""
    key = getattr(function, "typing_key", None)
    if key not in AT_ONCE or (key is int) != (len(args) == 1):
        return False
    return all(isinstance(one, types.Integer) for one in args) and (key is int or all(map(fits_whole, args)))


def value_of(context: Any, build: Any, function: Any, kinds: Any, given: list[Any]) -> Any:
    """What it gives for these arguments, of the types in the signature `kinds`."""
    result = kinds.return_type
    values = [context.cast(build, value, kind, result) for value, kind in zip(given, kinds.args, strict=True)]
    compare = build.icmp_signed if result.signed else build.icmp_unsigned

    def chosen(one: Any, other: Any) -> Any:
        return build.select(compare(ORDER[function.typing_key], other, one), other, one)

    return functools.reduce(chosen, values)


def is_among(context: Any, build: Any, kinds: Any, several: Any, value: Any) -> Any:
    """Whether an integer is one of a tuple's; None where their types are not one."""
    among, kind = kinds
    if not isinstance(among, types.UniTuple) or not (fits_whole(among.dtype) and fits_whole(kind)):
        return None
    value = context.cast(build, value, kind, types.int64)
    one_by_one = (build.extract_value(several, index) for index in range(len(among)))
    equal = [build.icmp_signed("==", context.cast(build, one, among.dtype, types.int64), value) for one in one_by_one]
    return functools.reduce(build.or_, equal) if equal else None


def fits_whole(kind: Any) -> bool:
    """Whether all integers of a type fit into 64 bits with a sign."""
    return isinstance(kind, types.Integer) and getattr(kind, "bitwidth", 64) < 64 + getattr(kind, "signed", 0)
