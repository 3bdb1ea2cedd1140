"""Forms of code that rules ask for: one row, a grid, a distance, what outlives a turn, what does not change.

It must not know of measurements.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import CHANGING, called_name

if TYPE_CHECKING:
    from perfwatch.diagnose.scene import Site
    from perfwatch.diagnose.source import Module

_DISTANT = frozenset({"hypot", "sqrt", "norm", "dist", "euclidean", "haversine", "distance"})


def is_block(node: ast.AST) -> bool:
    """Whether what is handed over is a slice of many rows: ``x[i : i + 500]``."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)):
        return False
    return not is_one_row(node)


def is_one_row(node: ast.AST) -> bool:
    """Whether a form holds one row: ``[x]``, ``x[i : i + 1]``, ``x[None]``, ``x.reshape(1, -1)``, ``np.atleast_2d(x)``."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return len(node.elts) == 1
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        end = node.slice.upper
        return isinstance(end, ast.BinOp) and isinstance(end.right, ast.Constant) and end.right.value == 1
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        first = parts[0] if parts else None
        new_axis = isinstance(first, ast.Constant) and first.value is None
        return new_axis or (isinstance(first, ast.Attribute) and first.attr == "newaxis")
    if not isinstance(node, ast.Call):
        return False
    if called_name(node) == "reshape":
        first = next((one for one in node.args), None)
        first = first.elts[0] if isinstance(first, ast.Tuple) and first.elts else first
        return isinstance(first, ast.Constant) and first.value == 1
    return (
        called_name(node) in {"atleast_2d", "array", "asarray"}
        and bool(node.args)
        and (called_name(node) == "atleast_2d" or is_one_row(node.args[0]))
    )


def is_grid(outer: ast.For, inner: ast.For) -> bool:
    """Whether both loops count places that stand in the arithmetic themselves, as the pixels of a picture do."""
    counted = [
        {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
        for loop in (outer, inner)
        if isinstance(loop.iter, ast.Call) and called_name(loop.iter) == "range"
    ]
    bare = {
        side.id
        for one in ast.walk(inner)
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Sub)
        for side in (one.left, one.right)
        if isinstance(side, ast.Name)
    }
    return len(counted) == 2 and all(names & bare for names in counted)


def measures_distance(loop: ast.AST) -> bool:
    """Return whether a loop computes a distance: by name, as a difference squared, or as a sum of squares."""
    for one in ast.walk(loop):
        if isinstance(one, ast.Call) and any(word in called_name(one).lower() for word in _DISTANT):
            return True
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Pow) and _is_difference(one.left):
            return True
    # dx = a - b … dx * dx + dy * dy
    squares = [
        one
        for one in ast.walk(loop)
        if isinstance(one, ast.BinOp)
        and isinstance(one.op, ast.Mult)
        and ast.dump(one.left) == ast.dump(one.right)
    ]
    return len(squares) >= 2


def _is_difference(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)


def outlives_turn(site: Site, target: ast.AST | None) -> bool:
    """Whether what is added to outlives the turn: it is not made anew in the loop, or it belongs to nobody local."""
    loops = site.module.loops_around(site.statement)
    if target is None or not loops:
        return isinstance(target, (ast.Attribute, ast.Subscript)) or _is_global(site, target)
    name = site.module.words(target)
    return not any(
        isinstance(one, ast.Assign)
        and one is not site.statement
        and any(site.module.words(each) == name for each in one.targets)
        and not any(
            site.module.words(part) == name for part in ast.walk(one.value) if isinstance(part, ast.expr)
        )
        for one in ast.walk(loops[0])
    )


def _is_global(site: Site, target: ast.AST | None) -> bool:
    function = site.module.function_of(site.statement)
    return isinstance(target, ast.Name) and any(
        isinstance(one, ast.Global) and target.id in one.names for one in ast.walk(function or ast.Pass())
    )


def is_lasting(module: Module, node: ast.AST) -> bool:
    """Return whether an expression reads only what no function changes: global names, and attributes set in ``__init__`` alone."""
    function = module.function_of(node)
    local = (
        set()
        if function is None
        else {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    )
    if function is not None:
        local |= {
            one.id
            for one in ast.walk(function)
            if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)
        }
    named = [one for one in ast.walk(node) if isinstance(one, ast.Attribute) and _is_self(one.value)]
    alone = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - {"self"}
    return not alone & local and all(_is_set_once(module, one.attr) for one in named)


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_set_once(module: Module, name: str) -> bool:
    """Whether an attribute of ``self`` is bound in ``__init__`` alone, and nothing is seen to change it in place."""
    for one in module.attributes.get(name, ()):
        function = module.function_of(one)
        above = module.parents.get(one)
        stored = not isinstance(one.ctx, ast.Load)
        into = isinstance(above, ast.Subscript) and above.value is one and not isinstance(above.ctx, ast.Load)
        asked = isinstance(above, ast.Attribute) and above.attr in CHANGING
        if (stored or into or asked) and getattr(function, "name", "") != "__init__":
            return False
    return True


def is_grown(site: Site, thing: ast.AST) -> bool:
    """Whether something is added to what is sorted, in the same loop or function, and it is not made anew there."""
    name = site.module.words(thing)
    loops = site.module.loops_around(site.statement)
    scope = loops[0] if loops else site.module.function_of(site.statement)
    if scope is None or not (loops or isinstance(thing, ast.Attribute)):
        return False
    added = any(
        isinstance(one, ast.Call)
        and called_name(one) in {"append", "add", "extend", "insert"}
        and site.module.words(getattr(one.func, "value", one)) == name
        for one in ast.walk(scope)
    )
    return added and not any(
        isinstance(one, ast.Assign) and any(site.module.words(target) == name for target in one.targets)
        for one in ast.walk(scope)
    )
