"""Whether a recursion asks the same questions again, by the form of its arguments. It must not know of measurements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import names_in

if TYPE_CHECKING:
    from perfwatch.diagnose.source import Function, Module


def comes_again(module: Module, function: Function, own: list[ast.Call]) -> bool:
    """Whether different ways lead to the same arguments: each call moves an argument by a step, and there are several.

    Children of a node, halves of a list and places doubled in a heap are each met once.
    """
    arguments = {one.arg for one in function.args.args} - {"self", "cls"}
    several = len(own) >= 2 or any(module.loops_around(one) for one in own)
    by_chance = any(
        "random" in module.dotted(one.func) for one in ast.walk(function) if isinstance(one, ast.Call)
    )
    return (
        several
        and not by_chance
        and all(any(_is_step(one, arguments) for one in call.args) for call in own if call.args)
        and not any(_is_changed_otherwise(one, arguments) for call in own for one in call.args)
    )


def _is_step(node: ast.AST, arguments: set[str]) -> bool:
    """Whether an argument is one that the function was given, less or more something: ``n - 1``, ``text[1:]``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        return bool(names_in(node) & arguments) and _is_plain(node)
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Slice)
    ):
        ends = [one for one in (node.slice.lower, node.slice.upper) if one is not None]
        return node.value.id in arguments and bool(ends) and not any(names_in(one) for one in ends)
    return False


def _is_plain(node: ast.BinOp) -> bool:
    return not any(
        isinstance(one, (ast.Mult, ast.FloorDiv, ast.Div, ast.List, ast.Tuple, ast.JoinedStr, ast.LShift))
        for one in ast.walk(node)
    )


def _is_changed_otherwise(node: ast.AST, arguments: set[str]) -> bool:
    """Whether an argument is handed on as something new, with which a question does not come again."""
    if isinstance(node, ast.BinOp):
        return bool(names_in(node) & arguments) and not _is_plain(node)
    return isinstance(node, (ast.List, ast.Tuple, ast.Attribute, ast.Set, ast.Dict))


def keeps(module: Module, function: Function) -> bool:
    """Whether answers are kept: by a decorator, or in something that is asked and filled by the arguments."""
    decorated = any(
        "cache" in module.words(one).lower() or "memo" in module.words(one).lower()
        for one in function.decorator_list
    )
    names = {one.arg for one in function.args.args}
    filled = any(
        isinstance(one, ast.Subscript)
        and isinstance(one.ctx, ast.Store)
        and isinstance(one.slice, (ast.Name, ast.Tuple))
        and {each.id for each in ast.walk(one.slice) if isinstance(each, ast.Name)} & names
        for one in ast.walk(function)
    )
    asked = any(
        isinstance(one, ast.Compare) and isinstance(one.ops[0], (ast.In, ast.NotIn))
        for one in ast.walk(function)
    )
    return decorated or (filled and asked)
