"""Which expressions are computed on a device, as far as the source shows it. It must not know of measurements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import called_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.source import Module


_JAX = ("jax.", "jax.numpy.")


def is_device(module: Module, node: ast.AST) -> bool:
    """Whether an expression holds a call of JAX, or a name that was assigned from one, or from a compiled function."""
    compiled = compiled_names(module)
    parts = list(_values(node))
    names = {one.id for one in parts if isinstance(one, ast.Name)}
    if any(isinstance(one, ast.Call) and _from_jax(module, one, compiled) for one in parts):
        return True
    for one in module.nodes(ast.Assign):
        if (
            isinstance(one, ast.Assign)
            and isinstance(one.value, ast.Call)
            and _from_jax(module, one.value, compiled)
        ):
            bound = {
                each.id for target in one.targets for each in ast.walk(target) if isinstance(each, ast.Name)
            }
            if bound & names:
                return True
    return False


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an expression whose values are asked for: a shape, a type or a length is known without waiting."""
    known = isinstance(node, ast.Attribute) and node.attr in {"shape", "ndim", "size", "dtype"}
    if known or (isinstance(node, ast.Call) and called_name(node) == "len"):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _values(child)


def _from_jax(module: Module, call: ast.Call, compiled: set[str]) -> bool:
    return module.dotted(call.func).startswith(_JAX) or called_name(call) in compiled


def compiled_names(module: Module) -> set[str]:
    """Return the functions that were compiled, by decorator or by assignment."""
    found = set()
    for node in module.nodes(ast.FunctionDef, ast.Assign):
        if isinstance(node, ast.FunctionDef):
            decorators = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
            partial = [one.args[0] for one in node.decorator_list if isinstance(one, ast.Call) and one.args]
            if any(module.dotted(one) == "jax.jit" for one in (*decorators, *partial)):
                found.add(node.name)
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and module.dotted(node.value.func) == "jax.jit"
        ):
            found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return found
