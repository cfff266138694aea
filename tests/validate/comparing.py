"""What a function compares while it answers a call: which values would have to be another for it to go another way."""

from __future__ import annotations

import ast
import copy
import operator
import types
from typing import Any

import numpy as np

OPERATORS = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge,
    "Is": operator.is_, "IsNot": operator.is_not, "In": lambda a, b: a in b, "NotIn": lambda a, b: a not in b,
}  # fmt: skip
NAMES = ("_compared_", "_masked_")
MOST = 400  # pairs of one call
LONG = 60  # bytes of a value that is told


class Comparing:
    """Pairs of values that were compared, and how it came out, by number of the comparison: how near they are, too."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what was compared before."""
        self.pairs: dict[tuple[Any, Any], None] = {}
        self.ends: set[tuple[Any, ...]] = set()

    def compared(self, number: int, names: tuple[str, ...], *values: Any) -> Any:
        """In the place of a comparison."""
        said: Any = True
        for at, name in enumerate(names):
            left, right = values[at : at + 2]
            said = OPERATORS[name](left, right)
            if not isinstance(said, bool | np.bool_):
                return said
            self._note(number + at, left, right)
            self.ends.add((number + at, bool(said)))
            if not said:
                break
        return said

    def masked(self, number: int, value: Any, mask: int) -> Any:
        """In the place of `value & mask`."""
        if isinstance(value, int | np.integer) and len(self.pairs) < MOST:
            self.pairs[int(value), int(value) ^ mask] = None
            self.ends.add((number, bool(value & mask)))
        return value & mask

    def _note(self, number: int, left: Any, right: Any) -> None:
        if len(self.pairs) > MOST:
            return
        if isinstance(left, int | np.integer) and isinstance(right, int | np.integer):
            self.pairs[int(left), int(right)] = None
            self.ends.add((number, max(-2, min(2, int(left) - int(right)))))
        elif isinstance(left, str | bytes) and isinstance(right, str | bytes) and len(left) + len(right) < LONG:
            self.pairs[left, right] = None
        elif isinstance(right, tuple | set | frozenset | dict | bytes | range) and len(right) < LONG:
            for one in right:
                if type(one) is type(left) and isinstance(one, int | str | bytes):
                    self.pairs[left, one] = None
                    if left == one:
                        self.ends.add((number, "in", one))


class _Places(ast.NodeTransformer):
    """Calls in the place of comparisons."""

    def __init__(self) -> None:
        self.lines: list[int] = []  # by number

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        number = len(self.lines)
        self.lines += [node.lineno] * len(node.ops)
        names = ast.Constant(tuple(type(one).__name__ for one in node.ops))
        given = [ast.Constant(number), names, node.left, *node.comparators]
        return ast.copy_location(ast.Call(ast.Name(NAMES[0], ast.Load()), given, []), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.op, ast.BitAnd) and isinstance(node.right, ast.Constant)):
            return node
        self.lines.append(node.lineno)
        given = [ast.Constant(len(self.lines) - 1), node.left, node.right]
        return ast.copy_location(ast.Call(ast.Name(NAMES[1], ast.Load()), given, []), node)


def listening(function: ast.stmt) -> tuple[ast.stmt, list[int]]:
    """The function with its comparisons told, and their lines, by number."""
    places = _Places()
    return places.visit(copy.deepcopy(function)), places.lines


def hear(function: types.FunctionType) -> Comparing:
    """What stands for comparisons in a function that listens."""
    heard = Comparing()
    function.__globals__.update(dict(zip(NAMES, (heard.compared, heard.masked), strict=True)))
    return heard
