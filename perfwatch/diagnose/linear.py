"""Whether a right-hand side is linear in the state; what is not plainly so is not. It must not know of measurements."""

from __future__ import annotations

import ast

from perfwatch.diagnose.source import Function, called_name, names_in

_CONSTANT, _LINEAR, _OTHER = 0, 1, 2


def is_linear(function: Function, place: int) -> bool:
    """Return whether all that a function returns is linear in one argument, with coefficients free of time and state.

    ``place`` counts the arguments without ``self``. What is not plainly linear is not.
    """
    arguments = [one.arg for one in function.args.args if one.arg != "self"]
    if len(arguments) < 2:
        return False
    state, time = arguments[place], arguments[1 - place]
    known = {state: _LINEAR, time: _OTHER}
    returned: list[int] = []
    for statement in function.body:
        if isinstance(statement, ast.Assign):
            degree = _degree(statement.value, known)
            for target in statement.targets:
                known |= dict.fromkeys(names_in(target), degree)
        elif isinstance(statement, ast.Return) and statement.value is not None:
            returned.append(_degree(statement.value, known))
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return False
    return bool(returned) and max(returned) == _LINEAR


def _degree(node: ast.AST, known: dict[str, int]) -> int:
    """How an expression depends on the state: not at all, linearly, or otherwise."""
    if isinstance(node, ast.Name):
        return known.get(node.id, _CONSTANT)
    if isinstance(node, ast.Constant):
        return _CONSTANT
    if isinstance(node, (ast.List, ast.Tuple)):
        return max((_degree(one, known) for one in node.elts), default=_CONSTANT)
    if isinstance(node, ast.UnaryOp):
        return _degree(node.operand, known)
    if isinstance(node, ast.Subscript):
        placed = _degree(node.slice, known)
        return _OTHER if placed != _CONSTANT else _degree(node.value, known)
    if isinstance(node, ast.Attribute):
        return _degree(node.value, known)
    if isinstance(node, ast.BinOp):
        left, right = _degree(node.left, known), _degree(node.right, known)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return max(left, right)
        if isinstance(node.op, (ast.Mult, ast.MatMult)):
            return left + right if max(left, right) < _OTHER else _OTHER
        return (
            left if isinstance(node.op, ast.Div) and right == _CONSTANT else _constant_or_other(left, right)
        )
    if isinstance(node, ast.Call):
        parts = [*node.args, *(one.value for one in node.keywords), *_owner(node)]
        inside = max((_degree(one, known) for one in parts), default=_CONSTANT)
        wraps = called_name(node) in {"array", "asarray", "stack"} | (
            {"dot", "matmul"} if len(node.args) > 1 else set()
        )
        return inside if wraps or inside == _CONSTANT else _OTHER
    return _CONSTANT if not names_in(node) & set(known) else _OTHER


def _owner(call: ast.Call) -> list[ast.AST]:
    return [call.func.value] if isinstance(call.func, ast.Attribute) else []


def _constant_or_other(left: int, right: int) -> int:
    return _CONSTANT if max(left, right) == _CONSTANT else _OTHER
