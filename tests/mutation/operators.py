"""The operators: what a fault changes, and every place of a module where one fits."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

COMPARISONS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip
LOGIC = {ast.And: ast.Or, ast.Or: ast.And}
JUMPS = {ast.Break: ast.Continue, ast.Continue: ast.Break}


@dataclass(frozen=True, slots=True)
class Site:
    """A place: the node by its number in the order of the walk, and what is done to it."""

    number: int
    line: int
    what: str


def _annotations(tree: ast.AST) -> set[int]:
    """Nodes that are only said to type checkers, or to people."""
    out: set[int] = set()
    for node in ast.walk(tree):
        held = [getattr(node, name, None) for name in ("annotation", "returns")]
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            held.append(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            held.append(node)
        if isinstance(node, ast.Raise):  # the words of an error
            held += [one for one in ast.walk(node) if isinstance(one, ast.Constant)]
        for one in held:
            if isinstance(one, ast.AST):
                out |= {id(inner) for inner in ast.walk(one)}
    return out


def _fits(node: ast.AST) -> list[str]:
    """What may be done to a node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        return ["comparison"]
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        return ["arithmetic"]
    if isinstance(node, ast.BoolOp):
        return ["logic"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ["negation"]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ["one more"]
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        return ["other truth"]
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return ["always", "never"]
    if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        return ["arithmetic"]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ["left out"]
    if isinstance(node, ast.Break | ast.Continue):
        return ["jump"]
    return []


def sites(source: str) -> list[Site]:
    """All places of a module."""
    tree = ast.parse(source)
    no = _annotations(tree)
    return [
        Site(number, node.lineno, what)
        for number, node in enumerate(ast.walk(tree))
        if id(node) not in no
        for what in _fits(node)
    ]


def mutated(source: str, site: Site) -> ast.Module:
    """The module with the fault."""
    tree = ast.parse(source)
    node = next(one for number, one in enumerate(ast.walk(tree)) if number == site.number)
    fault = _faulty(copy.deepcopy(node), site.what)
    for parent in ast.walk(tree):
        for name, held in ast.iter_fields(parent):
            if held is node:
                setattr(parent, name, fault)
            elif isinstance(held, list) and any(one is node for one in held):
                setattr(parent, name, [fault if one is node else one for one in held])
    return ast.fix_missing_locations(tree)


def _faulty(node, what):
    if what == "comparison":
        node.ops[0] = COMPARISONS[type(node.ops[0])]()
    elif what == "arithmetic":
        node.op = ARITHMETIC[type(node.op)]()
    elif what == "logic":
        node.op = LOGIC[type(node.op)]()
    elif what == "negation":
        node = node.operand
    elif what == "one more":
        node.value += 1
    elif what == "other truth":
        node.value = not node.value
    elif what in ("always", "never"):
        node.test = ast.copy_location(ast.Constant(what == "always"), node.test)
    elif what == "left out":
        node = ast.copy_location(ast.Pass(), node)
    elif what == "jump":
        node = ast.copy_location(JUMPS[type(node)](), node)
    return node
