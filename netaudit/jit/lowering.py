"""Kernels turned into LLVM's code with fewer words: what they do all the time is said as shortly as it can be.

numba says it for any array of any shape and any function that may fail in any way, some 25 instructions for an item of
a table or for a call. All of these are made and printed by Python, parsed and then mostly optimised away again. What
is said here does the same for arrays of one dimension, fields of records and calls of other kernels.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir as code
from numba.core import ir
from numba.core import types as numba_types
from numba.core.compiler_machinery import register_pass
from numba.core.datamodel.registry import default_manager as models
from numba.core.ir_utils import get_definition, guard
from numba.core.lowering import Lower
from numba.core.typed_passes import NativeLowering

from netaudit.jit.calls import is_among, is_at_once, note, value_of

types: Any = numba_types  # its names are made at run time
FULL = 3  # arguments of a range: start, stop, step
PLACE, INT = code.IntType(64), code.IntType(32)

WITH_ONE_TYPE = {  # what an operator is for two integers of one type that gives a third of it
    operator.add: "add",
    operator.sub: "sub",
    operator.mul: "mul",
    operator.and_: "and_",
    operator.or_: "or_",
    operator.xor: "xor",
    operator.mod: "srem",  # by what is known to be above zero
}
COMPARED = {
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}


class KernelLower(Lower):
    """Lowers one kernel."""

    def lower(self) -> None:
        """Lower it, and note whether it can fail."""
        super().lower()
        note(self.function, self.fndesc)

    def lower_block(self, block: Any) -> None:
        """As numba does, but for the context in which it explains errors."""
        self.pre_block(block)
        for instruction in block.body:
            self.loc = instruction.loc
            self.lower_inst(instruction)
        self.post_block(block)

    def lower_inst(self, inst: Any) -> None:
        """Write a field of a record at once."""
        if isinstance(inst, ir.StaticSetItem):
            record = self.typeof(inst.target.name)
            if _is_plain(record, inst.index):
                value = self._cast_var(inst.value, self.fndesc.calltypes[inst].args[2])
                kind = record.typeof(inst.index)
                value = self.context.cast(self.builder, value, self.fndesc.calltypes[inst].args[2], kind)
                place = self._field(inst.target, record, inst.index)
                self.context.pack_value(self.builder, kind, value, place, align=_align(record))
                return
        super().lower_inst(inst)

    def lower_assign(self, ty: Any, inst: Any) -> Any:
        """A kernel that is called is not a value."""
        if isinstance(ty, types.Dispatcher) and isinstance(inst.value, ir.Global | ir.FreeVar):
            return self.context.get_dummy_value()
        return super().lower_assign(ty, inst)

    def lower_expr(self, resty: Any, expr: Any) -> Any:
        """Read a field of a record at once, and begin a loop."""
        if expr.op == "getiter" and self._by_one(expr.value):
            return self._begin(resty, expr.value)
        if expr.op == "static_getitem":
            record = self.typeof(expr.value.name)
            if _is_plain(record, expr.index):
                kind = record.typeof(expr.index)
                place = self._field(expr.value, record, expr.index)
                value = self.context.unpack_value(self.builder, kind, place, _align(record))
                return self.context.cast(self.builder, value, kind, resty)
        return super().lower_expr(resty, expr)

    def lower_getitem(self, resty: Any, expr: Any, value: Any, index: Any, signature: Any) -> Any:
        """Read an item of an array of one dimension."""
        array, number = signature.args
        if not self._is_simple(array, number):
            return super().lower_getitem(resty, expr, value, index, signature)
        place = self._item(value, array, self._cast_var(index, number), number)
        item = self.context.unpack_value(self.builder, array.dtype, place, _align(array))
        return self.context.cast(self.builder, item, signature.return_type, resty)

    def lower_setitem(self, target_var: Any, index_var: Any, value_var: Any, signature: Any) -> Any:
        """Write an item of an array of one dimension."""
        array, number, kind = signature.args
        if not self._is_simple(array, number) or isinstance(kind, types.Buffer | types.Sequence):
            return super().lower_setitem(target_var, index_var, value_var, signature)
        value = self.context.cast(self.builder, self._cast_var(value_var, kind), kind, array.dtype)
        place = self._item(target_var, array, self._cast_var(index_var, number), number)
        self.context.pack_value(self.builder, array.dtype, value, place, align=_align(array))
        return None

    def lower_call(self, resty: Any, expr: Any) -> Any:
        """Call what is said in a word."""
        function, signature = self.typeof(expr.func.name), self.fndesc.calltypes[expr]
        if not is_at_once(function, signature.args):
            return super().lower_call(resty, expr)
        given = [self._cast_var(one, kind) for one, kind in zip(expr.args, signature.args, strict=True)]
        value = value_of(self.context, self.builder, function, signature, given)
        return self.context.cast(self.builder, value, signature.return_type, resty)

    def lower_binop(self, resty: Any, expr: Any, op: Any) -> Any:
        """Reckon with integers of one type."""
        signature = self.fndesc.calltypes[expr]
        kind, result = signature.args[0], signature.return_type
        if op is operator.contains:
            given = map(self._cast_var, (expr.lhs, expr.rhs), signature.args)
            found = is_among(self.context, self.builder, signature.args, *given)
            return super().lower_binop(resty, expr, op) if found is None else found
        named = WITH_ONE_TYPE.get(op) if result == kind else None
        compared = COMPARED.get(op) if result == types.boolean else None
        if type(kind) is not types.Integer or signature.args[1] != kind or not (named or compared):
            return super().lower_binop(resty, expr, op)
        left, right = self._cast_var(expr.lhs, kind), self._cast_var(expr.rhs, kind)
        if named == "srem":
            if not (kind.signed and isinstance(right, code.Constant) and right.constant > 0):
                return super().lower_binop(resty, expr, op)
            rest = self.builder.srem(left, right)
            below = self.builder.icmp_signed("<", rest, code.Constant(rest.type, 0))
            value = self.builder.select(below, self.builder.add(rest, right), rest)
        elif named:
            value = getattr(self.builder, named)(left, right)
        elif kind.signed:
            value = self.builder.icmp_signed(compared, left, right)
        else:
            value = self.builder.icmp_unsigned(compared, left, right)
        return self.context.cast(self.builder, value, result, resty)

    def _by_one(self, variable: Any) -> bool:
        """Whether that is a range that goes up by one."""
        if not isinstance(self.typeof(variable.name), types.RangeType):
            return False
        made = guard(get_definition, self.func_ir, variable)
        return isinstance(made, ir.Expr) and made.op == "call" and not made.vararg and len(made.args) < FULL

    def _begin(self, kind: Any, variable: Any) -> Any:
        """Begin a loop over such a range: where it is, its end and step, and how often it is still run."""
        build, span = self.builder, self.loadvar(variable.name)
        start, stop, step = (build.extract_value(span, index) for index in range(FULL))
        with build.goto_entry_block():
            place, count = build.alloca(start.type), build.alloca(start.type)
        build.store(start, place)
        build.store(build.sub(stop, start), count)  # which is not run where that is below zero
        value = code.Constant(self.context.get_value_type(kind), code.Undefined)
        for index, part in enumerate((place, stop, step, count)):
            value = build.insert_value(value, part, index)
        return value

    def _is_simple(self, array: Any, number: Any) -> bool:
        single = isinstance(array, types.Array) and array.ndim == 1 and array.layout == "C"
        return single and isinstance(number, types.Integer) and not self.context.enable_boundscheck

    def _item(self, variable: Any, kind: Any, index: Any, number: Any) -> Any:
        """Where an item is; as everywhere, a negative index counts from the end."""
        build, array, model = self.builder, self._cast_var(variable, kind), models[kind]
        data = build.extract_value(array, model.get_field_position("data"))
        number, index = self._whole(number, index)
        if number.signed and not (isinstance(index, code.Constant) and index.constant >= 0):
            size = build.extract_value(array, (model.get_field_position("shape"), 0))
            below = build.icmp_signed("<", index, PLACE(0))
            index = build.select(below, build.add(index, size), index)
        return build.gep(data, [index])

    def _whole(self, number: Any, index: Any) -> tuple[Any, Any]:
        whole = types.intp if number.signed else types.uintp
        return whole, self.context.cast(self.builder, index, number, whole)

    def _field(self, variable: Any, record: Any, name: str) -> Any:
        """Where a field is."""
        at = self.builder.gep(self.loadvar(variable.name), [INT(0), INT(record.offset(name))], inbounds=True)
        return self.builder.bitcast(at, self.context.get_data_type(record.typeof(name)).as_pointer())

    def storevar(self, value: Any, name: str, argidx: int | None = None) -> None:
        """Write a variable, without a look at what it held where nobody counts references to that."""
        if name in self._singly_assigned_vars or self._is_counted(name):
            super().storevar(value, name, argidx)
        else:
            self.builder.store(value, self.getvar(name))

    def delvar(self, name: str) -> None:
        """Nothing is left of it, but that it was there."""
        if self._is_counted(name):
            super().delvar(name)
            return
        if name not in self._blk_local_varmap:
            self._singly_assigned_vars.discard(name)
        self._alloca_var(name, self.typeof(name))

    def _is_counted(self, name: str) -> bool:
        return bool(self.context.enable_nrt and models[self.typeof(name)].contains_nrt_meminfo())


@register_pass(mutates_CFG=True, analysis_only=False)
class KernelLowering(NativeLowering):
    """The pass of it."""

    _name = "kernel_lowering"

    @property
    def lowering_class(self) -> Any:
        """What lowers."""
        return KernelLower


def _is_plain(record: Any, name: Any) -> bool:
    """Whether that is a field of one value."""
    return (
        isinstance(record, types.Record)
        and isinstance(name, str)
        and not isinstance(record.typeof(name), types.NestedArray | types.Record)
    )


def _align(kind: Any) -> int | None:
    return None if kind.aligned else 1
