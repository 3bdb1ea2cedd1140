"""How large the values that are put into an array can be, by their form. It must not know of measurements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.naming import all_names
from perfwatch.diagnose.source import called_name

if TYPE_CHECKING:
    from perfwatch.diagnose.source import Module


#: Whole numbers of unknown size: places, counts, draws.
_WHOLE_CALLS = frozenset(
    ["integers", "randint", "argmax", "argmin", "searchsorted", "digitize", "bincount", "ord", "len"]
)
NEITHER, WHOLE, SMALL = 0, 1, 2


def taken(module: Module, names: set[str]) -> int:
    """How large what is put into parts of an array can be: the largest of it all."""
    values = [
        one.value
        for one in module.nodes(ast.Assign, ast.AugAssign)
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Subscript) and all_names(target.value) & names
        if not (isinstance(one, ast.AugAssign) and _size(one.value) == SMALL)
    ]
    added = any(
        isinstance(one, ast.AugAssign)
        and isinstance(one.target, ast.Subscript)
        and all_names(one.target.value) & names
        for one in module.nodes(ast.Assign, ast.AugAssign)
    )
    smallest = min((_size(one) for one in values), default=WHOLE if added else NEITHER)
    return min(smallest, WHOLE) if added else smallest


def made_of(call: ast.Call) -> int:
    """How large what an array is made of can be, where it is written out."""
    listed = bool(call.args) and called_name(call) in {"array", "asarray"}
    return _size(call.args[0]) if listed else NEITHER


def _size(node: ast.AST) -> int:
    """Of what size an expression's values are by its form: a constant or a comparison, a count or a place, or neither."""
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return SMALL
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, int):
            return NEITHER
        return SMALL if abs(node.value) < 128 else WHOLE
    if isinstance(node, ast.UnaryOp):
        return _size(node.operand)
    if (
        isinstance(node, ast.Call)
        and called_name(node) in {"sum", "astype"}
        and isinstance(node.func, ast.Attribute)
    ):
        return min(_size(node.func.value), WHOLE) if called_name(node) == "sum" else _size(node.func.value)
    if isinstance(node, ast.Call) and called_name(node) in _WHOLE_CALLS:
        return _drawn(node)
    return min(map(_size, node.elts), default=NEITHER) if isinstance(node, ast.List) else NEITHER


def _drawn(call: ast.Call) -> int:
    """Draws are as large as their bounds; places and counts may be of any size."""
    bounds = [one.value for one in call.args[:2] if isinstance(one, ast.Constant)]
    drawn = called_name(call) in {"integers", "randint"} and bool(bounds)
    return SMALL if drawn and all(isinstance(one, int) and abs(one) <= 128 for one in bounds) else WHOLE
