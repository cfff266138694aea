"""How a kernel calls another: what cannot fail is not asked whether it has.

numba asks after every call, in seven words and three branches, whether it failed and how; kernels hardly ever can.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir as code
from numba.core import cgutils
from numba.core import types as numba_types
from numba.core.imputils import user_function

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
